//! A copy of the embedded default, and the way back: ADR 16 says what it promises.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use database::{Migrations, Snapshots};
use engine_interfaces::{BoxError, Clock, SystemClock, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    Stores,
    files::{FileFacts, copy, facts, name, need_empty, new_private},
    folders,
    settings::{SecretSettings, StoreSettings},
};

/// Written last: a folder without it is no backup.
const MANIFEST: &str = "manifest.json";

/// The form of a backup.
const FORMAT: u32 = 1;

/// What is copied, and where it is.
pub struct Holdings<'a> {
    /// Where the stores are.
    pub stores: &'a StoreSettings,
    /// Which keys are given, and which lie in `data_dir`.
    pub secrets: &'a SecretSettings,
    /// Where the keys are that were made at the first start.
    pub data_dir: &'a Path,
}

/// What a backup holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    format: u32,
    /// The version of Parlour that made it.
    pub parlour: String,
    /// When it was begun: all that was acknowledged before is in it.
    pub made_at: Timestamp,
    /// The files, by name.
    pub files: BTreeMap<String, FileFacts>,
}

impl Holdings<'_> {
    /// Copies everything into `folder`, which is new or empty, while servers go on. Blocks the thread.
    ///
    /// # Errors
    /// Says what can't be copied, and the cure.
    pub fn backup(&self, folder: &Path, without_keys: bool) -> Result<Manifest, BoxError> {
        let files: Vec<_> = self.store_files()?.into_iter().map(|(file, _)| file).collect();
        let keys = if without_keys { Vec::new() } else { self.keys()? };
        need_empty(folder)?;
        folders::make_private(folder)?;
        let made_at = SystemClock.now();
        for key in &keys {
            copy(key, &folder.join(name(key)?))?;
        }
        Snapshots::take(&files)?.copy_into(folder)?;
        let mut listed = BTreeMap::new();
        for file in files.iter().chain(&keys) {
            let name = name(file)?;
            listed.insert(name.to_owned(), facts(&folder.join(name))?);
        }
        let parlour = env!("CARGO_PKG_VERSION").to_owned();
        let manifest = Manifest { format: FORMAT, parlour, made_at, files: listed };
        let mut file = new_private(&folder.join(MANIFEST))?;
        serde_json::to_writer_pretty(&mut file, &manifest)?;
        file.sync_all()?;
        fs::File::open(folder)?.sync_all()?;
        Ok(manifest)
    }

    /// Puts a backup where the settings say that everything is; nothing may be there. Blocks the thread.
    ///
    /// # Errors
    /// Says what is wrong with the backup or with the place, and the cure. Nothing is left there then.
    pub fn restore(&self, folder: &Path) -> Result<Manifest, BoxError> {
        let manifest = Manifest::verified(folder)?;
        let mut targets = BTreeMap::new();
        for (file, migrations) in self.store_files()? {
            let stored = folder.join(name(&file)?);
            if !manifest.files.contains_key(name(&file)?) {
                return Err(format!("the backup does not hold {}", stored.display()).into());
            }
            let unknown = migrations.unknown_in(&stored)?;
            if let Some(version) = unknown.first() {
                return Err(format!(
                    "{} has the migration {version}, which this version of Parlour does not know; restore with \
                     Parlour {} or newer",
                    stored.display(),
                    manifest.parlour
                )
                .into());
            }
            targets.insert(name(&file)?.to_owned(), file);
        }
        for (setting, key) in self.secrets.made_in(self.data_dir) {
            if !manifest.files.contains_key(name(&key)?) {
                return Err(format!("the backup is without keys: set {setting} as it was").into());
            }
            targets.insert(name(&key)?.to_owned(), key);
        }
        for target in targets.values() {
            let place = target.parent().unwrap_or(Path::new("."));
            need_empty(place)
                .map_err(|error| format!("{error}; stop the server, and move what is there away"))?;
            folders::make_private(place)?;
        }
        let mut written = Vec::new();
        for (name, target) in &targets {
            if let Err(error) = copy(&folder.join(name), target) {
                written.iter().for_each(|target| drop(fs::remove_file(target)));
                return Err(error);
            }
            written.push(target);
        }
        for target in targets.values() {
            fs::File::open(target.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        }
        Ok(manifest)
    }

    /// The stores' files, each with its migrations.
    fn store_files(&self) -> Result<Vec<(PathBuf, Migrations)>, BoxError> {
        let stores = Stores::found(self.stores)?;
        let files = stores.each().into_iter().map(|(engine, database, migrations)| {
            let place = database.location();
            let file = place.file().ok_or_else(|| {
                format!("{engine} is in the {place}: PostgreSQL has tools of its own, which docs/operations.md names")
            })?;
            Ok::<_, BoxError>((file.to_owned(), migrations))
        });
        files.collect()
    }

    /// The files of the keys, all of which have to go along.
    pub(crate) fn keys(&self) -> Result<Vec<PathBuf>, BoxError> {
        if let Some(setting) = self.secrets.given_by_settings().first() {
            return Err(format!(
                "{setting} is a setting, which does not go along: keep a copy of it, and say --without-keys"
            )
            .into());
        }
        Ok(self.secrets.made_in(self.data_dir).into_iter().map(|(_, key)| key).collect())
    }
}

impl Manifest {
    /// Of a backup whose files are as they were written.
    fn verified(folder: &Path) -> Result<Self, BoxError> {
        let path = folder.join(MANIFEST);
        let text =
            fs::read(&path).map_err(|error| format!("{}: {error}; it is no whole backup", path.display()))?;
        let manifest: Self =
            serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        if manifest.format != FORMAT {
            return Err(format!(
                "{}: its form {} is not known to this version",
                path.display(),
                manifest.format
            )
            .into());
        }
        for (name, expected) in &manifest.files {
            let path = folder.join(name);
            let found = facts(&path)?;
            if found != *expected {
                return Err(
                    format!("{} is not as it was written: take another backup", path.display()).into()
                );
            }
        }
        Ok(manifest)
    }
}
