//! Errors, on their way from the log to whoever looks after them.

use std::{error::Error, fmt, iter, sync::Arc};

use engine_interfaces::{Clock, ErrorReport, ErrorReporter, Severity, SystemClock};
use tracing::{
    Event, Id, Level, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

/// The fields that go along: ids, and words of ours.
const KEPT: [&str; 15] = [
    "request.id",
    "trace.id",
    "http.route",
    "user.id",
    "group.id",
    "message.id",
    "export.id",
    "webhook.id",
    "delivery.id",
    "job.kind",
    "job.id",
    "job.attempt",
    "topic",
    "thread",
    "backtrace",
];
/// The field of the place where a panic was.
pub(crate) const PANICKED_AT: &str = "panicked.at";

/// Reports each line of the level ERROR, with the ids of what was being done.
pub(crate) struct Reports {
    reporter: Arc<dyn ErrorReporter>,
}

impl Reports {
    pub(crate) fn new(reporter: Arc<dyn ErrorReporter>) -> Self {
        Self { reporter }
    }
}

/// What a span or a line says.
#[derive(Default)]
struct Said {
    message: String,
    error: Option<String>,
    panicked_at: Option<String>,
    ids: Vec<(&'static str, String)>,
}

impl Said {
    fn put(&mut self, field: &Field, value: String) {
        match field.name() {
            "message" => self.message = value,
            "error" => self.error = Some(value),
            PANICKED_AT => self.panicked_at = Some(value),
            name if KEPT.contains(&name) => self.ids.push((name, value)),
            _ => {}
        }
    }
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, value.to_owned());
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        let causes = iter::successors(value.source(), |&cause| cause.source());
        self.put(field, causes.fold(value.to_string(), |text, cause| format!("{text}: {cause}")));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, format!("{value:?}"));
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Reports {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut said = Said::default();
        attributes.record(&mut said);
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(said);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(said) = span.extensions_mut().get_mut::<Said>()
        {
            values.record(said);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let metadata = event.metadata();
        if *metadata.level() != Level::ERROR {
            return;
        }
        let mut said = Said::default();
        event.record(&mut said);
        let spans = context.event_scope(event).into_iter().flatten();
        let mut ids: Vec<_> = spans.flat_map(|span| ids(&span)).collect();
        ids.append(&mut said.ids);
        let severity = if said.panicked_at.is_some() { Severity::Panic } else { Severity::Error };
        let told = || match (metadata.file(), metadata.line()) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            _ => metadata.target().to_owned(),
        };
        self.reporter.report(ErrorReport {
            at: SystemClock.now(),
            severity,
            title: said.message,
            error: said.error,
            place: said.panicked_at.unwrap_or_else(told),
            context: ids,
        });
    }
}

fn ids<S: for<'a> LookupSpan<'a>>(span: &SpanRef<'_, S>) -> Vec<(&'static str, String)> {
    let extensions = span.extensions();
    extensions.get::<Said>().map(|said| said.ids.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing::field::Empty;
    use tracing_subscriber::prelude::*;

    use super::*;

    #[derive(Default)]
    struct Kept(Mutex<Vec<ErrorReport>>);

    impl ErrorReporter for Kept {
        fn report(&self, report: ErrorReport) {
            self.0.lock().unwrap().push(report);
        }
    }

    fn reported(work: impl FnOnce()) -> Vec<ErrorReport> {
        let kept = Arc::new(Kept::default());
        let subscriber = tracing_subscriber::registry().with(Reports::new(kept.clone()));
        tracing::subscriber::with_default(subscriber, work);
        std::mem::take(&mut *kept.0.lock().unwrap())
    }

    #[test]
    fn an_error_is_reported_with_the_ids_of_its_spans_and_nothing_else() {
        let reports = reported(|| {
            let span = tracing::info_span!("request", request.id = "r-1", user.id = Empty, text = "a secret");
            let _entered = span.enter();
            span.record("user.id", tracing::field::display(7));
            tracing::warn!("no error");
            let error = std::io::Error::other("the disk is full");
            tracing::error!(
                error = &error as &dyn Error,
                text = "a secret",
                group.id = "g",
                "it can't be done"
            );
        });
        let [report] = &reports[..] else { panic!("{reports:?}") };
        assert_eq!((report.title.as_str(), report.severity), ("it can't be done", Severity::Error));
        assert_eq!(report.error.as_deref(), Some("the disk is full"));
        assert!(report.place.contains("reports.rs:"), "{}", report.place);
        let ids = [("request.id", "r-1"), ("user.id", "7"), ("group.id", "g")];
        assert_eq!(report.context, ids.map(|(name, value)| (name, value.to_owned())));
    }

    #[test]
    fn a_panic_is_reported_from_where_it_was() {
        let reports = reported(|| tracing::error!(panicked.at = "src/a.rs:7", "panicked"));
        assert_eq!((reports[0].severity, reports[0].place.as_str()), (Severity::Panic, "src/a.rs:7"));
    }
}
