//! The points of a process that may be let die.

use std::{env, fs, path::PathBuf, pin::pin, process, sync::LazyLock, thread, time::Duration};

use rustix::process::{Signal, getpid, kill_process};

/// How many milliseconds who was asked has at most before the process that asked dies.
const UNDERWAY: u32 = 6;

static FOLDER: LazyLock<Option<PathBuf>> = LazyLock::new(|| env::var_os("FAIL_POINTS").map(PathBuf::from));

/// Dies here, when it is armed; panics, where the file says `panic`.
pub fn reach(name: &str) {
    match disarm(name).as_deref() {
        Some("panic") => panics(),
        Some(_) => die(),
        None => {}
    }
}

/// Dies while `future` is on its way, when it is armed: whoever was asked may do it all the same.
pub async fn underway<F: Future>(name: &str, future: F) -> F::Output {
    let mut future = pin!(future);
    std::future::poll_fn(|context| {
        let polled = future.as_mut().poll(context);
        if polled.is_pending() && disarm(name).is_some() {
            // Now earlier, now later: before, while and after the other side does it.
            thread::sleep(Duration::from_millis((process::id() % UNDERWAY).into()));
            die();
        }
        polled
    })
    .await
}

/// How was it armed, if it was? It is no longer.
fn disarm(name: &str) -> Option<String> {
    let armed = FOLDER.as_ref()?.join(name);
    let how = fs::read_to_string(&armed).ok()?;
    fs::remove_file(armed).ok().map(|()| how)
}

#[expect(clippy::panic, reason = "a test asked for it")]
fn panics() {
    panic!("planted: a secret of somebody's");
}

fn die() -> ! {
    // A process may always kill itself.
    let _ = kill_process(getpid(), Signal::KILL);
    loop {
        thread::park();
    }
}
