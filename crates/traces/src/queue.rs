//! What waits to be exported, and the task that exports it.

use std::{fmt, mem, time::Duration};

use engine_interfaces::Outage;
use opentelemetry::Context;
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::{
    error::OTelSdkResult,
    trace::{Span, SpanData, SpanExporter as _, SpanProcessor},
};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{TraceSettings, exporter::count};

/// Takes spans that have ended. Who ends one waits for nothing: what finds no room is counted and forgotten.
///
/// The SDK's own processors do not tell how many they drop.
pub(crate) struct Queue(pub(crate) mpsc::Sender<SpanData>);

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Queue(..)")
    }
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.0.try_send(span).is_err() {
            count("dropped").increment(1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Exports what waits.
pub(crate) struct Sender {
    pub(crate) spans: mpsc::Receiver<SpanData>,
    pub(crate) exporter: SpanExporter,
    pub(crate) settings: TraceSettings,
    pub(crate) ending: CancellationToken,
}

impl Sender {
    /// Until the end, and then what waits still.
    pub(crate) async fn run(mut self) {
        let (mut batch, outage) = (Vec::new(), Outage::default());
        while self.gather(&mut batch).await {
            let spans = batch.len() as u64;
            match self.exporter.export(mem::take(&mut batch)).await {
                Ok(()) => {
                    count("exported").increment(spans);
                    if outage.ends() {
                        tracing::info!("traces are exported again");
                    }
                }
                // Not the error: it may quote the address, or an answer.
                Err(_) => {
                    count("failed").increment(spans);
                    if outage.begins() {
                        tracing::warn!(
                            "OTEL_EXPORTER_OTLP_ENDPOINT can't be reached or takes no traces: they are lost"
                        );
                    }
                }
            }
        }
    }

    /// Waits for a span, and a moment for others. False when there will be none.
    async fn gather(&mut self, batch: &mut Vec<SpanData>) -> bool {
        let most = self.settings.batch.max(1);
        let ending = self.ending.clone();
        tokio::select! {
            biased;
            _ = self.spans.recv_many(batch, most) => {}
            () = ending.cancelled() => {
                self.spans.close();
                self.spans.recv_many(batch, most).await;
            }
        }
        let mut gathered = std::pin::pin!(sleep(self.settings.gather));
        while !batch.is_empty() && batch.len() < most {
            let room = most - batch.len();
            tokio::select! {
                biased;
                more = self.spans.recv_many(batch, room) => if more == 0 { break },
                () = &mut gathered => break,
                () = ending.cancelled() => break,
            }
        }
        !batch.is_empty()
    }
}
