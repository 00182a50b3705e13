//! Redis is away for half a minute: sending goes on, and so does what has to hold meanwhile.

use std::time::Duration;

use engine_interfaces::BoxError;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use super::witness::Witness;
use crate::{
    history::Fault,
    person::{Person, client},
    report::{Row, latency},
    stage::Stage,
};

const AWAY: Duration = Duration::from_secs(30);
/// When somebody is removed and somebody signs out.
const MEANWHILE: Duration = Duration::from_secs(2);
/// How soon that holds over HTTP.
const HTTP_LIMIT: Duration = Duration::from_secs(1);
/// How soon it holds for open sockets: the comparison with the store comes every 30 s, and takes a moment.
const SOCKET_LIMIT: Duration = Duration::from_secs(31);
/// So many answers in a row have met both api processes.
const IN_A_ROW: u32 = 4;

pub(super) async fn play(stage: &mut Stage, mut row: Row) -> Result<Row, BoxError> {
    row.goal = Some(Duration::from_secs(2));
    let balancer = stage.shape.address("balancer");
    let client = client()?;
    let owner = Person::sign_up(&client, &balancer).await?;
    let removed = Person::sign_up(&client, &balancer).await?;
    let leaver = Person::sign_up(&client, &balancer).await?;
    let group = owner.found("A quiet group", &[&removed]).await?;
    let removed_socket = Witness::start(&balancer, &removed).await?;
    let leaver_socket = Witness::start(&balancer, &leaver).await?;

    let load = stage.begin(stage.options.rate);
    sleep(MEANWHILE).await;
    let _ = stage.town.groups.history.take_latencies();
    stage.shape.kill("redis").await?;
    let away = Instant::now();
    sleep(MEANWHILE).await;

    let removal = Instant::now();
    let member = format!("/groups/{group}/members/{}", removed.id);
    owner.insist(Method::DELETE, &member, None).await;
    let removal_over_http =
        refused(&removed, &format!("/groups/{group}"), StatusCode::NOT_FOUND, removal).await?;
    let sign_out = Instant::now();
    leaver.insist(Method::DELETE, "/users/sign_out", None).await;
    let sign_out_over_http = refused(&leaver, "/users/me", StatusCode::UNAUTHORIZED, sign_out).await?;
    let (removal_for_sockets, sign_out_for_sockets) = tokio::join!(
        removed_socket.event(removal, SOCKET_LIMIT, |name, payload| {
            name == "member" && payload["change"] == "left" && payload["group_id"] == json!(group)
        }),
        leaver_socket.put_out(sign_out, SOCKET_LIMIT),
    );
    sleep_until(away + AWAY).await;

    let history = &stage.town.groups.history;
    row.notes.push(format!("answers meanwhile: {}", latency(history.take_latencies())));
    for (what, held) in [
        ("a removal held over HTTP", removal_over_http),
        ("a removal held for open sockets", removal_for_sockets),
        ("a sign-out held over HTTP", sign_out_over_http),
        ("a sign-out held for open sockets", sign_out_for_sockets),
    ] {
        match held {
            Some(held) => row.notes.push(format!("{what} after {:.2} s", held.as_secs_f64())),
            None => history.fault(Fault::Broken, format_args!("{what} too late")),
        }
    }
    let back = Instant::now();
    history.mark();
    stage.shape.launch("redis").await?;
    row.recoveries.extend(stage.recovery(back).await);
    stage.finish_flawless(load, &mut row).await?;
    Ok(row)
}

/// How long after `since` every api process refuses somebody; none when that took too long.
async fn refused(
    person: &Person,
    path: &str,
    status: StatusCode,
    since: Instant,
) -> Result<Option<Duration>, BoxError> {
    let (mut in_a_row, mut first) = (0, Duration::ZERO);
    while in_a_row < IN_A_ROW {
        let asked = since.elapsed();
        if person.ask(Method::GET, path, None).await?.status == status {
            first = if in_a_row == 0 { asked } else { first };
            in_a_row += 1;
        } else if asked > HTTP_LIMIT {
            return Ok(None);
        } else {
            in_a_row = 0;
        }
    }
    Ok(Some(first).filter(|first| *first <= HTTP_LIMIT))
}
