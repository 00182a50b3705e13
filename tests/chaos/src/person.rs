//! Somebody with an account, over HTTP, who never gives up.

use std::time::Duration;

use engine_interfaces::{BoxError, Clock, SystemClock};
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::time::sleep;
use uuid::Uuid;

/// How long an answer is waited for.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// How long to wait before a request is repeated: the first time, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(50), Duration::from_millis(500));

/// Somebody with an account.
#[derive(Clone)]
pub(crate) struct Person {
    client: Client,
    api: String,
    pub(crate) id: Uuid,
    pub(crate) token: String,
}

/// What came of a request.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

/// How often a request that was done in the end had failed before.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Attempts {
    /// Failures, apart from a connection that broke and was made anew at once.
    pub(crate) failed: u64,
}

/// The connections that people share.
pub(crate) fn client() -> Result<Client, BoxError> {
    Ok(Client::builder().timeout(ANSWER_LIMIT).build()?)
}

impl Person {
    /// Signs up.
    pub(crate) async fn sign_up(client: &Client, balancer: &str) -> Result<Self, BoxError> {
        let api = format!("http://{balancer}/api/v1");
        let email = format!("{}@example.com", SystemClock.new_id().simple());
        let user = json!({"user": {"name": "Somebody", "email": email, "password": "stanley-park-1"}});
        let answer = client.post(format!("{api}/users")).json(&user).send().await?.error_for_status()?;
        let user: Value = answer.json().await?;
        let field = |name: &str| user[name].as_str().unwrap_or_default();
        Ok(Self { client: client.clone(), id: field("id").parse()?, token: field("token").to_owned(), api })
    }

    /// Makes a group that these people are in.
    pub(crate) async fn found(&self, name: &str, others: &[&Self]) -> Result<Uuid, BoxError> {
        let group = json!({"group": {"name": name, "description": ""}});
        let (answer, _) = self.insist(Method::POST, "/groups", Some(&group)).await;
        let id: Uuid = answer.body["id"].as_str().ok_or("no group was made")?.parse()?;
        for other in others {
            let member = json!({"member": {"user_id": other.id}});
            let (answer, _) =
                self.insist(Method::POST, &format!("/groups/{id}/members"), Some(&member)).await;
            if !answer.status.is_success() {
                return Err(format!("a member was not added: {}", answer.status).into());
            }
        }
        Ok(id)
    }

    /// Asks once.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, BoxError> {
        let mut request = self.client.request(method, format!("{}{path}", self.api)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.bytes().await?;
        Ok(Answer { status, body: serde_json::from_slice(&text).unwrap_or_default() })
    }

    /// Asks until it is done: whatever may have come of an attempt, the next one does no harm. A refusal that is
    /// no failure of the server is an answer.
    pub(crate) async fn insist(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> (Answer, Attempts) {
        let (mut attempts, mut pause, mut reconnected) = (Attempts::default(), RETRY.0, false);
        loop {
            match self.ask(method.clone(), path, body).await {
                Ok(answer) if !answer.status.is_server_error() => return (answer, attempts),
                // A connection that ends while a request is on its way is made anew at once.
                Err(_) if !reconnected => {
                    reconnected = true;
                    continue;
                }
                Ok(_) | Err(_) => attempts.failed += 1,
            }
            sleep(pause).await;
            pause = RETRY.1.min(pause * 2);
        }
    }

    /// The log of a group after a position and up to another, oldest first.
    pub(crate) async fn log(&self, group: Uuid, after: i64, last: i64) -> Vec<(i64, Uuid)> {
        let mut log = Vec::new();
        let mut end = after;
        loop {
            let path = format!("/groups/{group}/messages?limit=100&after={end}");
            let (page, _) = self.insist(Method::GET, &path, None).await;
            for message in page.body["messages"].as_array().into_iter().flatten() {
                let id = message["id"].as_str().and_then(|id| id.parse().ok());
                let (Some(seq), Some(id)) = (message["seq"].as_i64(), id) else {
                    continue;
                };
                end = seq;
                if seq <= last {
                    log.push((seq, id));
                }
            }
            if end >= last || !page.body["page"]["has_more"].as_bool().unwrap_or_default() {
                return log;
            }
        }
    }
}
