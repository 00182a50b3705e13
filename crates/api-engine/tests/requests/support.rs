//! An API over engines of its own, and a way to ask it.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{
    App,
    dev::{Service, ServiceResponse},
    http::{Method, StatusCode, header::HeaderMap},
    test::{TestRequest, init_service, read_body},
    web::Bytes,
};
use api_engine::{ApiEngine, Page, PageFile, Settings};
use async_trait::async_trait;
use auth_engine::{AuthEngine, factories};
use broker::LocalBroker;
use chat_engine::ChatEngine;
use engine_interfaces::{Authentication, Clock, Dependencies, Dependency, DependencyState, PutOff};
use notification_engine::{NotificationEngine, UnsubscribeKeys, WebhookEngine, WebhookSettings};
use serde_json::{Value, json};
use test_support::{FixedClock, TestDatabase};
use tokio::task::LocalSet;
use user_resources::UserResourcesEngine;

use crate::described;

/// A page that is no more than what a test needs of one.
const PAGE: Page = &[
    PageFile { path: "index.html", bytes: b"<!doctype html>", packed: b"packed page" },
    PageFile { path: "assets/index.html", bytes: b"an asset", packed: b"packed asset" },
    PageFile { path: "assets/index-1a2b.js", bytes: b"a script", packed: b"packed script" },
];

/// An API over engines of its own.
pub(crate) struct Api {
    pub(crate) engine: ApiEngine,
    pub(crate) auth: Arc<AuthEngine>,
    pub(crate) webhooks: Arc<WebhookEngine>,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) dependencies: Arc<Dependents>,
    chat: Arc<ChatEngine>,
    databases: [TestDatabase; 4],
}

/// What it says that it depends on: a store that it needs, and a broker that it does not.
#[derive(Debug, Default)]
pub(crate) struct Dependents {
    pub(crate) store_away: AtomicBool,
    pub(crate) broker_away: AtomicBool,
}

#[async_trait]
impl Dependencies for Dependents {
    async fn states(&self) -> BTreeMap<&'static str, Dependency> {
        let state = |away: &AtomicBool| match away.load(Ordering::SeqCst) {
            true => DependencyState::Away,
            false => DependencyState::Up,
        };
        BTreeMap::from([
            ("chat", Dependency { state: state(&self.store_away), needed: true }),
            ("broker", Dependency { state: state(&self.broker_away), needed: false }),
        ])
    }
}

/// Somebody with an account.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) token: String,
}

/// A request that is not sent yet.
pub(crate) struct Call<'a> {
    api: &'a Api,
    method: Method,
    path: String,
    request: TestRequest,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Api {
    pub(crate) async fn start() -> Self {
        Self::with(factories::settings(), Settings::default()).await
    }

    pub(crate) async fn with(auth: auth_engine::Settings, settings: Settings) -> Self {
        Self::with_webhooks(auth, settings, WebhookSettings::default()).await
    }

    pub(crate) async fn with_webhooks(
        auth: auth_engine::Settings,
        settings: Settings,
        webhooks: WebhookSettings,
    ) -> Self {
        let clock = Arc::new(FixedClock::default());
        let broker = Arc::new(LocalBroker::default());
        let databases = [
            TestDatabase::sqlite(auth_engine::MIGRATIONS).await,
            TestDatabase::sqlite(chat_engine::MIGRATIONS).await,
            TestDatabase::sqlite(user_resources::MIGRATIONS).await,
            TestDatabase::sqlite(notification_engine::MIGRATIONS).await,
        ];
        let [auth_database, chat_database, resources, notifications] = &databases;
        let auth_store = auth_engine::Store::over(auth_database.database());
        let auth = AuthEngine::new(auth_store, broker.clone(), clock.clone(), factories::keys(), auth).await;
        let auth = auth.expect("authentication starts");
        let chat = ChatEngine::with(
            chat_engine::Store::over(chat_database.database()),
            broker,
            Arc::new(UserResourcesEngine::over(resources.database()).with_clock(clock.clone())),
            auth.clone(),
            clock.clone(),
            chat_engine::Settings::default(),
        );
        let notifications = notification_engine::Store::over(notifications.database());
        let webhooks = WebhookEngine::new(notifications.clone(), chat.clone(), clock.clone(), webhooks);
        let webhooks = Arc::new(webhooks.expect("connections can be made"));
        let notifications =
            NotificationEngine::new(notifications, clock.clone(), UnsubscribeKeys::new(&["key"]));
        let dependencies = Arc::new(Dependents::default());
        let engine = ApiEngine {
            authentication: auth.clone(),
            accounts: auth.clone(),
            chat: chat.clone(),
            notifications,
            webhooks: webhooks.clone(),
            dependencies: dependencies.clone(),
            clock: clock.clone(),
            page: PAGE,
            settings,
        };
        Self { engine, auth, chat, webhooks, clock, dependencies, databases }
    }

    /// Signs somebody up.
    pub(crate) async fn caller(&self) -> Caller {
        let session = factories::user(self.auth.as_ref() as &dyn Authentication).create().await;
        Caller {
            id: session.user.id.to_string(),
            name: session.user.name,
            email: session.user.email.expect("who signs up has an address").expose().to_owned(),
            token: session.token.expose().to_owned(),
        }
    }

    /// The same somebody with a new token.
    pub(crate) async fn sign_in(&self, caller: &Caller) -> Caller {
        let user = json!({"user": {"email": caller.email, "password": factories::PASSWORD}});
        let session = self.post("/api/v1/users/sign_in").json(&user).send().await;
        assert_eq!(session.status, 200, "{session:?}");
        Caller { token: session.text("token"), ..caller.clone() }
    }

    /// Lets a guest in, who has no address.
    pub(crate) async fn guest(&self) -> Caller {
        let made = self.post("/api/v1/users/guest").send().await;
        assert_eq!(made.status, 201, "{made:?}");
        let text = |field| made.text(field);
        Caller { id: text("id"), name: text("name"), email: String::new(), token: text("token") }
    }

    /// Does the jobs of accounts that are due, each once.
    pub(crate) async fn work(&self) {
        let store = jobs::Store::new(self.databases[0].database(), self.clock.clone(), Arc::default());
        for worker in self.auth.workers(vec![self.chat.personal_data(None)]) {
            for jobs::Taken { job, lease } in
                store.take(worker.kind(), 100).await.expect("the jobs are there")
            {
                while let Err(error) = worker.perform(&job).await {
                    assert!(error.is::<PutOff>(), "{error}");
                    // What was announced is marked a moment later.
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                store.finish(lease).await.expect("the job is marked");
            }
        }
    }

    /// A group of `owner`'s; its id.
    pub(crate) async fn group(&self, owner: &Caller) -> String {
        let body = json!({"group": {"name": "A group", "description": "For tests"}});
        let made = self.post("/api/v1/groups").by(owner).json(&body).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        made.text("id")
    }

    /// Adds `member` to a group, as `role`.
    pub(crate) async fn join(&self, group: &str, owner: &Caller, member: &Caller, role: &str) {
        let members = format!("/api/v1/groups/{group}/members");
        let added =
            self.post(&members).by(owner).json(&json!({"member": {"user_id": member.id}})).send().await;
        assert_eq!(added.status, 201, "{added:?}");
        if role != "member" {
            let path = format!("{members}/{}", member.id);
            let given = self.patch(&path).by(owner).json(&json!({"member": {"role": role}})).send().await;
            assert_eq!(given.status, 200, "{given:?}");
        }
    }

    /// An invitation by `caller` that lets ten in; its id and its code.
    pub(crate) async fn invite(&self, group: &str, caller: &Caller) -> (String, String) {
        let path = format!("/api/v1/groups/{group}/invitations");
        let made = self.post(&path).by(caller).json(&json!({"invitation": {"uses": 10}})).send().await;
        assert_eq!(made.status, 201, "{made:?}");
        let made = made.json();
        let text = |field: &str| made["invitation"][field].as_str().expect("a text").to_owned();
        (text("id"), text("code"))
    }

    /// Sends a message; its body.
    pub(crate) async fn message(&self, group: &str, author: &Caller, text: &str) -> Value {
        let path = format!("/api/v1/groups/{group}/messages");
        let sent = self.post(&path).by(author).json(&json!({"message": {"message": text}})).send().await;
        assert_eq!(sent.status, 201, "{sent:?}");
        sent.json()
    }

    /// A new id.
    pub(crate) fn id(&self) -> String {
        self.clock.new_id().to_string()
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        self.call("POST", path)
    }

    pub(crate) fn put(&self, path: &str) -> Call<'_> {
        self.call("PUT", path)
    }

    pub(crate) fn patch(&self, path: &str) -> Call<'_> {
        self.call("PATCH", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        self.call("DELETE", path)
    }

    pub(crate) fn call(&self, method: &str, path: &str) -> Call<'_> {
        let method: Method = method.parse().expect("a method");
        let request = TestRequest::with_uri(path).method(method.clone());
        Call { api: self, method, path: path.to_owned(), request }
    }
}

impl Call<'_> {
    /// As this user, by token.
    pub(crate) fn by(self, caller: &Caller) -> Self {
        self.header("Authorization", &format!("Bearer {}", caller.token))
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.insert_header((name, value));
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.body(body.to_string())
    }

    /// Said to be JSON, whatever it is.
    pub(crate) fn body(self, body: impl Into<Bytes>) -> Self {
        let mut call = self.header("Content-Type", "application/json");
        call.request = call.request.set_payload(body);
        call
    }

    /// Sends what a browser asks before the request itself: no action of the API, so nothing describes it.
    pub(crate) async fn preflight(self) -> Answer {
        self.ask().await.2
    }

    pub(crate) async fn send(self) -> Answer {
        let (method, path, answer) = self.ask().await;
        described::check(&method, &path, &answer);
        answer
    }

    async fn ask(self) -> (Method, String, Answer) {
        let engine = self.api.engine.clone();
        let request = self.request.to_request();
        let asking = async {
            let app = init_service(App::new().configure(|app| engine.mount(app))).await;
            app.call(request).await.expect("an answer")
        };
        // Handlers are tasks of the thread, as on a server's workers.
        let response: ServiceResponse<_> = LocalSet::new().run_until(asking).await;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = read_body(response).await;
        let answer = Answer { status, headers, body };
        (self.method, self.path, answer)
    }
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }

    /// A field that is a text.
    pub(crate) fn text(&self, field: &str) -> String {
        self.json()[field].as_str().expect("the field is a text").to_owned()
    }

    /// The code of a refusal.
    pub(crate) fn code(&self) -> u64 {
        self.json()["code"].as_u64().expect("a refusal has a code")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("a plain header"))
    }

    /// The field and rule that a refusal is about.
    pub(crate) fn detail(&self) -> (String, String) {
        let detail = self.json()["details"][0].clone();
        let text = |name: &str| detail[name].as_str().unwrap_or_default().to_owned();
        (text("field"), text("rule"))
    }
}

/// What the link in mail to somebody has.
pub(crate) fn unsubscribe_token(caller: &Caller) -> String {
    UnsubscribeKeys::new(&["key"]).token(caller.id.parse().expect("an id"))
}

/// Credentials as HTTP Basic sends them.
pub(crate) fn basic(email: &str, password: &str) -> String {
    use base64::Engine;
    let pair = format!("{email}:{password}");
    format!("Basic {}", base64::prelude::BASE64_STANDARD.encode(pair))
}
