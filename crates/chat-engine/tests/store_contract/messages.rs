//! Messages.

use std::{sync::Arc, time::Duration};

use chat_engine::{Chat, ChatError, Draft, GroupMessageId, Limit, Range, Rule, Seq, Settings, factories};
use engine_interfaces::{Clock, Timestamp};
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};

use crate::{Setup, on_both, quick};

on_both!(
    messages_are_numbered_without_gaps,
    ones_own_message_is_read,
    a_retry_is_answered_with_the_first_message,
    of_equal_ids_at_once_one_is_stored,
    the_time_never_goes_back_along_the_log,
    text_survives_unchanged,
    a_message_is_shown_to_members,
    batches_of_one_group_store_the_same,
    heads_and_the_log_are_read_for_real_time,
    what_breaks_the_rules_is_refused,
);

async fn messages_are_numbered_without_gaps(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let (other, _) = factories::group(&test.chat).owner(owner).create().await;
    for seq in 1..=3 {
        let sent = test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
        assert_eq!((sent.message.seq, sent.replayed), (Seq(seq), false));
        assert_eq!(sent.message.created_at, test.clock.now());
    }
    let sent = test.chat.send_message(factories::draft(owner, other.id)).await.unwrap();
    assert_eq!(sent.message.seq, Seq(1), "each group counts for itself");

    let newest =
        test.chat.list_messages(owner, group.id, Range::Newest, Limit::default()).await.unwrap().messages;
    let seqs: Vec<_> = newest.iter().map(|message| message.seq.0).collect();
    assert_eq!(seqs, [3, 2, 1]);
    let shown = test.chat.show_group(owner, group.id).await.unwrap();
    assert_eq!(shown.last_message.as_ref(), newest.first().map(Arc::as_ref));
    assert_eq!(shown.revision, group.revision, "a message is no revision");
}

async fn ones_own_message_is_read(test: Setup) {
    let bob = factories::user();
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    for _ in 0..3 {
        test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    }
    let unread = async |user| test.chat.show_group(user, group.id).await.unwrap().unread_count();
    assert_eq!((unread(owner).await, unread(bob).await), (0, 3));
    test.chat.send_message(factories::draft(bob, group.id)).await.unwrap();
    assert_eq!((unread(owner).await, unread(bob).await), (1, 0));
}

async fn a_retry_is_answered_with_the_first_message(test: Setup) {
    let bob = factories::user();
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    let (other, _) = factories::group(&test.chat).owner(owner).create().await;
    let draft = factories::draft(owner, group.id).with_id(GroupMessageId(test.clock.new_id()));
    let first = test.chat.send_message(draft.clone()).await.unwrap();
    test.clock.advance(Duration::from_secs(3_600));
    let again = test.chat.send_message(draft.clone()).await.unwrap();
    assert!(again.replayed);
    assert_eq!(again.message, first.message, "time and place are the first's");

    for taken in
        [Draft { user_id: bob, ..draft.clone() }, Draft { message: "another".into(), ..draft.clone() }]
    {
        let refused = test.chat.send_message(taken).await;
        assert!(matches!(refused, Err(ChatError::IdTaken)), "{refused:?}");
    }
    let elsewhere = Draft { group_id: other.id, ..draft.clone() };
    assert!(!test.chat.send_message(elsewhere).await.unwrap().replayed, "another group, another message");
    let stranger = Draft { user_id: factories::user(), ..draft };
    let refused = test.chat.send_message(stranger).await;
    assert!(matches!(refused, Err(ChatError::GroupNotFound(_))), "membership comes first");
    assert_eq!(test.chat.show_group(owner, group.id).await.unwrap().last_seq, Seq(1));
}

async fn of_equal_ids_at_once_one_is_stored(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let (other, _) = factories::group(&test.chat).owner(owner).create().await;
    let id = GroupMessageId(test.clock.new_id());
    let calls: Vec<_> = (0..60)
        .map(|n| {
            let chat = Arc::clone(&test.chat);
            // Some of another group, so that both forms of the statement are met.
            let draft = match n % 4 {
                0 => factories::draft(owner, other.id),
                1 => Draft::new(owner, group.id, "other text").with_id(id),
                _ => factories::draft(owner, group.id).with_id(id),
            };
            tokio::spawn(async move { (draft.group_id, chat.send_message(draft).await) })
        })
        .collect();
    let (mut stored, mut replayed, mut refused) = (0, 0, 0);
    for call in calls {
        let (to, answer) = call.await.unwrap();
        if to == group.id {
            match answer {
                Ok(sent) if sent.replayed => replayed += 1,
                Ok(_) => stored += 1,
                Err(ChatError::IdTaken) => refused += 1,
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert_eq!(stored, 1);
    assert!(replayed + refused == 44 && (refused == 15 || replayed == 14), "{replayed} {refused}");
    assert_eq!(test.chat.show_group(owner, group.id).await.unwrap().last_seq, Seq(1));
    assert_eq!(test.chat.show_group(owner, other.id).await.unwrap().last_seq, Seq(15));
}

async fn the_time_never_goes_back_along_the_log(test: Setup) {
    /// Another process, whose clock is behind.
    struct Behind(Timestamp);
    impl Clock for Behind {
        fn now(&self) -> Timestamp {
            self.0
        }
    }
    let (group, owner) = factories::group(&test.chat).create().await;
    let first = test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    let behind = Behind(test.clock.now().minus(Duration::from_secs(60)));
    let (chat, _) = factories::engine_over(test.store.clone(), Arc::new(behind), quick());
    let second = chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    assert_eq!(second.message.seq, Seq(2));
    assert_eq!(second.message.created_at, first.message.created_at);
}

async fn text_survives_unchanged(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let mut runner = TestRunner::deterministic();
    let any_text = proptest::collection::vec(proptest::char::any(), 1..200)
        .prop_map(|chars| chars.into_iter().filter(|char| *char != '\0').collect::<String>())
        .prop_filter("a message says something", |text| !text.trim().is_empty());
    let mut texts: Vec<_> = (0..200).map(|_| any_text.new_tree(&mut runner).unwrap().current()).collect();
    texts.extend([
        "🍺".repeat(10_000),
        "e\u{301}".into(),
        " مرحبا\u{202e} ".into(),
        "\u{fffe}\\x00'\"".into(),
    ]);

    for (n, text) in texts.iter().enumerate() {
        let sent = test.chat.send_message(Draft::new(owner, group.id, text)).await.unwrap();
        assert_eq!(sent.message.message.as_ref(), Some(text));
        assert_eq!(sent.message.seq.0, i64::try_from(n).unwrap() + 1);
    }
    let mut after = Seq::ZERO;
    let mut read = Vec::new();
    while let page @ [.., last] = &test
        .chat
        .list_messages(owner, group.id, Range::After(after), Limit::default())
        .await
        .unwrap()
        .messages[..]
    {
        after = last.seq;
        read.extend(page.iter().map(|message| message.message.clone().unwrap()));
    }
    assert_eq!(read, texts);
}

async fn a_message_is_shown_to_members(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let sent = test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    let shown = test.chat.show_message(owner, group.id, sent.message.id).await.unwrap();
    assert_eq!(shown, *sent.message);
    let missing = GroupMessageId(test.clock.new_id());
    let missing = test.chat.show_message(owner, group.id, missing).await;
    assert!(matches!(missing, Err(ChatError::MessageNotFound)));
    let stranger = test.chat.show_message(factories::user(), group.id, sent.message.id).await;
    assert!(matches!(stranger, Err(ChatError::GroupNotFound(_))));
}

async fn batches_of_one_group_store_the_same(mut test: Setup) {
    test.restart(Settings { one_group_batches: true, writers: 1, ..quick() });
    let (first, owner) = factories::group(&test.chat).create().await;
    let (second, _) = factories::group(&test.chat).owner(owner).create().await;
    let calls: Vec<_> = (0..100)
        .map(|n| {
            let chat = Arc::clone(&test.chat);
            let group = if n % 3 == 0 { first.id } else { second.id };
            tokio::spawn(async move { chat.send_message(factories::draft(owner, group)).await })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(test.chat.show_group(owner, first.id).await.unwrap().last_seq, Seq(34));
    assert_eq!(test.chat.show_group(owner, second.id).await.unwrap().last_seq, Seq(66));
}

async fn heads_and_the_log_are_read_for_real_time(test: Setup) {
    let bob = factories::user();
    let (first, owner) = factories::group(&test.chat).member(bob).create().await;
    let (second, _) = factories::group(&test.chat).owner(owner).create().await;
    test.clock.advance(Duration::from_secs(1));
    for _ in 0..5 {
        test.chat.send_message(factories::draft(owner, first.id)).await.unwrap();
    }
    let mut heads = test.chat.heads(&[first.id, second.id]).await.unwrap();
    heads.sort_by_key(|head| head.last_seq);
    let ends: Vec<_> = heads.iter().map(|head| (head.group_id, head.last_seq.0)).collect();
    assert_eq!(ends, [(second.id, 0), (first.id, 5)]);
    assert_eq!(heads[0].last_activity_at, second.created_at);
    assert_eq!(heads[1].last_activity_at, test.clock.now());

    let mut of: Vec<_> = test.chat.heads_of(&[owner, bob, factories::user()]).await.unwrap();
    of.sort_by_key(|(user, head)| (*user, head.last_seq));
    let mut expected = vec![(owner, heads[0]), (owner, heads[1]), (bob, heads[1])];
    expected.sort_by_key(|(user, head)| (*user, head.last_seq));
    assert_eq!(of, expected);

    let log = test.chat.read_log(first.id, Seq(2), Limit::page(2).unwrap()).await.unwrap();
    let seqs: Vec<_> = log.iter().map(|message| message.seq.0).collect();
    assert_eq!(seqs, [3, 4]);
}

async fn what_breaks_the_rules_is_refused(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    for (text, rule) in [(" ", Rule::Blank), ("a\0", Rule::Nul)] {
        let refused = test.chat.send_message(Draft::new(owner, group.id, text)).await;
        let Err(ChatError::Invalid(violations)) = refused else {
            panic!("{rule:?} is refused");
        };
        assert_eq!((violations[0].field, violations[0].rule), ("message", rule));
    }
    assert_eq!(test.chat.show_group(owner, group.id).await.unwrap().last_seq, Seq::ZERO);
}
