//! The worker that leads most topics stands still, Redis loses everything meanwhile, and then it goes on as if it
//! still led: others have taken over, and what it does is done once.

use std::time::Duration;

use engine_interfaces::BoxError;
use reqwest::{Method, StatusCode};
use serde_json::json;
use tokio::time::{Instant, sleep, sleep_until};

use super::receiver::Receiver;
use crate::{
    history::Fault,
    report::Row,
    stage::Stage,
    store::{Deliveries, Store},
};

/// How long everybody talks before and after.
const AROUND: Duration = Duration::from_secs(3);
const STALL: Duration = Duration::from_secs(10);
/// When Redis is emptied.
const EMPTIED: Duration = Duration::from_secs(5);
/// How soon others lead.
const LIMIT: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(20);
/// How long the web hooks may take: what a worker has in hand is taken from it after half a minute.
const DELIVERY_LIMIT: Duration = Duration::from_secs(120);
const WORKERS: [&str; 3] = ["worker1", "worker2", "worker3"];

pub(super) async fn play(stage: &mut Stage, mut row: Row) -> Result<Row, BoxError> {
    row.goal = Some(LIMIT);
    let receiver = Receiver::start().await?;
    let webhooks = listen(stage, &receiver).await?;
    let store = Store::of(&stage.shape);
    let load = stage.begin(stage.options.rate);
    sleep(AROUND).await;

    let (victim, process, topics) = busiest(stage, &store).await?;
    stage.shape.stall(victim)?;
    let stalled = Instant::now();
    let handed_over = handed_over(&store, process, stalled).await?;
    row.recoveries.extend(handed_over);
    sleep_until(stalled + EMPTIED).await;
    stage.shape.kill("redis").await?;
    stage.shape.empty_redis()?;
    stage.shape.launch("redis").await?;
    sleep_until(stalled + STALL).await;
    stage.shape.resume(victim)?;
    sleep(AROUND).await;
    stage.finish_flawless(load, &mut row).await?;

    let history = &stage.town.groups.history;
    if handed_over.is_none() {
        history.fault(Fault::Broken, format_args!("{victim} led on while it stood still"));
    }
    let delivered = delivered(&store).await?;
    let (came, again, renamed) = receiver.counts();
    if delivered.due != delivered.delivered || came as i64 != delivered.due {
        let Deliveries { due, delivered, .. } = delivered;
        history.fault(
            Fault::Lost,
            format_args!("{due} messages were to be posted, {delivered} are noted so, {came} came"),
        );
    }
    if delivered.surplus > 0 {
        let surplus = delivered.surplus;
        history.fault(Fault::Doubled, format_args!("{surplus} deliveries that no message asks for"));
    }
    if renamed > 0 {
        history.fault(Fault::Doubled, format_args!("{renamed} messages were posted under two ids"));
    }
    row.tally.faults.extend(history.take().faults);
    row.notes.push(format!(
        "{victim} stood still for {} s and had led {topics} topics; {came} messages were posted, {again} of them again",
        STALL.as_secs()
    ));
    for (owner, path) in webhooks {
        stage.town.residents[owner].person.insist(Method::DELETE, &path, None).await;
    }
    Ok(row)
}

/// A web hook for each group. Answers whose it is, and where.
async fn listen(stage: &Stage, receiver: &Receiver) -> Result<Vec<(usize, String)>, BoxError> {
    let mut webhooks = Vec::new();
    for (number, id) in stage.town.groups.ids.iter().enumerate() {
        let mut residents = stage.town.residents.iter();
        // The first one has made it.
        let owner = residents.position(|resident| resident.groups.contains(&number));
        let owner = owner.ok_or("a group has nobody in it")?;
        let path = format!("/groups/{id}/webhooks");
        let body = json!({"webhook": {"url": receiver.url}});
        let (made, _) = stage.town.residents[owner].person.insist(Method::POST, &path, Some(&body)).await;
        if made.status != StatusCode::CREATED {
            return Err(format!("a web hook was answered {}", made.status).into());
        }
        let webhook = made.body["id"].as_str().ok_or("a web hook has an id")?;
        webhooks.push((owner, format!("{path}/{webhook}")));
    }
    Ok(webhooks)
}

/// The worker that leads most topics, its process, and how many they are.
async fn busiest(stage: &Stage, store: &Store) -> Result<(&'static str, u32, usize), BoxError> {
    let leaders = store.leaders().await?;
    let mut busiest = None;
    for name in WORKERS {
        let process = stage.shape.process(name)?.id();
        let topics = leaders.get(&process).map_or(0, Vec::len);
        if busiest.is_none_or(|(_, _, most)| topics > most) {
            busiest = Some((name, process, topics));
        }
    }
    busiest.filter(|(_, _, topics)| *topics > 0).ok_or_else(|| "no worker leads anything".into())
}

/// How long it took until a process led nothing any more; none when that took too long.
async fn handed_over(store: &Store, process: u32, since: Instant) -> Result<Option<Duration>, BoxError> {
    while store.leaders().await?.contains_key(&process) {
        if since.elapsed() > LIMIT {
            return Ok(None);
        }
        sleep(LOOK).await;
    }
    Ok(Some(since.elapsed()))
}

/// How far the web hooks are once they are through, or have had their time.
async fn delivered(store: &Store) -> Result<Deliveries, BoxError> {
    let began = Instant::now();
    loop {
        let deliveries = store.deliveries().await?;
        if deliveries.delivered == deliveries.due || began.elapsed() > DELIVERY_LIMIT {
            return Ok(deliveries);
        }
        sleep(AROUND / 10).await;
    }
}
