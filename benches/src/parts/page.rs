//! Reading: a group's newest page, a page deep in its log, a page that the caller has, one's groups.

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

use super::{SETTINGS, micros_each};
use crate::{
    http::{Connection, request},
    options::Options,
    people::{People, Person},
    pgbench,
    report::{Beside, Line, quantile},
    work::{KINDS, Measured, between},
};

/// How many ask at once.
const READERS: usize = 16;
/// How many groups are a page.
const PAGE: usize = 50;
const CPU: &str = "CPU a request, api and PostgreSQL, ms";
/// How many groups somebody is in.
const MEMBER_OF: [usize; 3] = [5, 200, 1_000];

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let shape = Shape::start(&options.binaries, &SETTINGS).await?;
    let people = People::of(&shape).await?;
    let reader = people.sign_up(1).await?.remove(0);
    let mut lines = Vec::new();
    let mut grown: Vec<Line> = Vec::new();
    for &messages in &options.messages {
        let group = people.group(std::slice::from_ref(&reader)).await?;
        people.fill(group, reader.id, messages).await?;
        people.settle().await?;
        let (path, middle) = (format!("/groups/{group}/messages"), messages / 2);
        let columns = "seq, id, user_id, created_at, updated_at, erased_at, message";
        let select = |condition: &str| {
            format!(
                "SELECT {columns} FROM chat.messages WHERE group_id = '{group}' {condition} \
                 ORDER BY seq DESC LIMIT 50;\n"
            )
        };
        let etag = etag(&shape, &reader, &path).await?;
        for (name, path, more, status, bar, floor) in [
            ("newest 50, from memory", path.clone(), String::new(), 200, 0.15, select("")),
            (
                "50 in the middle",
                format!("{path}?before={middle}"),
                String::new(),
                200,
                0.3,
                // A parameter, as the engine's: so both have the same plan.
                format!("\\set middle {middle}\n{}", select("AND seq < :middle")),
            ),
            (
                "what the caller has",
                path.clone(),
                format!("If-None-Match: {etag}\r\n"),
                304,
                0.15,
                String::new(),
            ),
        ] {
            let line = Line::new(format!("{name} of {messages} messages"), CPU).at_most(bar, Beside::Nothing);
            let asked = Asked { reader: &reader, path: &path, more: &more, status };
            let line = read(&shape, options, line, asked, &floor).await?;
            if name == "50 in the middle" {
                grown.push(line.clone());
            }
            lines.push(line);
        }
    }
    lines.extend(growth(&grown, options));
    for count in MEMBER_OF {
        let member = people.sign_up(1).await?.remove(0);
        let mut ids = Vec::new();
        for _ in 0..count {
            let group = people.group(std::slice::from_ref(&member)).await?;
            people.fill(group, member.id, 1).await?;
            ids.push(group);
        }
        people.settle().await?;
        let line = Line::new(format!("my groups, of {count}"), CPU);
        let asked = Asked { reader: &member, path: "/groups", more: "", status: 200 };
        lines.push(read(&shape, options, line, asked, &groups_script(&member, &ids)).await?);
        let mut alone = Line::new(format!("my groups, of {count}, one reader"), "p99, ms");
        if count == MEMBER_OF[2] {
            alone = alone.at_most(15.0, Beside::Nothing);
        }
        for _ in 0..options.rounds {
            let answered = ask(&shape, &asked, 1, options.duration()).await?;
            alone.ours.push(quantile(&answered.latencies, 0.99).unwrap_or_default());
        }
        lines.push(alone);
    }
    Ok(lines)
}

/// What a page of the largest store costs beside one of the smallest.
fn growth(grown: &[Line], options: &Options) -> Option<Line> {
    let ([small, .., large], [few, .., many]) = (grown, options.messages.as_slice()) else { return None };
    let mut line = Line::new(format!("50 in the middle of {many} messages"), "CPU beside the same of fewer")
        .at_most(1.1, Beside::Floor);
    line.case += &format!(" beside {few}");
    let ratios =
        |large: &[f64], small: &[f64]| large.iter().zip(small).map(|(large, small)| large / small).collect();
    line.ours = ratios(&large.ours, &small.ours);
    line.floor = ratios(&large.floor, &small.floor);
    Some(line)
}

/// The three steps to somebody's groups, in SQL.
fn groups_script(member: &Person, groups: &[GroupId]) -> String {
    let user = member.id;
    let ids = |groups: &[GroupId]| groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let (all, page) = (ids(groups), ids(groups.get(..PAGE).unwrap_or(groups)));
    format!(
        "SELECT user_id, scope_id FROM user_resources.user_resources \
         WHERE user_id = '{user}' AND resource_type = 'chat.group';\n\
         SELECT h.last_message_at, h.group_id FROM chat.memberships m \
         JOIN chat.group_heads h ON h.group_id = m.group_id \
         WHERE m.group_id = ANY('{{{all}}}') AND m.user_id = '{user}' AND m.left_at IS NULL;\n\
         SELECT g.*, h.*, m.*, n.* FROM chat.group_heads h \
         JOIN chat.memberships m ON m.group_id = h.group_id JOIN chat.groups g ON g.id = h.group_id \
         LEFT JOIN chat.messages n ON n.group_id = h.group_id AND n.seq = h.last_seq \
         WHERE h.group_id = ANY('{{{page}}}') AND m.user_id = '{user}' AND m.left_at IS NULL;\n"
    )
}

/// What is asked, and what has to be answered.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) reader: &'a Person,
    pub(super) path: &'a str,
    pub(super) more: &'a str,
    pub(super) status: u16,
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
        line.ours.push(ask(shape, &asked, READERS, options.duration()).await?.cpu / 1e3);
        if !floor.is_empty() {
            let floor =
                pgbench::run(shape, &shape.database_url(), floor, READERS, options.duration()).await?;
            line.floor.push(floor.cpu.as_secs_f64() * 1e3);
        }
    }
    Ok(line)
}

/// What a while of asking came to.
pub(super) struct Answered {
    /// The processor time of a request, in microseconds.
    pub(super) cpu: f64,
    /// How long each took, in milliseconds.
    latencies: Vec<f64>,
}

pub(super) async fn ask(
    measured: &impl Measured,
    asked: &Asked<'_>,
    readers: usize,
    time: Duration,
) -> Result<Answered, BoxError> {
    let before = measured.times()?;
    let stop = Arc::new(AtomicBool::new(false));
    let mut asking = JoinSet::new();
    for api in measured.apis().iter().cycle().take(readers) {
        let request = request("GET", asked.path, &asked.reader.token, asked.more, "");
        asking.spawn(ask_on(api.clone(), request, asked.status, Arc::clone(&stop)));
    }
    tokio::time::sleep(time).await;
    stop.store(true, Ordering::Relaxed);
    let mut latencies = Vec::new();
    while let Some(asked) = asking.join_next().await {
        latencies.extend(asked??);
    }
    let (passed, _) = between(&before, &measured.times()?);
    let cpu = KINDS.iter().zip(passed).filter(|(kind, _)| ["api", "postgres"].contains(kind));
    Ok(Answered { cpu: micros_each(cpu.map(|(_, time)| time).sum(), latencies.len() as u64), latencies })
}

async fn ask_on(
    address: String,
    request: String,
    status: u16,
    stop: Arc<AtomicBool>,
) -> Result<Vec<f64>, BoxError> {
    let mut connection = Connection::open(&address).await?;
    let mut latencies = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        let answer = connection.ask(&request).await?;
        let whole = status != 200 || answer.body.ends_with(b"}");
        if answer.status != status || !whole {
            return Err(format!("a read was answered {}", answer.status).into());
        }
        latencies.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(latencies)
}
