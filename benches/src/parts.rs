//! What is measured.

mod chat;
mod embedded;
mod fanout;
mod idle;
mod mixed;
mod page;
mod presence;
mod send;
mod sign_in;

use std::time::Duration;

use engine_interfaces::BoxError;
use futures_util::future::LocalBoxFuture;

use crate::{options::Options, report::Line};

type Part = fn(&Options) -> LocalBoxFuture<'_, Result<Vec<Line>, BoxError>>;

/// Every part, by name.
pub(crate) const PARTS: [(&str, Part); 9] = [
    ("send", |options| Box::pin(send::measure(options))),
    ("page", |options| Box::pin(page::measure(options))),
    ("fanout", |options| Box::pin(fanout::measure(options))),
    ("chat", |options| Box::pin(chat::measure(options))),
    ("mixed", |options| Box::pin(mixed::measure(options))),
    ("presence", |options| Box::pin(presence::measure(options))),
    ("embedded", |options| Box::pin(embedded::measure(options))),
    ("idle", |options| Box::pin(idle::measure(options))),
    ("sign_in", |options| Box::pin(sign_in::measure(options))),
];

/// The settings in which the measured processes differ from the default ones: nobody waits for hashes where they
/// are not in question.
pub(crate) const SETTINGS: [(&str, &str); 1] = [("BCRYPT_COST", "4")];

/// So much time for each of so many, in microseconds.
pub(crate) fn micros_each(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / count.max(1) as f64
}
