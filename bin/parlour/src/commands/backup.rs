//! `parlour backup` and `parlour restore`.

use std::path::{Path, PathBuf};

use clap::Args;
use composition::{
    backup::{Holdings, Manifest},
    process::say,
};
use engine_interfaces::BoxError;

use crate::config::Config;

/// Where a backup goes.
#[derive(Args)]
pub(crate) struct Backup {
    /// A folder that is new or empty.
    folder: PathBuf,
    /// Leaves the keys out: without them nobody signs in, so keep them elsewhere.
    #[arg(long)]
    without_keys: bool,
}

/// Where a backup is.
#[derive(Args)]
pub(crate) struct Restore {
    /// What `backup` made.
    folder: PathBuf,
}

/// Copies everything, while a server goes on.
pub(crate) fn make(config: &Config, arguments: &Backup) -> Result<(), BoxError> {
    let Backup { folder, without_keys } = arguments;
    let manifest = holdings(config).backup(folder, *without_keys)?;
    tell(&manifest, "Backed up to", folder)
}

/// Puts everything back into a place where nothing is.
pub(crate) fn restore(config: &Config, Restore { folder }: &Restore) -> Result<(), BoxError> {
    let manifest = holdings(config).restore(folder)?;
    tell(&manifest, "Restored from", folder)
}

pub(super) fn holdings(config: &Config) -> Holdings<'_> {
    Holdings { stores: &config.stores, secrets: &config.secrets, data_dir: &config.data_dir }
}

fn tell(manifest: &Manifest, done: &str, folder: &Path) -> Result<(), BoxError> {
    for (name, file) in &manifest.files {
        say(&format!("{name:20}  {:>14} bytes", file.bytes))?;
    }
    say(&format!("{done} {}: all that was acknowledged before {}.", folder.display(), manifest.made_at))
}
