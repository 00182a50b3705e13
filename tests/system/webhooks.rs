//! A group's messages reach the web hook that its owner made, through the whole of `parlour serve`.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
    time::timeout,
};
use uuid::Uuid;

use crate::support::{Parlour, Person};

const PATIENCE: Duration = Duration::from_secs(30);

/// A receiver at a port of this machine: answers each request with the next status, the last one for ever, and
/// hands on its `webhook-id` and body.
async fn receiver(mut statuses: Vec<u16>) -> (String, mpsc::UnboundedReceiver<(Uuid, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (told, heard) = mpsc::unbounded_channel();
    statuses.reverse();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let (head, body) = loop {
                stream.read_buf(&mut bytes).await.unwrap();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                // A body that has come in whole is JSON, and no part of one is.
                if let Some((head, body)) = text.split_once("\r\n\r\n")
                    && let Ok(body) = serde_json::from_str::<Value>(body)
                {
                    break (head.to_owned(), body);
                }
            };
            let id = head.lines().find_map(|line| line.strip_prefix("webhook-id: ")).unwrap();
            told.send((id.parse().unwrap(), body)).unwrap();
            let status = if statuses.len() > 1 { statuses.pop() } else { statuses.last().copied() };
            let answer = format!("HTTP/1.1 {} x\r\nconnection: close\r\n\r\n", status.unwrap_or(200));
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, heard)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_posted_to_its_groups_web_hook_until_it_is_taken() {
    let parlour = Parlour::start_with(&[("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")]).await;
    let owner = Person::new(&parlour).await;
    let group = owner.group_with(&[]).await;
    let (url, mut heard) = receiver(vec![503, 200]).await;
    let webhooks = format!("/groups/{group}/webhooks");
    let made = owner.post(&webhooks, json!({"webhook": {"url": url}})).await;
    let webhook = made["id"].as_str().unwrap();
    let message =
        owner.post(&format!("/groups/{group}/messages"), json!({"message": {"message": "hello"}})).await;

    let mut next = async || timeout(PATIENCE, heard.recv()).await.expect("it is posted in time").unwrap();
    let (refused, taken) = (next().await, next().await);
    assert_eq!(refused, taken, "the same id and the same message");
    let (id, body) = taken;
    assert_eq!((&body["type"], &body["data"]), (&json!("message.created"), &message));

    let path = format!("{webhooks}/{webhook}/deliveries");
    let delivered = async {
        loop {
            let delivery = owner.get(&path).await["deliveries"][0].clone();
            if delivery["state"] == "delivered" {
                return delivery;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let delivery = timeout(PATIENCE, delivered).await.expect("it is delivered");
    assert_eq!((&delivery["id"], &delivery["attempts"]), (&json!(id), &json!(2)));
    assert_eq!(delivery["last_status"], 200);

    let again = owner.request(Method::POST, &format!("{path}/{id}/redeliver")).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::ACCEPTED);
    assert_eq!(next().await, (id, body), "and again when its owner asks");
}
