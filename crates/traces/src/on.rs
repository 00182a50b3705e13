//! Spans, by the API of OpenTelemetry.

use std::{borrow::Cow, sync::OnceLock};

use engine_interfaces::Traceparent;
use futures_util::future::Either;
use opentelemetry::{
    Context, KeyValue, SpanId, TraceFlags, TraceId, Value,
    context::{FutureExt, WithContext},
    trace::{Span as _, SpanContext, SpanKind, Status, TraceContextExt, TraceState, Tracer, TracerProvider},
};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

use crate::Kind;

/// None where nothing is exported.
static TRACER: OnceLock<SdkTracer> = OnceLock::new();

/// From now on spans are recorded; false when they are already.
pub(crate) fn record(provider: &SdkTracerProvider) -> bool {
    TRACER.set(provider.tracer("parlour")).is_ok()
}

/// A span that is recorded, or nothing at all. It ends with its last copy, where [`Span::end`] was not called.
#[derive(Debug, Clone)]
pub struct Span(Option<Context>);

/// The recorded span within which this is done.
#[must_use]
pub fn current() -> Option<Traceparent> {
    Context::map_current(traceparent)
}

impl Span {
    /// Nothing.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// The one within which this is done.
    #[must_use]
    pub fn current() -> Self {
        Self(Context::map_current(|context| context.has_active_span().then(|| context.clone())))
    }

    /// A request from outside: it continues its caller's trace, and does as the caller decided. Without one it
    /// begins a trace, where the ratio has it so.
    #[must_use]
    pub fn request(caller: Option<Traceparent>) -> Self {
        match caller {
            Some(caller) if !caller.sampled => Self::none(),
            Some(caller) => Self::start(&remote(caller, true), SpanKind::Server, "request".into()),
            None => Self::start(&Context::new(), SpanKind::Server, "request".into()),
        }
    }

    /// A part of what `parent` began, here or in another process.
    #[must_use]
    pub fn within(parent: Traceparent, kind: Kind, name: impl Into<Cow<'static, str>>) -> Self {
        if !parent.sampled {
            return Self::none();
        }
        let (kind, from_elsewhere) = match kind {
            Kind::Client => (SpanKind::Client, false),
            Kind::Producer => (SpanKind::Producer, false),
            Kind::Consumer => (SpanKind::Consumer, true),
        };
        Self::start(&remote(parent, from_elsewhere), kind, name.into())
    }

    fn start(parent: &Context, kind: SpanKind, name: Cow<'static, str>) -> Self {
        let Some(tracer) = TRACER.get() else {
            return Self::none();
        };
        let span = tracer.span_builder(name).with_kind(kind).start_with_context(tracer, parent);
        Self(span.is_recording().then(|| parent.with_span(span)))
    }

    /// Is there any?
    #[must_use]
    pub const fn is_recorded(&self) -> bool {
        self.0.is_some()
    }

    /// For what is to be a part of it.
    #[must_use]
    pub fn traceparent(&self) -> Option<Traceparent> {
        self.0.as_ref().and_then(traceparent)
    }

    /// Now that it is known what it is.
    pub fn rename(&self, name: String) {
        if let Some(context) = &self.0 {
            context.span().update_name(name);
        }
    }

    /// Ids, counts and words of ours; never what anybody wrote, and no token or address.
    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        if let Some(context) = &self.0 {
            context.span().set_attribute(KeyValue::new(name, value));
        }
    }

    /// It could not be done.
    pub fn fail(&self) {
        if let Some(context) = &self.0 {
            context.span().set_status(Status::error(""));
        }
    }

    /// It is done, though what it began may go on.
    pub fn end(&self) {
        if let Some(context) = &self.0 {
            context.span().end();
        }
    }

    /// Does `work` within it.
    pub fn run<F: Future>(&self, work: F) -> Either<F, WithContext<F>> {
        match &self.0 {
            None => Either::Left(work),
            Some(context) => Either::Right(work.with_context(context.clone())),
        }
    }
}

fn traceparent(context: &Context) -> Option<Traceparent> {
    if !context.has_active_span() {
        return None;
    }
    let span = context.span();
    let context = span.span_context();
    context.is_sampled().then(|| Traceparent {
        trace_id: context.trace_id().to_bytes(),
        span_id: context.span_id().to_bytes(),
        sampled: true,
    })
}

fn remote(parent: Traceparent, from_elsewhere: bool) -> Context {
    let flags = if parent.sampled { TraceFlags::SAMPLED } else { TraceFlags::default() };
    Context::new().with_remote_span_context(SpanContext::new(
        TraceId::from_bytes(parent.trace_id),
        SpanId::from_bytes(parent.span_id),
        flags,
        from_elsewhere,
        TraceState::default(),
    ))
}
