//! Who is told what, and when.

use std::time::Duration;

use chat_engine::Chat;
use engine_interfaces::{NotificationPreference, Notifications, Presence, Seq};
use notification_engine::DigestSettings;

use crate::{
    on_both,
    support::{HOUR, MINUTE, Scene, mail, settings},
};

on_both!(
    whoever_is_away_is_told_once_in_an_interval,
    a_message_has_to_wait_before_it_is_told_of,
    who_has_read_or_is_here_or_wants_none_is_told_nothing,
    two_groups_are_one_mail,
    who_reads_before_the_mail_is_written_gets_none,
    jobs_that_come_late_are_one_mail,
    what_a_dead_worker_had_in_hand_is_sent_with_the_same_id,
    a_link_turns_digests_off,
);

async fn whoever_is_away_is_told_once_in_an_interval(scene: Scene) {
    let (owner, bob) = (scene.person().await, scene.person().await);
    let (group, _) = scene.group(&owner, "Stanley Park").member(bob.id).create().await;
    for _ in 0..3 {
        scene.send(&owner, group.id).await;
    }
    scene.pass(HOUR - MINUTE).await;
    assert_eq!(scene.recipients().await, [""; 0], "the interval is not over");

    scene.pass(MINUTE).await;
    assert_eq!(scene.recipients().await, [bob.email.as_str()]);
    let mail = scene.smtp.mails().await.remove(0);
    assert_eq!(mail["from"], "chat@example.com");
    assert_eq!(mail["headers"]["from"], "Parlour <chat@example.com>");
    assert_eq!(mail["headers"]["subject"], "3 unread messages in Stanley Park");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains(&bob.name) && text.contains("Stanley Park: 3 unread messages"), "{text}");
    assert!(!mail.to_string().contains("a secret"), "what was written stays where it was");

    for _ in 0..2 {
        scene.send(&owner, group.id).await;
        scene.pass(10 * MINUTE).await;
    }
    assert_eq!(scene.recipients().await.len(), 1, "the next interval is not over");
    scene.pass(40 * MINUTE).await;
    assert_eq!(scene.recipients().await.len(), 2);
    assert_eq!(scene.smtp.mails().await[1]["headers"]["subject"], "5 unread messages in Stanley Park");
    let mails = scene.smtp.mails().await;
    assert_ne!(mails[0]["headers"]["message-id"], mails[1]["headers"]["message-id"]);
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await.len(), 2, "nothing is new");
}

async fn a_message_has_to_wait_before_it_is_told_of(scene: Scene) {
    let (owner, bob) = (scene.person().await, scene.person().await);
    let (group, _) = scene.group(&owner, "Beer").member(bob.id).create().await;
    scene.clock.advance(50 * MINUTE);
    scene.send(&owner, group.id).await;
    scene.pass(10 * MINUTE).await;
    assert_eq!(scene.recipients().await, [""; 0], "ten minutes are no fifteen");
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [bob.email]);
}

async fn who_has_read_or_is_here_or_wants_none_is_told_nothing(scene: Scene) {
    let owner = scene.person().await;
    let [away, reader, here, muted, unwilling, left] = [
        scene.person().await,
        scene.person().await,
        scene.person().await,
        scene.person().await,
        scene.person().await,
        scene.person().await,
    ];
    let members = [&away, &reader, &here, &muted, &unwilling, &left];
    let group = members.iter().fold(scene.group(&owner, "Beer"), |group, person| group.member(person.id));
    let (group, _) = group.create().await;
    scene.send(&owner, group.id).await;
    scene.chat.mark_read(reader.id, group.id, Seq(1)).await.unwrap();
    scene.chat.remove_member(left.id, group.id, left.id).await.unwrap();
    let mute = NotificationPreference { muted: true };
    scene.notifications.set_preference(muted.id, group.id, mute).await.unwrap();
    scene.notifications.set_wants_digests(unwilling.id, false).await.unwrap();
    scene.notifications.seen(&[away.id]).await.unwrap();
    scene.clock.advance(HOUR - MINUTE + Duration::from_secs(1));
    scene.notifications.seen(&[here.id, here.id]).await.unwrap();

    scene.pass(MINUTE - Duration::from_secs(1)).await;
    assert_eq!(scene.recipients().await, [away.email]);
}

async fn two_groups_are_one_mail(scene: Scene) {
    let (owner, bob) = (scene.person().await, scene.person().await);
    let mut groups = Vec::new();
    for name in ["Beer", "Stanley Park", "Muted"] {
        let (group, _) = scene.group(&owner, name).member(bob.id).create().await;
        scene.send(&owner, group.id).await;
        groups.push(group.id);
    }
    scene.send(&owner, groups[1]).await;
    let mute = NotificationPreference { muted: true };
    scene.notifications.set_preference(bob.id, groups[2], mute).await.unwrap();

    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [bob.email]);
    let mail = scene.smtp.mails().await.remove(0);
    assert_eq!(mail["headers"]["subject"], "Unread messages in 2 groups");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("  Stanley Park: 2 unread messages\n  Beer: 1 unread message\n"), "{text}");
    assert!(!text.contains("Muted"), "{text}");
}

async fn who_reads_before_the_mail_is_written_gets_none(scene: Scene) {
    let (owner, bob) = (scene.person().await, scene.person().await);
    let (group, _) = scene.group(&owner, "Beer").member(bob.id).create().await;
    scene.send(&owner, group.id).await;
    scene.smtp.behave("busy").await;
    scene.pass(HOUR).await;
    scene.smtp.behave("accept").await;
    scene.chat.mark_read(bob.id, group.id, Seq(1)).await.unwrap();
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [""; 0]);
}

async fn jobs_that_come_late_are_one_mail(scene: Scene) {
    let (owner, bob) = (scene.person().await, scene.person().await);
    let (group, _) = scene.group(&owner, "Beer").member(bob.id).create().await;
    for _ in 0..5 {
        scene.send(&owner, group.id).await;
        scene.clock.advance(HOUR);
    }
    scene.work().await;
    assert_eq!(scene.recipients().await, [bob.email]);
    scene.pass(50 * MINUTE).await;
    assert_eq!(scene.recipients().await.len(), 1);
}

async fn what_a_dead_worker_had_in_hand_is_sent_with_the_same_id(mut scene: Scene) {
    let (owner, bob) = (scene.person().await, scene.person().await);
    let (group, _) = scene.group(&owner, "Beer").member(bob.id).create().await;
    scene.send(&owner, group.id).await;
    scene.mail_by(mail(&scene.smtp.url()), DigestSettings { send_limit: MINUTE, ..settings() });
    scene.smtp.behave("stall").await;
    scene.clock.advance(HOUR);
    let dying = tokio::time::timeout(Duration::from_secs(5), scene.work()).await;
    assert!(dying.is_err(), "it died with the mail in its hands");

    scene.smtp.behave("accept").await;
    scene.work().await;
    assert_eq!(scene.recipients().await, [""; 0], "its lease holds");
    scene.pass(5 * MINUTE).await;
    assert_eq!(scene.recipients().await, [bob.email.as_str()]);
    let begin = "2026-01-01T01:00:00Z".parse::<engine_interfaces::Timestamp>().unwrap();
    let id = format!("<digest.{}.{}@chat.example.com>", begin.secs(), bob.id);
    assert_eq!(
        scene.smtp.mails().await[0]["headers"]["message-id"],
        id,
        "of the interval, not of the attempt"
    );
}

async fn a_link_turns_digests_off(scene: Scene) {
    let (owner, bob) = (scene.person().await, scene.person().await);
    let (group, _) = scene.group(&owner, "Beer").member(bob.id).create().await;
    scene.send(&owner, group.id).await;
    scene.pass(HOUR).await;
    let headers = scene.smtp.mails().await[0]["headers"].clone();
    assert_eq!(headers["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
    let link = headers["list-unsubscribe"].as_str().unwrap();
    let token =
        link.strip_prefix("<https://chat.example.com/unsubscribe/").unwrap().strip_suffix('>').unwrap();
    assert_eq!(token, scene.keys.token(bob.id));
    assert_eq!(scene.notifications.unsubscriber(token), Some(bob.id));

    scene.notifications.set_wants_digests(bob.id, false).await.unwrap();
    scene.send(&owner, group.id).await;
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await.len(), 1);
}
