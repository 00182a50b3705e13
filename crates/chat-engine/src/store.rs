//! The engine's tables: SQL is here and nowhere else in this crate.

mod deletion;
mod erasure;
mod group_messages;
mod groups;
mod invitations;
mod jobs;
mod memberships;
mod operator;
mod outbox;
mod pages;
mod personal_data;
mod portable;
mod read_markers;
mod rows;
mod schema;
mod send;
mod unread;
mod versions;

use std::{path::PathBuf, sync::Arc};

use database::{Database, Location, MigrationsError, PoolSettings, StoreError};
use engine_interfaces::{ChatError, UserId};
use uuid::Uuid;

use crate::MIGRATIONS;

pub use portable::tables;

pub(crate) use erasure::Departure;
pub(crate) use groups::{NewGroup, Title};
pub(crate) use invitations::{Entry, NewInvitation};
pub(crate) use memberships::{Change, Members};
pub(crate) use outbox::Range as OutboxRange;
pub(crate) use personal_data::OwnGroup;
pub(crate) use read_markers::{Marker, Moved};
pub(crate) use send::{NewMessage, Outcome};
pub(crate) use versions::Pair;

/// The name of this engine's schema or file.
const NAME: &str = "chat";
/// Who made a group whose maker is not to be named any more.
const NOBODY: UserId = UserId(Uuid::nil());
/// How many groups one statement names: SQLite binds each of them.
pub(crate) const GROUPS_A_STATEMENT: usize = 5_000;

/// Locks the head of `$group` until the transaction ends and answers it; `None` when there is no such group.
/// An update that changes nothing is the lock that both databases have.
macro_rules! lock_head {
    ($conn:expr, $group:expr) => {
        diesel::update(group_heads::table.find(Col($group)))
            .set(group_heads::revision.eq(group_heads::revision))
            .returning(HeadRow::as_returning())
            .get_result($conn)
            .await
            .optional()?
    };
}

/// The membership of `$user` in `$group`, in which they are now.
macro_rules! membership {
    ($conn:expr, $group:expr, $user:expr) => {
        memberships::table
            .find((Col($group), Col($user)))
            .filter(memberships::left_at.is_null())
            .select(MembershipRow::as_select())
            .first($conn)
            .await
            .optional()?
    };
}

/// Lets `$user` into the group of `$head`, which is locked; answers their membership.
macro_rules! join {
    ($conn:expr, $head:expr, $user:expr, $now:expr) => {{
        let role = Role::Member;
        let joining = (
            memberships::role.eq(RoleText(role)),
            memberships::joined_at.eq(At($now)),
            memberships::joined_seq.eq($head.last_seq),
            memberships::joined_revision.eq($head.revision + 1),
            memberships::read_seq.eq($head.last_seq),
            memberships::left_at.eq(None::<At>),
        );
        diesel::insert_into(memberships::table)
            .values((memberships::group_id.eq($head.group_id), memberships::user_id.eq(Col($user)), joining))
            .on_conflict((memberships::group_id, memberships::user_id))
            .do_update()
            .set(joining)
            .execute($conn)
            .await?;
        Membership { group_id: $head.group_id.0, user_id: $user, role, joined_at: $now }
    }};
}

/// Writes down that who is in the group of `$head`, which is locked, has changed: `$joined` more are in it.
macro_rules! advance {
    ($conn:expr, $head:expr, $joined:expr) => {
        diesel::update(group_heads::table.find($head.group_id))
            .set((
                group_heads::revision.eq($head.revision + 1),
                group_heads::member_count.eq($head.member_count + $joined),
            ))
            .execute($conn)
            .await?
    };
}

/// Ends a group whose head is locked: without its head it is gone for everybody, and nobody is invited any more. The id
/// stays taken; `$deletion` removes the other rows.
macro_rules! end_group {
    ($conn:expr, $group:expr, $now:expr, $deletion:expr) => {
        diesel::delete(group_heads::table.find(Col($group))).execute($conn).await?;
        diesel::delete(invitations::table.filter(invitations::group_id.eq(Col($group))))
            .execute($conn)
            .await?;
        diesel::update(groups::table.find(Col($group)))
            .set((
                groups::name.eq(""),
                groups::description.eq(""),
                groups::created_by.eq(Col($crate::store::NOBODY)),
                groups::updated_at.eq(At($now)),
                groups::deleted_at.eq(Some(At($now))),
            ))
            .execute($conn)
            .await?;
        $conn.enqueue($deletion).await?;
    };
}

use {advance, end_group, join, lock_head, membership};

/// Where groups, memberships and messages are. Cheap to clone.
///
/// # Example
/// ```
/// use chat_engine::Store;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let url = "postgres://parlour@localhost/parlour";
/// let postgres = Store::postgres(url)?; // connects with its first query
/// let embedded = Store::sqlite(folder.path().join("chat.db"))?;
/// embedded.migrate().await?;
/// embedded.migrate().await?; // any number of processes may, at any time
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Store {
    database: Database,
}

impl Store {
    /// In the database at `location`. The first query makes the first connection.
    ///
    /// # Errors
    /// When the settings make no pool.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Location, PoolSettings, Store};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let url = format!("sqlite:{}", folder.path().display());
    /// let location = Location::parse(&url, "chat")?; // postgres://… as well
    /// let few = PoolSettings { size: 2, ..PoolSettings::default() };
    /// Store::open(location, &few)?.migrate().await?;
    /// # Ok(()) }
    /// ```
    pub fn open(location: Location, pool: &PoolSettings) -> Result<Self, StoreError> {
        Ok(Self::over(Database::open(location, pool)?))
    }

    /// In the SQLite file at `path`, which is made if it is missing.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn sqlite(path: impl Into<PathBuf>) -> Result<Self, StoreError> {
        Self::open(Location::Sqlite { path: path.into() }, &PoolSettings::default())
    }

    /// In the schema `chat` of the PostgreSQL database at `url`.
    ///
    /// # Errors
    /// As [`Store::open`], or when the URL can't be read.
    pub fn postgres(url: &str) -> Result<Self, StoreError> {
        let location = Location::parse(url, NAME).map_err(StoreError::unavailable)?;
        Self::open(location, &PoolSettings::default())
    }

    /// In a database that is open already.
    ///
    /// # Example
    /// ```
    /// use chat_engine::{Location, PoolSettings, Store};
    /// use database::Database;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let location = Location::Sqlite { path: folder.path().join("chat.db") };
    /// let database = Database::open(location, &PoolSettings::default())?;
    /// Store::over(database.clone()).migrate().await?; // clones share one pool
    /// assert!(database.usage().open > 0);
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn over(database: Database) -> Self {
        Self { database }
    }

    /// Makes or changes the tables, as this version needs them.
    ///
    /// # Errors
    /// When the database is away or refuses.
    pub async fn migrate(&self) -> Result<(), MigrationsError> {
        self.database.migrate(MIGRATIONS).await.map(drop)
    }

    /// Where the rows are.
    ///
    /// # Example
    /// ```
    /// use chat_engine::Store;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// let store = Store::sqlite(folder.path().join("chat.db"))?;
    /// store.database().ready().await?;
    /// println!("{}", store.database().location()); // never a password
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }
}

/// A failure of the store as callers see it.
pub(crate) fn unavailable(error: StoreError) -> ChatError {
    ChatError::Unavailable(error.into())
}

/// The same, of a statement for several callers, to each of them.
pub(crate) fn unavailable_to_all<T>(error: StoreError, callers: usize) -> Vec<Result<T, ChatError>> {
    let error = Arc::new(error);
    (0..callers).map(|_| Err(ChatError::Unavailable(Arc::clone(&error).into()))).collect()
}
