//! Around every attempt: keeps its lease while it runs, and writes down what became of it.

use std::{
    task::{Context, Poll},
    time::Duration,
};

use apalis_core::task::Task;
use engine_interfaces::{BoxError, PutOff, Traceparent};
use futures_util::{FutureExt, future::BoxFuture};
use tokio::time::{Instant, interval_at};
use tower::{Layer, Service};
use traces::{Kind, Span};
use tracing::Instrument;

use crate::{Failed, Store, Taken, backend::InHand, chain, meters::AttemptMeters};

/// Puts [`Keep`] around a worker's service.
#[derive(Clone)]
pub(crate) struct KeepLayer {
    store: Store,
    renew: Duration,
    meters: AttemptMeters,
}

impl KeepLayer {
    pub(crate) fn new(store: Store, kind: &'static str, renew: Duration) -> Self {
        Self { store, renew, meters: AttemptMeters::new(kind) }
    }
}

impl<S> Layer<S> for KeepLayer {
    type Service = Keep<S>;

    fn layer(&self, inner: S) -> Keep<S> {
        Keep { inner, store: self.store.clone(), renew: self.renew, meters: self.meters.clone() }
    }
}

/// Around every attempt: keeps its lease while it runs, and writes down what became of it.
pub(crate) struct Keep<S> {
    inner: S,
    store: Store,
    renew: Duration,
    meters: AttemptMeters,
}

/// Another worker has the job. This attempt was stopped, and does not count.
#[derive(Debug, thiserror::Error)]
#[error("the lease was lost")]
struct LeaseLost;

impl<S> Service<Task<InHand>> for Keep<S>
where
    S: Service<Task<InHand>, Response = (), Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = ();
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<(), BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, task: Task<InHand>) -> Self::Future {
        let (store, renew, meters) = (self.store.clone(), self.renew, self.meters.clone());
        let taken = task.args.taken.clone();
        let span = tracing::info_span!("job", job.kind = taken.job.kind, job.id = %taken.job.id, job.attempt = taken.job.attempt);
        let trace = traced(&taken);
        let attempt = trace.run(self.inner.call(task));
        async move {
            let began = Instant::now();
            let result = tokio::select! {
                result = attempt => result,
                () = lose(&store, &taken, renew) => return Err(LeaseLost.into()),
            };
            meters.duration.record(began.elapsed());
            settle(&store, &taken, &result, &meters).await;
            if result.as_ref().is_err_and(|error| !error.is::<PutOff>()) {
                trace.fail();
            }
            result
        }
        .instrument(span)
        .boxed()
    }
}

/// A span of the attempt, where the job was caused in a trace.
fn traced(taken: &Taken) -> Span {
    let Taken { job, .. } = taken;
    let Some(cause) = Traceparent::of_payload(&job.payload) else {
        return Span::none();
    };
    let span = Span::within(cause, Kind::Consumer, format!("process {}", job.kind));
    span.set("messaging.system", "parlour");
    span.set("messaging.operation.type", "process");
    span.set("messaging.destination.name", job.kind.clone());
    span.set("messaging.message.id", job.id.to_string());
    span.set("parlour.job.attempt", i64::from(job.attempt));
    span
}

/// Renews the lease from time to time; returns when it is lost.
async fn lose(store: &Store, taken: &Taken, renew: Duration) {
    let mut tick = interval_at(Instant::now() + renew, renew);
    loop {
        tick.tick().await;
        match store.renew(taken.lease).await {
            Ok(true) => {}
            Ok(false) => {
                tracing::warn!("the lease was lost; the attempt is stopped");
                return;
            }
            // The lease outlives some failed renewals.
            Err(error) => tracing::warn!(error = %chain(&error), "the lease was not renewed"),
        }
    }
}

/// Writes down what became of an attempt. Where that fails the lease runs out and the job is done again.
async fn settle(store: &Store, taken: &Taken, result: &Result<(), BoxError>, meters: &AttemptMeters) {
    let settled = match result {
        Ok(()) => store.finish(taken.lease).await.map(|counted| {
            meters.done.increment(1);
            if !counted {
                tracing::warn!("done, but after its lease was lost");
            }
        }),
        Err(error) if let Some(PutOff { until }) = error.downcast_ref() => {
            store.put_off(taken.lease, *until).await.map(|counted| {
                meters.put_off.increment(1);
                tracing::debug!(%until, counted, "the job was put off");
            })
        }
        Err(error) => {
            let error = chain(error.as_ref());
            store.fail(taken, error.clone()).await.map(|failed| {
                meters.failed.increment(1);
                match failed {
                    Failed::PutOff(again) => tracing::warn!(error, %again, "the job failed"),
                    Failed::Dead => tracing::error!(error, "the job is dead: it failed too often"),
                    Failed::Lost => tracing::warn!(error, "the job failed after its lease was lost"),
                }
            })
        }
    };
    if let Err(error) = settled {
        tracing::error!(error = %chain(&error), "what became of the job was not written; it will be done again");
    }
}
