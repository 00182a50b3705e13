//! Reads again what a source may have lost.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use engine_interfaces::{BoxError, GroupMessage, Position, Term, Timestamp, Topic};
use futures_util::future::join_all;

use super::{Shared, right::Right, source::Source};
use crate::meters::RINGS;

/// Topics of which something may be lost. One that is given up meanwhile leaves it.
pub(crate) type InNeed = Arc<Mutex<BTreeMap<Topic, Term>>>;

/// Where the sources begin anew, once all is handled that was announced before.
pub(crate) type Recovered = Vec<(Topic, Option<Position>)>;

/// Has everything handled that chat keeps of these topics and was not announced before `since`: once for all
/// of them. Goes on until it is done; answers those whose terms have held.
pub(crate) async fn recover(
    shared: &Shared,
    source: &impl Source,
    right: &Right,
    topics: &InNeed,
    since: Option<Timestamp>,
) -> Recovered {
    RINGS.recoveries.increment(1);
    let mut pauses = shared.settings.pauses();
    loop {
        match attempt(shared, source, right, topics, since).await {
            Ok(recovered) => return recovered,
            Err(error) => tracing::warn!(
                error = error.as_ref() as &dyn std::error::Error,
                "what got lost on its way to the rings can't be read again yet"
            ),
        }
        tokio::time::sleep(pauses.next().unwrap_or(shared.settings.retry_most)).await;
    }
}

async fn attempt(
    shared: &Shared,
    source: &impl Source,
    right: &Right,
    topics: &InNeed,
    since: Option<Timestamp>,
) -> Result<Recovered, BoxError> {
    // First, so that what is announced while this reads is not missed.
    let begun = source.begin(&in_need(topics).keys().copied().collect::<Vec<_>>()).await?;
    let until = shared.clock.now().plus(shared.settings.clock_skew);
    let (mut after, mut count) = (None, 0);
    loop {
        let page = shared.kept.kept(since, until, after).await?;
        let mut shares: BTreeMap<Topic, Vec<Arc<GroupMessage>>> = BTreeMap::new();
        for message in page.messages {
            if let Some(user) = message.user_id {
                shares.entry(Topic::of_user(user)).or_default().push(message);
            }
        }
        let terms = in_need(topics);
        let shares = shares.iter().filter_map(|(topic, messages)| Some((*terms.get(topic)?, messages)));
        count += join_all(shares.map(|(term, messages)| handle(shared, right, topics, term, messages)))
            .await
            .into_iter()
            .sum::<usize>();
        match page.next {
            Some(_) => after = page.next,
            None => break,
        }
    }
    let held = in_need(topics);
    let recovered: Recovered = begun.into_iter().filter(|(topic, _)| held.contains_key(topic)).collect();
    tracing::info!(
        topics = recovered.len(),
        messages = count,
        "what may have been lost to the rings was read again"
    );
    Ok(recovered)
}

/// Answers how many were handled. A topic whose term has ended leaves: another leader does it.
async fn handle(
    shared: &Shared,
    right: &Right,
    topics: &InNeed,
    term: Term,
    messages: &[Arc<GroupMessage>],
) -> usize {
    for batch in messages.chunks(shared.settings.batch.max(1)) {
        if shared.handling.handle(term, batch, right).await.is_err() {
            topics.lock().unwrap_or_else(PoisonError::into_inner).remove(&term.topic);
            return 0;
        }
    }
    messages.len()
}

fn in_need(topics: &InNeed) -> BTreeMap<Topic, Term> {
    topics.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
