//! What was acknowledged survives `kill -9`.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use engine_interfaces::{Clock, SystemClock};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::sync::{Mutex, mpsc};
use uuid::Uuid;

use crate::support::{Parlour, Person};

const ROUNDS: usize = 20;
const SENDERS: usize = 8;
const GROUPS: usize = 3;

/// What the senders know: what was acknowledged, and what they do not know the fate of.
#[derive(Default)]
struct Record {
    acknowledged: HashMap<(Uuid, Uuid), i64>,
    unknown: Vec<(usize, Uuid, Uuid)>,
    markers: HashMap<(usize, Uuid), i64>,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled_over_twenty_kills() {
    let mut parlour = Parlour::start().await;
    let mut people = Vec::new();
    for _ in 0..SENDERS {
        people.push(Person::new(&parlour).await);
    }
    let others: Vec<&Person> = people.iter().skip(1).collect();
    let mut groups = Vec::new();
    for _ in 0..GROUPS {
        groups.push(people[0].group_with(&others).await);
    }
    let record = Arc::new(Mutex::new(Record::default()));

    for round in 0..ROUNDS {
        // The plug is pulled once enough was acknowledged, in the middle of everybody's sending.
        let (acknowledged, mut count) = mpsc::channel(10_000);
        let over = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = people
            .iter()
            .cloned()
            .enumerate()
            .map(|sender| {
                tokio::spawn(send_until_dead(
                    sender,
                    groups.clone(),
                    Arc::clone(&record),
                    acknowledged.clone(),
                    Arc::clone(&over),
                ))
            })
            .collect();
        drop(acknowledged);
        for _ in 0..40 + round * 7 {
            tokio::time::timeout(Duration::from_secs(30), count.recv()).await.unwrap().unwrap();
        }
        parlour = parlour.kill_and_restart().await;
        // One that had no send in hand at that moment did not notice.
        over.store(true, Ordering::Relaxed);
        for sender in senders {
            sender.await.unwrap();
        }

        let mut record = record.lock().await;
        for (sender, group, id) in std::mem::take(&mut record.unknown) {
            let sent = people[sender].send(group, id, &id.to_string()).await.unwrap();
            record.acknowledged.insert((group, id), sent.seq);
        }
        for group in &groups {
            check(&people, *group, &record).await;
        }
    }
    assert!(record.lock().await.acknowledged.len() > ROUNDS * 40);
}

async fn send_until_dead(
    (number, person): (usize, Person),
    groups: Vec<Uuid>,
    record: Arc<Mutex<Record>>,
    acknowledged: mpsc::Sender<()>,
    over: Arc<AtomicBool>,
) {
    for turn in 0_usize.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let group = groups[(number + turn) % groups.len()];
        let id = SystemClock.new_id();
        match person.send(group, id, &id.to_string()).await {
            Ok(sent) => {
                assert!(!sent.replayed);
                record.lock().await.acknowledged.insert((group, id), sent.seq);
                // The other end is gone once the plug is pulled.
                let _ = acknowledged.try_send(());
                if turn % 5 == 0 && mark_read(&person, group, sent.seq).await {
                    record.lock().await.markers.insert((number, group), sent.seq);
                }
            }
            Err(_) => {
                record.lock().await.unknown.push((number, group, id));
                return;
            }
        }
    }
}

async fn mark_read(person: &Person, group: Uuid, seq: i64) -> bool {
    let marking =
        person.request(Method::PUT, &format!("/groups/{group}/read")).json(&json!({"read": {"seq": seq}}));
    marking.send().await.is_ok_and(|answer| answer.status() == StatusCode::NO_CONTENT)
}

async fn check(people: &[Person], group: Uuid, record: &Record) {
    let log = people[0].log(group).await;
    let seqs: Vec<i64> = log.iter().map(|(seq, ..)| *seq).collect();
    assert_eq!(seqs, (1..=log.len() as i64).collect::<Vec<_>>(), "positions have no gap");
    let ids: HashSet<Uuid> = log.iter().map(|(_, id, _)| *id).collect();
    assert_eq!(ids.len(), log.len(), "no message is there twice");
    let stored: HashMap<Uuid, i64> = log.iter().map(|(seq, id, _)| (*id, *seq)).collect();
    let here: HashMap<Uuid, i64> = record
        .acknowledged
        .iter()
        .filter(|((of, _), _)| *of == group)
        .map(|((_, id), seq)| (*id, *seq))
        .collect();
    assert_eq!(stored, here, "what is stored is what was acknowledged, where it was acknowledged");
    for ((number, of), seq) in &record.markers {
        if *of == group {
            let shown: Value = people[*number].get(&format!("/groups/{group}?limit=1")).await;
            assert!(shown["read_seq"].as_i64().unwrap() >= *seq, "a marker that was answered is there");
        }
    }
}
