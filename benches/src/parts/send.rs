//! Durable sends over HTTP: how many in a second, and what they cost all processes together.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chat_engine::GroupId;
use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::task::JoinSet;

use super::SETTINGS;
use crate::{
    http::{Connection, request},
    options::Options,
    people::{People, Person},
    pgbench,
    report::{Beside, Line, quantile},
    work::{CPU, KINDS, Measured, between},
};

const SENDERS: [usize; 4] = [1, 16, 64, 256];
const GROUPS: usize = 50;
/// For how long the processes are warmed up before the first figure.
const WARM_UP: Duration = Duration::from_secs(2);
/// The most clients of the floor: the server has connections for no more of them beside the processes' own, and more
/// would only wait for a core.
const CLIENTS: usize = 64;
/// How many messages the batched floor stores in one statement: as many as the coalescer does at most.
const BATCH: usize = 128;

/// What a while of sending came to.
pub(super) struct Sending {
    pub(super) rate: f64,
    /// Processor time of all processes for 1,000 sends, in seconds.
    pub(super) cpu: f64,
    /// The same of each kind of process.
    cpus: [f64; KINDS.len()],
    pub(super) p99: f64,
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let shape = Shape::start(&options.binaries, &SETTINGS).await?;
    let people = People::of(&shape).await?;
    let most = SENDERS.into_iter().max().unwrap_or(1);
    let senders = people.sign_up(most).await?;
    let mut many = Vec::new();
    for _ in 0..GROUPS {
        many.push(people.group(&senders).await?);
    }
    let hot = vec![people.group(&senders).await?];
    // Where nobody announces, links or sweeps what the floor stores.
    let (database, beside) = People::beside(&shape).await?;
    let floor_senders = beside.sign_up(most).await?;
    let mut floor_many = Vec::new();
    for _ in 0..GROUPS {
        floor_many.push(beside.group(&floor_senders).await?);
    }
    let floor_hot = vec![beside.group(&floor_senders).await?];
    people.settle().await?;
    beside.settle().await?;
    run(&shape, &people, &senders, &many, WARM_UP).await?;

    let mut lines = Vec::new();
    for (name, groups, floor_groups) in
        [("many groups", &many, &floor_many), ("one hot group", &hot, &floor_hot)]
    {
        for count in SENDERS {
            let case = format!("{name}, {count} senders");
            let mut rate = Line::new(&case, "sends/s");
            let mut cpu = Line::new(&case, "CPU per 1,000, all processes, s");
            let mut p99 = Line::new(&case, "p99, ms");
            let mut cpus = Vec::new();
            if count == most {
                cpu = cpu.at_most(0.15, Beside::Nothing);
                cpus.extend(CPU.map(|name| Line::new(&case, name)));
            }
            if groups.len() == 1 && count == 64 {
                rate = rate.at_least(8.0, Beside::Floor);
            }
            let some: Vec<_> = senders.iter().take(count).cloned().collect();
            for _ in 0..options.rounds {
                let ours = run(&shape, &people, &some, groups, options.duration()).await?;
                rate.ours.push(ours.rate);
                cpu.ours.push(ours.cpu);
                p99.ours.push(ours.p99);
                for (line, cpu) in cpus.iter_mut().zip(ours.cpus) {
                    line.ours.push(cpu);
                }
                let script = script(floor_groups, floor_senders.get(..count).unwrap_or_default(), 1);
                let clients = count.min(CLIENTS);
                let floor = pgbench::run(&shape, &database, &script, clients, options.duration()).await?;
                rate.floor.push(floor.rate);
                cpu.floor.push(floor.cpu.as_secs_f64() * 1e3);
            }
            lines.extend([rate, cpu, p99]);
            lines.extend(cpus);
        }
    }
    let script = script(&floor_hot, &floor_senders, BATCH);
    let mut batched = Line::new(format!("one hot group, {BATCH} a statement, 1 client"), "stored/s");
    for _ in 0..options.rounds {
        let floor = pgbench::run(&shape, &database, &script, 1, options.duration()).await?;
        batched.floor.push(floor.rate * BATCH as f64);
    }
    lines.push(batched);
    Ok(lines)
}

/// Everybody sends one message after the other.
pub(super) async fn run(
    measured: &impl Measured,
    people: &People,
    senders: &[Person],
    groups: &[GroupId],
    time: Duration,
) -> Result<Sending, BoxError> {
    let ends = async || {
        let mut ends = 0;
        for group in groups {
            ends += people.last_seq(*group).await?;
        }
        Ok::<_, BoxError>(ends)
    };
    let stored = ends().await?;
    let (began, before) = (Instant::now(), measured.times()?);
    let stop = Arc::new(AtomicBool::new(false));
    let mut sending = JoinSet::new();
    let apis = measured.apis();
    for ((n, sender), api) in senders.iter().enumerate().zip(apis.iter().cycle()) {
        let requests: Vec<_> = groups.iter().map(|group| message(*group, &sender.token)).collect();
        sending.spawn(send(api.clone(), requests, n, Arc::clone(&stop)));
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    while let Some(sent) = sending.join_next().await {
        latencies.extend(sent??);
    }
    let (lasted, (cpus, cpu)) = (began.elapsed(), between(&before, &measured.times()?));
    let stored = ends().await? - stored;
    if stored != latencies.len() as i64 {
        return Err(format!("{} sends were acknowledged and {stored} stored", latencies.len()).into());
    }
    let for_1000 = |time: Duration| time.as_secs_f64() * 1e3 / stored.max(1) as f64;
    Ok(Sending {
        rate: stored as f64 / lasted.as_secs_f64(),
        cpu: for_1000(cpu),
        cpus: cpus.map(for_1000),
        p99: quantile(&latencies, 0.99).unwrap_or_default(),
    })
}

pub(super) fn message(group: GroupId, token: &str) -> String {
    let body = r#"{"message":{"message":"What a day it is, and how long the way home"}}"#;
    request("POST", &format!("/groups/{group}/messages"), token, "", body)
}

/// Answers how long each took, in milliseconds.
async fn send(
    address: String,
    requests: Vec<String>,
    first: usize,
    stop: Arc<AtomicBool>,
) -> Result<Vec<f64>, BoxError> {
    let mut connection = Connection::open(&address).await?;
    let mut latencies = Vec::new();
    for request in requests.iter().cycle().skip(first % requests.len().max(1)) {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        let began = Instant::now();
        let status = connection.ask(request).await?.status;
        if status != 201 {
            return Err(format!("a send was answered {status}").into());
        }
        latencies.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(latencies)
}

/// The same sends in SQL: each transaction one call of the engine's function.
fn script(groups: &[GroupId], senders: &[Person], batch: usize) -> String {
    let array = |ids: Vec<String>| format!("(ARRAY['{}']::uuid[])", ids.join("','"));
    let groups = array(groups.iter().map(ToString::to_string).collect());
    let people = array(senders.iter().map(|person| person.id.to_string()).collect());
    format!(
        "\\set group random(1, {})\n\\set user random(1, {})\n\
         SELECT count(*) FROM (SELECT array_agg({groups}[:group]) g, array_agg({people}[:user]) u, \
         array_agg(gen_random_uuid()) i, array_agg('What a day it is, and how long the way home'::text) t \
         FROM generate_series(1, {batch})) a, chat.chat_send(a.g, a.u, a.i, a.t, now());\n",
        groups.matches('-').count() / 4,
        senders.len(),
    )
}
