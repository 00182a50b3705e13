//! What a user has: exported whole, and erased without a trace.

use std::{collections::BTreeSet, time::Duration};

use chat_engine::{
    Chat, ChatError, Control, Draft, Erasure, GroupId, GroupMessageId, InvitationDraft, LINK_RESOURCE, Limit,
    MemberChange, Range, Role, Seq, Settings, UserId, UserResources, factories,
};
use engine_interfaces::{Clock, GROUP, GROUP_MESSAGE, SystemClock, UserResource};
use serde_json::{Value, json};
use test_support::dump;

use crate::{Setup, on_both, quick};

const SECRET: &str = "the cellar key is below the third stone";

on_both!(
    five_groups_find_their_successors,
    nothing_names_an_erased_user,
    an_erased_message_keeps_its_place_and_its_id,
    several_are_erased_from_one_group_at_once,
    an_erasure_waits_for_what_is_on_its_way,
    an_erasure_that_was_ended_goes_on,
    a_join_that_is_not_linked_yet_is_undone,
    by_links_alone_what_is_linked_is_found,
    an_export_has_all_of_it_once,
    an_invitation_outlives_the_name_of_its_maker,
);

/// Erases until nothing is left.
pub(crate) async fn erase(test: &Setup, user: UserId) {
    let done = async {
        while test.data().erase(user, test.clock.now()).await.unwrap() == Erasure::NotYet {
            // The announcements of the test's messages are marked a moment after they are given.
            test.clock.advance(Duration::from_secs(1));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), done).await.unwrap();
}

async fn send(test: &Setup, user: UserId, group: GroupId, text: &str) -> GroupMessageId {
    test.chat.send_message(Draft::new(user, group, text)).await.unwrap().message.id
}

async fn role(test: &Setup, user: UserId, group: GroupId) -> Option<Role> {
    match test.chat.show_group(user, group).await {
        Ok(group) => Some(group.role),
        Err(ChatError::GroupNotFound(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

async fn five_groups_find_their_successors(test: Setup) {
    let (ann, bob, carol, dave) =
        (factories::user(), factories::user(), factories::user(), factories::user());
    let group = || factories::group(&test.chat);
    // Dave served longer, but Bob left and came back: Carol is the longest-serving admin.
    let to_admin = group().owner(ann).member(dave).with(bob, Role::Admin).with(carol, Role::Admin);
    let to_admin = to_admin.create().await.0.id;
    test.chat.remove_member(ann, to_admin, bob).await.unwrap();
    test.chat.add_member(ann, to_admin, bob).await.unwrap();
    test.chat.change_role(ann, to_admin, bob, Role::Admin).await.unwrap();
    let to_member = group().owner(ann).member(carol).member(bob).create().await.0.id;
    let ended = group().owner(ann).create().await.0.id;
    let shared = group().owner(ann).with(bob, Role::Owner).member(carol).create().await.0.id;
    let joined = group().owner(bob).member(ann).create().await.0.id;
    let before = test.chat.group_version(bob, shared).await.unwrap();
    test.broker.take_controls();

    erase(&test, ann).await;

    assert_eq!(role(&test, carol, to_admin).await, Some(Role::Owner));
    assert_eq!(role(&test, bob, to_admin).await, Some(Role::Admin));
    assert_eq!(role(&test, carol, to_member).await, Some(Role::Owner));
    assert_eq!(role(&test, bob, to_member).await, Some(Role::Member));
    assert_eq!(role(&test, carol, shared).await, Some(Role::Member));
    assert_eq!(role(&test, bob, joined).await, Some(Role::Owner));
    for group in [to_admin, to_member, ended, shared, joined] {
        assert_eq!(role(&test, ann, group).await, None);
    }
    assert!(test.chat.group_version(bob, shared).await.unwrap().revision > before.revision);
    assert_eq!(test.chat.show_group(bob, to_admin).await.unwrap().member_count, 3);
    assert!(test.chat.heads(&[ended]).await.unwrap().is_empty());

    let member = |group_id, user_id, change, role| Control::Member { group_id, user_id, change, role };
    let told = test.broker.take_controls();
    for expected in [
        member(to_admin, ann, MemberChange::Left, None),
        member(to_admin, carol, MemberChange::Role, Some(Role::Owner)),
        member(to_member, ann, MemberChange::Left, None),
        member(to_member, carol, MemberChange::Role, Some(Role::Owner)),
        Control::GroupDeleted { group_id: ended },
        member(shared, ann, MemberChange::Left, None),
        member(joined, ann, MemberChange::Left, None),
    ] {
        assert_eq!(told.iter().filter(|control| **control == expected).count(), 1, "{expected:?}: {told:?}");
    }
    assert_eq!(told.len(), 7);
}

/// As both databases write an id in a dump.
fn forms(user: UserId) -> [String; 2] {
    [user.to_string(), user.0.simple().to_string().to_uppercase()]
}

async fn nothing_names_an_erased_user(test: Setup) {
    let (ann, bob) = (factories::user(), factories::user());
    let (owned, _) = factories::group(&test.chat).owner(ann).member(bob).create().await;
    let (joined, _) = factories::group(&test.chat).owner(bob).member(ann).create().await;
    let (left, _) = factories::group(&test.chat).owner(bob).member(ann).create().await;
    let (gone, _) = factories::group(&test.chat).owner(ann).create().await;
    for group in [&owned, &joined, &left, &gone] {
        send(&test, ann, group.id, SECRET).await;
    }
    send(&test, bob, joined.id, "what Bob wrote stays").await;
    let linked = send(&test, ann, joined.id, SECRET).await;
    test.resources.link(&[UserResource::group_message(ann, joined.id, linked)]).await.unwrap();
    test.chat.remove_member(ann, left.id, ann).await.unwrap();
    test.chat.delete_group(ann, gone.id).await.unwrap();
    let deletion = test.job(chat_engine::DELETE_GROUP, json!({ "group_id": gone.id }));
    test.worker(chat_engine::DELETE_GROUP).perform(&deletion).await.unwrap();
    let database = test.store.database().clone();
    let before = dump(&database).await;
    assert!(before.contains(SECRET) && forms(ann).iter().any(|form| before.contains(form)));

    erase(&test, ann).await;

    let after = dump(&database).await;
    assert!(!after.contains(SECRET), "{after}");
    assert!(forms(ann).iter().all(|form| !after.contains(form)), "{ann} in {after}");
    assert!(after.contains("what Bob wrote stays"));
    for of in [GROUP, GROUP_MESSAGE] {
        assert!(test.resources.resources(ann, of, None, 10).await.unwrap().is_empty());
    }
    let known = test.chat.participants(bob, joined.id, &[ann, bob]).await.unwrap();
    assert_eq!(known, [bob]);
    assert_eq!(
        test.data().erase(ann, test.clock.now()).await.unwrap(),
        Erasure::Done,
        "once more is harmless"
    );
}

async fn an_erased_message_keeps_its_place_and_its_id(test: Setup) {
    let (ann, bob) = (factories::user(), factories::user());
    let (group, _) = factories::group(&test.chat).owner(bob).member(ann).create().await;
    let id = GroupMessageId(SystemClock.new_id());
    send(&test, bob, group.id, "first").await;
    test.chat.send_message(Draft::new(ann, group.id, SECRET).with_id(id)).await.unwrap();
    send(&test, bob, group.id, "third").await;
    let before = test.chat.group_version(bob, group.id).await.unwrap();
    test.clock.advance(Duration::from_secs(60));
    test.broker.take_controls();

    erase(&test, ann).await;

    let log = test
        .chat
        .list_messages(bob, group.id, Range::After(Seq(0)), Limit::default())
        .await
        .unwrap()
        .messages;
    assert_eq!(log.iter().map(|message| message.seq.0).collect::<Vec<_>>(), [1, 2, 3]);
    let tombstone = test.chat.show_message(bob, group.id, id).await.unwrap();
    assert_eq!(tombstone, *log[1]);
    assert_eq!((tombstone.user_id, &tombstone.message, tombstone.erased), (None, &None, true));
    assert!(tombstone.updated_at > tombstone.created_at);
    let after = test.chat.group_version(bob, group.id).await.unwrap();
    // One for the leaving, one for the batch.
    assert_eq!((after.last_seq, after.revision.0), (before.last_seq, before.revision.0 + 2));
    let erased = Control::Erased { group_id: group.id, seq: Seq(2) };
    assert_eq!(test.broker.take_controls().iter().filter(|control| **control == erased).count(), 1);

    let again = |user| test.chat.send_message(Draft::new(user, group.id, SECRET).with_id(id));
    assert!(matches!(again(bob).await, Err(ChatError::IdTaken)));
    assert!(matches!(again(ann).await, Err(ChatError::GroupNotFound(_))));
}

async fn several_are_erased_from_one_group_at_once(test: Setup) {
    for _ in 0..5 {
        let [ann, bob, carol, dave] = std::array::from_fn(|_| factories::user());
        let group = factories::group(&test.chat).owner(ann).with(bob, Role::Admin).member(carol).member(dave);
        let group = group.create().await.0.id;
        for user in [ann, bob, carol] {
            send(&test, user, group, SECRET).await;
        }
        tokio::join!(erase(&test, ann), erase(&test, bob), erase(&test, carol));
        assert_eq!(role(&test, dave, group).await, Some(Role::Owner));
        let page =
            test.chat.list_messages(dave, group, Range::Newest, Limit::default()).await.unwrap().messages;
        assert!(page.len() == 3 && page.iter().all(|message| message.erased));

        let ended = factories::group(&test.chat).owner(ann).member(bob).member(carol).create().await.0.id;
        tokio::join!(erase(&test, ann), erase(&test, bob), erase(&test, carol));
        assert!(test.chat.heads(&[ended]).await.unwrap().is_empty());
    }
}

async fn an_erasure_waits_for_what_is_on_its_way(test: Setup) {
    let (ann, bob) = (factories::user(), factories::user());
    let (group, _) = factories::group(&test.chat).owner(bob).member(ann).create().await;
    test.broker.fail();
    let id = send(&test, ann, group.id, SECRET).await;

    assert_eq!(test.data().erase(ann, test.clock.now()).await.unwrap(), Erasure::NotYet);
    assert!(!test.data().settled(ann, test.clock.now()).await.unwrap());
    assert_eq!(role(&test, ann, group.id).await, None, "out at once all the same");
    let message = test.chat.show_message(bob, group.id, id).await.unwrap();
    assert!(!message.erased, "a hint with its text is yet to come");

    test.broker.heal();
    erase(&test, ann).await;
    assert_eq!(test.broker.next_message().await.message.as_deref(), Some(SECRET));
    assert!(test.chat.show_message(bob, group.id, id).await.unwrap().erased);
}

async fn an_erasure_that_was_ended_goes_on(mut test: Setup) {
    // Small pieces, so that there are many places to be ended at.
    test.restart(Settings { personal_page: 2, personal_window: 3, ..quick() });
    let (ann, bob) = (factories::user(), factories::user());
    let mut groups = Vec::new();
    for _ in 0..3 {
        let (group, _) = factories::group(&test.chat).owner(bob).member(ann).create().await;
        for turn in 0..12 {
            send(&test, if turn % 3 == 0 { bob } else { ann }, group.id, SECRET).await;
        }
        groups.push(group.id);
    }
    // Ended after ever more time, and at last not at all.
    for micros in (0..).step_by(400) {
        let attempt = tokio::time::timeout(Duration::from_micros(micros), erase(&test, ann));
        if attempt.await.is_ok() {
            break;
        }
    }
    for group in groups {
        let page =
            test.chat.list_messages(bob, group, Range::Newest, Limit::default()).await.unwrap().messages;
        assert_eq!(page.iter().filter(|message| message.erased).count(), 8);
        assert_eq!(page.iter().filter(|message| message.user_id == Some(bob)).count(), 4);
    }
    let after = dump(test.store.database()).await;
    assert!(forms(ann).iter().all(|form| !after.contains(form)), "{ann} in {after}");
}

async fn a_join_that_is_not_linked_yet_is_undone(test: Setup) {
    let ann = factories::user();
    let (group, owner) = factories::group(&test.chat).create().await;
    test.resources.fail_links();
    test.chat.add_member(owner, group.id, ann).await.unwrap();
    test.resources.heal();

    erase(&test, ann).await;
    assert_eq!(role(&test, ann, group.id).await, None);
    assert!(test.chat.participants(owner, group.id, &[ann]).await.unwrap().is_empty());
    // A worker that had the job already does it all the same.
    let job = test.job(LINK_RESOURCE, json!({ "user_id": ann, "group_id": group.id }));
    test.worker(LINK_RESOURCE).perform(&job).await.unwrap();
    assert!(test.resources.resources(ann, GROUP, None, 1).await.unwrap().is_empty());
}

async fn by_links_alone_what_is_linked_is_found(mut test: Setup) {
    test.restart(Settings { trust_links: true, personal_page: 3, ..quick() });
    let (ann, bob) = (factories::user(), factories::user());
    let mut ids = BTreeSet::new();
    let mut groups = Vec::new();
    for _ in 0..2 {
        let (group, _) = factories::group(&test.chat).owner(bob).member(ann).create().await;
        for _ in 0..5 {
            let id = send(&test, ann, group.id, SECRET).await;
            test.resources.link(&[UserResource::group_message(ann, group.id, id)]).await.unwrap();
            ids.insert(id.to_string());
        }
        groups.push(group.id);
    }
    let exported = export(&test, ann, "messages").await;
    assert_eq!(exported.len(), 10);
    assert_eq!(texts(&exported, "id").collect::<BTreeSet<_>>(), ids);

    erase(&test, ann).await;
    for group in groups {
        let page =
            test.chat.list_messages(bob, group, Range::Newest, Limit::default()).await.unwrap().messages;
        assert!(page.len() == 5 && page.iter().all(|message| message.erased));
    }
    assert!(test.resources.resources(ann, GROUP_MESSAGE, None, 1).await.unwrap().is_empty());
}

/// All pages of a section.
async fn export(test: &Setup, user: UserId, section: &str) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut after = None;
    loop {
        let page = test.data().export(user, section, after.as_ref()).await.unwrap();
        entries.extend(page.entries);
        after = page.next;
        if after.is_none() {
            return entries;
        }
    }
}

fn texts<'a>(entries: &'a [Value], field: &'a str) -> impl Iterator<Item = String> + 'a {
    entries.iter().map(move |entry| entry[field].as_str().unwrap_or_default().to_owned())
}

async fn an_export_has_all_of_it_once(mut test: Setup) {
    test.restart(Settings { personal_page: 4, personal_window: 7, ..quick() });
    let (ann, bob) = (factories::user(), factories::user());
    let mut sent = BTreeSet::new();
    let mut groups = Vec::new();
    for name in ["Beer", "Wine", "Water"] {
        let group =
            factories::group(&test.chat).owner(bob).name(name).with(ann, Role::Admin).create().await.0.id;
        for turn in 0..33 {
            let author = if turn % 2 == 0 { ann } else { bob };
            let id = send(&test, author, group, &format!("{name} {turn}")).await;
            if author == ann {
                sent.insert(id.to_string());
            }
        }
        groups.push(group);
    }
    test.chat.remove_member(ann, groups[2], ann).await.unwrap();

    assert_eq!(test.data().sections(), ["groups", "messages", "invitations"]);
    let messages = export(&test, ann, "messages").await;
    assert_eq!(messages.len(), sent.len());
    assert_eq!(texts(&messages, "id").collect::<BTreeSet<_>>(), sent);
    assert!(texts(&messages, "user_id").all(|author| author == ann.to_string()));
    for of_group in messages.chunk_by(|one, other| one["group_id"] == other["group_id"]) {
        assert_eq!(of_group.len(), 17);
        assert!(of_group.is_sorted_by_key(|message| message["seq"].as_i64()));
    }

    let mut exported = export(&test, ann, "groups").await;
    exported.sort_by_key(|group| group["left_at"].is_string());
    assert_eq!(exported.len(), 3);
    assert_eq!(
        texts(&exported[..2], "name").collect::<BTreeSet<_>>(),
        ["Beer", "Wine"].map(String::from).into()
    );
    assert_eq!(exported[0]["role"], "admin");
    assert_eq!((&exported[2]["id"], &exported[2]["name"]), (&json!(groups[2]), &Value::Null));
    assert!(export(&test, factories::user(), "messages").await.is_empty());
    assert!(export(&test, ann, "nothing of chat's").await.is_empty());
}

async fn an_invitation_outlives_the_name_of_its_maker(test: Setup) {
    let (ann, bob) = (factories::user(), factories::user());
    let (kept, _) = factories::group(&test.chat).owner(bob).with(ann, Role::Admin).create().await;
    let (left, _) = factories::group(&test.chat).owner(bob).with(ann, Role::Admin).create().await;
    let draft = InvitationDraft { life: None, uses: Some(3) };
    let made = test.chat.create_invitation(ann, kept.id, draft).await.unwrap();
    let of_left = test.chat.create_invitation(ann, left.id, draft).await.unwrap().invitation;
    test.chat.create_invitation(bob, kept.id, draft).await.unwrap();
    test.chat.remove_member(ann, left.id, ann).await.unwrap();

    let exported = export(&test, ann, "invitations").await;
    assert_eq!(
        texts(&exported, "id").collect::<BTreeSet<_>>(),
        [made.invitation.id, of_left.id].map(|id| id.to_string()).into()
    );
    assert!(exported.iter().all(|entry| entry["uses_left"] == 3 && entry.get("code").is_none()));

    erase(&test, ann).await;
    for group in [kept.id, left.id] {
        let listed = test.chat.list_invitations(bob, group, Limit::default(), None).await.unwrap();
        let makers: Vec<_> = listed.entries.iter().map(|one| one.created_by).collect();
        assert!(makers.contains(&None) && !makers.contains(&Some(ann)), "{makers:?}");
    }
    let after = dump(test.store.database()).await;
    assert!(forms(ann).iter().all(|form| !after.contains(form)), "{ann} in {after}");
    test.chat.accept_invitation(factories::user(), &made.code).await.unwrap();
}
