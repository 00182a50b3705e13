//! How far the streams are ahead of those who read them: for the operator.

use std::time::Duration;

use engine_interfaces::{Position, Topic};
use redis::RedisResult;

use super::scripts::{LAG, script};
use crate::redis::{
    RedisSettings,
    link::{Dialer, Heard},
};

/// What waits in a topic's stream.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use broker::StreamLag;
///
/// /// Worth a word to the operator: a stream that is read keeps nobody waiting for a minute.
/// fn is_behind(lags: &[StreamLag]) -> bool {
///     lags.iter().any(|lag| lag.age > Duration::from_secs(60))
/// }
/// assert!(!is_behind(&[StreamLag::default()]), "an empty one");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StreamLag {
    /// How many entries.
    pub entries: u64,
    /// For how long the first of them has waited.
    pub age: Duration,
}

/// What waits behind each position, or at all.
pub(crate) async fn lags(
    dialer: &Dialer,
    redis: &RedisSettings,
    topics: &[(Topic, Option<Position>)],
) -> RedisResult<Vec<StreamLag>> {
    let connection = dialer.dial(|_| Heard::Fine).await?.connection;
    let ask = |(topic, position): &(Topic, Option<Position>)| {
        let after =
            position.as_ref().map_or_else(|| "-".to_owned(), |position| format!("({}", position.entry));
        script(LAG, &redis.stream(*topic)).arg(after).take()
    };
    let found: Vec<(u64, String, u64)> = connection.ask_each(topics.iter().map(ask).collect()).await?;
    let lag = |(entries, first, now): (u64, String, u64)| {
        let at = first.split('-').next().and_then(|millis| millis.parse().ok()).unwrap_or(now);
        StreamLag { entries, age: Duration::from_millis(now.saturating_sub(at)) }
    };
    Ok(found.into_iter().map(lag).collect())
}
