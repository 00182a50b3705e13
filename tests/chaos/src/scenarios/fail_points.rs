//! An `api` dies at every point between a request and its acknowledgement, and shortly after it: a retry with the same
//! id makes one message.

use std::{fs, time::Duration};

use engine_interfaces::{BoxError, Clock, SystemClock};
use production_shape::until;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::{report::Row, stage::Stage};

/// In the order in which a message comes by. From `announce.gathered` on the answer may be there before the end.
const POINTS: [&str; 13] = [
    "request.authenticated",
    "request.read",
    "send.checked",
    "send.queued",
    "send.gathered",
    "send.underway",
    "send.committed",
    "send.announcing",
    "request.answering",
    "announce.gathered",
    "announce.published",
    "announce.marking",
    "announce.marked",
];
const NAMES: [&str; 2] = ["api1", "api2"];
/// How long a process may take to get to the point, and to be gone.
const DEATH_LIMIT: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(1);

pub(super) async fn play(stage: &mut Stage, mut row: Row) -> Result<Row, BoxError> {
    row.rounds = stage.options.trials;
    let binaries = stage.options.fail_point_binaries.clone();
    let binaries = binaries.unwrap_or_else(|| stage.options.binaries.clone()).canonicalize()?;
    fs::create_dir_all(stage.shape.fail_points())?;
    for name in NAMES {
        stage.shape.kill(name).await?;
        stage.shape.launch_from(&binaries, name).await?;
        stage.shape.ready(name).await?;
    }
    let began = Instant::now();
    let (mut unanswered, mut replayed) = (0, 0);
    for trial in 0..stage.options.trials as usize {
        let point = POINTS[trial % POINTS.len()];
        let resident = trial % stage.town.residents.len();
        let outcome = send(stage, resident, point).await?;
        unanswered += u32::from(!outcome.answered);
        replayed += u32::from(outcome.replayed);
        let dead = died(stage, point).await?;
        // The other one serves until it is ready.
        stage.shape.launch_from(&binaries, dead).await?;
    }
    row.lasted = began.elapsed();
    for name in NAMES {
        stage.shape.kill(name).await?;
        stage.shape.launch(name).await?;
        stage.shape.ready(name).await?;
    }
    stage.check(&mut row).await?;
    row.notes.push(format!(
        "{} points; {unanswered} requests died unanswered, {replayed} of all were stored all the same; {:.0} s",
        POINTS.len(),
        row.lasted.as_secs_f64()
    ));
    Ok(row)
}

/// What came of a message whose process died.
struct Outcome {
    /// The answer had come before the end.
    answered: bool,
    /// The retry found it stored.
    replayed: bool,
}

/// Sends a message to a process that dies of it, and sends it again.
async fn send(stage: &mut Stage, resident: usize, point: &str) -> Result<Outcome, BoxError> {
    let town = std::sync::Arc::clone(&stage.town);
    let (person, group) = (&town.residents[resident].person, town.residents[resident].groups[0]);
    let (id, began) = (SystemClock.new_id(), std::time::Instant::now());
    let path = format!("/groups/{}/messages", town.groups.ids[group]);
    let body = json!({"message": {"id": id, "message": "What a day it is"}});
    fs::write(stage.shape.fail_points().join(point), "")?;
    let first = person.ask(Method::POST, &path, Some(&body)).await;
    let answered = first.is_ok_and(|answer| answer.status == StatusCode::CREATED);
    // Whoever does not know sends it again; here also who does.
    let (again, _) = person.insist(Method::POST, &path, Some(&body)).await;
    let seq = again.body["seq"].as_i64().ok_or_else(|| format!("a retry was answered {}", again.status))?;
    town.groups.history.acknowledge(group, (id, seq), 0, began);
    stage.has_read(resident, group, seq);
    Ok(Outcome { answered, replayed: again.status == StatusCode::OK })
}

/// Which process died of it.
async fn died<'a>(stage: &Stage, point: &str) -> Result<&'a str, BoxError> {
    let armed = stage.shape.fail_points().join(point);
    let none = || format!("no process gets to {point}: is the feature failpoints there?");
    until(DEATH_LIMIT, LOOK, || !armed.exists()).await.ok_or_else(none)?;
    let began = Instant::now();
    while began.elapsed() < DEATH_LIMIT {
        for name in NAMES {
            if stage.shape.is_dead(name)? {
                return Ok(name);
            }
        }
        sleep(LOOK).await;
    }
    Err(format!("what got to {point} does not die").into())
}
