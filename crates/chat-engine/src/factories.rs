//! Engines, groups and drafts for tests: valid by default, loud about what matters.
//!
//! ```
//! # tokio_test_block(async {
//! use chat_engine::{Chat, Limit, Range, Seq, factories};
//!
//! let (chat, broker) = factories::engine().await;
//! let (group, user) = factories::group(&chat).name("Beer").create().await;
//!
//! let sent = chat.send_message(factories::draft(user, group.id)).await.unwrap();
//! assert_eq!(sent.message.seq, Seq(1));
//! assert_eq!(broker.next_message().await, sent.message);
//! # });
//! # fn tokio_test_block(test: impl Future<Output = ()>) {
//! #     tokio::runtime::Runtime::new().unwrap().block_on(test);
//! # }
//! ```
//!
//! What they make goes through the engine's front door, so it is always possible. They panic where they fail,
//! as a test does.

mod broker;
mod groups;
mod guests;
mod resources;

use std::sync::Arc;

use engine_interfaces::{Clock, Draft, GroupId, NoGuests, SystemClock, UserId};
use tempfile::TempDir;

use crate::{ChatEngine, Settings, Store};

pub use broker::TestBroker;
pub use groups::{GroupFactory, group};
pub use guests::TestGuests;
pub use resources::TestResources;

/// An engine over a new SQLite file, which goes with it.
#[expect(clippy::expect_used, reason = "a factory fails by panicking, as the test that uses it")]
pub async fn engine() -> (Arc<ChatEngine>, Arc<TestBroker>) {
    let folder = TempDir::new().expect("a temporary folder");
    let store = Store::sqlite(folder.path().join("chat.db")).expect("a pool");
    store.migrate().await.expect("the migrations run");
    let (broker, resources) = (Arc::new(TestBroker::default()), TestResources::keeping(folder));
    let chat = ChatEngine::new(store, broker.clone(), Arc::new(resources));
    (chat, broker)
}

/// An engine over a store that is migrated already, with a clock and limits of the test's own.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use chat_engine::{Chat, ChatError, GroupDraft, Settings, Store, SystemClock, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let store = Store::sqlite(folder.path().join("chat.db"))?;
/// store.migrate().await?;
/// let settings = Settings { max_groups_per_user: 1, ..Settings::default() };
/// let (chat, _broker) = factories::engine_over(store, Arc::new(SystemClock), settings);
///
/// let (_, alice) = factories::group(&chat).create().await;
/// let second = chat.create_group(alice, GroupDraft::new("Another")).await;
/// assert!(matches!(second, Err(ChatError::TooManyGroups)));
/// # Ok(()) }
/// ```
pub fn engine_over(
    store: Store,
    clock: Arc<dyn Clock>,
    settings: Settings,
) -> (Arc<ChatEngine>, Arc<TestBroker>) {
    let broker = Arc::new(TestBroker::default());
    let resources = Arc::new(TestResources::default());
    let guests = Arc::new(NoGuests);
    let chat = ChatEngine::with(store, broker.clone(), resources, guests, clock, settings);
    (chat, broker)
}

/// Somebody.
#[must_use]
pub fn user() -> UserId {
    UserId(SystemClock.new_id())
}

/// A valid message of `user` to `group`.
#[must_use]
pub fn draft(user: UserId, group: GroupId) -> Draft {
    Draft::new(user, group, "Cheers!")
}
