//! An error as Rollbar's API has it.

use engine_interfaces::{Clock, ErrorReport, Severity, SystemClock};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::{RollbarSettings, frames::frames, scrub::scrub};

/// What of a report's context is no context: it becomes the item's frames.
const BACKTRACE: &str = "backtrace";

/// An error, and how often it came in a moment.
pub(crate) struct Item {
    report: ErrorReport,
    occurrences: u64,
    /// Rollbar takes an item of the same id once: it may be sent again.
    id: Uuid,
}

impl Item {
    /// Those that are the same become one, which has the context of the first.
    pub(crate) fn gather(reports: Vec<ErrorReport>) -> Vec<Self> {
        let mut items: Vec<Self> = Vec::new();
        for report in reports {
            match items.iter_mut().find(|item| item.is_like(&report)) {
                Some(item) => item.occurrences += 1,
                None => items.push(Self { report, occurrences: 1, id: SystemClock.new_id() }),
            }
        }
        items
    }

    pub(crate) fn occurrences(&self) -> u64 {
        self.occurrences
    }

    fn is_like(&self, other: &ErrorReport) -> bool {
        let ErrorReport { severity, title, error, place, .. } = &self.report;
        (*severity, title, error, place) == (other.severity, &other.title, &other.error, &other.place)
    }

    /// The body of the call.
    pub(crate) fn body(&self, settings: &RollbarSettings) -> Value {
        let ErrorReport { at, severity, title, error, place, context } = &self.report;
        let title = scrub(title, settings.text);
        let error = error.as_ref().map(|error| scrub(error, settings.text));
        let find = |name: &str| context.iter().find(|(named, _)| *named == name).map(|(_, value)| value);
        let backtrace = find(BACKTRACE).map(String::as_str);
        let mut custom: Map<String, Value> = context
            .iter()
            .filter(|(name, _)| *name != BACKTRACE)
            .map(|(name, value)| ((*name).to_owned(), scrub(value, settings.text).into()))
            .collect();
        custom.insert("process".into(), settings.process.as_str().into());
        custom.insert("occurrences".into(), self.occurrences.into());
        json!({ "data": {
            "environment": settings.environment,
            "body": trace(*severity, &title, error.as_deref(), frames(place, backtrace, settings.frames)),
            "title": title,
            "level": match severity {
                Severity::Error => "error",
                Severity::Panic => "critical",
            },
            "timestamp": at.micros() / 1_000_000,
            "code_version": env!("CARGO_PKG_VERSION"),
            "platform": std::env::consts::OS,
            "language": "rust",
            "framework": "parlour",
            "context": find("http.route").or(find("job.kind")),
            "person": find("user.id").map(|id| json!({ "id": id })),
            "custom": custom,
            // Not its text: what differs there is the same error.
            "fingerprint": format!("{place} {title}"),
            "uuid": self.id,
            "notifier": { "name": "parlour", "version": env!("CARGO_PKG_VERSION") },
        } })
    }
}

fn trace(severity: Severity, title: &str, error: Option<&str>, frames: Vec<Value>) -> Value {
    let class = match severity {
        Severity::Error => title,
        Severity::Panic => "panic",
    };
    json!({ "trace": {
        "frames": frames,
        "exception": { "class": class, "message": error.unwrap_or(title) },
    } })
}
