//! By `/proc/loadavg`.

use std::{fs::File, os::unix::fs::FileExt, thread, time::Duration};

use procfs::{CpuInfo, Current, FromRead, LoadAverage};

/// As short as the kernel has it: its timers are 50 µs late (`PR_SET_TIMERSLACK`), which is enough for who waits to begin.
const PAUSE: Duration = Duration::from_micros(1);

/// The machine's cores.
#[derive(Debug)]
pub struct Cores {
    /// None where the kernel does not tell who waits.
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    /// `/proc/loadavg`. It stays open: it may be read some thousand times a second.
    load: File,
    count: usize,
}

impl Cores {
    /// Opens `/proc/loadavg`. Where that can't be read, nobody steps aside.
    #[must_use]
    pub fn new() -> Self {
        let count = CpuInfo::current().map(|cpus| cpus.num_cores());
        let known =
            count.ok().zip(File::open(LoadAverage::PATH).ok()).map(|(count, load)| Known { load, count });
        Self { known }
    }

    /// Sleeps for some 0.1 ms if more threads want a core now than there are; whoever waits has this one at once.
    /// Otherwise costs 1 µs. To be called every 0.1 to 0.5 ms of work.
    ///
    /// # Example
    /// ```
    /// use cores::Cores;
    ///
    /// let cores = Cores::new();
    /// let sum: u64 = (0..1_000_000).inspect(|done| if done % 100_000 == 0 { cores.step_aside() }).sum();
    /// assert_eq!(sum, 499_999_500_000);
    /// ```
    pub fn step_aside(&self) {
        if self.known.as_ref().is_some_and(Known::are_short) {
            thread::sleep(PAUSE);
        }
    }
}

impl Default for Cores {
    fn default() -> Self {
        Self::new()
    }
}

impl Known {
    /// Who asks is one of those that run.
    fn are_short(&self) -> bool {
        let mut text = [0; 128];
        let read = self.load.read_at(&mut text, 0).unwrap_or_default();
        let load = LoadAverage::from_read(text.get(..read).unwrap_or_default());
        load.is_ok_and(|load| usize::try_from(load.cur).is_ok_and(|running| running > self.count))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use procfs::process::Process;

    use super::*;

    #[test]
    fn who_computes_steps_aside_while_others_wait() {
        // Each sleep is one of them.
        let slept = || {
            let thread = rustix::thread::gettid().as_raw_nonzero().get();
            let status = Process::myself().unwrap().task_from_tid(thread).unwrap().status();
            status.unwrap().voluntary_ctxt_switches.unwrap()
        };
        let cores = Cores::new();
        let count = cores.known.as_ref().unwrap().count;
        let done = AtomicBool::new(false);
        let pauses = thread::scope(|scope| {
            for _ in 0..=count {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        std::hint::spin_loop()
                    }
                });
            }
            // Once all of them run; if that is never seen, nobody will have slept.
            let _ = (0..100_000).find(|_| {
                thread::yield_now();
                cores.known.as_ref().is_some_and(Known::are_short)
            });
            let before = slept();
            (0..100).for_each(|_| cores.step_aside());
            let pauses = slept() - before;
            done.store(true, Ordering::Relaxed);
            pauses
        });
        assert!(pauses >= 50, "{pauses} of 100");
    }
}
