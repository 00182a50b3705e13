//! Invitations.

use std::{collections::BTreeSet, time::Duration};

use chat_engine::{
    Accepted, Chat, ChatError, Control, GroupId, Invitation, InvitationDraft, Limit, MemberChange, Role,
    Secret, Settings, UserId, factories,
};
use engine_interfaces::Clock;
use test_support::dump;

use crate::{Setup, on_both, quick};

on_both!(
    who_accepts_is_a_member_as_anybody_who_is_added,
    who_is_in_already_spends_nothing,
    at_the_same_time_no_more_join_than_may,
    one_user_who_accepts_twice_at_once_spends_one_use,
    what_lets_nobody_in_is_answered_alike,
    owners_and_admins_invite,
    open_invitations_are_listed_the_newest_first,
    a_group_has_so_many_at_once,
    a_full_group_and_a_user_in_many_spend_nothing,
    the_code_is_not_kept,
    they_end_with_their_group,
);

const HOUR: Duration = Duration::from_secs(3_600);

async fn invite(test: &Setup, user: UserId, group: GroupId, uses: u32) -> (Invitation, Secret) {
    let draft = InvitationDraft { life: Some(HOUR), uses: Some(uses) };
    let created = test.chat.create_invitation(user, group, draft).await.unwrap();
    (created.invitation, created.code)
}

async fn open(test: &Setup, user: UserId, group: GroupId) -> Vec<Invitation> {
    let page = test.chat.list_invitations(user, group, Limit::default(), None).await.unwrap();
    assert_eq!(page.next, None);
    page.entries
}

fn is_not_found(answer: &Result<Accepted, ChatError>) -> bool {
    matches!(answer, Err(ChatError::InvitationNotFound))
}

async fn who_accepts_is_a_member_as_anybody_who_is_added(test: Setup) {
    let (group, owner) = factories::group(&test.chat).name("Beer").create().await;
    test.chat.send_message(factories::draft(owner, group.id)).await.unwrap();
    let (invitation, code) = invite(&test, owner, group.id, 2).await;
    assert_eq!((invitation.group_id, invitation.created_by), (group.id, Some(owner)));
    assert_eq!((invitation.created_at, invitation.uses_left), (test.clock.now(), 2));
    assert_eq!(invitation.expires_at, test.clock.now().plus(HOUR));
    let before = test.chat.group_version(owner, group.id).await.unwrap();
    test.broker.take_controls();

    let bob = factories::user();
    let Accepted { group: seen, already } = test.chat.accept_invitation(bob, &code).await.unwrap();
    assert!(!already);
    assert_eq!((seen.id, &*seen.name, seen.role), (group.id, "Beer", Role::Member));
    assert_eq!((seen.member_count, seen.unread_count(), seen.last_seq.0), (2, 0, 1));

    let after = test.chat.group_version(owner, group.id).await.unwrap();
    assert_eq!(after.revision.0, before.revision.0 + 1, "copies of the group are old");
    let told = Control::Member {
        group_id: group.id,
        user_id: bob,
        change: MemberChange::Joined,
        role: Some(Role::Member),
    };
    assert_eq!(test.broker.take_controls(), [told]);
    let listed = test.chat.list_groups(bob, Limit::default(), None).await.unwrap();
    assert_eq!(listed.entries, [seen], "and is linked to it");
    assert_eq!(crate::announcing::open_jobs(&test.store).await, 0);
    assert_eq!(open(&test, owner, group.id).await[0].uses_left, 1);
}

async fn who_is_in_already_spends_nothing(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let (_, code) = invite(&test, owner, group.id, 1).await;
    assert!(test.chat.accept_invitation(owner, &code).await.unwrap().already);
    let bob = factories::user();
    assert!(!test.chat.accept_invitation(bob, &code).await.unwrap().already);
    test.broker.take_controls();
    let before = test.chat.show_group(bob, group.id).await.unwrap();
    // The answer may have been lost: it was the last use.
    let again = test.chat.accept_invitation(bob, &code).await.unwrap();
    assert_eq!((again.already, again.group), (true, before));
    assert!(test.broker.take_controls().is_empty());
    assert!(is_not_found(&test.chat.accept_invitation(factories::user(), &code).await));
    assert!(open(&test, owner, group.id).await.is_empty(), "and what is spent is not listed");

    test.chat.remove_member(owner, group.id, bob).await.unwrap();
    assert!(is_not_found(&test.chat.accept_invitation(bob, &code).await));
}

/// Lets each of `users` accept, all at once.
async fn at_once(test: &Setup, users: &[UserId], code: &Secret) -> Vec<Result<Accepted, ChatError>> {
    let accepting: Vec<_> = users
        .iter()
        .map(|user| {
            let (chat, user, code) = (test.chat.clone(), *user, code.clone());
            tokio::spawn(async move { chat.accept_invitation(user, &code).await })
        })
        .collect();
    let mut answers = Vec::new();
    for answer in accepting {
        answers.push(answer.await.unwrap());
    }
    answers
}

async fn at_the_same_time_no_more_join_than_may(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    for round in 1..=3 {
        let (_, code) = invite(&test, owner, group.id, 5).await;
        let users: Vec<_> = (0..20).map(|_| factories::user()).collect();
        let answers = at_once(&test, &users, &code).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 5);
        assert_eq!(answers.iter().filter(|answer| is_not_found(answer)).count(), 15);
        let seen = test.chat.show_group(owner, group.id).await.unwrap();
        assert_eq!(seen.member_count, 1 + 5 * round);
        let listed = test.chat.list_members(owner, group.id, Limit::default(), None).await.unwrap();
        assert_eq!(i64::try_from(listed.entries.len()).unwrap(), seen.member_count);
    }
}

async fn one_user_who_accepts_twice_at_once_spends_one_use(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let (_, code) = invite(&test, owner, group.id, 3).await;
    let answers = at_once(&test, &[factories::user(); 8], &code).await;
    let joined = answers.iter().filter(|answer| !answer.as_ref().unwrap().already);
    assert_eq!(joined.count(), 1);
    assert_eq!(open(&test, owner, group.id).await[0].uses_left, 2);
}

async fn what_lets_nobody_in_is_answered_alike(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let (other, _) = factories::group(&test.chat).owner(owner).create().await;
    let (_, spent) = invite(&test, owner, group.id, 1).await;
    test.chat.accept_invitation(factories::user(), &spent).await.unwrap();
    let (revoked, revoked_code) = invite(&test, owner, group.id, 5).await;
    test.chat.revoke_invitation(owner, group.id, revoked.id).await.unwrap();
    let (_, expired) = invite(&test, owner, group.id, 5).await;
    // The code of one group, of another's id: what is unknown in a group that there is.
    let (_, elsewhere) = invite(&test, owner, other.id, 5).await;
    let mixed = format!("{}{}", &expired.expose()[..20], &elsewhere.expose()[20..]);
    test.clock.advance(HOUR);

    let stranger = factories::user();
    for code in [
        spent,
        revoked_code,
        expired.clone(),
        Secret::new(mixed),
        Secret::new("A".repeat(43)),
        Secret::new("no code"),
        Secret::new(""),
    ] {
        assert!(is_not_found(&test.chat.accept_invitation(stranger, &code).await));
    }
    assert!(is_not_found(&test.chat.accept_invitation(owner, &expired).await), "to a member too");
    assert_eq!(test.chat.show_group(owner, group.id).await.unwrap().member_count, 2);
}

async fn owners_and_admins_invite(test: Setup) {
    let (bob, carol) = (factories::user(), factories::user());
    let group = factories::group(&test.chat).member(bob).with(carol, Role::Admin);
    let (group, owner) = group.create().await;
    let (chat, draft, limit) = (&test.chat, InvitationDraft::default(), Limit::default());
    let (invitation, _) = invite(&test, carol, group.id, 1).await;
    for refused in [
        chat.create_invitation(bob, group.id, draft).await.map(drop),
        chat.list_invitations(bob, group.id, limit, None).await.map(drop),
        chat.revoke_invitation(bob, group.id, invitation.id).await,
    ] {
        assert!(matches!(refused, Err(ChatError::Forbidden)), "{refused:?}");
    }
    let stranger = factories::user();
    for refused in [
        chat.create_invitation(stranger, group.id, draft).await.map(drop),
        chat.list_invitations(stranger, group.id, limit, None).await.map(drop),
        chat.revoke_invitation(stranger, group.id, invitation.id).await,
    ] {
        assert!(matches!(refused, Err(ChatError::GroupNotFound(id)) if id == group.id), "{refused:?}");
    }
    chat.revoke_invitation(owner, group.id, invitation.id).await.unwrap();
    let again = chat.revoke_invitation(owner, group.id, invitation.id).await;
    assert!(matches!(again, Err(ChatError::InvitationNotFound)));
}

async fn open_invitations_are_listed_the_newest_first(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let (other, _) = factories::group(&test.chat).owner(owner).create().await;
    invite(&test, owner, other.id, 1).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        test.clock.advance(Duration::from_secs(60));
        made.insert(0, invite(&test, owner, group.id, 1).await.0);
    }
    let mut listed = Vec::new();
    let mut cursor = None;
    loop {
        let two = Limit::page(2).unwrap();
        let page = test.chat.list_invitations(owner, group.id, two, cursor.as_ref()).await.unwrap();
        listed.extend(page.entries);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed, made);
    // The first one ends an hour after it was made.
    test.clock.advance(HOUR - Duration::from_secs(4 * 60));
    assert_eq!(open(&test, owner, group.id).await, made[..4]);
}

async fn a_group_has_so_many_at_once(mut test: Setup) {
    test.restart(Settings { max_invitations: 2, ..quick() });
    let (group, owner) = factories::group(&test.chat).create().await;
    let draft = InvitationDraft { life: Some(HOUR), uses: Some(1) };
    let (first, code) = invite(&test, owner, group.id, 1).await;
    let (second, _) = invite(&test, owner, group.id, 1).await;
    let refused = test.chat.create_invitation(owner, group.id, draft).await;
    assert!(matches!(refused, Err(ChatError::TooManyInvitations)));

    // What is spent makes room, and so does what was revoked or has expired.
    test.chat.accept_invitation(factories::user(), &code).await.unwrap();
    invite(&test, owner, group.id, 1).await;
    assert!(!open(&test, owner, group.id).await.contains(&first));
    test.chat.revoke_invitation(owner, group.id, second.id).await.unwrap();
    invite(&test, owner, group.id, 1).await;
    let refused = test.chat.create_invitation(owner, group.id, draft).await;
    assert!(matches!(refused, Err(ChatError::TooManyInvitations)));
    test.clock.advance(HOUR);
    invite(&test, owner, group.id, 1).await;
    let rows = dump(test.store.database()).await;
    assert_eq!(rows.lines().filter(|row| row.starts_with("invitations ")).count(), 1);
}

async fn a_full_group_and_a_user_in_many_spend_nothing(mut test: Setup) {
    test.restart(Settings { max_members: 2, max_groups_per_user: 1, ..quick() });
    let (group, owner) = factories::group(&test.chat).create().await;
    let (_, code) = invite(&test, owner, group.id, 1).await;
    let busy = factories::user();
    factories::group(&test.chat).owner(busy).create().await;
    let refused = test.chat.accept_invitation(busy, &code).await;
    assert!(matches!(refused, Err(ChatError::TooManyGroups)));

    let bob = factories::user();
    test.chat.add_member(owner, group.id, bob).await.unwrap();
    let refused = test.chat.accept_invitation(factories::user(), &code).await;
    assert!(matches!(refused, Err(ChatError::GroupFull)));
    assert!(test.chat.accept_invitation(bob, &code).await.unwrap().already, "whatever the limits say");
    test.chat.remove_member(owner, group.id, bob).await.unwrap();
    test.chat.accept_invitation(factories::user(), &code).await.unwrap();
}

async fn the_code_is_not_kept(test: Setup) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let (group, owner) = factories::group(&test.chat).create().await;
    let (_, code) = invite(&test, owner, group.id, 1).await;
    let bytes = URL_SAFE_NO_PAD.decode(code.expose()).unwrap();
    let random: String = bytes[16..].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(bytes[..16], *group.id.0.as_bytes());
    let kept = dump(test.store.database()).await.to_lowercase();
    let id: String = bytes[..16].iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(kept.contains(&id) || kept.contains(&group.id.to_string()), "what is kept is seen here");
    assert!(!kept.contains(&random) && !kept.contains(&code.expose().to_lowercase()));
}

async fn they_end_with_their_group(test: Setup) {
    let (group, owner) = factories::group(&test.chat).create().await;
    let codes: BTreeSet<_> =
        [invite(&test, owner, group.id, 5).await.1, invite(&test, owner, group.id, 5).await.1]
            .map(|code| code.expose().to_owned())
            .into();
    assert_eq!(codes.len(), 2);
    test.chat.delete_group(owner, group.id).await.unwrap();
    for code in codes {
        assert!(is_not_found(&test.chat.accept_invitation(owner, &Secret::new(code)).await));
    }
    let rows = dump(test.store.database()).await;
    assert!(!rows.lines().any(|row| row.starts_with("invitations ")), "{rows}");
}
