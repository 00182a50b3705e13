//! Groups.

use std::time::Duration;

use chat_engine::{
    Chat, ChatError, Control, Cursor, DELETE_GROUP, Group, GroupChange, GroupDraft, GroupId, Limit, Range,
    Revision, Role, Rule, Seq, Settings, UserResources, factories,
};
use engine_interfaces::{Clock, GROUP, MemberChange};
use serde_json::json;

use crate::{Setup, on_both, quick};

on_both!(
    a_group_is_as_it_was_made,
    a_retry_makes_no_second_group,
    many_retries_at_once_make_one_group,
    groups_are_listed_by_latest_activity,
    a_stranger_sees_no_group,
    an_admin_changes_the_group_and_a_member_does_not,
    a_deleted_group_is_gone_for_everybody,
    a_deleted_groups_rows_are_removed,
    a_user_is_in_so_many_groups_and_no_more,
    what_breaks_the_rules_is_refused,
);

fn draft(name: &str) -> GroupDraft {
    GroupDraft { id: None, name: name.to_owned(), description: "On Fridays".to_owned() }
}

async fn a_group_is_as_it_was_made(test: Setup) {
    let alice = factories::user();
    let created = test.chat.create_group(alice, draft("Beer")).await.unwrap();
    assert!(!created.replayed);
    let (group_id, change) = (created.group.id, MemberChange::Joined);
    let joined = Control::Member { group_id, user_id: alice, change, role: Some(Role::Owner) };
    assert_eq!(test.broker.take_controls(), [joined], "her other devices are told");

    let group = test.chat.show_group(alice, created.group.id).await.unwrap();
    assert_eq!(group, created.group);
    assert_eq!((group.name.as_str(), group.description.as_str()), ("Beer", "On Fridays"));
    assert_eq!((group.role, group.member_count), (Role::Owner, 1));
    assert_eq!((group.last_seq, group.unread_count()), (Seq::ZERO, 0));
    assert_eq!(group.last_message, None);
    assert_eq!((group.created_at, group.updated_at), (test.clock.now(), test.clock.now()));
    let page = test.chat.list_groups(alice, Limit::default(), None).await.unwrap();
    assert_eq!((page.entries, page.next), (vec![group], None));
}

async fn a_retry_makes_no_second_group(test: Setup) {
    let (alice, bob) = (factories::user(), factories::user());
    let id = Some(GroupId(test.clock.new_id()));
    let with = |name: &str| GroupDraft { id, ..draft(name) };
    let first = test.chat.create_group(alice, with("Beer")).await.unwrap();
    let again = test.chat.create_group(alice, with("Beer")).await.unwrap();

    assert_eq!((again.replayed, again.group), (true, first.group));
    for refused in
        [test.chat.create_group(bob, with("Beer")).await, test.chat.create_group(alice, with("Wine")).await]
    {
        assert!(matches!(refused, Err(ChatError::IdTaken)), "{refused:?}");
    }
}

async fn many_retries_at_once_make_one_group(test: Setup) {
    let alice = factories::user();
    let id = Some(GroupId(test.clock.new_id()));
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let chat = test.chat.clone();
            tokio::spawn(async move { chat.create_group(alice, GroupDraft { id, ..draft("Beer") }).await })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        made += usize::from(!call.await.unwrap().unwrap().replayed);
    }
    assert_eq!(made, 1);
}

async fn groups_are_listed_by_latest_activity(test: Setup) {
    let alice = factories::user();
    let mut groups = Vec::new();
    for _ in 0..5 {
        groups.push(factories::group(&test.chat).owner(alice).create().await.0.id);
        test.clock.advance(Duration::from_millis(1));
    }
    factories::group(&test.chat).create().await;
    for n in [1, 3] {
        let sent = factories::draft(alice, groups[n]);
        test.chat.send_message(sent).await.unwrap();
        test.clock.advance(Duration::from_millis(1));
    }

    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let two = Limit::page(2).unwrap();
        let page = test.chat.list_groups(alice, two, cursor.as_ref()).await.unwrap();
        listed.extend(page.entries.iter().map(|group| group.id));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, [3, 1, 4, 2, 0].map(|n| groups[n]));

    let newest = test.chat.list_groups(alice, Limit::default(), None).await.unwrap();
    let last = newest.entries[0].last_message.as_ref().unwrap();
    assert_eq!((last.seq, last.user_id), (Seq(1), Some(alice)));
    let bad = test.chat.list_groups(alice, Limit::default(), Some(&Cursor("nonsense".into()))).await;
    assert!(matches!(bad, Err(ChatError::BadCursor)));
}

async fn a_stranger_sees_no_group(test: Setup) {
    let (group, _) = factories::group(&test.chat).create().await;
    let (chat, stranger) = (&test.chat, factories::user());
    for id in [group.id, GroupId(test.clock.new_id())] {
        let limit = Limit::default();
        for refused in [
            chat.show_group(stranger, id).await.map(drop),
            chat.group_version(stranger, id).await.map(drop),
            chat.update_group(stranger, id, GroupChange::default()).await.map(drop),
            chat.delete_group(stranger, id).await,
            chat.list_members(stranger, id, limit, None).await.map(drop),
            chat.add_member(stranger, id, stranger).await.map(drop),
            chat.change_role(stranger, id, stranger, Role::Owner).await.map(drop),
            chat.remove_member(stranger, id, stranger).await,
            chat.participants(stranger, id, &[stranger]).await.map(drop),
            chat.list_messages(stranger, id, Range::Newest, limit).await.map(drop),
            chat.send_message(factories::draft(stranger, id)).await.map(drop),
            chat.mark_read(stranger, id, Seq::ZERO).await.map(drop),
        ] {
            assert!(matches!(refused, Err(ChatError::GroupNotFound(named)) if named == id), "{refused:?}");
        }
    }
    assert!(chat.list_groups(stranger, Limit::default(), None).await.unwrap().entries.is_empty());
}

async fn an_admin_changes_the_group_and_a_member_does_not(test: Setup) {
    let (admin, member) = (factories::user(), factories::user());
    let (group, owner) = factories::group(&test.chat).with(admin, Role::Admin).member(member).create().await;
    let rename = |name: &str| GroupChange { name: Some(name.to_owned()), description: None };
    test.broker.take_controls();
    let refused = test.chat.update_group(member, group.id, rename("Wine")).await;
    assert!(matches!(refused, Err(ChatError::Forbidden)));
    assert_eq!(test.broker.take_controls(), []);

    test.clock.advance(Duration::from_secs(1));
    let changed = test.chat.update_group(admin, group.id, rename("Wine")).await.unwrap();
    assert_eq!((changed.name.as_str(), &changed.description), ("Wine", &group.description));
    assert_eq!(changed.revision, Revision(group.revision.0 + 1), "copies of it are stale");
    assert_eq!((changed.created_at, changed.updated_at), (group.created_at, test.clock.now()));
    let told = |group: &Group| Control::GroupChanged {
        group_id: group.id,
        name: group.name.clone(),
        description: group.description.clone(),
        updated_at: group.updated_at,
    };
    assert_eq!(test.broker.take_controls(), [told(&changed)], "everybody hears of it, whole");
    let described = GroupChange { name: None, description: Some("Red".into()) };
    let changed = test.chat.update_group(owner, group.id, described).await.unwrap();
    assert_eq!((changed.name.as_str(), changed.description.as_str()), ("Wine", "Red"));
    assert_eq!(test.broker.take_controls(), [told(&changed)]);
}

async fn a_deleted_group_is_gone_for_everybody(test: Setup) {
    let (admin, id) = (factories::user(), GroupId(test.clock.new_id()));
    let (group, owner) = factories::group(&test.chat).id(id).with(admin, Role::Admin).create().await;
    test.chat.send_message(factories::draft(owner, id)).await.unwrap();
    let refused = test.chat.delete_group(admin, id).await;
    assert!(matches!(refused, Err(ChatError::Forbidden)));
    test.broker.take_controls();

    test.chat.delete_group(owner, id).await.unwrap();

    assert_eq!(test.broker.take_controls(), [Control::GroupDeleted { group_id: id }]);
    for gone in [
        test.chat.show_group(owner, id).await.map(drop),
        test.chat.show_group(admin, id).await.map(drop),
        test.chat.send_message(factories::draft(owner, id)).await.map(drop),
        test.chat.mark_read(owner, id, Seq(1)).await.map(drop),
        test.chat.delete_group(owner, id).await,
    ] {
        assert!(matches!(gone, Err(ChatError::GroupNotFound(_))), "{gone:?}");
    }
    let limit = Limit::default();
    assert!(test.chat.list_groups(owner, limit, None).await.unwrap().entries.is_empty());
    assert!(test.chat.heads(&[id]).await.unwrap().is_empty());
    assert!(test.chat.heads_of(&[owner]).await.unwrap().is_empty());
    assert!(test.chat.read_log(id, Seq::ZERO, limit).await.unwrap().is_empty());
    let again = GroupDraft { id: Some(id), name: group.name, description: group.description };
    let taken = test.chat.create_group(owner, again).await;
    assert!(matches!(taken, Err(ChatError::IdTaken)), "{taken:?}");
}

async fn a_deleted_groups_rows_are_removed(mut test: Setup) {
    test.restart(Settings { delete_chunk: 2, ..quick() });
    let mut factory = factories::group(&test.chat);
    let members: Vec<_> = (0..5).map(|_| factories::user()).collect();
    for member in &members {
        factory = factory.member(*member);
    }
    let (group, owner) = factory.create().await;
    let (kept, _) = factories::group(&test.chat).owner(owner).create().await;
    for id in [group.id, group.id, group.id, kept.id] {
        test.chat.send_message(factories::draft(owner, id)).await.unwrap();
    }
    test.chat.delete_group(owner, group.id).await.unwrap();

    let job = test.job(DELETE_GROUP, json!({ "group_id": group.id }));
    let worker = test.worker(DELETE_GROUP);
    worker.perform(&job).await.unwrap();
    worker.perform(&job).await.unwrap();

    assert!(test.resources.scopes(&members, GROUP).await.unwrap().is_empty());
    assert_eq!(test.resources.scopes(&[owner], GROUP).await.unwrap(), [(owner, kept.id.0)]);
    let other = test.chat.show_group(owner, kept.id).await.unwrap();
    assert_eq!(other.last_seq, Seq(1), "another group stays");
    let rows = crate::announcing::rows_of(&test.store, group.id).await;
    assert_eq!(rows, 0);
}

async fn a_user_is_in_so_many_groups_and_no_more(mut test: Setup) {
    test.restart(Settings { max_groups_per_user: 2, ..quick() });
    let alice = factories::user();
    let (first, _) = factories::group(&test.chat).owner(alice).create().await;
    let (second, bob) = factories::group(&test.chat).member(alice).create().await;
    let (third, carol) = factories::group(&test.chat).create().await;

    for refused in [
        test.chat.create_group(alice, draft("Third")).await.map(drop),
        test.chat.add_member(carol, third.id, alice).await.map(drop),
    ] {
        assert!(matches!(refused, Err(ChatError::TooManyGroups)), "{refused:?}");
    }
    let again = test.chat.add_member(bob, second.id, alice).await.unwrap();
    assert!(again.already, "who is in stays in");
    test.chat.remove_member(alice, second.id, alice).await.unwrap();
    test.chat.add_member(carol, third.id, alice).await.unwrap();
    assert_eq!(test.chat.show_group(alice, first.id).await.unwrap().id, first.id);
}

async fn what_breaks_the_rules_is_refused(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let change = GroupChange { name: Some("\0".to_owned()), description: None };
    for (refused, rule) in [
        (test.chat.create_group(owner, draft(" ")).await.map(drop), Rule::Blank),
        (test.chat.create_group(owner, draft(&"é".repeat(101))).await.map(drop), Rule::TooLong),
        (test.chat.update_group(owner, group.id, change).await.map(drop), Rule::Nul),
    ] {
        let Err(ChatError::Invalid(violations)) = refused else {
            panic!("{rule:?} is refused");
        };
        assert_eq!((violations[0].field, violations[0].rule), ("name", rule));
    }
    test.chat.create_group(owner, draft(&"é".repeat(100))).await.unwrap();
}
