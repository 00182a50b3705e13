//! A process that a script started, by its id.

use std::{fs, io};

use engine_interfaces::BoxError;
use rustix::process::{Pid, Signal, WaitOptions, getpid, kill_process, set_child_subreaper, waitpid};

/// A process that a script started.
#[derive(Debug, Clone, Copy)]
pub struct Process(Pid);

/// From now on the processes that a script leaves behind are ours: nobody else would note their ends at once, and until
/// then they are in nobody's way but PostgreSQL's, which does not start beside a predecessor.
pub(crate) fn adopt() -> io::Result<()> {
    Ok(set_child_subreaper(Some(getpid()))?)
}

impl Process {
    /// The one that a script remembered as `<id> <start>`.
    pub(crate) fn remembered(text: &str) -> Result<Self, BoxError> {
        Self::read(text.split(' ').next().unwrap_or_default())
    }

    fn read(id: &str) -> Result<Self, BoxError> {
        Ok(Self(Pid::from_raw(id.parse()?).ok_or("zero is no process")?))
    }

    /// Its number.
    #[must_use]
    pub fn id(self) -> u32 {
        self.0.as_raw_nonzero().get().unsigned_abs()
    }

    /// What it has started and not outlived.
    pub(crate) fn children(self) -> Result<Vec<Self>, BoxError> {
        let id = self.0.as_raw_nonzero();
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children"))?;
        children.split_whitespace().map(Self::read).collect()
    }

    /// Sends a signal. It may have ended by itself.
    pub fn signal(self, signal: Signal) {
        let _ = kill_process(self.0, signal);
    }

    /// Has it ended? Takes note of that.
    #[must_use]
    pub fn has_ended(self) -> bool {
        self.end().is_some()
    }

    /// Its end, once, with the status that it gave itself: a signal gives none. Takes note of it.
    #[must_use]
    pub fn end(self) -> Option<Option<i32>> {
        match waitpid(Some(self.0), WaitOptions::NOHANG) {
            Ok(ended) => ended.map(|(_, status)| status.exit_status()),
            // Somebody else's: nobody will note its end but them.
            Err(_) => {
                (!fs::exists(format!("/proc/{}", self.0.as_raw_nonzero())).unwrap_or(true)).then_some(None)
            }
        }
    }
}
