#![doc = include_str!("../README.md")]

#[cfg(feature = "otlp")]
mod exporter;
#[cfg(not(feature = "otlp"))]
mod off;
#[cfg(feature = "otlp")]
mod on;
#[cfg(feature = "otlp")]
mod queue;
#[cfg(feature = "otlp")]
mod settings;

use std::{borrow::Cow, sync::Arc};

use engine_interfaces::GroupMessage;

#[cfg(feature = "otlp")]
pub use exporter::{StartError, TraceExporter, describe};
#[cfg(not(feature = "otlp"))]
pub use off::{Span, current};
#[cfg(feature = "otlp")]
pub use on::{Span, current};
#[cfg(feature = "otlp")]
pub use settings::TraceSettings;

/// What a span's work is to its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Asks another process, and waits.
    Client,
    /// Hands over to another process, and does not wait.
    Producer,
    /// Works on what was handed over.
    Consumer,
}

/// Messages on their next way: each that is a part of a trace goes on as a part of a new span, which ends with
/// what is answered beside it. Where none is, nothing is copied.
#[must_use]
pub fn carry<'a>(
    messages: &'a [Arc<GroupMessage>],
    kind: Kind,
    name: &'static str,
) -> (Cow<'a, [Arc<GroupMessage>]>, Vec<Span>) {
    let mut messages = Cow::Borrowed(messages);
    if messages.iter().all(|message| message.trace.is_none()) {
        return (messages, Vec::new());
    }
    let spans = messages.to_mut().iter_mut().filter_map(|message| {
        let span = Span::within(message.trace?, kind, name);
        span.set("messaging.system", "parlour");
        span.set("messaging.message.id", message.id.to_string());
        span.set("parlour.group.id", message.group_id.to_string());
        // Where this process records nothing, others still may.
        if let Some(trace) = span.traceparent() {
            Arc::make_mut(message).trace = Some(trace);
        }
        Some(span)
    });
    let spans = spans.collect();
    (messages, spans)
}
