//! `parlour export` and `parlour import`.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
};

use clap::{Args, value_parser};
use composition::{
    moves::{Limits, Manifest, Progress},
    process::say,
};
use engine_interfaces::BoxError;
use indicatif::ProgressBar;

use super::{backup::holdings, bar::bar};
use crate::config::Config;

/// Where an export goes.
#[derive(Args)]
pub(crate) struct Export {
    /// A folder that is new or empty, or in which an export was begun.
    folder: PathBuf,
    /// Leaves the keys out: without them nobody signs in, so keep them elsewhere.
    #[arg(long)]
    without_keys: bool,
    /// The most rows of a file.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = value_parser!(u64).range(1..=1_000_000))]
    chunk_rows: u64,
    /// At this length a file ends; some times as much is in memory.
    #[arg(long, value_name = "BYTES", default_value_t = 4 * 1024 * 1024, value_parser = value_parser!(u64).range(1..=32 * 1024 * 1024))]
    chunk_bytes: u64,
}

/// Where an export is.
#[derive(Args)]
pub(crate) struct Import {
    /// What `export` made.
    folder: PathBuf,
}

/// Writes the whole server into a folder.
pub(crate) async fn export(config: &Config, arguments: &Export) -> Result<(), BoxError> {
    let Export { folder, without_keys, chunk_rows, chunk_bytes } = arguments;
    let limits = Limits { chunk_rows: *chunk_rows, chunk_bytes: *chunk_bytes };
    let (manifest, before) =
        holdings(config).export(folder, *without_keys, limits, &mut Bar::default()).await?;
    tell(&manifest, before, "Exported to", folder)
}

/// Puts it into the stores that the settings name.
pub(crate) async fn import(config: &Config, Import { folder }: &Import) -> Result<(), BoxError> {
    let (manifest, before) = holdings(config).import(folder, &mut Bar::default()).await?;
    tell(&manifest, before, "Imported, and read back equal, from", folder)
}

fn tell(manifest: &Manifest, before: usize, done: &str, folder: &Path) -> Result<(), BoxError> {
    if before > 0 {
        say(&format!("{before} files were there from before."))?;
    }
    say(&format!("{done} {}: {} rows, as of {}.", folder.display(), manifest.rows(), manifest.made_at))?;
    say(&format!("SHA-256 of the content: {}", manifest.content()))
}

/// A bar in a terminal; elsewhere a line for each table that begins.
#[derive(Default)]
struct Bar {
    bar: Option<ProgressBar>,
}

impl Progress for Bar {
    fn begin(&mut self, what: &str, rows: u64) {
        if !io::stderr().is_terminal() {
            // Where standard output is closed there is nobody to tell.
            let _ = say(&format!("{what}: {rows} rows"));
            return;
        }
        self.bar = Some(bar(what, rows));
    }

    fn advance(&mut self, rows: u64) {
        self.bar.iter().for_each(|bar| bar.inc(rows));
    }

    fn end(&mut self) {
        self.bar.take().iter().for_each(ProgressBar::finish);
    }
}
