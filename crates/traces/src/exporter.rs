//! The exporter.

use std::{collections::HashMap, time::Duration};

use engine_interfaces::BoxError;
use metrics::{Counter, counter, describe_counter};
use opentelemetry::KeyValue;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider, SpanExporter as _},
};
use reqwest::{Url, header::HeaderName, header::HeaderValue};
use tokio::sync::mpsc;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    TraceSettings, on,
    queue::{Queue, Sender},
};

/// Says what is measured, and has it there from the start: for whoever installed the recorder.
pub fn describe() {
    describe_counter!("parlour_trace_spans_total", "Spans of traces that were recorded, by what came of it.");
    for outcome in ["exported", "failed", "dropped"] {
        count(outcome).increment(0);
    }
}

/// By name: a span may end before the recorder is there.
pub(crate) fn count(outcome: &'static str) -> Counter {
    counter!("parlour_trace_spans_total", "outcome" => outcome)
}

/// Exports the spans of this process. Start it on a Tokio runtime, once.
pub struct TraceExporter {
    task: TaskTracker,
    ending: CancellationToken,
}

/// Why there can be no exporter.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Nobody can be there.
    #[error("not an http or https URL")]
    Url,
    /// Not the headers of a call.
    #[error("not headers")]
    Headers,
    /// Not a part of all requests.
    #[error("not from 0 to 1")]
    Ratio,
    /// There can be no client.
    #[error("no client for it can be made")]
    Client(#[source] BoxError),
    /// The process exports already.
    #[error("traces are exported already")]
    Twice,
}

impl TraceExporter {
    /// Connects to nothing until there is something to export.
    ///
    /// # Errors
    /// When the settings can't work, or there is one already.
    pub fn start(settings: TraceSettings) -> Result<Self, StartError> {
        if !(0.0..=1.0).contains(&settings.ratio) {
            return Err(StartError::Ratio);
        }
        let resource = resource(&settings);
        let mut exporter = exporter(&settings)?;
        exporter.set_resource(&resource);
        let (queue, spans) = mpsc::channel(settings.queue.max(1));
        // As the caller decided; else as the ratio has it.
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.ratio)));
        let provider = SdkTracerProvider::builder()
            .with_sampler(sampler)
            .with_resource(resource)
            .with_span_processor(Queue(queue))
            .build();
        if !on::record(&provider) {
            return Err(StartError::Twice);
        }
        let (task, ending) = (TaskTracker::new(), CancellationToken::new());
        task.spawn(Sender { spans, exporter, settings, ending: ending.clone() }.run());
        Ok(Self { task, ending })
    }

    /// Exports what waits, for no longer than so, and then takes nothing more.
    pub async fn end(&self, within: Duration) {
        self.ending.cancel();
        self.task.close();
        if tokio::time::timeout(within, self.task.wait()).await.is_err() {
            tracing::warn!("not every trace was exported: there was no time");
        }
    }
}

fn resource(settings: &TraceSettings) -> Resource {
    let told = settings.resource.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    Resource::builder_empty()
        .with_service_name(settings.process.clone())
        .with_attribute(KeyValue::new("service.namespace", "parlour"))
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(told)
        .build()
}

fn exporter(settings: &TraceSettings) -> Result<SpanExporter, StartError> {
    let mut url: Url = settings.endpoint.parse().map_err(|_| StartError::Url)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(StartError::Url);
    }
    url.path_segments_mut().map_err(|()| StartError::Url)?.pop_if_empty().extend(["v1", "traces"]);
    let mut headers = HashMap::new();
    for (name, value) in &settings.headers {
        let good = HeaderName::try_from(name).is_ok() && HeaderValue::from_str(value.expose()).is_ok();
        if !good {
            return Err(StartError::Headers);
        }
        headers.insert(name.clone(), value.expose().to_owned());
    }
    let client = outbound::http_client(settings.timeout).map_err(StartError::Client)?;
    SpanExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(url)
        .with_headers(headers)
        .with_timeout(settings.timeout)
        .build()
        .map_err(|error| StartError::Client(error.into()))
}
