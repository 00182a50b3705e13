//! Waiting for what shows no sign of itself.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Looks ever so often until something holds, and answers how long that took; none when it took longer than `limit`.
pub async fn until(limit: Duration, look: Duration, holds: impl Fn() -> bool) -> Option<Duration> {
    let began = Instant::now();
    while !holds() {
        if began.elapsed() > limit {
            return None;
        }
        sleep(look).await;
    }
    Some(began.elapsed())
}
