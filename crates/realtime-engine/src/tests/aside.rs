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

/// A group with everybody in it, on a server that looks up after each socket.
async fn crowd() -> (Bench, GroupId, Vec<Peer>) {
    let settings = Settings {
        fan_out_chunk: 1,
        show_online_every: Duration::from_millis(5),
        online_per_second: 1_000_000,
        ..Settings::default()
    };
    let bench = Bench::with(settings).await;
    let users: Vec<_> = (0..=MEMBERS).map(|n| format!("user {n}")).collect();
    let group = bench.group(&users.iter().map(String::as_str).collect::<Vec<_>>());
    let mut peers = Vec::new();
    for user in &users[..MEMBERS] {
        peers.push(bench.connect(user).await);
    }
    (bench, group, peers)
}

/// How often this thread, on which all is done, has slept until everybody has what `has` looks for, while others want
/// every core.
async fn slept_until_all<T>(
    peers: &[Peer],
    has: impl Fn(&Peer) -> bool,
    what: impl Future<Output = T>,
) -> u64 {
    let cores = thread::available_parallelism().unwrap().get();
    let _busy: Vec<_> = (0..cores).map(|_| Busy::start()).collect();
    let before = slept();
    let _kept = what.await;
    // Without `wait_until`, which sleeps.
    let all = async {
        while !peers.iter().all(&has) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), all).await.expect("it comes in time");
    slept() - before
}

#[tokio::test]
async fn a_message_to_a_big_group_leaves_its_core_to_who_waits_for_one() {
    let (bench, group, peers) = crowd().await;
    let slept = slept_until_all(&peers, |peer| !peer.seqs().is_empty(), bench.send(group, 1)).await;
    assert!(slept >= MEMBERS as u64 / 2, "{slept} times in {MEMBERS} chunks");
}

#[tokio::test]
async fn who_is_online_in_a_big_group_leaves_its_core_to_who_waits_for_one() {
    let (bench, group, peers) = crowd().await;
    for peer in &peers {
        peer.open(group).await;
    }
    let shows = |peer: &Peer| peer.got("presence").last().is_some_and(|last| last["online"] == MEMBERS + 1);
    let hello = json!({ "token": format!("user {MEMBERS}"), "have": {} });
    let slept = slept_until_all(&peers, shows, async { bench.dial(hello, 1_000_000) }).await;
    assert!(slept >= MEMBERS as u64 / 2, "{slept} times in {MEMBERS} chunks");
}
