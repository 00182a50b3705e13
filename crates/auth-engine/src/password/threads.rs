//! The threads that hash.

use std::sync::Arc;

use cores::Cores;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};

/// How far they give way, of 0 to 19: where nothing is idle they still have a tenth of what others have, so that signing
/// in gets slow and does not stand still.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

/// After so many rounds of bcrypt, some 0.15 ms, they leave the core to whoever waits for one.
const ROUNDS: u32 = 2;

/// Threads that give way to whatever else wants a core: a quarter of a second of hashing is not to stand in the way of
/// a message. Those that have nothing to do for a while end.
pub(super) struct Threads {
    /// None where the system gave none: then the caller's runtime does it.
    runtime: Option<Runtime>,
    cores: Arc<Cores>,
}

impl Threads {
    /// At most so many.
    pub(super) fn start(most: usize) -> Self {
        let runtime = Builder::new_current_thread()
            .max_blocking_threads(most)
            .thread_name("passwords")
            .on_thread_start(give_way)
            .build();
        if let Err(error) = &runtime {
            tracing::warn!(error = error as &dyn std::error::Error, "passwords are hashed among other work");
        }
        Self { runtime: runtime.ok(), cores: Arc::default() }
    }

    /// Does it on one of them. It is to call what it is given after each round of bcrypt.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn FnMut()) -> T + Send + 'static,
    ) -> JoinHandle<T> {
        let cores = Arc::clone(&self.cores);
        let work = move || {
            let mut rounds = 0_u32;
            work(&mut || {
                rounds = rounds.wrapping_add(1);
                if rounds.is_multiple_of(ROUNDS) {
                    cores.step_aside();
                }
            })
        };
        match &self.runtime {
            Some(runtime) => runtime.spawn_blocking(work),
            None => tokio::task::spawn_blocking(work),
        }
    }
}

impl Drop for Threads {
    /// Waits for nobody: this may be on a thread that must not.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(target_os = "linux")]
fn give_way() {
    // Refused nowhere that is known of; where it is, hashing is as urgent as the rest.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
}

#[cfg(not(target_os = "linux"))]
fn give_way() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_hashes_gives_way_and_nobody_else() {
        let niceness = || rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
        let before = niceness();
        assert_eq!(Threads::start(1).run(move |_| niceness()).await.unwrap(), NICENESS);
        assert_eq!(niceness(), before);
        assert_eq!(tokio::task::spawn_blocking(niceness).await.unwrap(), before);
    }
}
