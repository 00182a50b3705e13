//! What web hooks keep, on both databases.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use chat_engine::{ChatEngine, factories};
use engine_interfaces::{
    Clock, CreatedWebhook, Cursor, DeliveryFault, DeliveryState, GroupId, GroupMessage, GroupMessageId, Job,
    JobId, Limit, RingJob, RingJobs, RingJobsError, Seq, SystemClock, Term, Topic, UserId, Webhook,
    WebhookDelivery, WebhookDraft, WebhookId, Webhooks, WebhooksError, Worker,
};
use notification_engine::{MIGRATIONS, Store, WebhookEngine, WebhookSettings};
use test_support::{FixedClock, TestDatabase};
use uuid::Uuid;

/// Keeps what a leader caused.
#[derive(Default)]
struct Caused(Mutex<Vec<RingJob>>);

#[async_trait]
impl RingJobs for Caused {
    async fn enqueue(&self, _: Term, jobs: Vec<RingJob>) -> Result<(), RingJobsError> {
        self.0.lock().unwrap().extend(jobs);
        Ok(())
    }
}

struct Bench {
    chat: Arc<ChatEngine>,
    webhooks: WebhookEngine,
    caused: Arc<Caused>,
    clock: Arc<FixedClock>,
    settings: WebhookSettings,
}

impl Bench {
    async fn over(test: &TestDatabase) -> Self {
        let clock = Arc::new(FixedClock::default());
        // Pieces that are smaller than what there is to do.
        let settings = WebhookSettings { per_group: 3, chunk: 2, ..WebhookSettings::default() };
        let (chat, _) = factories::engine().await;
        let store = Store::over(test.database());
        let webhooks = WebhookEngine::new(store, chat.clone(), clock.clone(), settings.clone()).unwrap();
        Self { chat, webhooks, caused: Arc::default(), clock, settings }
    }

    async fn group(&self) -> (GroupId, UserId) {
        let (group, owner) = factories::group(&self.chat).create().await;
        (group.id, owner)
    }

    async fn make(
        &self,
        user: UserId,
        group: GroupId,
        id: Option<WebhookId>,
    ) -> Result<CreatedWebhook, WebhooksError> {
        let draft = WebhookDraft { id, url: "https://example.com/".to_owned() };
        self.webhooks.create_webhook(user, group, draft).await
    }

    async fn made(&self, user: UserId, group: GroupId) -> Webhook {
        self.make(user, group, None).await.unwrap().webhook
    }

    /// Causes deliveries of messages at these positions.
    async fn lead(&self, group: GroupId, seqs: impl IntoIterator<Item = i64>) {
        let message = |seq: i64| GroupMessage {
            id: GroupMessageId(Uuid::new_v5(&group.0, &seq.to_be_bytes())),
            group_id: group,
            user_id: None,
            seq: Seq(seq),
            message: None,
            erased: true,
            created_at: self.clock.now(),
            updated_at: self.clock.now(),
            trace: None,
        };
        let messages: Vec<_> = seqs.into_iter().map(|seq| Arc::new(message(seq))).collect();
        let handler = self.webhooks.handler(self.caused.clone());
        handler.handle(Term { topic: Topic(0), number: 1 }, &messages).await.unwrap();
    }

    async fn deliveries(&self, webhook: &Webhook) -> Vec<WebhookDelivery> {
        let most = Limit::page(100).unwrap();
        let page = self.webhooks.list_deliveries(webhook.group_id, webhook.id, most, None).await;
        page.unwrap().entries
    }

    /// Does a job of the clock's.
    async fn prune(&self) {
        self.perform(WebhookEngine::PRUNE, serde_json::Value::Null).await;
    }

    async fn perform(&self, kind: &str, payload: serde_json::Value) {
        let workers: Vec<Arc<dyn Worker>> = self.webhooks.workers();
        let worker = workers.iter().find(|worker| worker.kind() == kind).unwrap();
        let id = JobId(SystemClock.new_id());
        worker
            .perform(&Job { id, kind: kind.to_owned(), key: id.to_string(), payload, attempt: 1 })
            .await
            .unwrap();
    }
}

async fn contract(test: TestDatabase) {
    let bench = Bench::over(&test).await;
    web_hooks_are_one_groups_and_few(&bench).await;
    a_retry_is_answered_with_the_first(&bench).await;
    a_delivery_is_caused_once_and_listed_by_pages(&bench).await;
    what_is_ended_is_forgotten_in_pieces(&bench).await;
    web_hooks_go_with_their_group(&bench).await;
    what_is_old_is_forgotten_and_what_is_lost_is_given_up(&bench).await;
}

async fn web_hooks_are_one_groups_and_few(bench: &Bench) {
    let ((group, owner), (other, _)) = (bench.group().await, bench.group().await);
    let mut made = Vec::new();
    for _ in 0..bench.settings.per_group {
        made.push(bench.made(owner, group).await);
    }
    made.sort_by_key(|webhook| webhook.id);
    assert_eq!(bench.webhooks.list_webhooks(group).await.unwrap(), made);
    assert!(bench.webhooks.list_webhooks(other).await.unwrap().is_empty());
    let more = bench.make(owner, group, None).await;
    assert!(matches!(more, Err(WebhooksError::TooManyWebhooks)));
    bench.webhooks.delete_webhook(group, made[0].id).await.unwrap();
    assert_eq!(bench.webhooks.list_webhooks(group).await.unwrap(), made[1..]);
    bench.made(owner, group).await;
}

async fn a_retry_is_answered_with_the_first(bench: &Bench) {
    let ((group, owner), (other, stranger)) = (bench.group().await, bench.group().await);
    let id = Some(WebhookId(SystemClock.new_id()));
    let first = bench.make(owner, group, id).await.unwrap();
    let again = bench.make(owner, group, id).await.unwrap();
    assert_eq!((&again.webhook, &again.secret, again.replayed), (&first.webhook, &first.secret, true));
    assert!(matches!(bench.make(stranger, group, id).await, Err(WebhooksError::IdTaken)));
    let elsewhere = bench.make(stranger, other, id).await.unwrap();
    assert!(!elsewhere.replayed && elsewhere.secret != first.secret, "an id is one group's");
}

async fn a_delivery_is_caused_once_and_listed_by_pages(bench: &Bench) {
    let (group, owner) = bench.group().await;
    let webhook = bench.made(owner, group).await;
    bench.lead(group, 1..=5).await;
    let first = bench.deliveries(&webhook).await;
    bench.lead(group, 3..=7).await;
    let listed = bench.deliveries(&webhook).await;
    let seqs: Vec<_> = listed.iter().map(|delivery| delivery.seq.0).collect();
    assert_eq!(seqs, [7, 6, 5, 4, 3, 2, 1]);
    assert_eq!(listed[2..], first, "they stay as they are");
    assert!(listed.iter().all(|delivery| delivery.state == DeliveryState::Pending && delivery.attempts == 0));
    let (mut cursor, mut walked): (Option<Cursor>, _) = (None, Vec::new());
    loop {
        let three = Limit::page(3).unwrap();
        let page = bench.webhooks.list_deliveries(group, webhook.id, three, cursor.as_ref()).await.unwrap();
        walked.extend(page.entries);
        let Some(next) = page.next else { break };
        cursor = Some(next);
    }
    assert_eq!(walked, listed);
    let keys: Vec<_> = bench.caused.0.lock().unwrap().iter().map(|job| job.key.clone()).collect();
    assert_eq!(keys.iter().filter(|key| **key == format!("{}:0", listed[4].id)).count(), 2, "one key");
}

async fn what_is_ended_is_forgotten_in_pieces(bench: &Bench) {
    let (group, owner) = bench.group().await;
    let (ended, kept) = (bench.made(owner, group).await, bench.made(owner, group).await);
    bench.lead(group, 1..=5).await;
    bench.webhooks.delete_webhook(group, ended.id).await.unwrap();
    let payload = serde_json::json!({
        "group_id": group, "webhook_id": ended.id, "ended_at": bench.clock.now(),
    });
    bench.perform("notifications.forget_webhook", payload).await;
    let missing = bench.webhooks.list_deliveries(group, ended.id, Limit::default(), None).await;
    assert!(matches!(missing, Err(WebhooksError::WebhookNotFound)), "no row is left");
    assert_eq!(bench.deliveries(&kept).await.len(), 5);
}

async fn web_hooks_go_with_their_group(bench: &Bench) {
    let mut groups = Vec::new();
    for _ in 0..5 {
        let (group, owner) = bench.group().await;
        bench.made(owner, group).await;
        groups.push((group, owner));
    }
    for (group, owner) in &groups[1..4] {
        engine_interfaces::Chat::delete_group(bench.chat.as_ref(), *owner, *group).await.unwrap();
    }
    bench.prune().await;
    let mut left = Vec::new();
    for (group, _) in &groups {
        left.push(bench.webhooks.list_webhooks(*group).await.unwrap().len());
    }
    assert_eq!(left, [1, 0, 0, 0, 1]);
}

async fn what_is_old_is_forgotten_and_what_is_lost_is_given_up(bench: &Bench) {
    let (group, owner) = bench.group().await;
    let webhook = bench.made(owner, group).await;
    bench.lead(group, 1..=5).await;
    bench.clock.advance(bench.settings.give_up_after * 2);
    bench.prune().await;
    assert!(
        bench.deliveries(&webhook).await.iter().all(|one| one.state == DeliveryState::Pending),
        "not yet"
    );
    bench.clock.advance(std::time::Duration::from_secs(1));
    bench.prune().await;
    let dead = bench.deliveries(&webhook).await;
    let fault = Some(DeliveryFault::Unknown);
    assert!(dead.iter().all(|one| one.state == DeliveryState::Dead && one.last_error == fault));

    // Somebody asks for one of them: it is pending, and stays.
    bench.webhooks.redeliver(group, webhook.id, dead[1].id).await.unwrap();
    bench.clock.advance(bench.settings.keep);
    bench.prune().await;
    let abandoned = bench.deliveries(&webhook).await;
    assert_eq!(abandoned.len(), 5, "they changed not longer ago than they are kept");
    bench.clock.advance(std::time::Duration::from_secs(1));
    bench.prune().await;
    let left: Vec<_> = bench.deliveries(&webhook).await.iter().map(|one| one.id).collect();
    assert_eq!(left, [dead[1].id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    contract(TestDatabase::sqlite(MIGRATIONS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    contract(TestDatabase::postgres(MIGRATIONS).await).await;
}
