//! One message to everybody in a large group, who are all online.

use std::time::{Duration, Instant};

use chat_engine::GroupId;
use engine_interfaces::BoxError;
use futures_util::future::try_join_all;
use production_shape::Shape;

use super::{SETTINGS, micros_each, send::message};
use crate::{
    crowds::Crowds,
    http::Connection,
    kernel,
    options::Options,
    peer::Peer,
    people::{People, Person},
    report::{Beside, Line, median},
};

/// Enough deliveries for the kernel's clock, which counts hundredths of a second.
const DELIVERIES: usize = 200_000;
const MESSAGES: usize = 24;
const OUTSTANDING: usize = 8;
/// In how many groups everybody is; all but one are quiet.
const GROUPS: usize = 10;
/// The most sockets of one process, which may often have 20,000 files open.
const PER_PROCESS: usize = 19_000;
/// How many `realtime` the shape has by itself.
const REALTIMES: usize = 2;
/// How long the sockets are left alone before their memory is looked at.
const SETTLE: Duration = Duration::from_secs(1);

/// What one server did in one round.
struct Round {
    connects: f64,
    memory: f64,
    one: Course,
    eight: Course,
}

/// What some messages cost.
struct Course {
    /// Processor time of the servers for each delivery, in microseconds.
    cpu: f64,
    /// From the request to the last member, in milliseconds, in the middle.
    last: f64,
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let settings = [&SETTINGS[..], &[("MAX_CONNECTIONS", "30000")]].concat();
    let shape = Shape::start(&options.binaries, &settings).await?;
    let people = People::of(&shape).await?;
    for number in REALTIMES + 1..=options.sockets.iter().copied().map(processes).max().unwrap_or_default() {
        let name = format!("realtime{number}");
        shape.launch(&name).await?;
        shape.ready(&name).await?;
    }
    let mut lines = Vec::new();
    for &size in &options.sockets {
        let members = people.sign_up(size).await?;
        let group = people.group(&members).await?;
        for _ in 1..GROUPS {
            people.group(&members).await?;
        }
        people.settle().await?;
        lines.extend(beside(options, &shape, &members, group).await?);
    }
    Ok(lines)
}

/// How many processes share so many sockets.
fn processes(sockets: usize) -> usize {
    sockets.div_ceil(PER_PROCESS).max(1)
}

async fn beside(
    options: &Options,
    shape: &Shape,
    members: &[Person],
    group: GroupId,
) -> Result<Vec<Line>, BoxError> {
    let size = members.len();
    let case = |what: &str| format!("{size} sockets{what}");
    let mut connects = Line::new(case(""), "connections/s").at_least(5.0, Beside::Peer);
    let mut memory = Line::new(case(&format!(" in {GROUPS} groups, idle")), "memory each, kB")
        .at_most(4.0, Beside::Nothing);
    let mut one = Line::new(case(", one at a time"), "CPU per delivery, µs")
        .at_most(1.3, Beside::Floor)
        .at_most(0.5, Beside::Peer);
    let mut one_last = Line::new(case(", one at a time"), "to the last member, ms");
    let mut eight =
        Line::new(case(", eight outstanding"), "CPU per delivery, µs").at_most(0.15, Beside::Peer);
    let mut eight_last = Line::new(case(", eight outstanding"), "to the last member, ms");
    let names: Vec<_> = (1..=processes(size)).map(|number| format!("realtime{number}")).collect();
    if names.len() > 1 {
        one_last = one_last.at_most(0.5, Beside::Peer);
    }
    for _ in 0..options.rounds {
        // As new as its peers: what one round leaves behind would be memory that the next one spares.
        for name in &names {
            shape.terminate(name).await?;
            shape.launch(name).await?;
            shape.ready(name).await?;
        }
        let ours: Result<Vec<_>, BoxError> = names
            .iter()
            .map(|name| Ok(Server { address: shape.address(name), process: shape.process(name)?.id() }))
            .collect();
        let ours = run(shape, members, group, &ours?).await?;
        let mut peers = Vec::new();
        for _ in &names {
            peers.push(Peer::socket_io(shape).await?);
        }
        let node = run(shape, members, group, &servers(&peers)).await?;
        peers.clear();
        for _ in &names {
            peers.push(Peer::floor(shape).await?);
        }
        let floor = run(shape, members, group, &servers(&peers)).await?;
        drop(peers);
        for (line, figure) in [
            (&mut connects, &(|round: &Round| round.connects) as &dyn Fn(&Round) -> f64),
            (&mut memory, &|round| round.memory),
            (&mut one, &|round| round.one.cpu),
            (&mut one_last, &|round| round.one.last),
            (&mut eight, &|round| round.eight.cpu),
            (&mut eight_last, &|round| round.eight.last),
        ] {
            line.ours.push(figure(&ours));
            line.peer.push(figure(&node));
            line.floor.push(figure(&floor));
        }
    }
    Ok(vec![connects, memory, one, one_last, eight, eight_last])
}

/// What sockets are connected to.
struct Server {
    address: String,
    process: u32,
}

fn servers(peers: &[Peer]) -> Vec<Server> {
    peers.iter().map(|peer| Server { address: peer.address.clone(), process: peer.process() }).collect()
}

fn memory(servers: &[Server]) -> u64 {
    servers.iter().map(|server| kernel::memory(server.process)).sum()
}

fn cpu(servers: &[Server]) -> Duration {
    servers.iter().map(|server| kernel::cpu(server.process)).sum()
}

async fn run(
    shape: &Shape,
    members: &[Person],
    group: GroupId,
    servers: &[Server],
) -> Result<Round, BoxError> {
    let tokens: Vec<_> = members.iter().map(|member| member.token.clone()).collect();
    let addresses: Vec<_> = servers.iter().map(|server| server.address.clone()).collect();
    let mut crowds = Crowds::start(&addresses, &tokens).await?;
    let (before, began) = (memory(servers), Instant::now());
    crowds.connect().await?;
    let connects = tokens.len() as f64 / began.elapsed().as_secs_f64();
    tokio::time::sleep(SETTLE).await;
    let memory = memory(servers).saturating_sub(before) as f64 / 1_024.0 / tokens.len() as f64;

    let requests: Vec<_> =
        members.iter().take(OUTSTANDING).map(|member| message(group, &member.token)).collect();
    let api = shape.address("api1");
    let one = course(&mut crowds, &api, &requests[..1], servers, tokens.len()).await?;
    let eight = course(&mut crowds, &api, &requests, servers, tokens.len()).await?;
    Ok(Round { connects, memory, one, eight })
}

/// Sends messages, as many at once as there are requests, and waits each time until all have all.
async fn course(
    crowds: &mut Crowds,
    api: &str,
    requests: &[String],
    servers: &[Server],
    size: usize,
) -> Result<Course, BoxError> {
    // Opened for this course: an `api` does not keep a connection for long that nothing is asked over.
    let mut senders = Vec::new();
    for _ in requests {
        senders.push(Connection::open(api).await?);
    }
    let turns = MESSAGES.max(DELIVERIES / size) / senders.len();
    let before = cpu(servers);
    let mut lasts = Vec::new();
    for _ in 0..turns {
        let began = Instant::now();
        let sends = senders.iter_mut().zip(requests).map(|(sender, request)| sender.ask(request));
        let sent = try_join_all(sends).await?;
        if let Some(refused) = sent.iter().find(|answer| answer.status != 201) {
            return Err(format!("a send was answered {}", refused.status).into());
        }
        crowds.hear(senders.len()).await?;
        lasts.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let cpu = cpu(servers).saturating_sub(before);
    let deliveries = (turns * senders.len() * size) as u64;
    Ok(Course { cpu: micros_each(cpu, deliveries), last: median(&lasts).unwrap_or_default() })
}
