//! What the commands do, but for `serve`.

pub(crate) mod backup;
mod bar;
pub(crate) mod console;
pub(crate) mod doctor;
mod explain;
pub(crate) mod form;
mod groups;
mod jobs;
mod messages;
pub(crate) mod moves;
mod refusals;
mod resources;
mod rings;
pub(crate) mod seed;
pub(crate) mod toolbox;
mod users;

use std::io::{self, Write};

use composition::process::say;
use engine_interfaces::BoxError;

use crate::config::Config;

/// Brings the stores to this version's tables.
pub(crate) async fn migrate(config: &Config) -> Result<(), BoxError> {
    for (engine, versions) in config.stores()?.migrate().await? {
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
