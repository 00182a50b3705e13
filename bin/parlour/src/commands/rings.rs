//! `parlour rings`.

use std::{sync::Arc, time::Duration};

use broker::StreamLag;
use composition::settings::SecretText;
use engine_interfaces::{BoxError, Clock, RingTerm, RingTerms, SystemClock};
use serde_json::Value;

use super::{
    form::Form,
    toolbox::{Toolbox, redis},
};

/// Prints who leads each topic, and how far the work is.
pub(crate) async fn run(toolbox: &Toolbox, form: Form) -> Result<(), BoxError> {
    let stores = toolbox.config.stores()?;
    stores.check_migrated().await?;
    let terms = stores.rings(Arc::new(SystemClock)).list().await?;
    if terms.is_empty() {
        return form.note("No topic was ever led: no worker has run.");
    }
    let lags = match &toolbox.redis_url {
        Some(url) => lags(url, &terms, form).await?,
        None => vec![None; terms.len()],
    };
    let names = ["topic", "term", "position", "waiting", "waits_since", "caught_up", "leader"];
    form.table(names, terms.iter().zip(lags).map(|(led, lag)| row(led, lag, form)))
}

/// What waits behind each topic's position; none where Redis is away, and that is said.
async fn lags(url: &SecretText, terms: &[RingTerm], form: Form) -> Result<Vec<Option<StreamLag>>, BoxError> {
    let broker = redis(url).await?;
    let positions: Vec<_> = terms.iter().map(|led| (led.term.topic, led.progress.position.clone())).collect();
    match broker.lags(&positions).await {
        Ok(lags) => Ok(lags.into_iter().map(Some).collect()),
        Err(_) => {
            form.note("Redis is away: no topic is led until it is back. What was written down last:")?;
            Ok(vec![None; terms.len()])
        }
    }
}

fn row(led: &RingTerm, lag: Option<StreamLag>, form: Form) -> [Value; 7] {
    let seconds = |duration: Duration| match form {
        Form::Text => format!("{:.1}s", duration.as_secs_f64()).into(),
        Form::Json => Value::from(duration.as_secs_f64()),
    };
    let since = led.progress.caught_up_at.map(|at| SystemClock.now().since(at));
    let caught_up = match (since, form) {
        (None, Form::Text) => "never".into(),
        (None, Form::Json) => Value::Null,
        (Some(since), Form::Text) => format!("{:.1}s ago", since.as_secs_f64()).into(),
        (Some(since), Form::Json) => since.as_secs_f64().into(),
    };
    [
        led.term.topic.0.into(),
        led.term.number.into(),
        led.progress.position.as_ref().map(|position| position.entry.clone()).into(),
        lag.map(|lag| lag.entries).into(),
        lag.map_or(Value::Null, |lag| seconds(lag.age)),
        caught_up,
        led.leader.clone().into(),
    ]
}
