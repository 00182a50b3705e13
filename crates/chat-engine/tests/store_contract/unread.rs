//! What waits for its readers.

use std::time::Duration;

use chat_engine::{Chat, Seq, factories, seeding};
use engine_interfaces::{Clock, UnreadGroup, UnreadMessages, UserId};

use crate::{Setup, on_both};

on_both!(
    members_wait_for_what_is_old_enough,
    members_are_walked_through_in_pieces,
    a_user_has_unread_groups,
    nobody_waits_in_a_deleted_group,
);

const MINUTE: Duration = Duration::from_secs(60);

async fn members_wait_for_what_is_old_enough(test: Setup) {
    let [bob, carol, left] = [factories::user(), factories::user(), factories::user()];
    let group = factories::group(&test.chat).member(bob).member(carol).member(left);
    let (group, owner) = group.create().await;
    let first = test.clock.now();
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    test.clock.advance(MINUTE);
    let second = test.clock.now();
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    test.chat.mark_read(carol, group.id, Seq(1)).await.unwrap();
    test.chat.remove_member(left, group.id, left).await.unwrap();

    let waiting = async |until| {
        let mut users = test.chat.unread_members(group.id, until, None, 10).await.unwrap();
        users.sort();
        users
    };
    assert_eq!(waiting(first.minus(MINUTE)).await, []);
    assert_eq!(waiting(first).await, [bob], "carol has read what is that old");
    let mut both = [bob, carol];
    both.sort();
    assert_eq!(waiting(second).await, both, "the author has read what they wrote");
    for user in both {
        test.chat.mark_read(user, group.id, Seq(2)).await.unwrap();
    }
    assert_eq!(waiting(second).await, []);
}

async fn members_are_walked_through_in_pieces(test: Setup) {
    let mut users: Vec<_> = (0..25).map(|_| factories::user()).collect();
    let (group, owner) = factories::group(&test.chat).create().await;
    seeding::add_members(&test.chat, group.id, &users).await.unwrap();
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();

    let (mut walked, mut after) = (Vec::<UserId>::new(), None);
    loop {
        let piece = test.chat.unread_members(group.id, test.clock.now(), after, 10).await.unwrap();
        after = piece.last().copied();
        walked.extend(&piece);
        if piece.len() < 10 {
            break;
        }
    }
    users.sort();
    assert_eq!(walked, users);
}

async fn a_user_has_unread_groups(test: Setup) {
    let bob = factories::user();
    let (busy, owner) = factories::group(&test.chat).name("Busy").member(bob).create().await;
    let (read, _) = factories::group(&test.chat).name("Read").owner(owner).member(bob).create().await;
    factories::group(&test.chat).name("Silent").owner(owner).member(bob).create().await;
    let (left, _) = factories::group(&test.chat).name("Left").owner(owner).member(bob).create().await;
    for group in [busy.id, busy.id, read.id, left.id] {
        test.chat.send_message(factories::draft(owner, group)).await.unwrap();
    }
    let then = test.clock.now();
    test.clock.advance(MINUTE);
    test.chat.send_message(factories::draft(owner, busy.id)).await.unwrap();
    test.chat.mark_read(bob, read.id, Seq(1)).await.unwrap();
    test.chat.remove_member(bob, left.id, bob).await.unwrap();

    let unread = UnreadGroup { group_id: busy.id, name: "Busy".to_owned(), unread_count: 3 };
    assert_eq!(test.chat.unread_groups(bob, then).await.unwrap(), [unread]);
    assert_eq!(test.chat.unread_groups(bob, then.minus(MINUTE)).await.unwrap(), []);
    assert_eq!(test.chat.unread_groups(owner, then).await.unwrap(), []);
}

async fn nobody_waits_in_a_deleted_group(test: Setup) {
    let bob = factories::user();
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    test.chat.delete_group(owner, group.id).await.unwrap();

    let now = test.clock.now();
    assert_eq!(test.chat.unread_members(group.id, now, None, 10).await.unwrap(), []);
    assert_eq!(test.chat.unread_groups(bob, now).await.unwrap(), []);
}
