//! How far members have read.

use std::sync::Arc;

use chat_engine::{Chat, ChatError, Control, Rule, Seq, factories, seeding};

use crate::{Setup, on_both};

on_both!(
    a_marker_moves_forward_and_never_back,
    a_marker_stays_within_the_log,
    many_markers_at_once_end_at_the_furthest,
);

async fn a_marker_moves_forward_and_never_back(test: Setup) {
    let bob = factories::user();
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    for _ in 0..5 {
        test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    }
    test.broker.take_controls();
    for (asked, now) in [(3, 3), (2, 3), (3, 3), (0, 3), (-1, 3), (5, 5)] {
        let moved = test.chat.mark_read(bob, group.id, Seq(asked)).await.unwrap();
        assert_eq!(moved, Seq(now), "after {asked}");
    }
    assert_eq!(test.chat.group_version(bob, group.id).await.unwrap().read_seq, Seq(5));
    let told = [3, 5].map(|seq| Control::Read { user_id: bob, group_id: group.id, read_seq: Seq(seq) });
    assert_eq!(test.broker.take_controls(), told, "of moves alone");
}

async fn a_marker_stays_within_the_log(test: Setup) {
    let bob = factories::user();
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    for (user, seq) in [(owner, 2), (bob, 2), (bob, i64::MAX)] {
        let refused = test.chat.mark_read(user, group.id, Seq(seq)).await;
        let Err(ChatError::Invalid(violations)) = refused else {
            panic!("{seq} is refused");
        };
        assert_eq!((violations[0].field, violations[0].rule), ("seq", Rule::Format));
    }
    assert_eq!(test.chat.group_version(bob, group.id).await.unwrap().read_seq, Seq::ZERO);
}

async fn many_markers_at_once_end_at_the_furthest(test: Setup) {
    let users: Vec<_> = (0..10).map(|_| factories::user()).collect();
    let (group, owner) = factories::group(&test.chat).create().await;
    seeding::add_members(&test.chat, group.id, &users).await.unwrap();
    seeding::append_messages(&test.chat, group.id, (0..50).map(|n| (owner, n.to_string()))).await.unwrap();

    let calls: Vec<_> = (0..500_usize)
        .map(|n| {
            let (chat, user) = (Arc::clone(&test.chat), users[n % 10]);
            // Up to 60: the last ten lie beyond the log.
            let seq = Seq(i64::try_from(n * 7 % 61).unwrap());
            tokio::spawn(async move {
                if n % 20 == 19 {
                    chat.send_message(factories::draft(user, group.id)).await.unwrap();
                }
                (seq, chat.mark_read(user, group.id, seq).await)
            })
        })
        .collect();
    for call in calls {
        match call.await.unwrap() {
            (asked, Ok(now)) => assert!(now >= asked),
            (asked, Err(ChatError::Invalid(_))) => assert!(asked > Seq(50)),
            (_, Err(error)) => panic!("{error}"),
        }
    }
    for user in users {
        let read = test.chat.group_version(user, group.id).await.unwrap().read_seq;
        assert!(read > Seq(40), "{read}");
    }
}
