//! One contract, both databases.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use engine_interfaces::{
    Clock, GROUP, GROUP_MESSAGE, GroupId, GroupMessageId, SystemClock, UserId, UserResource, UserResources,
};
use test_support::TestDatabase;
use user_resources::{MIGRATIONS, UserResourcesEngine};

async fn contract(test: TestDatabase) {
    let engine = UserResourcesEngine::over(test.database());
    links_once(&engine).await;
    unlinks(&engine).await;
    finds_the_scopes_of_many_users(&engine).await;
    pages_by_key(&engine).await;
    engine.ready().await.unwrap();
}

fn user() -> UserId {
    UserId(SystemClock.new_id())
}

fn group() -> GroupId {
    GroupId(SystemClock.new_id())
}

async fn links_once(engine: &UserResourcesEngine) {
    let (alice, group) = (user(), group());
    let link = UserResource::group(alice, group);
    engine.link(&[link.clone(), link.clone()]).await.unwrap();
    engine.link(std::slice::from_ref(&link)).await.unwrap();
    engine.link(&[]).await.unwrap();

    assert_eq!(engine.resources(alice, GROUP, None, 10).await.unwrap(), [link], "twice is once");
    assert!(engine.resources(alice, GROUP_MESSAGE, None, 10).await.unwrap().is_empty(), "types are apart");
}

async fn unlinks(engine: &UserResourcesEngine) {
    let (alice, bob, group) = (user(), user(), group());
    let links = [UserResource::group(alice, group), UserResource::group(bob, group)];
    engine.link(&links).await.unwrap();
    engine.unlink(&links[..1]).await.unwrap();
    engine.unlink(&links[..1]).await.unwrap();
    engine.unlink(&[]).await.unwrap();

    assert_eq!(
        engine.scopes(&[alice, bob], GROUP).await.unwrap(),
        [(bob, group.0)],
        "only what was named is gone"
    );
}

async fn finds_the_scopes_of_many_users(engine: &UserResourcesEngine) {
    let (alice, bob, stranger) = (user(), user(), user());
    let (first, second) = (group(), group());
    let message = |group| UserResource::group_message(alice, group, GroupMessageId(SystemClock.new_id()));
    engine
        .link(&[
            UserResource::group(alice, first),
            UserResource::group(alice, second),
            UserResource::group(bob, second),
            message(first),
            message(first),
        ])
        .await
        .unwrap();

    let mut scopes = engine.scopes(&[alice, bob, stranger], GROUP).await.unwrap();
    scopes.sort_unstable();
    let mut expected = vec![(alice, first.0), (alice, second.0), (bob, second.0)];
    expected.sort_unstable();
    assert_eq!(scopes, expected);
    assert_eq!(
        engine.scopes(&[alice], GROUP_MESSAGE).await.unwrap(),
        [(alice, first.0)],
        "two messages of one group have one scope"
    );
    assert!(engine.scopes(&[], GROUP).await.unwrap().is_empty());
}

async fn pages_by_key(engine: &UserResourcesEngine) {
    let alice = user();
    let groups = [group(), group(), group()];
    let links: Vec<_> = (0..30)
        .map(|n| UserResource::group_message(alice, groups[n % 3], GroupMessageId(SystemClock.new_id())))
        .collect();
    engine.link(&links).await.unwrap();

    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = engine.resources(alice, GROUP_MESSAGE, after, 7).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.scope_id, last.resource_id));
        seen.extend(page);
    }
    let mut expected = links;
    expected.sort_by_key(|link| (link.scope_id, link.resource_id));
    assert_eq!(seen, expected, "each once, in the order of the key");
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    contract(TestDatabase::sqlite(MIGRATIONS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    contract(TestDatabase::postgres(MIGRATIONS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn its_migrations_are_undone_and_done_again() {
    for test in [TestDatabase::sqlite(MIGRATIONS).await, TestDatabase::postgres(MIGRATIONS).await] {
        let engine = UserResourcesEngine::over(test.database());
        engine.database().unmigrate(MIGRATIONS).await.unwrap();
        engine.scopes(&[user()], GROUP).await.unwrap_err();
        engine.migrate().await.unwrap();
        assert!(engine.scopes(&[user()], GROUP).await.unwrap().is_empty());
    }
}
