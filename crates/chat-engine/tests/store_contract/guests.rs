//! What guests may not do.

use chat_engine::{Chat, ChatError, InvitationDraft, Limit, Right, Role, UserId, factories};

use crate::{Setup, on_both};

on_both!(guests_add_guests_alone, guests_invite_nobody_and_make_no_web_hooks, a_guest_may_do_what_members_do,);

fn guest(test: &Setup) -> UserId {
    let guest = factories::user();
    test.guests.insert(guest);
    guest
}

fn is_refused<T>(answer: Result<T, ChatError>) -> bool {
    matches!(answer, Err(ChatError::NotForGuests))
}

async fn guests_add_guests_alone(test: Setup) {
    let (alice, bob, carol) = (guest(&test), guest(&test), factories::user());
    let (group, _) = factories::group(&test.chat).owner(alice).create().await;
    test.chat.authorize(alice, group.id, Right::AddMember).await.unwrap();
    test.chat.add_member(alice, group.id, bob).await.unwrap();
    assert!(is_refused(test.chat.add_member(alice, group.id, carol).await));
    assert!(is_refused(test.chat.authorize(alice, group.id, Right::AddByAddress).await));
    assert_eq!(test.chat.show_group(alice, group.id).await.unwrap().member_count, 2);
    // Who is no admin is told so first.
    assert!(matches!(test.chat.add_member(bob, group.id, carol).await, Err(ChatError::Forbidden)));

    let (theirs, _) = factories::group(&test.chat).owner(carol).create().await;
    test.chat.authorize(carol, theirs.id, Right::AddByAddress).await.unwrap();
    test.chat.add_member(carol, theirs.id, bob).await.unwrap();
}

async fn guests_invite_nobody_and_make_no_web_hooks(test: Setup) {
    let (alice, carol) = (guest(&test), factories::user());
    let (own, _) = factories::group(&test.chat).owner(alice).create().await;
    let (joined, _) = factories::group(&test.chat).owner(carol).with(alice, Role::Admin).create().await;
    let draft = InvitationDraft::default();
    let made = test.chat.create_invitation(carol, joined.id, draft).await.unwrap().invitation;
    for group in [own.id, joined.id] {
        assert!(is_refused(test.chat.create_invitation(alice, group, draft).await));
        assert!(is_refused(test.chat.list_invitations(alice, group, Limit::default(), None).await));
        assert!(is_refused(test.chat.revoke_invitation(alice, group, made.id).await));
        assert!(is_refused(test.chat.authorize(alice, group, Right::ManageWebhooks).await));
    }
    let (foreign, _) = factories::group(&test.chat).owner(carol).create().await;
    let answer = test.chat.create_invitation(alice, foreign.id, draft).await;
    assert!(matches!(answer, Err(ChatError::GroupNotFound(_))), "nor learn of a group by it");
}

async fn a_guest_may_do_what_members_do(test: Setup) {
    let (alice, carol) = (guest(&test), factories::user());
    let (group, _) = factories::group(&test.chat).owner(carol).create().await;
    let draft = InvitationDraft::default();
    let code = test.chat.create_invitation(carol, group.id, draft).await.unwrap().code;
    assert!(!test.chat.accept_invitation(alice, &code).await.unwrap().already);
    test.chat.send_message(factories::draft(alice, group.id)).await.unwrap();
    test.chat.remove_member(alice, group.id, alice).await.unwrap();
}
