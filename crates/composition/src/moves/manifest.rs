//! What an export holds.

use std::{collections::BTreeMap, fs, io::Write, path::Path};

use database::portable::Table;
use engine_interfaces::{BoxError, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::files::{FileFacts, hex, private};

/// Written last: a folder without it is no whole export.
pub(super) const MANIFEST: &str = "manifest.json";

/// The form of an export.
pub(super) const FORMAT: u32 = 1;

/// The longest chunk that is read: it is in memory whole.
pub(super) const MAX_CHUNK_BYTES: u64 = 64 * 1024 * 1024;

/// What an export holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub(super) format: u32,
    /// The version of Parlour that made it.
    pub parlour: String,
    /// The instant of which it is: all that was acknowledged before is in it.
    pub made_at: Timestamp,
    /// The keys that went along, by the name of their file.
    pub keys: BTreeMap<String, FileFacts>,
    /// Each engine's store.
    pub stores: Vec<StoreFacts>,
}

/// What an engine's store held.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreFacts {
    /// The engine.
    pub engine: String,
    /// Whether it was on PostgreSQL; else it was a SQLite file.
    pub postgres: bool,
    /// The migrations that made its tables.
    pub migrations: Vec<String>,
    /// Its tables.
    pub tables: Vec<TableFacts>,
}

/// What a table held.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableFacts {
    /// Which table, and its columns.
    pub table: Table,
    /// How many rows.
    pub rows: u64,
    /// The SHA-256 of all its lines, the same on both databases.
    pub sha256: String,
    /// The files that they are in.
    pub chunks: Vec<ChunkFacts>,
}

/// A file of rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChunkFacts {
    /// Its path in the export.
    pub file: String,
    /// How many rows.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

impl Manifest {
    /// How many rows there are.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables().map(|(_, table)| table.rows).sum()
    }

    /// One hash of every row of every table: equal servers have equal ones, whatever database they are on.
    #[must_use]
    pub fn content(&self) -> String {
        let mut hash = Sha256::new();
        for (engine, table) in self.tables() {
            hash.update(format!("{engine}/{} {} {}\n", table.table.name, table.rows, table.sha256));
        }
        hex(hash)
    }

    pub(super) fn tables(&self) -> impl Iterator<Item = (&str, &TableFacts)> {
        self.stores.iter().flat_map(|store| store.tables.iter().map(|table| (store.engine.as_str(), table)))
    }

    /// Of a whole export, with a name of its own: the hash of the manifest.
    pub(super) fn read(folder: &Path) -> Result<(Self, String), BoxError> {
        let path = folder.join(MANIFEST);
        let fault =
            |error: &dyn std::fmt::Display| -> BoxError { format!("{}: {error}", path.display()).into() };
        let text = fs::read(&path).map_err(|error| {
            fault(&format!(
                "{error}; it is no whole export: run `parlour export` again, which goes on where it was"
            ))
        })?;
        let form: Form = serde_json::from_slice(&text).map_err(|error| fault(&error))?;
        if form.format != FORMAT {
            return Err(fault(&format!("its form {} is not known to this version", form.format)));
        }
        let manifest = serde_json::from_slice(&text).map_err(|error| fault(&error))?;
        Ok((manifest, hex(Sha256::new_with_prefix(&text))))
    }

    /// Puts it in its place, whole or not at all.
    pub(super) fn write(&self, folder: &Path) -> Result<(), BoxError> {
        let draft = folder.join("manifest.json.new");
        let mut file = private(&draft)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.flush()?;
        file.sync_all()?;
        fs::rename(&draft, folder.join(MANIFEST))?;
        Ok(fs::File::open(folder)?.sync_all()?)
    }
}

/// What every form of a manifest says.
#[derive(Deserialize)]
struct Form {
    format: u32,
}
