//! Pages of a log, while it grows and when it is long.

use std::sync::Arc;

use chat_engine::{Chat, ChatEngine, Draft, Limit, MessagePage, Range, Seq, Settings, factories, seeding};

use crate::{Setup, on_both, personal_data::erase, quick};

on_both!(
    pages_lie_side_by_side,
    following_while_others_write_gives_every_message_once,
    a_long_log_is_walked_backwards,
    a_page_from_memory_is_the_page_of_the_store,
);

async fn seqs(
    test: &Setup,
    user: chat_engine::UserId,
    group: chat_engine::GroupId,
    range: Range,
) -> Vec<i64> {
    let limit = Limit::page(100).unwrap();
    let page = test.chat.list_messages(user, group, range, limit).await.unwrap().messages;
    page.iter().map(|message| message.seq.0).collect()
}

async fn pages_lie_side_by_side(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    seeding::append_messages(&test.chat, group.id, (0..250).map(|n| (owner, n.to_string()))).await.unwrap();
    let newest: Vec<_> = (151..=250).rev().collect();
    assert_eq!(seqs(&test, owner, group.id, Range::Newest).await, newest);
    let before: Vec<_> = (51..=150).rev().collect();
    assert_eq!(seqs(&test, owner, group.id, Range::Before(Seq(151))).await, before);
    let after: Vec<_> = (201..=250).collect();
    assert_eq!(seqs(&test, owner, group.id, Range::After(Seq(200))).await, after);
    for empty in
        [Range::After(Seq(250)), Range::After(Seq(i64::MAX)), Range::Before(Seq(1)), Range::Before(Seq(-5))]
    {
        assert!(seqs(&test, owner, group.id, empty).await.is_empty(), "{empty:?}");
    }
    let shown = test.chat.show_group(owner, group.id).await.unwrap();
    assert_eq!((shown.last_seq, shown.unread_count()), (Seq(250), 0), "seeding keeps the rules");
}

async fn following_while_others_write_gives_every_message_once(test: Setup) {
    const WRITERS: i64 = 4;
    const EACH: i64 = 200;
    let (group, owner) = factories::group(&test.chat).create().await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let chat = Arc::clone(&test.chat);
            tokio::spawn(async move {
                for _ in 0..EACH {
                    chat.send_message(factories::draft(owner, group.id)).await.unwrap();
                }
            })
        })
        .collect();
    let mut seen = Vec::new();
    while seen.len() < usize::try_from(WRITERS * EACH).unwrap() {
        let after = Seq(seen.last().copied().unwrap_or(0));
        let page = seqs(&test, owner, group.id, Range::After(after)).await;
        if page.is_empty() {
            tokio::task::yield_now().await;
        }
        seen.extend(page);
    }
    for writer in writers {
        writer.await.unwrap();
    }
    assert_eq!(seen, (1..=WRITERS * EACH).collect::<Vec<_>>());
}

async fn a_long_log_is_walked_backwards(test: Setup) {
    const LENGTH: i64 = 100_000;
    let (group, owner) = factories::group(&test.chat).create().await;
    seeding::append_messages(&test.chat, group.id, (0..LENGTH).map(|n| (owner, n.to_string())))
        .await
        .unwrap();
    let limit = Limit::page(100).unwrap();
    let (mut range, mut expected) = (Range::Newest, LENGTH);
    loop {
        let page = test.chat.list_messages(owner, group.id, range, limit).await.unwrap().messages;
        let Some(last) = page.last() else { break };
        range = Range::Before(last.seq);
        for message in &page {
            assert_eq!(message.seq.0, expected);
            assert_eq!(message.message, Some((expected - 1).to_string()));
            expected -= 1;
        }
    }
    assert_eq!(expected, 0);
}

/// Two engines over one store are two processes, a third has no memory.
async fn a_page_from_memory_is_the_page_of_the_store(test: Setup) {
    let (ann, bob) = (factories::user(), factories::user());
    let (group, _) = factories::group(&test.chat).owner(ann).member(bob).create().await;
    let engines = [Arc::clone(&test.chat), test.another(quick())];
    let forgetful = test.another(Settings { recent_bytes: 0, ..quick() });
    let newest = async |chat: &ChatEngine, limit| -> MessagePage {
        chat.list_messages(ann, group.id, Range::Newest, Limit::page(limit).unwrap()).await.unwrap()
    };
    for n in 0..130 {
        // Now the one hears of what the other wrote before it writes itself, now it does not.
        let writer = &engines[n / 3 % 2];
        writer.send_message(Draft::new(bob, group.id, format!("text {n}"))).await.unwrap();
        for chat in engines.iter().take(n % 4) {
            assert_eq!(newest(chat, 50).await, newest(&forgetful, 50).await, "after {n}");
        }
    }
    for limit in [1, 50, 51, 100] {
        for chat in &engines {
            assert_eq!(newest(chat, limit).await, newest(&forgetful, limit).await, "{limit}");
        }
    }

    erase(&test, bob).await;

    for chat in &engines {
        let page = newest(chat, 100).await;
        assert!(page.messages.iter().all(|message| message.erased && message.message.is_none()));
    }
    test.chat.delete_group(ann, group.id).await.unwrap();
    for chat in &engines {
        let read = chat.list_messages(ann, group.id, Range::Newest, Limit::default()).await;
        assert!(matches!(read, Err(chat_engine::ChatError::GroupNotFound(_))));
    }
}
