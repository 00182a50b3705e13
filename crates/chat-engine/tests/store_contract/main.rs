//! One contract, both databases: what the engine promises, asked through its front door.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod announcing;
mod groups;
mod guests;
mod invitations;
mod load;
mod memberships;
mod messages;
mod paging;
mod personal_data;
mod plans;
mod read_markers;
mod rings;
mod unread;

use std::{sync::Arc, time::Duration};

use chat_engine::{
    Broker, Chat, ChatEngine, GroupDraft, MIGRATIONS, PersonalData, Settings, Store, UserResources,
    factories::{self, TestBroker, TestGuests, TestResources},
};
use engine_interfaces::{Clock, JobId, Worker};
use test_support::{FixedClock, TestDatabase};

/// Makes each of the named tests one of SQLite and one of PostgreSQL.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {
        $(mod $test {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$test(crate::Setup::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$test(crate::Setup::postgres().await).await;
            }
        })+
    };
}

use on_both;

/// An engine on a database of its own, and all that a test wants to turn.
struct Setup {
    chat: Arc<ChatEngine>,
    broker: Arc<TestBroker>,
    resources: Arc<TestResources>,
    guests: Arc<TestGuests>,
    clock: Arc<FixedClock>,
    store: Store,
    /// Dropped last.
    _database: TestDatabase,
}

impl Setup {
    fn new(database: TestDatabase) -> Self {
        let store = Store::over(database.database());
        let (broker, resources) = (Arc::<TestBroker>::default(), Arc::<TestResources>::default());
        let (guests, clock) = (Arc::<TestGuests>::default(), Arc::<FixedClock>::default());
        Self {
            chat: ChatEngine::with(
                store.clone(),
                broker.clone(),
                resources.clone(),
                guests.clone(),
                clock.clone(),
                quick(),
            ),
            broker,
            resources,
            guests,
            clock,
            store,
            _database: database,
        }
    }

    async fn sqlite() -> Self {
        Self::new(TestDatabase::sqlite(MIGRATIONS).await)
    }

    async fn postgres() -> Self {
        Self::new(TestDatabase::postgres(MIGRATIONS).await)
    }

    /// Another engine over the same rows, with limits of the test's own.
    fn another(&self, settings: Settings) -> Arc<ChatEngine> {
        let broker: Arc<dyn Broker> = self.broker.clone();
        let resources: Arc<dyn UserResources> = self.resources.clone();
        let (guests, clock) = (self.guests.clone(), self.clock.clone());
        ChatEngine::with(self.store.clone(), broker, resources, guests, clock, settings)
    }

    fn restart(&mut self, settings: Settings) {
        self.chat = self.another(settings);
    }

    fn data(&self) -> Arc<dyn PersonalData> {
        self.chat.personal_data(None)
    }

    fn worker(&self, kind: &str) -> Arc<dyn Worker> {
        let mut workers = self.chat.workers().into_iter();
        workers.find(|worker| worker.kind() == kind).expect("the engine has the worker")
    }

    fn job(&self, kind: &str, payload: serde_json::Value) -> engine_interfaces::Job {
        engine_interfaces::Job {
            id: JobId(self.clock.new_id()),
            kind: kind.to_owned(),
            key: String::new(),
            payload,
            attempt: 1,
        }
    }
}

on_both!(migrations_are_undone_and_done_again);

async fn migrations_are_undone_and_done_again(test: Setup) {
    test.chat.drain().await;
    test.store.database().unmigrate(MIGRATIONS).await.unwrap();
    test.store.migrate().await.unwrap();
    let owner = factories::user();
    let created = test.chat.create_group(owner, GroupDraft::new("Beer")).await.unwrap();
    assert_eq!(test.chat.show_group(owner, created.group.id).await.unwrap(), created.group);
}

/// The sweep looks often, so that no test waits for it.
fn quick() -> Settings {
    Settings { sweep_interval: Duration::from_millis(20), ..Settings::default() }
}
