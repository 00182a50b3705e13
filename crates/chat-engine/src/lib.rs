#![doc = include_str!("../README.md")]
//!
//! # Invariants
//!
//! - A group's log has no gaps: `seq` is given under the lock of the group's head row, which is held until the
//!   commit. Whatever else changes a group takes the same lock and raises the head's `revision`.
//! - What [`Chat::send_message`] answered is committed. Hints follow it and may be lost; the sweep repairs them.
//! - Membership comes first: for whoever is not in a group, it does not exist, by the same statements.
//! - Every statement names its group; rows are found by keys that begin with it.

mod announcer;
mod coalescer;
mod context;
mod cursor;
mod engine;
#[cfg(feature = "factories")]
pub mod factories;
mod group_messages;
mod groups;
mod invitations;
mod kept;
mod links;
mod memberships;
mod meters;
pub mod operator;
mod personal_data;
mod recent;
mod rules;
pub mod seeding;
mod settings;
mod store;
mod sweep;
mod workers;

use database::Migrations;
use diesel_migrations::embed_migrations;

pub use database::{Location, PoolSettings, StoreError};
pub use engine::ChatEngine;
pub use engine_interfaces::{
    Accepted, Added, Broker, Chat, ChatError, Clock, Control, Created, CreatedInvitation, Cursor, Deliveries,
    Delivery, Draft, Erasure, Group, GroupChange, GroupDraft, GroupHead, GroupId, GroupMessage,
    GroupMessageId, GroupVersion, Guests, Invitation, InvitationDraft, InvitationId, Limit, MemberChange,
    Membership, MessagePage, NoGuests, Page, PersonalData, Range, Revision, Right, Role, Rule, Secret, Sent,
    Seq, Slot, SystemClock, Timestamp, UserId, UserResources, Violation, Worker,
};
pub use settings::Settings;
pub use store::{Store, tables};
pub use workers::{DELETE_GROUP, LINK_RESOURCE};

/// What makes this engine's tables.
///
/// # Example
/// ```
/// use chat_engine::{MIGRATIONS, Store};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let store = Store::sqlite(folder.path().join("chat.db"))?;
/// let before = store.database().migration_state(MIGRATIONS).await?;
/// assert!(!before.pending.is_empty());
/// store.migrate().await?;
/// assert!(store.database().migration_state(MIGRATIONS).await?.pending.is_empty());
/// # Ok(()) }
/// ```
pub const MIGRATIONS: Migrations = Migrations {
    postgres: embed_migrations!("migrations/postgres"),
    sqlite: embed_migrations!("migrations/sqlite"),
};
