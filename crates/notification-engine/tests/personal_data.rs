//! What is held of a user is theirs to have, and gone when it is erased; on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use chat_engine::factories;
use engine_interfaces::{
    Clock, Erasure, GroupId, NotificationPreference, Notifications, PersonalData, Presence, SystemClock,
    Timestamp, UserId, WebhookDraft, Webhooks,
};
use notification_engine::{
    MIGRATIONS, NotificationEngine, Store, UnsubscribeKeys, WebhookEngine, WebhookSettings,
};
use serde_json::Value;
use test_support::{TestDatabase, dump};

/// More than a page of an export holds.
const GROUPS: usize = 1_001;
const WEBHOOKS: usize = 3;

struct Scene {
    engine: Arc<NotificationEngine>,
    webhooks: WebhookEngine,
    data: Arc<dyn PersonalData>,
    alice: UserId,
    /// Where Alice made web hooks.
    groups: Vec<GroupId>,
}

impl Scene {
    async fn set(test: &TestDatabase) -> Self {
        let store = Store::over(test.database());
        let clock = Arc::new(SystemClock);
        let engine = NotificationEngine::new(store.clone(), clock.clone(), UnsubscribeKeys::new(&["key"]));
        let (chat, _) = factories::engine().await;
        let webhooks = WebhookEngine::new(store, chat.clone(), clock, WebhookSettings::default()).unwrap();
        let (alice, bob) = (UserId(SystemClock.new_id()), UserId(SystemClock.new_id()));
        for user in [alice, bob] {
            for _ in 0..GROUPS {
                let muted = NotificationPreference { muted: true };
                engine.set_preference(user, GroupId(SystemClock.new_id()), muted).await.unwrap();
            }
            engine.set_wants_digests(user, false).await.unwrap();
        }
        engine.seen(&[alice, bob]).await.unwrap();
        let mut groups = Vec::new();
        for _ in 0..WEBHOOKS {
            let group = factories::group(&chat).create().await.0.id;
            for user in [alice, bob] {
                let draft = WebhookDraft { id: None, url: "https://example.com/hook".to_owned() };
                webhooks.create_webhook(user, group, draft).await.unwrap();
            }
            groups.push(group);
        }
        Self { data: engine.personal_data(), engine, webhooks, alice, groups }
    }

    async fn section(&self, section: &str) -> Vec<Value> {
        let (mut entries, mut after) = (Vec::new(), None);
        loop {
            let page = self.data.export(self.alice, section, after.as_ref()).await.unwrap();
            entries.extend(page.entries);
            match page.next {
                Some(next) => after = Some(next),
                None => return entries,
            }
        }
    }
}

async fn contract(test: TestDatabase) {
    let scene = Scene::set(&test).await;
    an_export_has_everything_once(&scene).await;
    an_erasure_leaves_nothing_that_names_the_user(&scene, &test).await;
}

async fn an_export_has_everything_once(scene: &Scene) {
    let sizes = [
        ("notification_preferences", GROUPS),
        ("mail_preferences", 1),
        ("last_seen", 1),
        ("webhooks", WEBHOOKS),
    ];
    assert_eq!(scene.data.sections(), sizes.map(|(section, _)| section));
    assert!(scene.data.settled(scene.alice, SystemClock.now()).await.unwrap());
    for (section, size) in sizes {
        let mut entries: Vec<_> = scene.section(section).await.iter().map(Value::to_string).collect();
        entries.sort_unstable();
        entries.dedup();
        assert_eq!(entries.len(), size, "{section}");
        assert!(entries.iter().all(|entry| !entry.contains("whsec_")), "no secret leaves");
    }
    scene.data.export(scene.alice, "messages", None).await.unwrap_err();
}

async fn an_erasure_leaves_nothing_that_names_the_user(scene: &Scene, test: &TestDatabase) {
    let id = scene.alice.to_string();
    // As each database writes it.
    let names = [id.clone(), id.replace('-', "").to_uppercase()];
    let named = async || {
        let rows = dump(&test.database()).await;
        rows.lines().filter(|row| names.iter().any(|name| row.contains(name.as_str()))).count()
    };
    assert_eq!(named().await, GROUPS + 2 + WEBHOOKS);
    for _ in 0..2 {
        let since: Timestamp = SystemClock.now();
        assert_eq!(scene.data.erase(scene.alice, since).await.unwrap(), Erasure::Done);
        assert_eq!(named().await, 0);
    }
    for group in &scene.groups {
        let left = scene.webhooks.list_webhooks(*group).await.unwrap();
        assert_eq!(left.len(), 2, "a web hook is its group's");
        assert_eq!(left.iter().filter(|webhook| webhook.created_by.is_some()).count(), 1, "Bob's");
    }
    assert!(scene.engine.wants_digests(scene.alice).await.unwrap(), "as for anybody who said nothing");
    assert!(scene.section("notification_preferences").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    contract(TestDatabase::sqlite(MIGRATIONS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    contract(TestDatabase::postgres(MIGRATIONS).await).await;
}
