//! Thousands of sockets lose their connections at once, and come back.

use std::{collections::HashMap, sync::Arc, time::Duration};

use engine_interfaces::BoxError;
use tokio::time::{Instant, sleep};

use crate::{history::Fault, load::Load, report::Row, shape::Counts, stage::Stage, town::Town};

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

pub(super) async fn play(stage: &mut Stage, mut row: Row) -> Result<Row, BoxError> {
    row.goal = Some(LIMIT);
    let crowd = Arc::new(Town::settle(&stage.shape.balancer(), PEOPLE, GROUPS, SOCKETS_EACH).await?);
    let history = &crowd.groups.history;
    let nothing = vec![HashMap::new(); PEOPLE];
    let markers = Load::start(&crowd, RATE, stage.options.seed, &nothing);
    sleep(AWAY).await;
    let markers = markers.finish().await?;
    crowd.check(&markers).await;

    let before = stage.shape.realtime_counts(READS, "question").await?;
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
    let after = stage.shape.realtime_counts(READS, "question").await?;
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

fn told(before: &Counts, after: &Counts) -> String {
    let grown = after.iter().map(|(name, count)| (name, count - before.get(name).unwrap_or(&0)));
    grown.map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}
