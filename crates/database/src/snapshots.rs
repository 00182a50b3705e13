//! Copies of SQLite files, all of one instant, while others write.

use std::{
    collections::BTreeSet,
    ffi::c_int,
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use diesel::sqlite::Sqlite;
use engine_interfaces::BoxError;
use rusqlite::{
    Connection, OpenFlags,
    backup::{Backup, StepResult},
};

use crate::{Migrations, migrate::versions};

/// How long a writer may keep us waiting for its file.
const PATIENCE: Duration = Duration::from_secs(10);

/// How many pages are copied at a time.
const PAGES: c_int = 1_024;

/// What several SQLite files held at one instant. While it lives their logs grow.
///
/// # Example
/// ```
/// use database::Snapshots;
/// # use database::{Database, Location, PoolSettings};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let files = ["auth.db", "chat.db"].map(|name| folder.path().join(name));
/// # for file in &files {
/// #     Database::open(Location::Sqlite { path: file.clone() }, &PoolSettings::default())?.ready().await?;
/// # }
/// let backup = folder.path().join("backup");
/// std::fs::create_dir(&backup)?;
/// let instant = Snapshots::take(&files)?; // writers go on from here
/// let copies = instant.copy_into(&backup)?;
/// assert_eq!(copies.len(), 2);
/// # Ok(()) }
/// ```
pub struct Snapshots {
    files: Vec<(PathBuf, Connection)>,
}

/// A file can't be read or copied.
///
/// # Example
/// ```
/// use std::path::PathBuf;
///
/// use database::Snapshots;
///
/// let Err(error) = Snapshots::take(&[PathBuf::from("missing/chat.db")]) else { unreachable!("it is not there") };
/// assert_eq!(error.to_string(), "missing/chat.db"); // why is its source
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{file}")]
pub struct SnapshotError {
    file: String,
    #[source]
    source: BoxError,
}

impl Snapshots {
    /// Of files that others may be writing to. Every writer is held up once, for as long as it takes to begin
    /// to read: between two writes of any of them there is one moment for all. Blocks the thread.
    ///
    /// # Errors
    /// When a file is not there, or its writer does not let us in.
    pub fn take(files: &[PathBuf]) -> Result<Self, SnapshotError> {
        let mut held = Vec::new();
        for file in files {
            held.push(begin(file, "BEGIN IMMEDIATE")?);
        }
        let mut taken = Vec::new();
        for file in files {
            taken.push((file.clone(), begin(file, "BEGIN")?));
        }
        drop(held);
        Ok(Self { files: taken })
    }

    /// Copies each into `folder`, under its own name, where nobody else may read it, and checks the copy. Answers
    /// the names. Blocks the thread.
    ///
    /// # Errors
    /// When a copy can't be written, or is damaged.
    pub fn copy_into(&self, folder: &Path) -> Result<Vec<PathBuf>, SnapshotError> {
        let mut copies = Vec::new();
        for (file, snapshot) in &self.files {
            let copy = folder.join(file.file_name().unwrap_or_default());
            write(snapshot, &copy).map_err(about(&copy))?;
            copies.push(copy);
        }
        Ok(copies)
    }
}

impl Migrations {
    /// The versions of a SQLite file's tables that are none of these: it comes from a newer Parlour.
    ///
    /// # Errors
    /// When the file can't be read.
    ///
    /// # Example
    /// ```
    /// # use database::{Database, Location, PoolSettings};
    /// # use database::Migrations;
    /// # use diesel_migrations::embed_migrations;
    /// # const JOBS: Migrations = Migrations {
    /// #     postgres: embed_migrations!("../../migrations/jobs/postgres"),
    /// #     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
    /// # };
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
    /// # let database = Database::open(location, &PoolSettings::default())?;
    /// # let backup = folder.path().join("jobs.db");
    /// database.migrate(JOBS).await?;
    /// assert!(JOBS.unknown_in(&backup)?.is_empty(), "a restore may put it in place");
    /// # Ok(()) }
    /// ```
    pub fn unknown_in(&self, file: &Path) -> Result<BTreeSet<String>, SnapshotError> {
        let read = || -> Result<_, BoxError> {
            let known = versions::<Sqlite>(&self.sqlite)?;
            let connection = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            let mut asked = connection.prepare("SELECT version FROM __diesel_schema_migrations")?;
            let found = asked.query_map([], |row| row.get(0))?.collect::<Result<BTreeSet<String>, _>>()?;
            Ok(found.difference(&known).cloned().collect())
        };
        read().map_err(about(file))
    }
}

fn about(file: &Path) -> impl Fn(BoxError) -> SnapshotError {
    move |source| SnapshotError { file: file.display().to_string(), source }
}

/// A connection in a transaction that sees the file as it is now.
fn begin(file: &Path, transaction: &str) -> Result<Connection, SnapshotError> {
    let begun = || -> rusqlite::Result<_> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(file, flags)?;
        connection.busy_timeout(PATIENCE)?;
        connection.execute_batch(transaction)?;
        // A transaction begins to see with its first look.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    };
    begun().map_err(|error| about(file)(error.into()))
}

fn write(snapshot: &Connection, copy: &Path) -> Result<(), BoxError> {
    // Before SQLite makes it, with the rights of whatever it is told to make.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(copy)?;
    let mut target = Connection::open(copy)?;
    let backup = Backup::new(snapshot, &mut target)?;
    loop {
        match backup.step(PAGES)? {
            StepResult::Done => break,
            StepResult::More => {}
            // Nobody else has the copy, and what is copied stands still.
            _ => return Err("the copy is in use".into()),
        }
    }
    drop(backup);
    // One plain file, with no log beside it.
    target.query_row("PRAGMA journal_mode = DELETE", [], |_| Ok(()))?;
    let verdict: String = target.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
    if verdict != "ok" {
        return Err(format!("the copy is damaged: {verdict}").into());
    }
    target.close().map_err(|(_, error)| error)?;
    sync(copy)?;
    Ok(())
}

fn sync(file: &Path) -> io::Result<()> {
    fs::File::open(file)?.sync_all()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn count(connection: &Connection) -> i64 {
        connection.query_row("SELECT count(*) FROM rows", [], |row| row.get(0)).unwrap()
    }

    #[test]
    fn copies_are_of_one_instant_whatever_is_written_meanwhile() {
        let folder = TempDir::new().unwrap();
        let files = ["a.db", "b.db"].map(|name| folder.path().join(name));
        let writers = files.each_ref().map(|file| Connection::open(file).unwrap());
        for writer in &writers {
            writer.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())).unwrap();
            writer.execute_batch("CREATE TABLE rows (n INTEGER); INSERT INTO rows VALUES (1)").unwrap();
        }
        let snapshots = Snapshots::take(&files).unwrap();
        for writer in &writers {
            writer.execute_batch("INSERT INTO rows VALUES (2); PRAGMA wal_checkpoint").unwrap();
        }
        let target = TempDir::new().unwrap();
        let copies = snapshots.copy_into(target.path()).unwrap();
        for copy in &copies {
            assert_eq!(count(&Connection::open(copy).unwrap()), 1);
        }
        assert_eq!(fs::read_dir(target.path()).unwrap().count(), 2, "no log lies beside them");
        assert!(writers.iter().all(|writer| count(writer) == 2));
        let again = snapshots.copy_into(target.path()).unwrap_err();
        assert!(again.to_string().ends_with("a.db"), "nothing is overwritten: {again}");
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made() {
        let folder = TempDir::new().unwrap();
        assert!(Snapshots::take(&[folder.path().join("a.db")]).is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
