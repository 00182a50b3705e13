//! Nobody can tell a group that they are not in from one that does not exist: not by the answer, and not by
//! what the answer costs. Statements are counted, not timed; alone in its process, since it listens to all.

use std::{
    sync::{Arc, Mutex, PoisonError},
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

/// Notes each statement, without what is bound to it.
struct Listener;

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if let InstrumentationEvent::StartQuery { query, .. } = event {
            let text = query.to_string();
            let statement = text.split("-- binds").next().unwrap_or_default().trim().to_owned();
            STATEMENTS.lock().unwrap_or_else(PoisonError::into_inner).push(statement);
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
            STATEMENTS.lock().unwrap().clear();
            let answer = chat.$name($($argument),*).await;
            assert!(matches!(answer, Err(ChatError::GroupNotFound(id)) if id == group), stringify!($name));
            asked.push((stringify!($name), STATEMENTS.lock().unwrap().clone()));
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

#[tokio::test(flavor = "multi_thread")]
async fn a_private_and_a_missing_group_cost_the_same_statements() {
    set_default_instrumentation(|| Some(Box::new(Listener))).unwrap();
    let database = TestDatabase::sqlite(chat_engine::MIGRATIONS).await;
    // Nothing but what is asked runs.
    let settings = Settings { sweep_interval: Duration::from_secs(3600), ..Settings::default() };
    let clock = Arc::new(FixedClock::default());
    let (chat, _broker) = factories::engine_over(Store::over(database.database()), clock.clone(), settings);
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
