//! The points of a process that may be let die.

use std::{env, fs, path::PathBuf, pin::pin, process, sync::LazyLock, thread, time::Duration};

use rustix::process::{Signal, getpid, kill_process};

/// How many milliseconds who was asked has at most before the process that asked dies.
const UNDERWAY: u32 = 6;

static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(|| env::var_os("FAIL_POINTS").map(PathBuf::from));

/// Dies here, when it is armed.
pub fn reach(name: &str) {
    if disarm(name) {
        die();
    }
}

/// Dies while `future` is on its way, when it is armed: whoever was asked may do it all the same.
pub async fn underway<F: Future>(name: &str, future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let polled = future.as_mut().poll(context);
        if polled.is_pending() && disarm(name) {
            // Now earlier, now later: before, while and after the other side does it.
            thread::sleep(Duration::from_millis((process::id() % UNDERWAY).into()));
            die();
        }
        polled
    })
    .await
}

/// Was it armed? Then it is no longer.
fn disarm(name: &str) -> bool {
    FOLDER.as_ref().is_some_and(|folder| fs::remove_file(folder.join(name)).is_ok())
}

fn die() -> ! {
    // A process may always kill itself.
    let _ = kill_process(getpid(), Signal::KILL);
    loop {
        thread::park();
    }
}
