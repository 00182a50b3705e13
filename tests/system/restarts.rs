//! A conversation goes on over restarts: the official client comes back by itself and misses nothing.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use engine_interfaces::{Clock, SystemClock};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::support::{Listener, Parlour, Person};

const PATIENCE: Duration = Duration::from_secs(30);
const MESSAGES: usize = 300;

/// Sends until it is acknowledged, as a client does that must not lose anything.
async fn send_surely(person: &Person, group: Uuid, text: &str) {
    let id = SystemClock.new_id();
    let sending = async {
        while person.send(group, id, text).await.is_err() {
            // The server is away for a moment; there is no event to wait for but its return.
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, sending).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_mid_conversation_loses_and_doubles_nothing() {
    let mut parlour = Parlour::start().await;
    let (alice, bob) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let group = alice.group_with(&[&bob]).await;
    let mut listener = Listener::start(&parlour.realtime, &bob);
    listener.next("connect").await;
    // The client names what it has: without a first message it would begin where the log ends.
    send_surely(&alice, group, "the first").await;
    listener.hears([1]).await;

    let sent = Arc::new(AtomicUsize::new(1));
    let (told, mut count) = watch::channel(1);
    let sending = {
        let sent = Arc::clone(&sent);
        tokio::spawn(async move {
            for turn in 1..MESSAGES {
                send_surely(&alice, group, &turn.to_string()).await;
                told.send_replace(sent.fetch_add(1, Ordering::SeqCst) + 1);
            }
        })
    };
    for (after, kill) in [(60, true), (120, false), (180, true)] {
        timeout(PATIENCE, count.wait_for(|sent| *sent >= after)).await.unwrap().unwrap();
        parlour = if kill { parlour.kill_and_restart().await } else { parlour.stop_and_restart().await };
    }
    sending.await.unwrap();

    listener.hears(2..=MESSAGES as i64).await;
}
