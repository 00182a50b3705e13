//! What the rings of workers have from the engine: a share of the sweep, what is kept, and links.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use chat_engine::{Chat, Seq, Settings, Timestamp, factories};
use engine_interfaces::{
    BoxError, Clock, GROUP_MESSAGE, GroupMessage, KeptMessages, SweepShare, Term, Topic, UserResources,
};

use crate::{
    Setup,
    announcing::{outbox, until},
    on_both, quick,
};

on_both!(
    a_share_of_the_groups_is_swept,
    nothing_is_forgotten_that_a_ring_needs,
    what_is_kept_comes_in_the_order_of_storing,
    it_is_known_by_when_all_was_announced,
    messages_are_linked_to_their_authors,
    links_can_be_turned_off,
);

/// A share as a test sets it.
#[derive(Default)]
struct Share {
    topics: Mutex<Vec<Topic>>,
    needed_since: Mutex<Option<Timestamp>>,
}

#[async_trait]
impl SweepShare for Share {
    fn topics(&self) -> Vec<Topic> {
        self.topics.lock().unwrap().clone()
    }

    async fn needed_since(&self) -> Result<Option<Timestamp>, BoxError> {
        Ok(*self.needed_since.lock().unwrap())
    }
}

/// An engine that sweeps what the share says.
fn sharing(test: &mut Setup) -> Arc<Share> {
    test.restart(Settings { sweep: false, ..quick() });
    let share = Arc::<Share>::default();
    test.chat.sweep(share.clone());
    share
}

async fn a_share_of_the_groups_is_swept(mut test: Setup) {
    let share = sharing(&mut test);
    let (ours, owner) = factories::group(&test.chat).create().await;
    let mut theirs = ours.id;
    while Topic::of_group(theirs) == Topic::of_group(ours.id) {
        theirs = factories::group(&test.chat).owner(owner).create().await.0.id;
    }
    test.broker.fail();
    for _ in 0..150 {
        for group in [theirs, ours.id] {
            test.chat.send_message(factories::draft(owner, group)).await.unwrap();
        }
    }
    until("all was tried", async || test.broker.refused() == 300).await;
    test.broker.heal();
    test.clock.advance(Duration::from_secs(2));
    *share.topics.lock().unwrap() = vec![Topic::of_group(ours.id)];
    for seq in 1..=150 {
        let told = test.broker.next_message().await;
        assert_eq!((told.group_id, told.seq), (ours.id, Seq(seq)));
    }
    until("ours is marked", async || outbox(&test.store).await.0 == 150).await;
    *share.topics.lock().unwrap() = Topic::all().collect();
    for seq in 1..=150 {
        let told = test.broker.next_message().await;
        assert_eq!((told.group_id, told.seq), (theirs, Seq(seq)));
    }
}

async fn nothing_is_forgotten_that_a_ring_needs(mut test: Setup) {
    let share = sharing(&mut test);
    *share.topics.lock().unwrap() = Topic::all().collect();
    let (group, owner) = factories::group(&test.chat).create().await;
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    until("it is marked", async || outbox(&test.store).await == (0, 1)).await;

    test.clock.advance(Duration::from_secs(3_600));
    test.broker.fail();
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    until("it was tried", async || test.broker.refused() == 1).await;
    test.broker.heal();
    test.clock.advance(Duration::from_secs(2));
    // Once a sweep has repaired this at the new time, the sweep after that has pruned at the new time.
    until("it is swept", async || outbox(&test.store).await.0 == 0).await;
    tokio::time::sleep(quick().sweep_interval * 3).await;
    assert_eq!(outbox(&test.store).await.1, 2, "no topic has ever caught up");

    *share.needed_since.lock().unwrap() = Some(now(&test));
    until("the first is forgotten", async || outbox(&test.store).await.1 == 1).await;
}

async fn what_is_kept_comes_in_the_order_of_storing(test: Setup) {
    let (first, owner) = factories::group(&test.chat).create().await;
    let (second, _) = factories::group(&test.chat).owner(owner).create().await;
    let mut sent = Vec::new();
    for n in 0..1_100 {
        test.clock.advance(Duration::from_micros(10));
        let group = if n % 3 == 0 { first.id } else { second.id };
        sent.push(test.chat.send_message(factories::draft(owner, group)).await.unwrap().message);
    }
    until("all is marked", async || outbox(&test.store).await.0 == 0).await;
    let marked = now(&test);
    test.broker.fail();
    test.clock.advance(Duration::from_millis(1));
    for _ in 0..3 {
        sent.push(test.chat.send_message(factories::draft(owner, first.id)).await.unwrap().message);
    }
    assert_eq!(all_kept(&test, None).await, sent);
    let later = marked.plus(Duration::from_micros(1));
    assert_eq!(all_kept(&test, Some(later)).await, sent[1_100..], "and what is not announced");
    let until = sent[9].created_at;
    let early = test.chat.kept(None, until, None).await.unwrap().messages;
    assert_eq!(early, sent[..10]);
}

fn now(test: &Setup) -> Timestamp {
    test.clock.now()
}

async fn all_kept(test: &Setup, since: Option<Timestamp>) -> Vec<Arc<GroupMessage>> {
    let (mut kept, mut after) = (Vec::new(), None);
    loop {
        let page = test.chat.kept(since, now(test), after).await.unwrap();
        kept.extend(page.messages);
        if page.next.is_none() {
            return kept;
        }
        after = page.next;
    }
}

async fn it_is_known_by_when_all_was_announced(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    assert_eq!(test.chat.announced(now(&test)).await.unwrap(), Some(Timestamp::EPOCH));
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    until("it is marked", async || outbox(&test.store).await == (0, 1)).await;
    let marked = now(&test);
    test.broker.fail();
    test.clock.advance(Duration::from_millis(1));
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    assert_eq!(test.chat.announced(marked).await.unwrap(), Some(marked));
    assert_eq!(test.chat.announced(now(&test)).await.unwrap(), None);
}

async fn messages_are_linked_to_their_authors(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let handlers = test.chat.handlers();
    let term = Term { topic: Topic::of_user(owner), number: 1 };
    let mut ids = Vec::new();
    let mut handled = Vec::new();
    for _ in 0..20 {
        let sent = test.chat.send_message(factories::draft(owner, group.id)).await.unwrap().message;
        ids.push(sent.id.0);
        let handler = Arc::clone(&handlers[0]);
        handled.push(tokio::spawn(async move { handler.handle(term, &[sent]).await }));
    }
    for handled in handled {
        handled.await.unwrap().unwrap();
    }
    ids.sort_unstable();
    let linked = test.resources.resources(owner, GROUP_MESSAGE, None, 100).await.unwrap();
    assert!(linked.iter().all(|link| link.scope_id == group.id.0));
    assert_eq!(linked.iter().map(|link| link.resource_id).collect::<Vec<_>>(), ids);

    test.resources.fail_links();
    let sent = test.chat.send_message(factories::draft(owner, group.id)).await.unwrap().message;
    assert!(handlers[0].handle(term, &[sent]).await.is_err(), "so that it is given again");
}

async fn links_can_be_turned_off(mut test: Setup) {
    test.restart(Settings { link_messages: false, ..quick() });
    assert!(test.chat.handlers().is_empty());
}
