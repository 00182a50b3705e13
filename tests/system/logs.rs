//! What the processes log of a whole run: ids, and nothing that is anybody's secret.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::Path,
    time::Duration,
};

use engine_interfaces::{Clock, SystemClock};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::{RedisServer, SmtpServer};
use tokio::{
    process::Command,
    time::{sleep, timeout},
};
use uuid::Uuid;

use crate::support::{Listener, Parlour, Person, Process, Shape};

const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than any text may be: the error's body is about it, and no log line.
const TOO_LONG: usize = 20_000;
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// All that our own code has to say, and of the others what is logged by default and more.
const FILTER: &str = "info,api_engine=trace,auth_engine=trace,broker=trace,chat_engine=trace,composition=trace,\
    database=trace,jobs=trace,notification_engine=trace,realtime_engine=trace,user_resources=trace,tower_http=debug";

/// A run in which everything that nobody else may see is planted, and written down.
struct Run {
    client: Client,
    api: String,
    secrets: Vec<(&'static str, String)>,
}

/// Somebody who signed up with planted secrets.
struct Planted {
    id: String,
    email: String,
    password: String,
    token: String,
}

fn unique(what: &str) -> String {
    format!("planted-{what}-{}", SystemClock.new_id().simple())
}

impl Run {
    fn new(api: &str) -> Self {
        Self { client: Client::new(), api: api.to_owned(), secrets: Vec::new() }
    }

    /// A word that no log may have.
    fn plant(&mut self, what: &'static str) -> String {
        let word = unique(what);
        self.secrets.push((what, word.clone()));
        word
    }

    fn keep(&mut self, what: &'static str, secret: &Value) -> String {
        let secret = secret.as_str().unwrap().to_owned();
        self.secrets.push((what, secret.clone()));
        secret
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}/api/v1{path}", self.api))
    }

    async fn sign_up(&mut self) -> Planted {
        let (name, password) = (self.plant("name"), self.plant("password"));
        let email = format!("{}@example.com", self.plant("address"));
        let user = json!({"user": {"name": name, "email": email, "password": password}});
        let answer = self.request(Method::POST, "/users").json(&user).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
        let user: Value = answer.json().await.unwrap();
        let token = self.keep("token", &user["token"]);
        Planted { id: user["id"].as_str().unwrap().to_owned(), email, password, token }
    }

    /// Whatever people do, and much that is refused. Answers the group and what is told of one send.
    async fn everything(&mut self, realtime: &str, away: &Planted) -> (Uuid, Planted, String) {
        let (owner, guest) = (self.sign_up().await, self.sign_up().await);
        let sign_in = |password: &str| json!({"user": {"email": owner.email, "password": password}});
        let wrong = sign_in(&self.plant("wrong-password"));
        let right = sign_in(&owner.password);
        let refused = self.request(Method::POST, "/users/sign_in").json(&wrong).send().await.unwrap();
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let signed_in = self.request(Method::POST, "/users/sign_in").json(&right).send().await.unwrap();
        let signed_in: Value = signed_in.json().await.unwrap();
        self.keep("second token", &signed_in["token"]);
        let basic = self.request(Method::GET, "/users/me").basic_auth(&owner.email, Some(&owner.password));
        assert_eq!(basic.send().await.unwrap().status(), StatusCode::OK);

        let made = json!({"group": {"name": self.plant("group"), "description": self.plant("description")}});
        let made = self.post(&owner, "/groups", &made, StatusCode::CREATED).await;
        let group: Uuid = made["id"].as_str().unwrap().parse().unwrap();
        let member = json!({"member": {"user_id": away.id}});
        self.post(&owner, &format!("/groups/{group}/members"), &member, StatusCode::CREATED).await;
        let invitations = format!("/groups/{group}/invitations");
        let invited = self.post(&owner, &invitations, &json!({"invitation": {}}), StatusCode::CREATED).await;
        let code = self.keep("invitation", &invited["invitation"]["code"]);
        let accept = format!("/invitations/{code}/accept");
        self.post(&guest, &accept, &json!({}), StatusCode::CREATED).await;
        self.post(&guest, &format!("{accept}x"), &json!({}), StatusCode::NOT_FOUND).await;

        // Nobody answers there any more.
        let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("http://{nowhere}/{}?key={}", self.plant("hook-path"), self.plant("hook-key"));
        let hook = json!({"webhook": {"url": url}});
        let hook = self.post(&owner, &format!("/groups/{group}/webhooks"), &hook, StatusCode::CREATED).await;
        self.keep("hook secret", &hook["secret"]);

        let mut listener = Listener::start(realtime, &self.person(&guest));
        listener.next("connect").await;
        let bad = self.plant("bad-token");
        let stranger = Person::known(&self.api, SystemClock.new_id(), &bad);
        let mut stranger = Listener::start(realtime, &stranger);
        stranger.next("connect_error").await;

        let request_id = SystemClock.new_id().to_string();
        let messages = format!("/groups/{group}/messages");
        let text = json!({"message": {"message": self.plant("text")}});
        let sent = self.request(Method::POST, &messages).bearer_auth(&owner.token).json(&text);
        let sent = sent
            .header("x-request-id", &request_id)
            .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
        assert_eq!(sent.send().await.unwrap().status(), StatusCode::CREATED);
        listener.hears([1]).await;

        let long = json!({"message": {"message": self.plant("long").repeat(TOO_LONG / 40)}});
        self.post(&owner, &messages, &long, StatusCode::UNPROCESSABLE_ENTITY).await;
        let broken = format!("{{\"message\": {{\"message\": \"{}\"", self.plant("broken"));
        let broken = self.request(Method::POST, &messages).bearer_auth(&owner.token).body(broken);
        let broken = broken.header("content-type", "application/json").send().await.unwrap();
        assert_eq!(broken.status(), StatusCode::BAD_REQUEST);
        let nowhere = format!("/{}?token={}", self.plant("path"), self.plant("query"));
        let nowhere =
            self.request(Method::GET, &nowhere).bearer_auth(self.plant("bearer")).send().await.unwrap();
        assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
        (group, owner, request_id)
    }

    fn person(&self, planted: &Planted) -> Person {
        Person::known(&self.api, planted.id.parse().unwrap(), &planted.token)
    }

    async fn post(&self, who: &Planted, path: &str, body: &Value, status: StatusCode) -> Value {
        let answer =
            self.request(Method::POST, path).bearer_auth(&who.token).json(body).send().await.unwrap();
        assert_eq!(answer.status(), status, "POST {path}");
        answer.json().await.unwrap()
    }

    /// Every line is JSON, and none has a secret.
    fn check(&self, logs: &[String]) -> Vec<Value> {
        let lines: Vec<_> = logs.iter().flat_map(|log| log.lines()).collect();
        for (what, secret) in &self.secrets {
            let told = lines.iter().find(|line| line.contains(secret.as_str()));
            assert_eq!(told, None, "a {what} is logged");
        }
        lines
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
            .collect()
    }
}

/// The log line of an answer says whose request it was, and of which trace it is a part.
fn tells_ids(lines: &[Value], request_id: &str, user: &str) {
    let of_request = |line: &&Value| line["span"]["request.id"] == request_id;
    let answered = lines.iter().filter(of_request).find(|line| line["fields"]["message"] == "answered");
    let span = &answered.expect("an answer is logged")["span"];
    assert_eq!(span["user.id"], user);
    assert_eq!(span["trace.id"], TRACE);
    assert_eq!(span["http.route"], "/api/v1/groups/{id}/messages");
}

fn log_to(command: &mut Command, folder: &Path) {
    let name = SystemClock.new_id().simple().to_string();
    let file = File::create(folder.join(format!("{name}.log"))).unwrap();
    command.stderr(file).env("LOG_FORMAT", "json").env("RUST_LOG", FILTER);
}

fn logs_in(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let logs = files.filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    logs.map(|path| fs::read_to_string(path).unwrap()).collect()
}

/// Waits until some line says this.
async fn logged(folder: &Path, said: &str) {
    let told = async {
        while !logs_in(folder).iter().any(|log| log.contains(said)) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, told).await.unwrap_or_else(|_| panic!("it is logged: {said}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_logs_ids_and_no_secrets() {
    let (folder, smtp) = (TempDir::new().unwrap(), SmtpServer::start().await);
    let mut command = Parlour::command(folder.path());
    command
        .env("API_LISTEN", "127.0.0.1:0")
        .env("REALTIME_LISTEN", "127.0.0.1:0")
        .env("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
        .env("MAIL_URL", smtp.url())
        .env("MAIL_FROM", "Parlour <chat@example.com>")
        .env("PUBLIC_URL", "https://chat.example.com")
        .env("DIGEST_INTERVAL", "2s")
        .env("DIGEST_AFTER", "1s")
        .arg("serve");
    log_to(&mut command, folder.path());
    let mut process = Process::start(command).await;
    let mut run = Run::new(process.api());
    let away = run.sign_up().await;
    let (group, owner, request_id) = run.everything(process.realtime(), &away).await;
    logged(folder.path(), "a message was posted to a web hook").await;
    let mailed = async {
        while smtp.mails().await.is_empty() {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, mailed).await.expect("the mail comes");
    // A mail that can't be sent is logged, and whom it was for is not.
    smtp.behave("busy").await;
    let text = json!({"message": {"message": run.plant("unsent")}});
    run.post(&owner, &format!("/groups/{group}/messages"), &text, StatusCode::CREATED).await;
    logged(folder.path(), "mail can't be sent").await;
    assert_eq!(process.terminate().await, Some(0));

    for secret in ["token_secret", "password_key"] {
        let secret = fs::read_to_string(folder.path().join(secret)).unwrap();
        run.secrets.push(("key", secret.trim().to_owned()));
    }
    tells_ids(&run.check(&logs_in(folder.path())), &request_id, &owner.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_production_shape_logs_ids_and_no_secrets() {
    let (folder, redis) = (TempDir::new().unwrap(), RedisServer::start().await);
    let url = redis.url();
    let mut shape = Shape::over(redis, url, |command| {
        log_to(command, folder.path());
        command.env("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8");
    })
    .await;
    let mut run = Run::new(shape.apis[0].api());
    let away = run.sign_up().await;
    let (group, owner, request_id) = run.everything(shape.realtime.realtime(), &away).await;
    logged(folder.path(), "a message was posted to a web hook").await;

    // What is lost has to be told of, and what it was not.
    shape.redis.kill().await;
    logged(folder.path(), "Redis is away").await;
    let text = json!({"message": {"message": run.plant("while-away")}});
    run.post(&owner, &format!("/groups/{group}/messages"), &text, StatusCode::CREATED).await;
    for secret in ["a token secret that all", "a password key that all"] {
        run.secrets.push(("key", secret.to_owned()));
    }
    shape.realtime.terminate().await;
    shape.worker.terminate().await;
    for api in &mut shape.apis {
        api.terminate().await;
    }
    tells_ids(&run.check(&logs_in(folder.path())), &request_id, &owner.id);
}
