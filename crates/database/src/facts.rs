//! What a database says of itself: for the operator.

use std::collections::BTreeMap;

use diesel::{
    QueryableByName, sql_query,
    sql_types::{Nullable, Text},
};
use diesel_async::RunQueryDsl;
use engine_interfaces::Timestamp;

use crate::{At, Database, Instant, StoreError, on};

/// What a database says of itself.
///
/// # Example
/// ```
/// # use database::{Database, Location, PoolSettings};
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
/// # let database = Database::open(location, &PoolSettings::default())?;
/// let facts = database.facts().await?;
/// assert_eq!(facts.settings["synchronous"], "2", "FULL: a commit is on the disk");
/// assert_eq!((facts.encrypted, facts.now), (None, None), "a file has neither");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct Facts {
    /// Its version, such as `15.10`.
    pub version: String,
    /// The settings on which durability depends, as this connection has them, by name.
    pub settings: BTreeMap<String, String>,
    /// Is the connection encrypted? A file has none.
    pub encrypted: Option<bool>,
    /// Its clock; a file has none.
    pub now: Option<Timestamp>,
}

#[derive(QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    value: String,
}

#[derive(QueryableByName)]
struct Now {
    #[diesel(sql_type = Nullable<Instant>)]
    now: Option<At>,
}

const POSTGRES: &str = "SELECT CASE name WHEN 'server_version' THEN 'version' ELSE name END AS name,
                               setting AS value FROM pg_settings
                        WHERE name IN ('server_version', 'fsync', 'full_page_writes', 'synchronous_commit')
                        UNION ALL SELECT 'encrypted', ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
const SQLITE: &str = "SELECT 'version' AS name, sqlite_version() AS value
                      UNION ALL SELECT 'journal_mode', journal_mode FROM pragma_journal_mode
                      UNION ALL SELECT 'synchronous', CAST(synchronous AS TEXT) FROM pragma_synchronous";

impl Database {
    /// What the database says of itself.
    ///
    /// # Errors
    /// When it is away.
    pub async fn facts(&self) -> Result<Facts, StoreError> {
        struct Asked<'a> {
            database: &'a Database,
        }
        let asked = Asked { database: self };
        let told: Vec<Setting> =
            on!(asked, read, |pg| sql_query(POSTGRES).load(pg), |lite| sql_query(SQLITE).load(lite))?;
        let mut settings: BTreeMap<_, _> = told.into_iter().map(|told| (told.name, told.value)).collect();
        let Now { now } =
            on!(asked, read, |pg| sql_query("SELECT clock_timestamp() AS now").get_result(pg), |lite| {
                sql_query("SELECT NULL AS now").get_result(lite)
            })?;
        let told = settings.remove("encrypted").map(|told| told == "true");
        Ok(Facts {
            version: settings.remove("version").unwrap_or_default(),
            // The server tells of its own end, and a pooler may be between.
            encrypted: told.map(|told| told && self.location().may_encrypt()),
            settings,
            now: now.map(|now| now.0),
        })
    }
}
