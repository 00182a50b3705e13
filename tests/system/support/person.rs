//! Somebody with an account, over HTTP.

use engine_interfaces::{Clock, SystemClock};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::Parlour;

#[derive(Clone)]
pub(crate) struct Person {
    client: Client,
    api: String,
    pub(crate) id: Uuid,
    pub(crate) token: String,
}

/// What came of a send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) seq: i64,
    pub(crate) replayed: bool,
}

impl Person {
    /// Signs up under an address that nobody else has.
    pub(crate) async fn new(parlour: &Parlour) -> Self {
        Self::at(&parlour.api).await
    }

    /// The same, where an API is at `http://127.0.0.1:port`.
    pub(crate) async fn at(api: &str) -> Self {
        let client = Client::new();
        let email = format!("{}@example.com", SystemClock.new_id().simple());
        let user = json!({"user": {"name": "Somebody", "email": email, "password": "stanley-park-1"}});
        let answer = client.post(format!("{api}/api/v1/users")).json(&user).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let user: Value = answer.json().await.unwrap();
        Self {
            client,
            api: format!("{api}/api/v1"),
            id: user["id"].as_str().unwrap().parse().unwrap(),
            token: user["token"].as_str().unwrap().to_owned(),
        }
    }

    /// Somebody who has signed up already.
    pub(crate) fn known(api: &str, id: Uuid, token: &str) -> Self {
        Self { client: Client::new(), api: format!("{api}/api/v1"), id, token: token.to_owned() }
    }

    /// The same person and token, by way of another API process.
    pub(crate) fn through(&self, api: &str) -> Self {
        Self { api: format!("{api}/api/v1"), ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.api)).bearer_auth(&self.token)
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "GET {path}");
        answer.json().await.unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let answer = self.request(Method::POST, path).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "POST {path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    /// Makes a group that these people are in.
    pub(crate) async fn group_with(&self, others: &[&Self]) -> Uuid {
        let group = self.post("/groups", json!({"group": {"name": "A group", "description": ""}})).await;
        let group: Uuid = group["id"].as_str().unwrap().parse().unwrap();
        for other in others {
            self.post(&format!("/groups/{group}/members"), json!({"member": {"user_id": other.id}})).await;
        }
        group
    }

    /// Sends, and answers what was acknowledged; an error when there was no acknowledgement.
    pub(crate) async fn send(&self, group: Uuid, id: Uuid, text: &str) -> Result<Sent, String> {
        let body = json!({"message": {"id": id, "message": text}});
        let request = self.request(Method::POST, &format!("/groups/{group}/messages")).json(&body);
        let answer = request.send().await.map_err(|error| error.to_string())?;
        let replayed = match answer.status() {
            StatusCode::CREATED => false,
            StatusCode::OK => true,
            status => return Err(status.to_string()),
        };
        let message: Value = answer.json().await.map_err(|error| error.to_string())?;
        assert_eq!(message["id"], json!(id));
        Ok(Sent { seq: message["seq"].as_i64().unwrap(), replayed })
    }

    /// The whole log of a group, oldest first, as `(seq, id, author)`.
    pub(crate) async fn log(&self, group: Uuid) -> Vec<(i64, Uuid, Uuid)> {
        let mut log: Vec<(i64, Uuid, Uuid)> = Vec::new();
        loop {
            let after = log.last().map_or(0, |(seq, ..)| *seq);
            let page = self.get(&format!("/groups/{group}/messages?limit=100&after={after}")).await;
            for message in page["messages"].as_array().unwrap() {
                let id = |field: &str| message[field].as_str().unwrap().parse().unwrap();
                log.push((message["seq"].as_i64().unwrap(), id("id"), id("user_id")));
            }
            if !page["page"]["has_more"].as_bool().unwrap() {
                return log;
            }
        }
    }
}
