//! What may not be reached is not reached, whatever its name says and whenever.

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use engine_interfaces::{DeliveryFault, DeliveryState, Rule, WebhookDraft, Webhooks, WebhooksError};
use notification_engine::{Resolver, WebhookSettings};

use crate::{
    bench::{Bench, settings},
    receiver::{Mode, Receiver},
};

/// Answers each question about a name with the next of its answers, the last one for ever.
#[derive(Default)]
struct Script {
    answers: Mutex<HashMap<String, Vec<Vec<IpAddr>>>>,
}

impl Script {
    fn of(name: &str, answers: &[&[&str]]) -> Arc<Self> {
        let addresses = |texts: &&[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
        let mut answers: Vec<Vec<IpAddr>> = answers.iter().map(addresses).collect();
        answers.reverse();
        Arc::new(Self { answers: Mutex::new(HashMap::from([(name.to_owned(), answers)])) })
    }
}

#[async_trait]
impl Resolver for Script {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        let mut answers = self.answers.lock().unwrap();
        let answers = answers.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(if answers.len() > 1 { answers.pop() } else { answers.last().cloned() }.unwrap_or_default())
    }
}

/// Nothing of this machine may be reached but 127.0.0.2, which stands for the public internet.
fn strict() -> WebhookSettings {
    WebhookSettings { allowed_networks: vec!["127.0.0.2/32".parse().unwrap()], ..settings() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_to_what_may_not_be_reached_is_not_asked() {
    let receiver = Receiver::start(Mode::Status(200)).await;
    for private in ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"]
    {
        let script = Script::of("receiver.example", &[&[private]]);
        let bench = Bench::resolving(strict(), script).await;
        let hooked = bench.webhook(&format!("http://receiver.example:{}/", receiver.port())).await;
        hooked.send("hello").await;
        assert_eq!(hooked.until_failed().await.last_error, Some(DeliveryFault::Address), "{private}");
    }
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_addresses_only_those_that_may_be_reached_are_asked() {
    let good = Receiver::at("127.0.0.2:0", Mode::Status(200)).await;
    let bad = Receiver::at(&format!("127.0.0.1:{}", good.port()), Mode::Status(200)).await;
    let script = Script::of("receiver.example", &[&["127.0.0.1", "::1", "127.0.0.2"]]);
    let bench = Bench::resolving(strict(), script).await;
    let hooked = bench.webhook(&format!("http://receiver.example:{}/", good.port())).await;
    hooked.send("hello").await;
    hooked.until(DeliveryState::Delivered).await;
    assert_eq!((good.connections(), bad.connections()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_changes_its_address_gains_nothing() {
    let public = Receiver::at("127.0.0.2:0", Mode::HangUp).await;
    let private = Receiver::at(&format!("127.0.0.1:{}", public.port()), Mode::Status(200)).await;
    let script = Script::of("receiver.example", &[&["127.0.0.2"], &["127.0.0.1"]]);
    let bench = Bench::resolving(strict(), script).await;
    let hooked = bench.webhook(&format!("http://receiver.example:{}/", public.port())).await;
    hooked.send("hello").await;
    crate::bench::eventually("its new address is refused", async || {
        hooked.until_failed().await.last_error == Some(DeliveryFault::Address)
    })
    .await;
    assert_eq!((public.connections(), private.connections()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_knows_is_told_so() {
    let bench = Bench::resolving(strict(), Script::of("another.example", &[&["127.0.0.2"]])).await;
    let hooked = bench.webhook("http://receiver.example/").await;
    hooked.send("hello").await;
    assert_eq!(hooked.until_failed().await.last_error, Some(DeliveryFault::Name));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_no_longer_be_reached_is_refused_when_it_is_delivered() {
    let receiver = Receiver::start(Mode::Status(200)).await;
    let bench = Bench::start().await;
    let hooked = bench.webhook(&receiver.url()).await;
    let strict = bench.restarted(strict());
    let message = bench.send(hooked.group, hooked.owner, "hello").await;
    strict.lead(&[message]).await;
    assert_eq!(hooked.until_failed().await.last_error, Some(DeliveryFault::Address));
    assert_eq!(receiver.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_may_not_be_reached_makes_no_web_hook() {
    let bench = Bench::with(WebhookSettings::default()).await;
    let (group, owner) = bench.group().await;
    for url in ["http://127.0.0.1:8080/", "http://2130706433/", "http://[::1]/", "http://169.254.169.254/"] {
        let draft = WebhookDraft { id: None, url: url.to_owned() };
        let refused = bench.webhooks.create_webhook(owner, group, draft).await;
        let Err(WebhooksError::Invalid(violations)) = refused else { panic!("{url}") };
        assert_eq!((violations[0].field, violations[0].rule), ("url", Rule::Format));
    }
}
