//! Reading: a group's newest page, a page deep in its log, a page that the caller has, one's groups.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::task::JoinSet;

use super::{SETTINGS, micros_each};
use crate::{
    http::{Connection, request},
    options::Options,
    people::{People, Person},
    pgbench,
    report::{Beside, Line},
    work::{KINDS, between, times},
};

/// How many ask at once.
const READERS: usize = 16;
/// How many groups somebody is in.
const MEMBER_OF: [usize; 3] = [5, 200, 1_000];

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let shape = Shape::start(&options.binaries, &SETTINGS).await?;
    let people = People::of(&shape).await?;
    let reader = people.sign_up(1).await?.remove(0);
    let mut lines = Vec::new();
    for &messages in &options.messages {
        let group = people.group(std::slice::from_ref(&reader)).await?;
        people.fill(group, reader.id, messages).await?;
        let (path, middle) = (format!("/groups/{group}/messages"), messages / 2);
        let columns = "seq, id, user_id, created_at, updated_at, erased_at, message";
        let select = |condition: &str| {
            format!(
                "SELECT {columns} FROM chat.messages WHERE group_id = '{group}' {condition} \
                 ORDER BY seq DESC LIMIT 50;\n"
            )
        };
        let etag = etag(&shape, &reader, &path).await?;
        for (name, path, more, status, floor) in [
            ("newest 50", path.clone(), String::new(), 200, select("")),
            (
                "50 in the middle",
                format!("{path}?before={middle}"),
                String::new(),
                200,
                // A parameter, as the engine's: so both have the same plan.
                format!("\\set middle {middle}\n{}", select("AND seq < :middle")),
            ),
            ("what the caller has", path.clone(), format!("If-None-Match: {etag}\r\n"), 304, String::new()),
        ] {
            let line =
                Line::new(format!("{name} of {messages} messages"), "CPU a request, api and PostgreSQL, ms");
            let asked = Asked { reader: &reader, path: &path, more: &more, status };
            lines.push(read(&shape, options, line.at_most(0.3, Beside::Nothing), asked, &floor).await?);
        }
    }
    for count in MEMBER_OF {
        let member = people.sign_up(1).await?.remove(0);
        for _ in 0..count {
            let group = people.group(std::slice::from_ref(&member)).await?;
            people.fill(group, member.id, 1).await?;
        }
        let line = Line::new(format!("my groups, of {count}"), "CPU a request, api and PostgreSQL, ms");
        let asked = Asked { reader: &member, path: "/groups", more: "", status: 200 };
        lines.push(read(&shape, options, line, asked, "").await?);
    }
    Ok(lines)
}

/// What is asked, and what has to be answered.
struct Asked<'a> {
    reader: &'a Person,
    path: &'a str,
    more: &'a str,
    status: u16,
}

async fn etag(shape: &Shape, reader: &Person, path: &str) -> Result<String, BoxError> {
    let mut connection = Connection::open(&shape.address("api1")).await?;
    let page = connection.ask(&request("GET", path, &reader.token, "", "")).await?;
    Ok(page.header("etag").ok_or("a page has an ETag")?.to_owned())
}

async fn read(
    shape: &Shape,
    options: &Options,
    mut line: Line,
    asked: Asked<'_>,
    floor: &str,
) -> Result<Line, BoxError> {
    for _ in 0..options.rounds {
        line.ours.push(ask(shape, &asked, options.duration()).await? / 1e3);
        if !floor.is_empty() {
            let floor = pgbench::run(shape, floor, READERS, options.duration()).await?;
            line.floor.push(floor.cpu.as_secs_f64() * 1e3);
        }
    }
    Ok(line)
}

/// The processor time of a request, in microseconds.
async fn ask(shape: &Shape, asked: &Asked<'_>, time: Duration) -> Result<f64, BoxError> {
    let before = times(shape)?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut asking = JoinSet::new();
    for n in 0..READERS {
        let address = shape.address(if n % 2 == 0 { "api1" } else { "api2" });
        let request = request("GET", asked.path, &asked.reader.token, asked.more, "");
        asking.spawn(ask_on(address, request, asked.status, Arc::clone(&stop)));
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut count = 0;
    while let Some(asked) = asking.join_next().await {
        count += asked??;
    }
    let (passed, _) = between(&before, &times(shape)?);
    let cpu = KINDS.iter().zip(passed).filter(|(kind, _)| ["api", "postgres"].contains(kind));
    Ok(micros_each(cpu.map(|(_, time)| time).sum(), count))
}

async fn ask_on(
    address: String,
    request: String,
    status: u16,
    stop: Arc<AtomicBool>,
) -> Result<u64, BoxError> {
    let mut connection = Connection::open(&address).await?;
    let mut count = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = connection.ask(&request).await?;
        let whole = status != 200 || answer.body.ends_with(b"}");
        if answer.status != status || !whole {
            return Err(format!("a read was answered {}", answer.status).into());
        }
        count += 1;
    }
    Ok(count)
}
