//! What an answer costs, in statements, which are counted and not timed. Alone in its process, and one test after the
//! other, since it listens to all.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chat_engine::{
    Chat, ChatEngine, ChatError, GroupChange, GroupId, GroupMessageId, InvitationDraft, InvitationId, Limit,
    Range, Right, Role, Seq, Settings, Store, UserId, factories,
};
use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};
use engine_interfaces::Clock;
use test_support::{FixedClock, TestDatabase};

static STATEMENTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

fn statements() -> MutexGuard<'static, Vec<String>> {
    STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What was asked, without what the announcer writes meanwhile.
fn reads() -> Vec<String> {
    statements().iter().filter(|statement| statement.starts_with("SELECT")).cloned().collect()
}

/// Listens, until the test is over.
async fn listen() -> tokio::sync::MutexGuard<'static, ()> {
    let alone = ALONE.lock().await;
    set_default_instrumentation(|| Some(Box::new(Listener))).unwrap();
    alone
}

/// An engine that does nothing but what it is asked.
fn engine(database: &TestDatabase, settings: Settings) -> (Arc<ChatEngine>, Arc<FixedClock>) {
    let settings = Settings { sweep_interval: Duration::from_secs(3600), ..settings };
    let clock = Arc::new(FixedClock::default());
    let (chat, _broker) = factories::engine_over(Store::over(database.database()), clock.clone(), settings);
    (chat, clock)
}

/// Notes each statement, without what is bound to it.
struct Listener;

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let statement = text.split("-- binds").next().unwrap_or_default().trim().to_owned();
            statements().push(statement);
        }
    }
}

/// Everything that a user may ask of a group; each answers "not found".
async fn ask_everything(
    chat: &Arc<ChatEngine>,
    user: UserId,
    group: GroupId,
) -> Vec<(&'static str, Vec<String>)> {
    let (other, limit) = (UserId::from_name("other"), Limit::default());
    let message = GroupMessageId(uuid::Uuid::nil());
    let invitation = InvitationId(uuid::Uuid::nil());
    let change = GroupChange { name: Some("Another".to_owned()), description: None };
    let mut asked = Vec::new();
    macro_rules! ask {
        ($($name:ident($($argument:expr),*);)+) => {$(
            statements().clear();
            let answer = chat.$name($($argument),*).await;
            assert!(matches!(answer, Err(ChatError::GroupNotFound(id)) if id == group), stringify!($name));
            asked.push((stringify!($name), statements().clone()));
        )+};
    }
    ask! {
        show_group(user, group);
        group_version(user, group);
        update_group(user, group, change);
        delete_group(user, group);
        list_members(user, group, limit, None);
        authorize(user, group, Right::AddMember);
        add_member(user, group, other);
        change_role(user, group, other, Role::Admin);
        remove_member(user, group, other);
        create_invitation(user, group, InvitationDraft::default());
        list_invitations(user, group, limit, None);
        revoke_invitation(user, group, invitation);
        participants(user, group, &[other]);
        list_messages(user, group, Range::Newest, limit);
        list_messages(user, group, Range::Before(Seq(9)), limit);
        show_message(user, group, message);
        send_message(factories::draft(user, group));
        mark_read(user, group, Seq(1));
    }
    asked
}

/// Nobody can tell a group that they are not in from one that does not exist: not by the answer, and not by what the
/// answer costs.
#[tokio::test(flavor = "multi_thread")]
async fn a_private_and_a_missing_group_cost_the_same_statements() {
    let _alone = listen().await;
    let database = TestDatabase::sqlite(chat_engine::MIGRATIONS).await;
    let (chat, clock) = engine(&database, Settings::default());
    let (private, owner) = factories::group(&chat).create().await;
    // Its newest messages lie in memory.
    chat.send_message(factories::draft(owner, private.id)).await.unwrap();
    chat.list_messages(owner, private.id, Range::Newest, Limit::default()).await.unwrap();
    let (stranger, missing) = (UserId::from_name("stranger"), GroupId(clock.new_id()));

    // The first questions also open the connections.
    ask_everything(&chat, stranger, GroupId(clock.new_id())).await;
    let of_private = ask_everything(&chat, stranger, private.id).await;
    let of_missing = ask_everything(&chat, stranger, missing).await;

    assert!(of_private.iter().all(|(_, statements)| !statements.is_empty()), "they are heard");
    assert_eq!(of_private, of_missing);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_costs_whether_they_may_see_it_and_what_memory_does_not_have() {
    let _alone = listen().await;
    let database = TestDatabase::postgres(chat_engine::MIGRATIONS).await;
    let (chat, _) = engine(&database, Settings::default());
    let (group, owner) = factories::group(&chat).create().await;
    for _ in 0..3 {
        chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    }
    // Now its newest messages lie in memory.
    chat.list_messages(owner, group.id, Range::Newest, Limit::default()).await.unwrap();

    for (range, count, cost) in [
        (Range::Newest, 3, 1),
        (Range::Before(Seq(3)), 2, 2),
        (Range::After(Seq(1)), 2, 2),
        (Range::After(Seq(3)), 0, 1),
    ] {
        statements().clear();
        let page = chat.list_messages(owner, group.id, range, Limit::default()).await.unwrap();
        assert_eq!(page.messages.len(), count, "{range:?}");
        let asked = reads();
        assert_eq!(asked.len(), cost, "{range:?}: {asked:?}");
    }
}

/// On one thread, so that all have asked before the reader has its turn.
#[tokio::test]
async fn who_asks_at_once_asks_together() {
    let _alone = listen().await;
    let database = TestDatabase::postgres(chat_engine::MIGRATIONS).await;
    let (chat, clock) = engine(&database, Settings { readers: 1, ..Settings::default() });
    let (first, owner) = factories::group(&chat).create().await;
    let (second, _) = factories::group(&chat).owner(owner).create().await;
    chat.send_message(factories::draft(owner, first.id)).await.unwrap();
    let missing = GroupId(clock.new_id());

    statements().clear();
    let version = |group| chat.group_version(owner, group);
    let (one, none, again, other) =
        tokio::join!(version(first.id), version(missing), version(first.id), version(second.id));
    let asked = reads();
    // Before anything fails: where a transaction is left on this one thread, the clearing up would wait for it.
    chat.drain().await;
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert!(matches!(none, Err(ChatError::GroupNotFound(id)) if id == missing));
    assert_eq!(one.unwrap(), again.unwrap());
    assert_eq!(other.unwrap().last_seq, Seq::ZERO);
}
