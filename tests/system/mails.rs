//! Mail to those who are away, from the message to the mailbox.

use std::time::Duration;

use engine_interfaces::{Clock, SystemClock};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use test_support::SmtpServer;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use crate::support::{Listener, Parlour, Person};

const INTERVAL: Duration = Duration::from_secs(5);
const AFTER: Duration = Duration::from_secs(1);
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until what is sent in the next two seconds is of one interval.
async fn early_in_an_interval() {
    let into = || {
        let told = SystemClock.now().plus(AFTER).micros();
        Duration::from_micros(u64::try_from(told).unwrap() % u64::try_from(INTERVAL.as_micros()).unwrap())
    };
    while into() > INTERVAL - Duration::from_secs(2) {
        sleep(Duration::from_millis(50)).await;
    }
}

/// The first mail to somebody.
async fn mail_to(smtp: &SmtpServer, person: &Person) -> Value {
    let email = person.get("/users/me").await["email"].clone();
    let arrival = async {
        loop {
            let mut mails = smtp.mails().await.into_iter();
            if let Some(mail) = mails.find(|mail| mail["to"][0] == email) {
                return mail;
            }
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, arrival).await.expect("the mail comes")
}

async fn send(author: &Person, group: Uuid) {
    author.send(group, SystemClock.new_id(), "a secret").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_away_is_told_by_mail_how_much_waits() {
    let smtp = SmtpServer::start().await;
    let (url, interval, after) =
        (smtp.url(), format!("{}s", INTERVAL.as_secs()), format!("{}s", AFTER.as_secs()));
    let parlour = Parlour::start_with(&[
        ("MAIL_URL", &url),
        ("MAIL_FROM", "Parlour <chat@example.com>"),
        ("PUBLIC_URL", "https://chat.example.com"),
        ("DIGEST_INTERVAL", &interval),
        ("DIGEST_AFTER", &after),
    ])
    .await;
    let [owner, away, muted, online, reader, witness] = [
        Person::new(&parlour).await,
        Person::new(&parlour).await,
        Person::new(&parlour).await,
        Person::new(&parlour).await,
        Person::new(&parlour).await,
        Person::new(&parlour).await,
    ];
    let first = owner.group_with(&[&away, &muted, &online, &reader]).await;
    let second = owner.group_with(&[&away]).await;
    let third = owner.group_with(&[&witness]).await;
    let mute = json!({"notifications": {"muted": true}});
    let muting = muted.request(Method::PUT, &format!("/groups/{first}/notifications")).json(&mute);
    assert_eq!(muting.send().await.unwrap().status(), StatusCode::OK);
    let mut listener = Listener::start(&parlour.realtime, &online);
    listener.next("connect").await;

    early_in_an_interval().await;
    send(&owner, first).await;
    send(&owner, second).await;
    send(&owner, second).await;
    let read =
        reader.request(Method::PUT, &format!("/groups/{first}/read")).json(&json!({"read": {"seq": 1}}));
    assert_eq!(read.send().await.unwrap().status(), StatusCode::NO_CONTENT);

    let mail = mail_to(&smtp, &away).await;
    assert_eq!(mail["headers"]["subject"], "Unread messages in 2 groups");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("A group: 2 unread messages\n  A group: 1 unread message\n"), "{text}");
    assert!(!mail.to_string().contains("a secret"));

    let link = mail["headers"]["list-unsubscribe"].as_str().unwrap();
    let path = link.strip_prefix("<https://chat.example.com").unwrap().strip_suffix('>').unwrap();
    let click = Client::new().post(format!("{}{path}", parlour.api)).body("List-Unsubscribe=One-Click");
    assert_eq!(click.send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(away.get("/users/me/notifications").await["digests"], false);

    // Whoever would be told of these too is told before the witness, or together with them.
    send(&owner, first).await;
    send(&owner, third).await;
    mail_to(&smtp, &witness).await;
    let mail = mail_to(&smtp, &reader).await;
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("\n\n  A group: 1 unread message\n\n"), "what was read is told of: {text}");
    assert_eq!(smtp.mails().await.len(), 3, "{:?}", smtp.mails().await);
}
