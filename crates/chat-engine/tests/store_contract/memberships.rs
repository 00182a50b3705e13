//! Memberships.

use std::time::Duration;

use chat_engine::{
    Chat, ChatError, Control, LINK_RESOURCE, Limit, MemberChange, Right, Role, Seq, Settings, factories,
};
use engine_interfaces::{Clock, UserId};
use serde_json::json;

use crate::{Setup, on_both, quick};

on_both!(
    a_new_member_has_nothing_unread,
    adding_twice_adds_once,
    members_are_listed_as_they_joined,
    owners_give_roles,
    the_last_owner_stays,
    two_owners_that_leave_at_once_leave_one,
    who_left_is_still_known,
    who_comes_back_has_nothing_unread,
    a_full_group_takes_nobody,
    a_link_that_failed_is_made_by_the_job,
    others_hear_of_joins_leaves_and_roles,
);

async fn a_new_member_has_nothing_unread(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    for _ in 0..3 {
        test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    }
    let bob = factories::user();
    let added = test.chat.add_member(owner, group.id, bob).await.unwrap();
    assert_eq!((added.membership.role, added.already), (Role::Member, false));
    assert_eq!(added.membership.joined_at, test.clock.now());

    let seen = test.chat.show_group(bob, group.id).await.unwrap();
    assert_eq!((seen.last_seq, seen.unread_count(), seen.member_count), (Seq(3), 0, 2));
    let history = chat_engine::Range::Newest;
    let read = test.chat.list_messages(bob, group.id, history, Limit::default()).await.unwrap().messages;
    assert_eq!(read.len(), 3, "and may read what came before");
}

async fn adding_twice_adds_once(test: Setup) {
    let (bob, carol) = (factories::user(), factories::user());
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    let before = test.chat.show_group(owner, group.id).await.unwrap();
    assert!(test.chat.add_member(owner, group.id, bob).await.unwrap().already);
    assert_eq!(test.chat.show_group(owner, group.id).await.unwrap(), before);

    let refused = test.chat.add_member(bob, group.id, carol).await;
    assert!(matches!(refused, Err(ChatError::Forbidden)));
    let right = Right::AddMember;
    assert!(matches!(test.chat.authorize(bob, group.id, right).await, Err(ChatError::Forbidden)));
    test.chat.authorize(owner, group.id, right).await.unwrap();
}

async fn members_are_listed_as_they_joined(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let mut expected = vec![owner];
    for _ in 0..6 {
        let member = factories::user();
        test.chat.add_member(owner, group.id, member).await.unwrap();
        expected.push(member);
    }
    let gone = expected.remove(2);
    test.chat.remove_member(owner, group.id, gone).await.unwrap();
    test.chat.add_member(owner, group.id, gone).await.unwrap();
    expected.push(gone);

    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let three = Limit::page(3).unwrap();
        let page = test.chat.list_members(owner, group.id, three, cursor.as_ref()).await.unwrap();
        listed.extend(page.entries.iter().map(|member| member.user_id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, expected, "all at one time of the clock, and in order");
}

async fn owners_give_roles(test: Setup) {
    let (bob, stranger) = (factories::user(), factories::user());
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    let chat = &test.chat;
    let changed = chat.change_role(owner, group.id, bob, Role::Admin).await.unwrap();
    assert_eq!(changed.role, Role::Admin);
    assert_eq!(chat.show_group(bob, group.id).await.unwrap().role, Role::Admin);

    let refused = chat.change_role(bob, group.id, bob, Role::Owner).await;
    assert!(matches!(refused, Err(ChatError::Forbidden)));
    let missing = chat.change_role(owner, group.id, stranger, Role::Admin).await;
    assert!(matches!(missing, Err(ChatError::MemberNotFound)));
    let missing = chat.remove_member(owner, group.id, stranger).await;
    assert!(matches!(missing, Err(ChatError::MemberNotFound)));
}

async fn the_last_owner_stays(test: Setup) {
    let bob = factories::user();
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    let chat = &test.chat;
    for refused in [
        chat.remove_member(owner, group.id, owner).await,
        chat.change_role(owner, group.id, owner, Role::Member).await.map(drop),
    ] {
        assert!(matches!(refused, Err(ChatError::LastOwner)), "{refused:?}");
    }
    chat.change_role(owner, group.id, bob, Role::Owner).await.unwrap();
    chat.remove_member(owner, group.id, owner).await.unwrap();
    let left = chat.remove_member(bob, group.id, bob).await;
    assert!(matches!(left, Err(ChatError::LastOwner)), "an owner who left does not count");
}

async fn two_owners_that_leave_at_once_leave_one(test: Setup) {
    let bob = factories::user();
    for _ in 0..5 {
        let (group, alice) = factories::group(&test.chat).with(bob, Role::Owner).create().await;
        let leave = |user: UserId| {
            let chat = test.chat.clone();
            tokio::spawn(async move { chat.remove_member(user, group.id, user).await.is_ok() })
        };
        let (first, second) = (leave(alice), leave(bob));
        assert_eq!(u8::from(first.await.unwrap()) + u8::from(second.await.unwrap()), 1);
    }
}

async fn who_left_is_still_known(test: Setup) {
    let (bob, stranger) = (factories::user(), factories::user());
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    test.chat.send_message(factories::draft(bob, group.id)).await.unwrap();
    test.chat.remove_member(bob, group.id, bob).await.unwrap();

    let asked = [bob, stranger, owner];
    let mut known = test.chat.participants(owner, group.id, &asked).await.unwrap();
    known.sort_unstable();
    let mut expected = vec![bob, owner];
    expected.sort_unstable();
    assert_eq!(known, expected);
    assert_eq!(test.chat.show_group(owner, group.id).await.unwrap().member_count, 1);
    let gone = test.chat.send_message(factories::draft(bob, group.id)).await;
    assert!(matches!(gone, Err(ChatError::GroupNotFound(_))));
    assert!(test.chat.list_groups(bob, Limit::default(), None).await.unwrap().entries.is_empty());
    assert!(test.chat.heads_of(&[bob]).await.unwrap().is_empty());
}

async fn who_comes_back_has_nothing_unread(test: Setup) {
    let bob = factories::user();
    let (group, owner) = factories::group(&test.chat).with(bob, Role::Admin).create().await;
    test.chat.remove_member(owner, group.id, bob).await.unwrap();
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    test.clock.advance(Duration::from_secs(60));

    let added = test.chat.add_member(owner, group.id, bob).await.unwrap();
    assert_eq!((added.already, added.membership.role), (false, Role::Member), "as anybody new");
    assert_eq!(added.membership.joined_at, test.clock.now());
    let seen = test.chat.show_group(bob, group.id).await.unwrap();
    assert_eq!((seen.read_seq, seen.last_seq, seen.member_count), (Seq(1), Seq(1), 2));
}

async fn a_full_group_takes_nobody(mut test: Setup) {
    test.restart(Settings { max_members: 2, ..quick() });
    let bob = factories::user();
    let (group, owner) = factories::group(&test.chat).member(bob).create().await;
    let refused = test.chat.add_member(owner, group.id, factories::user()).await;
    assert!(matches!(refused, Err(ChatError::GroupFull)));
    let seeded = chat_engine::seeding::add_members(&test.chat, group.id, &[factories::user()]).await;
    assert!(matches!(seeded, Err(ChatError::GroupFull)));
    assert!(test.chat.add_member(owner, group.id, bob).await.unwrap().already);
    test.chat.remove_member(owner, group.id, bob).await.unwrap();
    test.chat.add_member(owner, group.id, factories::user()).await.unwrap();
}

async fn a_link_that_failed_is_made_by_the_job(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let bob = factories::user();
    let before = crate::announcing::open_jobs(&test.store).await;
    assert_eq!(before, 0, "what was linked needs no job");

    // The question how many groups they are in is answered, and the link then fails.
    test.resources.fail_links();
    test.chat.add_member(owner, group.id, bob).await.unwrap();
    test.resources.heal();
    assert_eq!(crate::announcing::open_jobs(&test.store).await, 1);
    assert!(test.chat.list_groups(bob, Limit::default(), None).await.unwrap().entries.is_empty());

    let job = test.job(LINK_RESOURCE, json!({ "user_id": bob, "group_id": group.id }));
    test.worker(LINK_RESOURCE).perform(&job).await.unwrap();
    let listed = test.chat.list_groups(bob, Limit::default(), None).await.unwrap();
    assert_eq!(listed.entries.len(), 1);
}

async fn others_hear_of_joins_leaves_and_roles(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let bob = factories::user();
    test.broker.take_controls();
    test.chat.add_member(owner, group.id, bob).await.unwrap();
    test.chat.add_member(owner, group.id, bob).await.unwrap();
    test.chat.change_role(owner, group.id, bob, Role::Admin).await.unwrap();
    test.chat.change_role(owner, group.id, bob, Role::Admin).await.unwrap();
    test.chat.remove_member(bob, group.id, bob).await.unwrap();

    let told = [
        (MemberChange::Joined, Some(Role::Member)),
        (MemberChange::Role, Some(Role::Admin)),
        (MemberChange::Left, None),
    ];
    let told = told.map(|(change, role)| Control::Member { group_id: group.id, user_id: bob, change, role });
    assert_eq!(test.broker.take_controls(), told, "and not of what changed nothing");
}
