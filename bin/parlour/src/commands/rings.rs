//! `parlour rings`.

use std::{sync::Arc, time::Duration};

use broker::{RedisBroker, RedisSettings, StreamLag};
use clap::Args;
use composition::{process::say, settings::SecretText};
use engine_interfaces::{BoxError, Clock, RingTerm, RingTerms, SystemClock};

use crate::config::Config;

/// Where the streams are.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The Redis server of the processes whose rings are shown; none for one process with everything in it.
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<SecretText>,
}

/// Prints who leads each topic, and how far the work is.
pub(crate) async fn run(config: &Config, arguments: &Arguments) -> Result<(), BoxError> {
    let stores = config.stores()?;
    stores.check_migrated().await?;
    let terms = stores.rings(Arc::new(SystemClock)).list().await?;
    if terms.is_empty() {
        return say("No topic was ever led: no worker has run.");
    }
    let lags = match &arguments.redis_url {
        Some(url) => lags(url, &terms).await?,
        None => vec![None; terms.len()],
    };
    say(&format!(
        "{:>5}  {:>6}  {:24}  {:>7}  {:>8}  {:>10}  LEADER",
        "TOPIC", "TERM", "POSITION", "WAITING", "SINCE", "CAUGHT UP"
    ))?;
    for (led, lag) in terms.iter().zip(lags) {
        say(&row(led, lag))?;
    }
    Ok(())
}

/// What waits behind each topic's position; none where Redis is away, and that is said.
async fn lags(url: &SecretText, terms: &[RingTerm]) -> Result<Vec<Option<StreamLag>>, BoxError> {
    let broker = RedisBroker::connect(url.expose(), RedisSettings::default())
        .await
        .map_err(|error| format!("REDIS_URL: {error}"))?;
    let positions: Vec<_> = terms.iter().map(|led| (led.term.topic, led.progress.position.clone())).collect();
    match broker.lags(&positions).await {
        Ok(lags) => Ok(lags.into_iter().map(Some).collect()),
        Err(_) => {
            say("Redis is away: no topic is led until it is back. What was written down last:")?;
            Ok(vec![None; terms.len()])
        }
    }
}

fn row(led: &RingTerm, lag: Option<StreamLag>) -> String {
    let position = led.progress.position.as_ref().map_or("-", |position| &position.entry);
    let (waiting, since) = match lag {
        Some(lag) => (lag.entries.to_string(), seconds(lag.age)),
        None => ("-".to_owned(), "-".to_owned()),
    };
    let caught_up =
        led.progress.caught_up_at.map(|at| format!("{} ago", seconds(SystemClock.now().since(at))));
    format!(
        "{:>5}  {:>6}  {position:24}  {waiting:>7}  {since:>8}  {:>10}  {}",
        led.term.topic.0,
        led.term.number,
        caught_up.as_deref().unwrap_or("never"),
        led.leader
    )
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}s", duration.as_secs_f64())
}
