//! How far an export is: what lets another process go on.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use engine_interfaces::{BoxError, Timestamp};
use serde::{Deserialize, Serialize};

use super::{ChunkFacts, Limits};
use crate::files::private;

/// A line for the begin, and one for each chunk that is whole.
const JOURNAL: &str = "journal.jsonl";

/// Of what an export is: another one can go on with it only where all of this is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Begun {
    pub(super) format: u32,
    pub(super) parlour: String,
    /// Where the stores are.
    pub(super) places: Vec<String>,
    /// What PostgreSQL calls the instant; of files there are copies.
    pub(super) mark: String,
    pub(super) limits: Limits,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    begun: Begun,
    made_at: Timestamp,
}

/// The journal of an export that is not whole yet.
pub(super) struct Journal {
    path: PathBuf,
    pub(super) begun: Begun,
    pub(super) made_at: Timestamp,
    pub(super) chunks: BTreeMap<String, ChunkFacts>,
}

impl Journal {
    /// Of an export that was begun in `folder`, if one was. A line that is not whole was not written.
    pub(super) fn found(folder: &Path) -> Result<Option<Self>, BoxError> {
        let path = folder.join(JOURNAL);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(format!("{}: {error}", path.display()).into()),
        };
        let mut lines = text.split_inclusive('\n').filter_map(|line| line.strip_suffix('\n'));
        let Some(First { begun, made_at }) = lines.next().and_then(|line| serde_json::from_str(line).ok())
        else {
            return Ok(None);
        };
        let chunks = lines.map_while(|line| serde_json::from_str::<ChunkFacts>(line).ok());
        let chunks: BTreeMap<_, _> = chunks.map(|chunk| (chunk.file.clone(), chunk)).collect();
        let journal = Self { path, begun, made_at, chunks };
        journal.rewrite()?;
        Ok(Some(journal))
    }

    /// Of an export that begins.
    pub(super) fn begin(folder: &Path, begun: Begun, made_at: Timestamp) -> Result<Self, BoxError> {
        let journal = Self { path: folder.join(JOURNAL), begun, made_at, chunks: BTreeMap::new() };
        journal.rewrite()?;
        Ok(journal)
    }

    /// Notes a chunk whose file is on the disk.
    pub(super) fn note(&mut self, chunk: ChunkFacts) -> Result<(), BoxError> {
        let mut file = OpenOptions::new().append(true).open(&self.path)?;
        writeln!(file, "{}", serde_json::to_string(&chunk)?)?;
        file.sync_data()?;
        self.chunks.insert(chunk.file.clone(), chunk);
        Ok(())
    }

    /// Whether `folder` holds one, whole or not.
    pub(super) fn is_in(folder: &Path) -> bool {
        folder.join(JOURNAL).exists()
    }

    /// An export begins, or begins anew: there is nothing to go on with.
    pub(super) fn blank(folder: &Path) -> Result<(), BoxError> {
        Ok(private(&folder.join(JOURNAL))?.sync_all()?)
    }

    /// The export is whole.
    pub(super) fn remove(folder: &Path) -> Result<(), BoxError> {
        match fs::remove_file(folder.join(JOURNAL)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Written anew and put in its place: what the end of a broken line was goes, so that nothing is added to it.
    fn rewrite(&self) -> Result<(), BoxError> {
        let draft = self.path.with_extension("new");
        let mut file = private(&draft)?;
        let first = First { begun: self.begun.clone(), made_at: self.made_at };
        writeln!(file, "{}", serde_json::to_string(&first)?)?;
        for chunk in self.chunks.values() {
            writeln!(file, "{}", serde_json::to_string(chunk)?)?;
        }
        file.sync_all()?;
        fs::rename(&draft, &self.path)?;
        Ok(fs::File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()?)
    }
}
