//! What mail servers do.

use std::time::{Duration, Instant};

use notification_engine::DigestSettings;

use crate::{
    on_both,
    support::{HOUR, MINUTE, Person, Scene, mail, settings},
};

on_both!(
    a_refused_recipient_is_left_in_peace_and_delays_nobody,
    a_full_mailbox_is_tried_again,
    a_server_that_stalls_drops_or_is_busy_gets_it_later,
    a_server_that_is_away_gets_it_later,
    a_server_that_stays_away_is_given_up,
    who_signs_in_is_let_in,
    without_privacy_nothing_is_said,
);

/// Somebody who sends to `members`.
async fn group_of(scene: &Scene, members: &[&Person]) -> (Person, engine_interfaces::GroupId) {
    let owner = scene.person().await;
    let group = members.iter().fold(scene.group(&owner, "Beer"), |group, person| group.member(person.id));
    let (group, _) = group.create().await;
    scene.send(&owner, group.id).await;
    (owner, group.id)
}

async fn a_refused_recipient_is_left_in_peace_and_delays_nobody(scene: Scene) {
    let (refused, bob) = (scene.person_at("refused").await, scene.person().await);
    let (owner, group) = group_of(&scene, &[&refused, &bob]).await;
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [bob.email.as_str()]);
    scene.send(&owner, group).await;
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [bob.email.as_str(), bob.email.as_str()]);
}

async fn a_full_mailbox_is_tried_again(scene: Scene) {
    let (full, bob) = (scene.person_at("later").await, scene.person().await);
    group_of(&scene, &[&full, &bob]).await;
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [bob.email.as_str()], "one full mailbox stops nobody else's mail");
    for _ in 0..12 {
        scene.pass(HOUR).await;
    }
    assert_eq!(scene.recipients().await.len(), 1, "and is given up in the end");
}

async fn a_server_that_stalls_drops_or_is_busy_gets_it_later(mut scene: Scene) {
    let limit = Duration::from_secs(2);
    scene.mail_by(mail(&scene.smtp.url()), DigestSettings { send_limit: limit, ..settings() });
    for (mails, how) in ["stall", "drop", "busy"].into_iter().enumerate() {
        // More than one worker's batch.
        let mut people = Vec::new();
        for _ in 0..40 {
            people.push(scene.person().await);
        }
        scene.smtp.behave(how).await;
        group_of(&scene, &people.iter().collect::<Vec<_>>()).await;
        let begun = Instant::now();
        scene.pass(HOUR).await;
        assert_eq!(scene.recipients().await.len(), mails * 40, "{how}");
        assert!(begun.elapsed() < 4 * limit, "a server that is down is not asked by all: {how}");

        scene.smtp.behave("accept").await;
        scene.pass(MINUTE).await;
        assert_eq!(scene.recipients().await.len(), (mails + 1) * 40, "{how}");
    }
}

async fn a_server_that_is_away_gets_it_later(mut scene: Scene) {
    let bob = scene.person().await;
    let away = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    scene.mail_by(mail(&format!("smtp://{away}?tls=none")), settings());
    group_of(&scene, &[&bob]).await;
    scene.pass(HOUR).await;
    scene.pass(MINUTE).await;
    scene.mail_by(mail(&scene.smtp.url()), settings());
    assert_eq!(scene.recipients().await, [""; 0]);
    scene.pass(Duration::from_secs(30)).await;
    assert_eq!(scene.recipients().await, [""; 0], "it waits longer each time");
    scene.pass(2 * MINUTE).await;
    assert_eq!(scene.recipients().await, [bob.email]);
}

async fn a_server_that_stays_away_is_given_up(scene: Scene) {
    let bob = scene.person().await;
    scene.smtp.behave("busy").await;
    let (owner, group) = group_of(&scene, &[&bob]).await;
    for _ in 0..12 {
        scene.pass(HOUR).await;
    }
    scene.smtp.behave("accept").await;
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [""; 0]);
    scene.send(&owner, group).await;
    scene.pass(2 * HOUR).await;
    assert_eq!(scene.recipients().await, [bob.email], "the next one is another");
}

async fn who_signs_in_is_let_in(mut scene: Scene) {
    let bob = scene.person().await;
    let server =
        |password: &str| format!("smtp://parlour:{password}@127.0.0.1:{}?tls=none", scene.smtp.port());
    let (wrong, right) = (mail(&server("wrong")), mail(&server("secret")));
    scene.mail_by(wrong, settings());
    group_of(&scene, &[&bob]).await;
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [""; 0], "that is our fault, and not the recipient's");
    scene.mail_by(right, settings());
    scene.pass(MINUTE).await;
    assert_eq!(scene.recipients().await, [bob.email]);
}

async fn without_privacy_nothing_is_said(mut scene: Scene) {
    let bob = scene.person().await;
    let server = format!("smtp://parlour:secret@127.0.0.1:{}", scene.smtp.port());
    scene.mail_by(mail(&server), settings());
    group_of(&scene, &[&bob]).await;
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [""; 0], "the server has no STARTTLS");
}
