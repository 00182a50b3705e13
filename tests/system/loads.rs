//! Many people at once, over HTTP.

use std::{collections::HashMap, sync::Arc};

use engine_interfaces::{Clock, SystemClock};
use reqwest::Method;
use serde_json::json;
use tokio::sync::Mutex;
use uuid::Uuid;

use crate::support::{Parlour, Person};

const WRITERS: usize = 20;
const GROUPS: usize = 3;
const MESSAGES: usize = 10_000;

#[tokio::test(flavor = "multi_thread")]
async fn twenty_writers_leave_every_message_once_and_in_order() {
    let parlour = Parlour::start().await;
    let (people, groups) = gather(&parlour, WRITERS, GROUPS).await;
    let sent: Arc<Mutex<HashMap<Uuid, (usize, i64)>>> = Arc::default();

    let writers = people.iter().cloned().map(|person| {
        let (groups, sent) = (groups.clone(), Arc::clone(&sent));
        tokio::spawn(async move {
            for turn in 0..MESSAGES / WRITERS {
                let (group, id) = (groups[turn % groups.len()], SystemClock.new_id());
                let text = format!("{turn}");
                let seq = if turn % 10 == 0 {
                    let (one, other) =
                        tokio::join!(person.send(group, id, &text), person.send(group, id, &text));
                    let (one, other) = (one.unwrap(), other.unwrap());
                    assert_eq!(one.seq, other.seq, "the same message twice at once is one message");
                    assert_ne!(one.replayed, other.replayed, "one of them made it");
                    one.seq
                } else {
                    person.send(group, id, &text).await.unwrap().seq
                };
                sent.lock().await.insert(id, (turn, seq));
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }

    let sent = sent.lock().await;
    let mut found = 0;
    for group in groups {
        let log = people[0].log(group).await;
        found += log.len();
        let mut last_of: HashMap<Uuid, usize> = HashMap::new();
        for (position, (seq, id, author)) in log.into_iter().enumerate() {
            assert_eq!(seq, position as i64 + 1);
            let (turn, told) = sent[&id];
            assert_eq!(told, seq, "it is where its sender was told");
            let before = last_of.insert(author, turn);
            assert!(before < Some(turn), "a writer's messages are in the order of sending");
        }
    }
    assert_eq!(found, MESSAGES);
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_who_hang_up_break_nothing() {
    let parlour = Parlour::start().await;
    let (people, groups) = gather(&parlour, 10, 1).await;
    let group = groups[0];

    let mut ids = Vec::new();
    let mut callers = Vec::new();
    for turn in 0..300 {
        let (person, id) = (people[turn % people.len()].clone(), SystemClock.new_id());
        ids.push((turn % people.len(), id));
        let calling = tokio::spawn(async move { person.send(group, id, "hello").await });
        // Some hang up before their request was read, some in the middle, some after.
        for _ in 0..turn % 7 {
            tokio::task::yield_now().await;
        }
        if turn % 3 == 0 {
            people[0].get(&format!("/groups/{group}?limit=1")).await;
        }
        calling.abort();
        callers.push(calling);
    }
    for caller in callers {
        let _ = caller.await;
    }

    for (number, id) in &ids {
        people[*number].send(group, *id, "hello").await.unwrap();
    }
    let log = people[0].log(group).await;
    assert_eq!(log.len(), ids.len(), "each is there once, whether its first call was heard or not");
    let alive = people[0].request(Method::POST, &format!("/groups/{group}/messages"));
    assert!(
        alive
            .json(&json!({"message": {"message": "still here"}}))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
}

async fn gather(parlour: &Parlour, people: usize, groups: usize) -> (Vec<Person>, Vec<Uuid>) {
    let mut all = Vec::new();
    for _ in 0..people {
        all.push(Person::new(parlour).await);
    }
    let others: Vec<&Person> = all.iter().skip(1).collect();
    let mut made = Vec::new();
    for _ in 0..groups {
        made.push(all[0].group_with(&others).await);
    }
    (all, made)
}
