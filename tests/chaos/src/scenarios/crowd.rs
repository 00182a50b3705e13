//! Thousands of sockets lose their connections at once, and come back.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::time::{Instant, sleep};

use crate::{history::Fault, load::Load, report::Row, stage::Stage, town::Town};

const PEOPLE: usize = 500;
const SOCKETS_EACH: usize = 10;
const GROUPS: usize = 50;
/// How many messages are sent in a second, and for how long while nobody is connected.
const RATE: u32 = 250;
const AWAY: Duration = Duration::from_secs(1);
/// How soon all are back and have caught up.
const LIMIT: Duration = Duration::from_secs(10);
/// What counts the questions that real time asks the store.
const READS: &str = "parlour_realtime_store_reads_total";

/// How often each question was asked.
type Counts = BTreeMap<String, u64>;

pub(super) async fn play(stage: &mut Stage, mut row: Row) -> Result<Row, BoxError> {
    row.goal = Some(LIMIT);
    let crowd = Arc::new(Town::settle(&stage.shape.address("balancer"), PEOPLE, GROUPS, SOCKETS_EACH).await?);
    let history = &crowd.groups.history;
    let nothing = vec![HashMap::new(); PEOPLE];
    let markers = Load::start(&crowd, RATE, stage.options.seed, &nothing);
    sleep(AWAY).await;
    let markers = markers.finish().await?;
    crowd.check(&markers).await;

    let before = store_reads(&stage.shape).await?;
    let dropped = Instant::now();
    crowd.readers().for_each(|reader| reader.hang_up());
    let load = Load::start(&crowd, RATE, stage.options.seed + 1, &markers);
    sleep(AWAY).await;
    let markers = load.finish().await?;
    row.lasted = AWAY * 2;
    history.mark();
    // One more in each group: whoever has it has all before it.
    let last = Load::start(&crowd, RATE, stage.options.seed + 2, &markers);
    let back =
        crowd.everybody_is_in(LIMIT).await.and(crowd.whole_again(LIMIT).await).map(|_| dropped.elapsed());
    let after = store_reads(&stage.shape).await?;
    let markers = last.finish().await?;
    crowd.check(&markers).await;
    stage.check_links(history).await?;
    match back {
        Some(back) if back <= LIMIT => row.recoveries.push(back),
        _ => history.fault(Fault::Broken, format_args!("not all sockets were back after {LIMIT:?}")),
    }
    row.notes.push(format!(
        "{} sockets of {PEOPLE} people in {GROUPS} groups came back; store reads: {}",
        PEOPLE * SOCKETS_EACH,
        told(&before, &after)
    ));
    row.tally = history.take();
    Ok(row)
}

/// What all real time has asked the store so far, by the question.
async fn store_reads(shape: &Shape) -> Result<Counts, BoxError> {
    let mut counts = Counts::new();
    for name in ["realtime1", "realtime2"] {
        let text = reqwest::get(format!("http://{}/metrics", shape.metrics(name))).await?.text().await?;
        for line in text.lines().filter_map(|line| line.strip_prefix(READS)) {
            let value = line.rsplit(' ').next().unwrap_or_default().parse::<f64>()?;
            let labelled = line.split_once("question=\"").and_then(|(_, rest)| rest.split_once('"'));
            let question = labelled.map_or_else(String::new, |(question, _)| question.to_owned());
            *counts.entry(question).or_default() += value as u64;
        }
    }
    Ok(counts)
}

fn told(before: &Counts, after: &Counts) -> String {
    let grown = after.iter().map(|(name, count)| (name, count - before.get(name).unwrap_or(&0)));
    grown.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}
