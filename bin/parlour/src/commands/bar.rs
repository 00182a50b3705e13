//! How far something is, on a terminal.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar for what is `length` long; where there is no terminal, none is shown.
pub(super) fn bar(what: &str, length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length).with_prefix(what.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{prefix:40} {wide_bar} {pos}/{len} {eta}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
