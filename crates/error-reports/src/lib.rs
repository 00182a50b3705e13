#![doc = include_str!("../README.md")]

mod frames;
mod item;
mod rollbar;
mod scrub;
mod sender;
mod settings;

use metrics::{Counter, counter, describe_counter};

pub use rollbar::{RollbarReporter, StartError};
pub use settings::RollbarSettings;

/// Says what is measured, and has it there from the start: for whoever installed the recorder.
pub fn describe() {
    describe_counter!("parlour_error_reports_total", "Errors that were to be reported, by what came of it.");
    for outcome in ["sent", "failed", "dropped"] {
        count(outcome).increment(0);
    }
}

/// By name: an error is rare, and may come before the recorder is there.
fn count(outcome: &'static str) -> Counter {
    counter!("parlour_error_reports_total", "outcome" => outcome)
}
