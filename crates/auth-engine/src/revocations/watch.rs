//! Keeps the revoked tokens current for as long as the engine lives.

use std::{sync::Arc, time::Duration};

use engine_interfaces::BrokerError;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval, sleep},
};

use super::Revocations;

/// Ends its tasks when it is dropped; one that is reading the store finishes that first.
pub(crate) struct Watch {
    _alive: watch::Sender<()>,
}

impl Watch {
    /// Starts polling the store and hearing the broker.
    pub(crate) fn start(revocations: &Arc<Revocations>) -> Self {
        let (alive, ended) = watch::channel(());
        tokio::spawn(poll(Arc::clone(revocations), ended.clone()));
        tokio::spawn(listen(Arc::clone(revocations), ended));
        Self { _alive: alive }
    }
}

async fn poll(revocations: Arc<Revocations>, mut ended: watch::Receiver<()>) {
    let mut ticks = interval(revocations.settings.revocation_poll);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut failing = false;
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = revocations.hint.notified() => {}
            _ = ended.changed() => return,
        }
        match revocations.poll().await {
            Ok(()) => failing = false,
            // Once, and not at each tick.
            Err(error) if !failing => {
                failing = true;
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "can't read what was revoked elsewhere"
                );
            }
            Err(_) => {}
        }
    }
}

/// How long a broker that is away is left alone.
const RETRY: Duration = Duration::from_secs(1);

async fn listen(revocations: Arc<Revocations>, mut ended: watch::Receiver<()>) {
    loop {
        tokio::select! {
            heard = hear(&revocations) => {
                if let Err(error) = heard {
                    tracing::debug!(
                        error = &error as &dyn std::error::Error,
                        "hears of no revocation until the broker is back"
                    );
                }
            }
            _ = ended.changed() => return,
        }
        tokio::select! {
            () = sleep(RETRY) => {}
            _ = ended.changed() => return,
        }
    }
}

/// Hears the broker until it shuts down.
async fn hear(revocations: &Revocations) -> Result<(), BrokerError> {
    let mut subscription = revocations.broker.subscribe().await?;
    while let Some(delivery) = subscription.deliveries.next().await {
        revocations.hear(&delivery);
    }
    Ok(())
}
