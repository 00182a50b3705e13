//! From a folder into stores in which nothing is.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use database::{
    Location,
    portable::{Row, Store},
};
use engine_interfaces::BoxError;
use sha2::{Digest, Sha256};

use super::{ChunkFacts, Manifest, Progress, StoreFacts, TableFacts, manifest::MAX_CHUNK_BYTES};
use crate::{
    Stores,
    backup::Holdings,
    files::{copy, facts, hex},
    folders,
    stores::Part,
};

/// Noted in the last store once every table is found to be equal.
const VERIFIED: &str = "verified";

/// The store of an engine, and what it is to hold.
struct Target<'a> {
    facts: &'a StoreFacts,
    part: &'a Part<'a>,
    store: Store,
    /// What an earlier process has done.
    done: BTreeSet<String>,
}

impl Holdings<'_> {
    /// Writes an export into the stores that the settings name, in which nothing is, or where an import of the same
    /// export was begun: then it goes on. Answers what is there now, and how many chunks were there before.
    ///
    /// # Errors
    /// Says what is wrong with the export or with the place, and the cure. Until it is over, nobody serves the stores.
    pub async fn import(
        &self,
        folder: &Path,
        progress: &mut dyn Progress,
    ) -> Result<(Manifest, usize), BoxError> {
        let (manifest, export) = Manifest::read(folder)?;
        let keys = self.keys_of(folder, &manifest)?;
        let stores = Stores::embedded(self.stores)?;
        let parts = stores.parts();
        check_versions(&manifest, &parts)?;
        for (_, database, migrations) in stores.each() {
            database.migrate(migrations).await?;
        }
        let mut targets = Vec::new();
        for (facts, part) in manifest.stores.iter().zip(&parts) {
            targets.push(Target::open(facts, part).await?);
        }
        check_free(&mut targets, &export).await?;
        let before = targets.iter().map(Target::chunks_done).sum();
        if !targets.last().is_some_and(|last| last.done.contains(VERIFIED)) {
            for target in &mut targets {
                if target.done.is_empty() {
                    target.store.begin_import(&export).await?;
                }
            }
            for target in &targets {
                target.fill(folder, &export, progress).await?;
            }
            for target in &targets {
                target.verify(progress).await?;
                target.store.analyze(&target.part.tables).await?;
            }
            for (key, place) in keys {
                folders::make_private(self.data_dir)?;
                copy(&key, &place)?;
            }
            if let Some(last) = targets.last() {
                last.store.note(VERIFIED, &export).await?;
            }
        }
        // The last one last: what it has noted says that the others may be over already.
        for target in &targets {
            if target.store.import().await?.is_some() {
                target.store.end_import().await?;
            }
        }
        drop(targets);
        Ok((manifest, before))
    }

    /// The keys that have to be put in their place: from where, and to where.
    fn keys_of(&self, folder: &Path, manifest: &Manifest) -> Result<Vec<(PathBuf, PathBuf)>, BoxError> {
        let mut missing = Vec::new();
        for (setting, place) in self.secrets.made_in(self.data_dir) {
            let name = setting.to_lowercase();
            match (manifest.keys.get(&name), place.exists()) {
                (Some(expected), false) => {
                    let key = folder.join(&name);
                    if facts(&key)? != *expected {
                        return Err(not_as_written(&key));
                    }
                    missing.push((key, place));
                }
                (Some(expected), true) if facts(&place)? != *expected => {
                    return Err(format!(
                        "{} is another key than the export's: move it away, or name another DATA_DIR",
                        place.display()
                    )
                    .into());
                }
                (None, false) => {
                    return Err(format!("the export is without keys: set {setting} as it was").into());
                }
                (Some(_) | None, true) => {}
            }
        }
        Ok(missing)
    }
}

/// Does this version have exactly the tables that the export is of?
fn check_versions(manifest: &Manifest, parts: &[Part<'_>]) -> Result<(), BoxError> {
    let other = |what: String| -> BoxError {
        format!(
            "{what}: import with Parlour {}, which made the export, and upgrade afterwards; or upgrade the server \
             that it is of, and export again",
            manifest.parlour
        )
        .into()
    };
    if !manifest.stores.iter().map(|store| store.engine.as_str()).eq(parts.iter().map(|part| part.engine)) {
        return Err(other("the export has other stores than this version".to_owned()));
    }
    for (facts, part) in manifest.stores.iter().zip(parts) {
        if facts.migrations != part.migrations.versions(facts.postgres)? {
            return Err(other(format!(
                "the export has other migrations of {} than this version",
                part.engine
            )));
        }
        if !facts.tables.iter().map(|table| &table.table).eq(&part.tables) {
            return Err(other(format!("the export has other tables of {} than this version", part.engine)));
        }
    }
    Ok(())
}

/// Is nothing in the stores, or an import of this very export?
async fn check_free(targets: &mut [Target<'_>], export: &str) -> Result<(), BoxError> {
    for target in targets.iter_mut() {
        if let Some((of, done)) = target.store.import().await? {
            if of != export {
                return Err(format!(
                    "an import of another export into {} is not over: go on with that one, or name an empty database",
                    target.place()
                )
                .into());
            }
            target.done = done;
        }
    }
    let ending = targets.last().is_some_and(|last| last.done.contains(VERIFIED));
    for target in targets.iter().filter(|target| target.done.is_empty() && !ending) {
        for table in &target.part.tables {
            if !target.store.is_empty(table).await? {
                return Err(format!(
                    "{} is in use: its table {} has rows; name an empty database, and start no server on it before",
                    target.place(),
                    table.name
                )
                .into());
            }
        }
    }
    Ok(())
}

impl<'a> Target<'a> {
    async fn open(facts: &'a StoreFacts, part: &'a Part<'a>) -> Result<Self, BoxError> {
        let store = Store::open(part.database).await?;
        if store.versions().await? != part.migrations.versions(store.is_postgres())? {
            return Err(format!(
                "{} has migrations that this version of Parlour does not know; name an empty database",
                part.database.location()
            )
            .into());
        }
        Ok(Self { facts, part, store, done: BTreeSet::new() })
    }

    fn place(&self) -> &Location {
        self.part.database.location()
    }

    fn chunks_done(&self) -> usize {
        let chunks = self.facts.tables.iter().flat_map(|table| &table.chunks);
        chunks.filter(|chunk| self.done.contains(&chunk.file)).count()
    }

    /// Writes the chunks that are not there yet.
    async fn fill(&self, folder: &Path, export: &str, progress: &mut dyn Progress) -> Result<(), BoxError> {
        for table in &self.facts.tables {
            progress.begin(&format!("{}/{}", self.part.engine, table.table.name), table.rows);
            for chunk in &table.chunks {
                if !self.done.contains(&chunk.file) {
                    let rows = rows_of(folder, table, chunk)?;
                    self.store.fill(&table.table, &rows, &chunk.file, export).await?;
                }
                progress.advance(chunk.rows);
            }
            progress.end();
        }
        Ok(())
    }

    /// Reads back what is there, and compares it with what was exported.
    async fn verify(&self, progress: &mut dyn Progress) -> Result<(), BoxError> {
        for expected in &self.facts.tables {
            progress.begin(&format!("{}/{} read back", self.part.engine, expected.table.name), expected.rows);
            let (mut rows, mut hash, mut line) = (0_u64, Sha256::new(), Vec::new());
            self.store
                .each(&expected.table, 0, |row| {
                    line.clear();
                    row.write(&mut line)?;
                    hash.update(&line);
                    rows += 1;
                    progress.advance(1);
                    Ok(())
                })
                .await?;
            progress.end();
            if rows != expected.rows || hex(hash) != expected.sha256 {
                return Err(format!(
                    "{}: the table {} is not what was exported: {rows} rows of {}; import into another, empty database",
                    self.place(),
                    expected.table.name,
                    expected.rows
                )
                .into());
            }
        }
        Ok(())
    }
}

/// The rows of a chunk that is as it was written.
fn rows_of(folder: &Path, table: &TableFacts, chunk: &ChunkFacts) -> Result<Vec<Row>, BoxError> {
    let path = folder.join(&chunk.file);
    let fault = |error: std::io::Error| format!("{}: {error}", path.display());
    let bytes = fs::metadata(&path).map_err(fault)?.len();
    if bytes > MAX_CHUNK_BYTES {
        return Err(
            format!("{} is longer than a chunk may be, {MAX_CHUNK_BYTES} bytes", path.display()).into()
        );
    }
    let lines = fs::read(&path).map_err(fault)?;
    if lines.len() as u64 != chunk.bytes || hex(Sha256::new_with_prefix(&lines)) != chunk.sha256 {
        return Err(not_as_written(&path));
    }
    let rows = lines.split_inclusive(|byte| *byte == b'\n').map(|line| Row::read(line, &table.table));
    rows.collect::<Result<Vec<_>, _>>().map_err(|error| format!("{}: {error}", path.display()).into())
}

fn not_as_written(path: &Path) -> BoxError {
    format!(
        "{} is not as it was written: copy it again, or export again; what is imported by now stays, for when it is",
        path.display()
    )
    .into()
}
