//! From the stores into a folder.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use database::portable::{Moment, Store, Table};
use engine_interfaces::{BoxError, Clock, SystemClock};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    ChunkFacts, Manifest, Progress, StoreFacts, TableFacts,
    journal::{Begun, Journal},
    manifest::{FORMAT, MANIFEST},
};
use crate::{
    Stores,
    backup::Holdings,
    files::{copy, facts, hex, name, need_empty, private},
    folders,
    stores::Part,
};

/// Where the copies of SQLite files are while they are read.
const COPIES: &str = "copies";

/// How much a chunk may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// The most rows of a chunk.
    pub chunk_rows: u64,
    /// At this length a chunk ends: it is in memory whole.
    pub chunk_bytes: u64,
}

impl Holdings<'_> {
    /// Writes every row of every store into `folder`, which is new or empty, or where an export was begun: then what
    /// is there of the same instant stays. Answers what is there, and how many chunks were there before.
    ///
    /// # Errors
    /// Says what can't be exported, and the cure. What is whole by then stays, for the next call.
    pub async fn export(
        &self,
        folder: &Path,
        without_keys: bool,
        limits: Limits,
        progress: &mut dyn Progress,
    ) -> Result<(Manifest, usize), BoxError> {
        let keys = if without_keys { Vec::new() } else { self.keys()? };
        if folder.join(MANIFEST).exists() {
            if !Journal::is_in(folder) {
                return Err(format!("{} holds a whole export; name another folder", folder.display()).into());
            }
            // The last process wrote the manifest, and had no time to clear up.
            clear_up(folder)?;
            return Ok((Manifest::read(folder)?.0, 0));
        }
        if !Journal::is_in(folder) {
            need_empty(folder)?;
        }
        folders::make_private(folder)?;
        let stores = Stores::found(self.stores)?;
        let parts = stores.parts();
        for part in &parts {
            let place = part.database.location();
            if place.file().is_some_and(|file| !file.exists()) {
                return Err(format!("{place} is not there: name the stores of a server that has run").into());
            }
        }
        stores.check_migrated().await?;
        let (moment, mut journal) = begin(folder, &parts, limits).await?;
        let before = journal.chunks.len();
        let mut facts_of = Vec::new();
        for (part, store) in parts.iter().zip(moment.stores()) {
            facts_of.push(export_store(folder, part, store, &mut journal, progress).await?);
        }
        let mut manifest = Manifest {
            format: FORMAT,
            parlour: env!("CARGO_PKG_VERSION").to_owned(),
            made_at: journal.made_at,
            keys: BTreeMap::new(),
            stores: facts_of,
        };
        for key in &keys {
            let target = folder.join(name(key)?);
            // Of a process that died between this and the manifest.
            drop(fs::remove_file(&target));
            copy(key, &target)?;
            manifest.keys.insert(name(key)?.to_owned(), facts(&target)?);
        }
        manifest.write(folder)?;
        drop(moment);
        clear_up(folder)?;
        Ok((manifest, before))
    }
}

/// The instant and the journal: those of the export that was begun, where that can go on; else new ones.
async fn begin(folder: &Path, parts: &[Part<'_>], limits: Limits) -> Result<(Moment, Journal), BoxError> {
    let databases: Vec<_> = parts.iter().map(|part| part.database).collect();
    let copies = folder.join(COPIES);
    let begun = |moment: &Moment| Begun {
        format: FORMAT,
        parlour: env!("CARGO_PKG_VERSION").to_owned(),
        places: databases.iter().map(|database| database.location().to_string()).collect(),
        mark: moment.mark().to_owned(),
        limits,
    };
    if let Some(journal) = Journal::found(folder)? {
        let moment = Moment::take(&databases, &copies, true).await?;
        if begun(&moment) == journal.begun {
            return Ok((moment, journal));
        }
    }
    clear(folder, parts)?;
    folders::make_private(&copies)?;
    let made_at = SystemClock.now();
    let moment = Moment::take(&databases, &copies, false).await?;
    let journal = Journal::begin(folder, begun(&moment), made_at)?;
    Ok((moment, journal))
}

/// Takes away what an export of another instant left.
fn clear(folder: &Path, parts: &[Part<'_>]) -> Result<(), BoxError> {
    Journal::blank(folder)?;
    for left in parts.iter().map(|part| part.engine).chain([COPIES]) {
        remove_folder(&folder.join(left))?;
    }
    Ok(())
}

/// Takes away what an export needs only until it is whole.
fn clear_up(folder: &Path) -> Result<(), BoxError> {
    remove_folder(&folder.join(COPIES))?;
    Journal::remove(folder)
}

fn remove_folder(folder: &Path) -> Result<(), BoxError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", folder.display()).into())
        }
        _ => Ok(()),
    }
}

async fn export_store(
    folder: &Path,
    part: &Part<'_>,
    store: &Store,
    journal: &mut Journal,
    progress: &mut dyn Progress,
) -> Result<StoreFacts, BoxError> {
    let postgres = store.is_postgres();
    let migrations = store.versions().await?;
    if migrations != part.migrations.versions(postgres)? {
        return Err(format!(
            "{} has migrations that this version of Parlour does not know: export with the version that serves it",
            part.database.location()
        )
        .into());
    }
    folders::make_private(&folder.join(part.engine))?;
    let mut tables = Vec::new();
    for table in &part.tables {
        progress.begin(&format!("{}/{}", part.engine, table.name), store.count(table).await?);
        let mut chunks = Chunks::resumed(folder, part.engine, table, journal, progress)?;
        let skip = chunks.rows;
        store
            .each(table, skip, |row| {
                row.write(&mut chunks.lines)?;
                chunks.lines_rows += 1;
                chunks.write_if_long(journal, progress)
            })
            .await?;
        chunks.write(journal, progress)?;
        progress.end();
        tables.push(chunks.facts(table));
    }
    Ok(StoreFacts { engine: part.engine.to_owned(), postgres, migrations, tables })
}

/// The chunks of a table, the last of them in memory.
struct Chunks {
    folder: PathBuf,
    /// What the files' names begin with.
    stem: String,
    rows: u64,
    hash: Sha256,
    written: Vec<ChunkFacts>,
    lines: Vec<u8>,
    lines_rows: u64,
}

impl Chunks {
    /// With those that are there as they were noted, up to the first that is not.
    fn resumed(
        folder: &Path,
        engine: &str,
        table: &Table,
        journal: &Journal,
        progress: &mut dyn Progress,
    ) -> Result<Self, BoxError> {
        let mut chunks = Self {
            folder: folder.to_owned(),
            stem: format!("{engine}/{}", table.name),
            rows: 0,
            hash: Sha256::new(),
            written: Vec::new(),
            lines: Vec::new(),
            lines_rows: 0,
        };
        while let Some(noted) = journal.chunks.get(&chunks.next()) {
            let Ok(lines) = fs::read(folder.join(&noted.file)) else { break };
            if hex(Sha256::new_with_prefix(&lines)) != noted.sha256 {
                break;
            }
            chunks.hash.update(&lines);
            chunks.rows += noted.rows;
            chunks.written.push(noted.clone());
            progress.advance(noted.rows);
        }
        Ok(chunks)
    }

    /// The name of the next one.
    fn next(&self) -> String {
        format!("{}.{:06}.jsonl", self.stem, self.written.len() + 1)
    }

    fn write_if_long(&mut self, journal: &mut Journal, progress: &mut dyn Progress) -> Result<(), BoxError> {
        let Limits { chunk_rows, chunk_bytes } = journal.begun.limits;
        if self.lines_rows >= chunk_rows || self.lines.len() as u64 >= chunk_bytes {
            self.write(journal, progress)?;
        }
        Ok(())
    }

    /// Writes what is in memory, and notes it once it is on the disk.
    fn write(&mut self, journal: &mut Journal, progress: &mut dyn Progress) -> Result<(), BoxError> {
        if self.lines_rows == 0 {
            return Ok(());
        }
        let chunk = ChunkFacts {
            file: self.next(),
            rows: self.lines_rows,
            bytes: self.lines.len() as u64,
            sha256: hex(Sha256::new_with_prefix(&self.lines)),
        };
        let path = self.folder.join(&chunk.file);
        let mut file = private(&path)?;
        file.write_all(&self.lines).and_then(|()| file.sync_all()).map_err(|error| {
            format!("{}: {error}; make room, and run the same command again", path.display())
        })?;
        fs::File::open(path.parent().unwrap_or(&self.folder))?.sync_all()?;
        journal.note(chunk.clone())?;
        self.hash.update(&self.lines);
        self.rows += self.lines_rows;
        progress.advance(self.lines_rows);
        self.written.push(chunk);
        self.lines.clear();
        self.lines_rows = 0;
        Ok(())
    }

    fn facts(self, table: &Table) -> TableFacts {
        TableFacts { table: table.clone(), rows: self.rows, sha256: hex(self.hash), chunks: self.written }
    }
}
