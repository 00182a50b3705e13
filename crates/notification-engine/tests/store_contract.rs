//! One contract, both databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use engine_interfaces::{Clock, GroupId, NotificationPreference, Notifications, SystemClock, UserId};
use notification_engine::{MIGRATIONS, NotificationEngine, Store, UnsubscribeKeys};
use test_support::TestDatabase;

async fn contract(test: TestDatabase) {
    let engine = NotificationEngine::new(
        Store::over(test.database()),
        Arc::new(SystemClock),
        UnsubscribeKeys::new(&["key"]),
    );
    a_preference_is_one_users_and_one_groups(&engine).await;
    mail_is_wanted_until_a_user_says_no(&engine).await;
    engine.ready().await.unwrap();
}

async fn a_preference_is_one_users_and_one_groups(engine: &NotificationEngine) {
    let user = || UserId(SystemClock.new_id());
    let group = || GroupId(SystemClock.new_id());
    let (alice, bob, work, home) = (user(), user(), group(), group());
    let (muted, heard) = (NotificationPreference { muted: true }, NotificationPreference { muted: false });
    assert_eq!(engine.preference(alice, work).await.unwrap(), heard, "who said nothing hears everything");

    engine.set_preference(alice, work, muted).await.unwrap();
    assert_eq!(engine.preference(alice, work).await.unwrap(), muted);
    assert_eq!(engine.preference(alice, home).await.unwrap(), heard);
    assert_eq!(engine.preference(bob, work).await.unwrap(), heard);

    engine.set_preference(alice, work, heard).await.unwrap();
    assert_eq!(engine.preference(alice, work).await.unwrap(), heard);
}

async fn mail_is_wanted_until_a_user_says_no(engine: &NotificationEngine) {
    let (alice, bob) = (UserId(SystemClock.new_id()), UserId(SystemClock.new_id()));
    assert!(engine.wants_digests(alice).await.unwrap());
    for wants in [false, false, true] {
        engine.set_wants_digests(alice, wants).await.unwrap();
        assert_eq!(engine.wants_digests(alice).await.unwrap(), wants);
        assert!(engine.wants_digests(bob).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    contract(TestDatabase::sqlite(MIGRATIONS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    contract(TestDatabase::postgres(MIGRATIONS).await).await;
}
