//! Many at once.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chat_engine::{
    Chat, ChatEngine, ChatError, Draft, GroupId, GroupMessage, GroupMessageId, Limit, Range, Role, Seq,
    Settings, UserId, factories,
};
use engine_interfaces::{Clock, SystemClock};

use crate::{Setup, on_both, quick};

on_both!(twenty_writers_with_retries_leave_no_gap, callers_that_hang_up_lose_nothing, a_full_queue_refuses,);

const GROUPS: usize = 3;
const WRITERS: usize = 20;
const EACH: usize = 500;

async fn log(chat: &ChatEngine, user: UserId, group: GroupId) -> Vec<GroupMessage> {
    let mut all = Vec::new();
    loop {
        let after = Range::After(all.last().map_or(Seq::ZERO, |last: &GroupMessage| last.seq));
        let page = chat.list_messages(user, group, after, Limit::page(100).unwrap()).await.unwrap().messages;
        if page.is_empty() {
            return all;
        }
        all.extend(page.into_iter().map(Arc::unwrap_or_clone));
    }
}

/// Two engines over one store are two processes.
async fn twenty_writers_with_retries_leave_no_gap(test: Setup) {
    let deadlocks = crate::announcing::deadlocks(&test.store).await;
    let engines = [Arc::clone(&test.chat), test.another(quick())];
    let users: Vec<_> = (0..WRITERS).map(|_| factories::user()).collect();
    let mut groups = Vec::new();
    for _ in 0..GROUPS {
        let mut group = factories::group(&test.chat).owner(users[0]);
        for user in &users[1..] {
            group = group.with(*user, Role::Member);
        }
        groups.push(group.create().await.0.id);
    }

    let writers: Vec<_> = users
        .iter()
        .enumerate()
        .map(|(writer, user)| {
            let (chat, other) = (Arc::clone(&engines[writer % 2]), Arc::clone(&engines[(writer + 1) % 2]));
            let (groups, user) = (groups.clone(), *user);
            tokio::spawn(async move {
                for n in 0..EACH {
                    let draft = Draft::new(user, groups[n % GROUPS], format!("{n}"))
                        .with_id(GroupMessageId(SystemClock.new_id()));
                    let sent = chat.send_message(draft.clone()).await.unwrap();
                    if n % 10 == 0 {
                        let again = other.send_message(draft).await.unwrap();
                        assert!(again.replayed);
                        assert_eq!(again.message, sent.message);
                    }
                    if n % 50 == 0 {
                        chat.mark_read(user, groups[n % GROUPS], sent.message.seq).await.unwrap();
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }

    let mut stored = 0;
    for group in &groups {
        let log = log(&test.chat, users[0], *group).await;
        let mut last: HashMap<UserId, usize> = HashMap::new();
        for (message, seq) in log.iter().zip(1..) {
            assert_eq!(message.seq, Seq(seq), "every position once");
            let n = message.message.as_ref().unwrap().parse().unwrap();
            let before = last.insert(message.user_id.unwrap(), n);
            assert!(before.is_none_or(|before| before < n), "a sender's messages are in their order");
        }
        stored += log.len();
    }
    assert_eq!(stored, WRITERS * EACH);
    assert_eq!(crate::announcing::deadlocks(&test.store).await, deadlocks);
}

async fn callers_that_hang_up_lose_nothing(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let mut drafts = Vec::new();
    for n in 0..300_u32 {
        let draft = Draft::new(owner, group.id, n.to_string()).with_id(GroupMessageId(test.clock.new_id()));
        let chat = Arc::clone(&test.chat);
        let asked = draft.clone();
        let call = tokio::spawn(async move { chat.send_message(asked).await });
        // Hung up at any point: before it is queued, while it is stored, after the answer.
        for _ in 0..n % 5 {
            tokio::task::yield_now().await;
        }
        call.abort();
        drafts.push(draft);
    }
    for draft in &drafts {
        test.chat.send_message(draft.clone()).await.unwrap();
    }
    let log = log(&test.chat, owner, group.id).await;
    assert_eq!(log.len(), drafts.len());
    for (message, seq) in log.iter().zip(1..) {
        assert_eq!(message.seq, Seq(seq));
    }
}

/// Whatever the moment at which a connection breaks: the statement is repeated, and its own rows come back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_break_double_nothing() {
    let test = Setup::postgres().await;
    let (group, owner) = factories::group(&test.chat).create().await;
    let senders: Vec<_> = (0..8)
        .map(|_| {
            let chat = Arc::clone(&test.chat);
            tokio::spawn(async move {
                for _ in 0..100 {
                    let sent = chat.send_message(factories::draft(owner, group.id)).await.unwrap();
                    assert!(!sent.replayed);
                }
            })
        })
        .collect();
    for _ in 0..5 {
        crate::announcing::break_connections(&test.store).await;
        for _ in 0..40 {
            test.broker.next_message().await;
        }
    }
    for sender in senders {
        sender.await.unwrap();
    }
    let log = log(&test.chat, owner, group.id).await;
    let seqs: Vec<_> = log.iter().map(|message| message.seq.0).collect();
    assert_eq!(seqs, (1..=800).collect::<Vec<_>>());
}

async fn a_full_queue_refuses(mut test: Setup) {
    test.restart(Settings { writers: 1, writer_queue: 1, send_timeout: Duration::from_secs(60), ..quick() });
    let (group, owner) = factories::group(&test.chat).create().await;
    let calls: Vec<_> = (0..200)
        .map(|_| {
            let chat = Arc::clone(&test.chat);
            tokio::spawn(async move { chat.send_message(factories::draft(owner, group.id)).await })
        })
        .collect();
    let (mut stored, mut busy) = (0, 0);
    for call in calls {
        match call.await.unwrap() {
            Ok(_) => stored += 1,
            Err(ChatError::Busy) => busy += 1,
            Err(error) => panic!("{error}"),
        }
    }
    assert!(stored > 0 && busy > 0, "{stored} stored, {busy} refused");
    assert_eq!(test.chat.show_group(owner, group.id).await.unwrap().last_seq, Seq(stored));
}
