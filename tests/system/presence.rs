//! Typing and presence between processes: one truth, which heals.

use serde_json::json;
use uuid::Uuid;

use crate::support::{Listener, Person, Process, Shape};

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_show_one_truth_though_redis_and_one_of_them_die() {
    let mut shape = Shape::start().await;
    let mut second = Process::start(shape.command("realtime")).await;
    let mut people = Vec::new();
    for _ in 0..3 {
        people.push(Person::at(shape.apis[0].api()).await);
    }
    let [alice, bob, carol] = &people[..] else { unreachable!("three came") };
    let group = alice.group_with(&[bob, carol]).await;
    let mut at_alices = Listener::start(shape.realtime.realtime(), alice);
    let mut at_bobs = Listener::start(second.realtime(), bob);
    for listener in [&mut at_alices, &mut at_bobs] {
        listener.next("connect").await;
        assert_eq!(listener.ask("open", json!({ "group_id": group })).await["ok"], true);
    }
    at_alices.is_shown(&[alice, bob], group).await;
    at_bobs.is_shown(&[alice, bob], group).await;
    assert_eq!(at_bobs.ask("typing", json!({ "group_id": group })).await["ok"], true);
    assert_eq!(at_alices.next("typing").await["user_id"], json!(bob.id));

    shape.redis.kill().await;
    let at_carols = Listener::start(second.realtime(), carol);
    at_bobs.is_shown(&[alice, bob, carol], group).await;
    shape.redis.restart().await;
    at_alices.is_shown(&[alice, bob, carol], group).await;

    second.kill().await;
    at_alices.is_shown(&[alice], group).await;
    drop(at_carols);
}

impl Listener {
    /// Waits until these are shown to be online, and nobody else.
    async fn is_shown(&mut self, people: &[&Person], group: Uuid) {
        let mut ids: Vec<Uuid> = people.iter().map(|person| person.id).collect();
        ids.sort();
        let expected =
            json!({ "event": "presence", "group_id": group, "online": ids.len(), "user_ids": ids });
        while self.next("presence").await != expected {}
    }
}
