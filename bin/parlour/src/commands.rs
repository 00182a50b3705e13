//! What the commands do, but for `serve`.

pub(crate) mod jobs;
pub(crate) mod seed;
pub(crate) mod users;

use std::{
    error::Error,
    io::{self, Write},
};

use engine_interfaces::BoxError;

use crate::{compose::Parlour, config::Config};

/// Brings the stores to this version's tables.
pub(crate) async fn migrate(config: &Config) -> Result<(), BoxError> {
    for (engine, versions) in Parlour::migrate(config).await? {
        match versions.len() {
            0 => say(&format!("{engine}: up to date"))?,
            _ => say(&format!("{engine}: {}", versions.join(", ")))?,
        }
    }
    Ok(())
}

/// Prints a text whole.
pub(crate) fn print(text: &str) -> Result<(), BoxError> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// Prints a line.
pub(crate) fn say(line: &str) -> Result<(), BoxError> {
    print(&format!("{line}\n"))
}

/// Says what went wrong, with its causes.
pub(crate) fn complain(error: &(dyn Error + 'static)) {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "parlour: {text}");
}
