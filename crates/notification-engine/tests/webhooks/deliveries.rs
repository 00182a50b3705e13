//! A receiver that is well, or is well again.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use chat_engine::Chat;
use engine_interfaces::{
    DeliveryFault, DeliveryId, DeliveryState, Limit, WebhookId, Webhooks, WebhooksError,
};
use notification_engine::WebhookSettings;
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;

use crate::{
    bench::{Bench, eventually, settings},
    receiver::{Mode, Receiver},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_delivered_once_however_often_it_is_led() {
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::Status(204)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    let message = hooked.send("hello").await;
    bench.lead(&[Arc::clone(&message), Arc::clone(&message)]).await;
    bench.lead(&[Arc::clone(&message)]).await;

    let delivery = hooked.until(DeliveryState::Delivered).await;
    assert_eq!((delivery.attempts, delivery.last_status, delivery.last_error), (1, Some(204), None));
    assert_eq!((delivery.seq, delivery.next_attempt_at), (message.seq, None));
    let id = Uuid::new_v5(&hooked.id().0, message.id.0.as_bytes());
    assert_eq!(delivery.id, DeliveryId(id), "whoever causes it gives it the same id");

    let last = hooked.send("the last").await;
    eventually("the last is there", async || receiver.requests().len() >= 2).await;
    let requests = receiver.requests();
    assert_eq!(requests.len(), 2, "each once");
    assert_eq!(requests[0].path, "/hook");
    assert_eq!(requests[0].headers["webhook-id"], delivery.id.to_string());
    assert_eq!(requests[0].headers["content-type"], "application/json");
    let body = json!({ "type": "message.created", "timestamp": message.created_at, "data": &*message });
    assert_eq!(requests[0].json(), body);
    assert_eq!(requests[1].json()["data"]["seq"], last.seq.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_web_hook_gets_what_is_sent_after_it_was_made() {
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::Status(200)).await);
    let (group, owner) = bench.group().await;
    let before = bench.send(group, owner, "before").await;
    let hooked = bench.webhook_of(group, owner, &receiver.url()).await;
    let after = bench.send(group, owner, "after").await;
    bench.lead(&[before, Arc::clone(&after)]).await;
    hooked.until(DeliveryState::Delivered).await;
    let seqs: Vec<_> = hooked.deliveries().await.iter().map(|delivery| delivery.seq).collect();
    assert_eq!(seqs, [after.seq]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_web_hook_of_a_group_gets_its_own_and_no_others() {
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::Status(200)).await);
    let one = bench.webhook(&format!("{}/one", receiver.url())).await;
    let two = bench.webhook_of(one.group, one.owner, &format!("{}/two", receiver.url())).await;
    let other = bench.webhook(&format!("{}/other", receiver.url())).await;
    one.send("hello").await;
    let ids = [one.until(DeliveryState::Delivered).await.id, two.until(DeliveryState::Delivered).await.id];
    assert_ne!(ids[0], ids[1]);
    assert!(other.deliveries().await.is_empty());
    let mut paths: Vec<_> = receiver.requests().into_iter().map(|request| request.path).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["/hook/one", "/hook/two"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_failed_is_tried_until_it_is_taken() {
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::Status(500)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    hooked.send("hello").await;
    eventually("it is tried again", async || receiver.requests().len() >= 3).await;
    let failed = hooked.until_failed().await;
    assert_eq!((failed.state, failed.last_status), (DeliveryState::Pending, Some(500)));
    assert_eq!(failed.last_error, Some(DeliveryFault::Status));
    assert!(failed.next_attempt_at.is_some());

    receiver.turn(Mode::Status(200));
    let delivered = hooked.until(DeliveryState::Delivered).await;
    assert_eq!((delivered.last_status, delivered.last_error), (Some(200), None));
    let requests = receiver.requests();
    assert_eq!(delivered.attempts as usize, requests.len());
    assert!(requests.iter().all(|request| request.headers["webhook-id"] == delivered.id.to_string()));
    assert!(requests.iter().all(|request| request.body == requests[0].body));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_takes_is_dead_after_its_time_and_listed() {
    let settings = WebhookSettings { give_up_after: Duration::from_millis(300), ..settings() };
    let (bench, receiver) = (Bench::with(settings).await, Receiver::start(Mode::Status(503)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    hooked.send("hello").await;
    let dead = hooked.until(DeliveryState::Dead).await;
    assert_eq!((dead.last_status, dead.last_error), (Some(503), Some(DeliveryFault::Status)));
    assert!(dead.attempts >= 3 && dead.next_attempt_at.is_none());
    eventually("its job is done, and none is dead", async || {
        bench.jobs_in("done_at IS NOT NULL").await == 1 && bench.jobs_in("dead_at IS NOT NULL").await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_is_tried_again_when_somebody_asks_whatever_became_of_it() {
    let settings = WebhookSettings { give_up_after: Duration::from_millis(200), ..settings() };
    let (bench, receiver) = (Bench::with(settings).await, Receiver::start(Mode::Status(503)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    hooked.send("hello").await;
    let dead = hooked.until(DeliveryState::Dead).await;

    receiver.turn(Mode::Status(200));
    bench.webhooks.redeliver(hooked.group, hooked.id(), dead.id).await.unwrap();
    let delivered = hooked.until(DeliveryState::Delivered).await;
    assert_eq!((delivered.id, delivered.attempts), (dead.id, 1));

    let before = receiver.requests().len();
    bench.webhooks.redeliver(hooked.group, hooked.id(), delivered.id).await.unwrap();
    eventually("it comes again", async || receiver.requests().len() == before + 1).await;
    let request = receiver.requests().pop().unwrap();
    assert_eq!(request.headers["webhook-id"], delivered.id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redelivery_does_not_wait_for_the_next_attempt_and_leaves_one() {
    let minute = Duration::from_secs(60);
    let slow = WebhookSettings {
        backoff: minute,
        backoff_limit: minute,
        hold: Duration::from_millis(1),
        hold_limit: Duration::from_millis(1),
        ..settings()
    };
    let (bench, receiver) = (Bench::with(slow).await, Receiver::start(Mode::Status(500)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    hooked.send("hello").await;
    let failed = hooked.until_failed().await;
    receiver.turn(Mode::Status(200));
    bench.webhooks.redeliver(hooked.group, hooked.id(), failed.id).await.unwrap();
    hooked.until(DeliveryState::Delivered).await;
    assert_eq!(receiver.requests().len(), 2, "at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let bench = Bench::start().await;
    let hooked = bench.webhook("http://127.0.0.1:4000/").await;
    let (webhooks, group, id) = (&bench.webhooks, hooked.group, hooked.id());
    let nobody = |id| WebhookId(Uuid::new_v5(&Uuid::nil(), id));
    let missing = webhooks.redeliver(group, id, DeliveryId(Uuid::nil())).await;
    assert!(matches!(missing, Err(WebhooksError::DeliveryNotFound)));
    let elsewhere = bench.group().await.0;
    for (group, id) in [(group, nobody(b"x")), (elsewhere, id)] {
        let missing = webhooks.redeliver(group, id, DeliveryId(Uuid::nil())).await;
        assert!(matches!(missing, Err(WebhooksError::WebhookNotFound)));
        let missing = webhooks.list_deliveries(group, id, Limit::default(), None).await;
        assert!(matches!(missing, Err(WebhooksError::WebhookNotFound)));
        assert!(matches!(webhooks.delete_webhook(group, id).await, Err(WebhooksError::WebhookNotFound)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_a_web_hook_ends_its_deliveries() {
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::Status(500)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    hooked.send("hello").await;
    hooked.until_failed().await;
    bench.webhooks.delete_webhook(hooked.group, hooked.id()).await.unwrap();
    ends(&bench, &receiver).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_a_group_ends_its_web_hooks_and_their_deliveries() {
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::Status(500)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    hooked.send("hello").await;
    hooked.until_failed().await;
    bench.chat.delete_group(hooked.owner, hooked.group).await.unwrap();
    ends(&bench, &receiver).await;
    assert!(bench.webhooks.list_webhooks(hooked.group).await.unwrap().is_empty());
}

/// Waits until nothing is kept of any delivery; nothing more is sent from then on.
async fn ends(bench: &Bench, receiver: &Receiver) {
    eventually("all is forgotten", async || {
        bench.rows("SELECT count(*) AS count FROM webhook_deliveries").await == 0
            && bench.jobs_in("done_at IS NULL").await == 0
    })
    .await;
    let sent = receiver.requests().len();
    // Several times what a delivery waits for its next attempt.
    sleep(settings().backoff_limit * 3).await;
    assert_eq!(receiver.requests().len(), sent);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_text_of_a_message_lies_in_any_row() {
    const TEXT: &str = "a text that nobody else writes";
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::Status(500)).await);
    let hooked = bench.webhook(&receiver.url()).await;
    hooked.send(TEXT).await;
    hooked.until_failed().await;
    receiver.turn(Mode::Status(200));
    hooked.until(DeliveryState::Delivered).await;
    assert_eq!(receiver.requests().pop().unwrap().json()["data"]["message"], TEXT);
    let kept = [&bench.notifications, &bench.jobs].map(|test| Bench::everything_in(test));
    assert!(kept[0].contains(&receiver.url()) && kept[1].contains("notifications.deliver_webhook"));
    assert!(kept.iter().all(|text| !text.contains(TEXT)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_stalls_is_asked_by_few_at_once_and_delays_nobody_else() {
    const WAITING: usize = 100;
    let settings = WebhookSettings {
        timeout: Duration::from_secs(3),
        backoff: Duration::from_secs(1),
        backoff_limit: Duration::from_secs(4),
        hold: Duration::from_millis(100),
        hold_limit: Duration::from_secs(1),
        ..settings()
    };
    let bench = Bench::with(settings.clone()).await;
    let (stalled, good) = (Receiver::start(Mode::Stall).await, Receiver::start(Mode::Status(200)).await);
    let (bad, well) = (bench.webhook(&stalled.url()).await, bench.webhook(&good.url()).await);
    let mut messages = Vec::new();
    for n in 0..WAITING {
        messages.push(bench.send(bad.group, bad.owner, &format!("{n}")).await);
    }
    bench.lead(&messages).await;
    eventually("the receiver stalls", async || stalled.connections() > 0).await;

    let mut slowest = Duration::ZERO;
    for n in 1..=20 {
        let began = Instant::now();
        well.send("hello").await;
        eventually("it is there", async || good.requests().len() == n).await;
        slowest = slowest.max(began.elapsed());
    }
    assert!(slowest < settings.timeout, "beside one that stalls a message took {slowest:?}");
    assert!(stalled.most_open() <= settings.per_webhook, "{} at once", stalled.most_open());
    let settled = well.deliveries().await;
    assert!(settled.iter().all(|delivery| delivery.attempts <= 1));

    stalled.turn(Mode::Status(200));
    eventually("all that waited are delivered", async || {
        let waiting = "SELECT count(*) AS count FROM webhook_deliveries WHERE state <> 'delivered'";
        bench.rows(waiting).await == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_they_are_off_none_is_made_and_nothing_is_sent() {
    let bench = Bench::with(WebhookSettings { enabled: false, ..settings() }).await;
    let (group, owner) = bench.group().await;
    let draft = engine_interfaces::WebhookDraft { id: None, url: "https://example.com/".to_owned() };
    let refused = bench.webhooks.create_webhook(owner, group, draft).await;
    assert!(matches!(refused, Err(WebhooksError::Off)));
    assert!(bench.webhooks.list_webhooks(group).await.unwrap().is_empty());
}
