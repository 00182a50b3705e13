//! The logic without sockets: a node, and clients whose transport a test holds in its hand.

#[cfg(target_os = "linux")]
mod aside;
mod catching_up;
mod live;
mod memberships;
mod presence;
mod slots;
mod watching;

use std::{sync::Arc, time::Duration};

use broker::LocalBroker;
use engine_interfaces::{Broker, Clock, Control, GroupId, SystemClock};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::{
    client::Client,
    doubles::{FakeAuthentication, FakeChat, FakePresence, FakeTransport, open_client, wait_until},
    node::Node,
    settings::Settings,
};

/// A node that listens to a broker, and the stand-ins beside it.
struct Bench {
    node: Arc<Node>,
    chat: Arc<FakeChat>,
    authentication: Arc<FakeAuthentication>,
    presence: Arc<FakePresence>,
    broker: LocalBroker,
    tasks: [JoinHandle<()>; 3],
}

impl Bench {
    async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    async fn with(settings: Settings) -> Self {
        let settings = Settings { close_grace: Duration::from_millis(20), ..settings };
        Self::over(Arc::default(), LocalBroker::default(), settings).await
    }

    /// A node with this chat and this broker.
    async fn over(chat: Arc<FakeChat>, broker: LocalBroker, settings: Settings) -> Self {
        let authentication = Arc::new(FakeAuthentication::default());
        let presence = Arc::new(FakePresence::default());
        let node = Node::new(
            Arc::clone(&authentication) as _,
            Arc::clone(&chat) as _,
            Arc::new(broker.clone()),
            Arc::clone(&presence) as _,
            Arc::new(SystemClock),
            settings,
        );
        let deliveries = node.bus.subscribe().await.unwrap();
        let tasks = [
            tokio::spawn(Arc::clone(&node).listen(deliveries)),
            tokio::spawn(Arc::clone(&node).watch_expiry()),
            tokio::spawn(Arc::clone(&node).watch()),
        ];
        Self { node, chat, authentication, presence, broker, tasks }
    }

    /// A group with these members.
    fn group(&self, users: &[&str]) -> GroupId {
        let group = GroupId(SystemClock.new_id());
        users.iter().for_each(|user| self.chat.add(group, user));
        group
    }

    /// Stores messages and announces them.
    async fn send(&self, group: GroupId, count: usize) {
        let stored = self.chat.store(group, count);
        self.broker.announce(&stored).await.unwrap();
    }

    fn control(&self, control: Control) {
        self.broker.control(control);
    }

    /// A client that is in.
    async fn connect(&self, token: &str) -> Peer {
        self.connect_with(token, json!({})).await
    }

    async fn connect_with(&self, token: &str, have: Value) -> Peer {
        let peer = self.dial(json!({ "token": token, "have": have }), 1_000_000);
        wait_until(|| !peer.transport.frames().is_empty()).await;
        assert!(peer.transport.frames()[0].as_str().starts_with('0'), "it is let in");
        peer
    }

    /// A client that asks to be let in, and takes so many frames.
    fn dial(&self, auth: Value, room: usize) -> Peer {
        let transport = FakeTransport::new(room);
        let client = open_client(&self.node, &transport);
        client.receive(&format!("0{auth}"));
        Peer { transport, client }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// A client, and what it got.
struct Peer {
    transport: Arc<FakeTransport>,
    client: Arc<Client>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.client.end();
    }
}

impl Peer {
    /// The payloads of an event so far.
    fn got(&self, event: &str) -> Vec<Value> {
        let frames = self.transport.frames();
        let packets = frames.iter().filter_map(|frame| frame.as_str().strip_prefix('2'));
        let events = packets.map(|text| serde_json::from_str::<(String, Value)>(text).unwrap());
        let wanted = events.filter(|(name, _)| name == event);
        wanted.map(|(_, payload)| payload).collect()
    }

    /// The positions of the messages so far.
    fn seqs(&self) -> Vec<i64> {
        let messages = self.got("message");
        messages.iter().map(|message| message["seq"].as_i64().unwrap()).collect()
    }

    async fn wait_for_seqs(&self, expected: impl IntoIterator<Item = i64>) {
        let expected: Vec<_> = expected.into_iter().collect();
        wait_until(|| self.seqs().len() >= expected.len()).await;
        assert_eq!(self.seqs(), expected);
    }

    async fn wait_for(&self, event: &str) -> Value {
        wait_until(|| !self.got(event).is_empty()).await;
        self.got(event).remove(0)
    }

    async fn wait_for_end(&self) {
        wait_until(|| self.transport.is_closed()).await;
    }

    /// Sends an event, and gives its answer.
    async fn ask(&self, number: u64, event: &str, payload: Value) -> Value {
        self.client.receive(&format!("2{number}{}", json!([event, payload])));
        let head = format!("3{number}[");
        let answer = || {
            let frames = self.transport.frames();
            let answer = frames.iter().find(|frame| frame.as_str().starts_with(&head));
            answer.map(|frame| frame.as_str()[head.len() - 1..].to_owned())
        };
        wait_until(|| answer().is_some()).await;
        serde_json::from_str::<Vec<Value>>(&answer().unwrap()).unwrap().remove(0)
    }
}
