//! Panics: told in the log and counted, wherever they are.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic, thread,
};

use metrics::{counter, describe_counter};

const TOTAL: &str = "parlour_panics_total";

/// Says what is measured, and has it there from the start.
pub(crate) fn describe() {
    describe_counter!(TOTAL, "Panics, wherever they were: in a handler, a job or a task.");
    counter!(TOTAL).increment(0);
}

/// From now on a panic is a line of the level ERROR within what was being done, and so has its ids; where errors
/// are reported, so is this. Not what it said: that may quote what it was about.
pub(crate) fn hook() {
    panic::set_hook(Box::new(|panicked| {
        counter!(TOTAL).increment(1);
        let at = panicked.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        // Where RUST_BACKTRACE asks for it.
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then(|| backtrace.to_string());
        tracing::error!(panicked.at = at, thread = thread::current().name(), backtrace, "panicked");
    }));
}
