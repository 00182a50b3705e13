//! Small groups beside a large one that is busy: how long their messages take with it and without.

use std::time::Duration;

use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::runtime::{Builder, Runtime};

use super::{
    SETTINGS,
    chat::{Room, rooms, send},
};
use crate::{
    client::Crowd,
    options::Options,
    peer::Peer,
    people::People,
    report::{Beside, Line, quantile},
    work::Measured,
};

const SMALL_GROUPS: usize = 100;
const SMALL: usize = 5;
const LARGE: usize = 10_000;
/// Messages a second, in all small groups together and in the large one.
const SMALL_RATE: u32 = 100;
const LARGE_RATE: u32 = 4;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let shape = Shape::start(&options.binaries, &SETTINGS).await?;
    let people = People::of(&shape).await?;
    let small = people.sign_up(SMALL_GROUPS * SMALL).await?;
    let large = people.sign_up(LARGE).await?;
    let tokens = |people: &[crate::people::Person]| people.iter().map(|one| one.token.clone()).collect();
    let (small_tokens, large_tokens): (Vec<_>, Vec<_>) = (tokens(&small), tokens(&large));
    let (small, large) = (rooms(&people, &small, SMALL).await?, rooms(&people, &large, LARGE).await?);
    people.settle().await?;
    // The large group's clients have a thread of their own, and step aside: their reading is not what the small ones wait
    // for.
    let thread = Thread::start()?;

    let case = format!("{SMALL_GROUPS} small groups, beside one of {LARGE} with {LARGE_RATE} messages/s");
    let mut p50 = Line::new(&case, "p50 (floor: without it; peer: Node, with it), ms");
    let mut p99 =
        Line::new(&case, "p99 (floor: without it; peer: Node, with it), ms").at_most(2.0, Beside::Floor);
    for _ in 0..options.rounds {
        let ours = shape.address("realtime1");
        let (without, with) = round(
            &shape,
            &thread,
            &ours,
            (&small, &small_tokens),
            (&large, &large_tokens),
            options.tail_duration(),
        )
        .await?;
        let node = Peer::socket_io(&shape).await?;
        let (_, peer) = round(
            &shape,
            &thread,
            &node.address,
            (&small, &small_tokens),
            (&large, &large_tokens),
            options.tail_duration(),
        )
        .await?;
        for (line, part) in [(&mut p50, 0.5), (&mut p99, 0.99)] {
            line.ours.extend(quantile(&with, part));
            line.floor.extend(quantile(&without, part));
            line.peer.extend(quantile(&peer, part));
        }
    }
    Ok(vec![p50, p99])
}

/// The small groups' latencies without the large group's messages, and with them.
async fn round(
    shape: &Shape,
    thread: &Thread,
    address: &str,
    (small, small_tokens): (&[Room], &[String]),
    (large, large_tokens): (&[Room], &[String]),
    time: Duration,
) -> Result<(Vec<f64>, Vec<f64>), BoxError> {
    let addresses = vec![address.to_owned()];
    let mut crowd = Crowd::connect(&addresses, small_tokens).await?;
    let tokens = large_tokens.to_vec();
    let runtime = thread.0.as_ref().ok_or("the thread has ended")?;
    let connecting = runtime.spawn(async move { Crowd::connect_aside(&addresses, &tokens).await });
    let mut many = connecting.await??;
    let mut latencies = Vec::new();
    for busy in [false, true] {
        crowd.listen();
        many.listen();
        let apis = shape.apis();
        let few = send(&apis, small, Some(SMALL_RATE), time);
        let to_many = async { if busy { send(&apis, large, Some(LARGE_RATE), time).await } else { Ok(0) } };
        let (few, to_many) = tokio::try_join!(few, to_many)?;
        crowd.has_heard(few * SMALL as u64).await?;
        many.has_heard(to_many * LARGE as u64).await?;
        latencies.push(crowd.latencies().clone());
    }
    let with = latencies.pop().unwrap_or_default();
    Ok((latencies.pop().unwrap_or_default(), with))
}

/// A runtime of one thread. None while it ends.
struct Thread(Option<Runtime>);

impl Thread {
    fn start() -> Result<Self, BoxError> {
        Ok(Self(Some(Builder::new_multi_thread().worker_threads(1).enable_all().build()?)))
    }
}

impl Drop for Thread {
    /// Waits for nobody: this is on a thread that must not.
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
