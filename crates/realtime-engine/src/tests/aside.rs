use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use procfs::process::Process;

use super::*;

const MEMBERS: usize = 200;

/// How often this thread has given its core up of its own will.
fn slept() -> u64 {
    let thread = rustix::thread::gettid().as_raw_nonzero().get();
    let status = Process::myself().unwrap().task_from_tid(thread).unwrap().status();
    status.unwrap().voluntary_ctxt_switches.unwrap()
}

/// Computes on a core until it is dropped.
struct Busy(Arc<AtomicBool>);

impl Busy {
    fn start() -> Self {
        let busy = Arc::new(AtomicBool::new(true));
        let until = Arc::clone(&busy);
        thread::spawn(move || {
            while until.load(Ordering::Relaxed) {
                std::hint::spin_loop();
            }
        });
        Self(busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// All is done on this thread, so that what it sleeps is what the fan-out does.
#[tokio::test]
async fn a_big_group_leaves_its_core_to_who_waits_for_one() {
    let bench = Bench::with(Settings { fan_out_chunk: 1, ..Settings::default() }).await;
    let users: Vec<_> = (0..MEMBERS).map(|n| format!("user {n}")).collect();
    let group = bench.group(&users.iter().map(String::as_str).collect::<Vec<_>>());
    let mut peers = Vec::new();
    for user in &users {
        peers.push(bench.connect(user).await);
    }
    let cores = thread::available_parallelism().unwrap().get();
    let busy: Vec<_> = (0..cores).map(|_| Busy::start()).collect();
    let before = slept();
    bench.send(group, 1).await;
    let all = async {
        while peers.iter().any(|peer| peer.seqs().is_empty()) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("it comes in time");
    let slept = slept() - before;
    drop(busy);
    assert!(slept >= MEMBERS as u64 / 2, "{slept} times in {MEMBERS} chunks");
}
