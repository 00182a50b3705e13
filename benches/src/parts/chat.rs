//! Conversations: fifty groups of twenty, everybody online, from the request to the sockets.

use std::time::{Duration, Instant};

use chat_engine::GroupId;
use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::{task::JoinSet, time::sleep_until};

use super::SETTINGS;
use crate::{
    client::{self, Crowd},
    http::{Connection, request},
    kernel,
    options::Options,
    peer::Peer,
    people::{People, Person},
    report::{Beside, Line, quantile},
    work::{CPU, KINDS, Measured, REALTIME, Times, between},
};

const GROUPS: usize = 50;
const MEMBERS: usize = 20;
/// Messages a second; none is as many as there can be.
const RATES: [Option<u32>; 4] = [Some(10), Some(50), Some(200), None];
/// How many send at a rate, and how many as fast as they can.
const SENDERS: usize = 16;
const MOST_SENDERS: usize = 64;

/// A group, and a member of it who writes.
#[derive(Clone)]
pub(super) struct Room {
    pub(super) group: GroupId,
    pub(super) writer: Person,
}

/// What a while of it came to.
struct Talk {
    rate: f64,
    p50: f64,
    p99: f64,
    /// Processor time for 1,000 sends, in seconds.
    cpu: [f64; KINDS.len()],
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let shape = Shape::start(&options.binaries, &SETTINGS).await?;
    let people = People::of(&shape).await?;
    let members = people.sign_up(GROUPS * MEMBERS).await?;
    let tokens: Vec<_> = members.iter().map(|member| member.token.clone()).collect();
    let rooms = rooms(&people, &members, MEMBERS).await?;
    people.settle().await?;
    let mut lines: Vec<Vec<Line>> = RATES.into_iter().map(lines).collect();
    for _ in 0..options.rounds {
        let addresses = [shape.address("realtime1"), shape.address("realtime2")];
        let mut crowd = Crowd::connect(&addresses, &tokens).await?;
        let mut ours = Vec::new();
        for rate in RATES {
            ours.push(talk(&shape, &mut crowd, &rooms, rate, options.duration(), None).await?);
        }
        drop(crowd);
        let node = Peer::socket_io(&shape).await?;
        let mut crowd = Crowd::connect(std::slice::from_ref(&node.address), &tokens).await?;
        for ((rate, ours), lines) in RATES.into_iter().zip(ours).zip(&mut lines) {
            let process = Some(node.process());
            let peer = talk(&shape, &mut crowd, &rooms, rate, options.duration(), process).await?;
            add(lines, &ours, &peer);
        }
    }
    Ok(lines.into_iter().flatten().collect())
}

/// So many to a group.
pub(super) async fn rooms(people: &People, members: &[Person], size: usize) -> Result<Vec<Room>, BoxError> {
    let mut rooms = Vec::new();
    for members in members.chunks(size) {
        let writer = members.first().ok_or("somebody writes")?.clone();
        rooms.push(Room { group: people.group(members).await?, writer });
    }
    Ok(rooms)
}

fn lines(rate: Option<u32>) -> Vec<Line> {
    let case = rate.map_or_else(|| "as many as can be".to_owned(), |rate| format!("{rate} messages/s"));
    let mut p50 = Line::new(&case, "request to delivery, p50, ms");
    if rate == Some(200) {
        p50 = p50.at_most(2.0, Beside::Nothing);
    }
    let p99 = Line::new(&case, "request to delivery, p99, ms");
    let cpu = CPU.iter().map(|figure| Line::new(&case, figure));
    [Line::new(&case, "messages/s"), p50, p99].into_iter().chain(cpu).collect()
}

fn add(lines: &mut [Line], ours: &Talk, peer: &Talk) {
    let figures = |talk: &Talk| [&[talk.rate, talk.p50, talk.p99][..], &talk.cpu].concat();
    for ((line, ours), peer) in lines.iter_mut().zip(figures(ours)).zip(figures(peer)) {
        line.ours.push(ours);
        line.peer.push(peer);
    }
}

/// Everybody hears all of their group. `node` is who delivers in place of `realtime`.
async fn talk(
    shape: &Shape,
    crowd: &mut Crowd,
    rooms: &[Room],
    rate: Option<u32>,
    time: Duration,
    node: Option<u32>,
) -> Result<Talk, BoxError> {
    let times = || -> Result<Times, BoxError> {
        let mut times = shape.times()?;
        if let Some(process) = node {
            times[REALTIME] = kernel::cpu(process);
        }
        Ok(times)
    };
    crowd.listen();
    let (before, began) = (times()?, Instant::now());
    let sent = send(&shape.apis(), rooms, rate, time).await?;
    let lasted = began.elapsed();
    crowd.has_heard(sent * MEMBERS as u64).await?;
    let (passed, _) = between(&before, &times()?);
    let latencies = crowd.latencies();
    Ok(Talk {
        rate: sent as f64 / lasted.as_secs_f64(),
        p50: quantile(&latencies, 0.5).unwrap_or_default(),
        p99: quantile(&latencies, 0.99).unwrap_or_default(),
        cpu: passed.map(|time| time.as_secs_f64() * 1e3 / sent.max(1) as f64),
    })
}

/// Sends to each room in turn, so many a second or as many as can be; answers how many were stored.
pub(super) async fn send(
    apis: &[String],
    rooms: &[Room],
    rate: Option<u32>,
    time: Duration,
) -> Result<u64, BoxError> {
    let senders = rate.map_or(MOST_SENDERS, |rate| SENDERS.min(rate as usize));
    let pause = rate.map(|rate| Duration::from_secs(1) * senders as u32 / rate);
    let began = Instant::now();
    let mut sending = JoinSet::new();
    for (n, api) in apis.iter().cycle().take(senders).enumerate() {
        let first = began + pause.unwrap_or_default() * n as u32 / senders as u32;
        let rooms: Vec<_> =
            rooms.iter().cycle().skip(n).step_by(senders).take(rooms.len()).cloned().collect();
        sending.spawn(send_on(api.clone(), rooms, first, pause, began + time));
    }
    let mut sent = 0;
    while let Some(one) = sending.join_next().await {
        sent += one??;
    }
    Ok(sent)
}

/// A message that could not be sent in time, because the one before was not answered, counts from when it was due.
async fn send_on(
    api: String,
    rooms: Vec<Room>,
    mut due: Instant,
    pause: Option<Duration>,
    end: Instant,
) -> Result<u64, BoxError> {
    let mut connection = Connection::open(&api).await?;
    let mut sent = 0;
    for Room { group, writer } in rooms.iter().cycle() {
        let mut moment = Instant::now();
        if pause.is_some() {
            if due > moment {
                sleep_until(due.into()).await;
                moment = Instant::now();
            } else {
                moment = due;
            }
        }
        if Instant::now() >= end {
            break;
        }
        let body = format!(r#"{{"message":{{"message":"{}"}}}}"#, client::text(moment));
        let path = format!("/groups/{group}/messages");
        let status = connection.ask(&request("POST", &path, &writer.token, "", &body)).await?.status;
        if status != 201 {
            return Err(format!("a send was answered {status}").into());
        }
        sent += 1;
        due += pause.unwrap_or_default();
    }
    Ok(sent)
}
