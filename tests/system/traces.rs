//! One trace from a request to all that comes of it, in every process, and nothing in it that anybody wrote.

use std::time::{Duration, Instant};

use engine_interfaces::{Clock, SystemClock};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::{OtlpServer, OtlpSpan, RedisServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
    time::timeout,
};
use uuid::Uuid;

use crate::support::{Listener, Parlour, Person, Process, Shape};

const PATIENCE: Duration = Duration::from_secs(30);
const CALLER: &str = "00f067aa0ba902b7";
const SEND: &str = "POST /api/v1/groups/{id}/messages";
const DELIVERY: &str = "process notifications.deliver_webhook";
/// Every span of a send and the span that it is within.
const TREE: [(&str, &str, &str); 6] = [
    (SEND, "", "api"),
    ("store messages", SEND, "api"),
    ("publish message", "store messages", "api"),
    ("deliver message", "publish message", "realtime"),
    ("process topic", "publish message", "worker"),
    (DELIVERY, "process topic", "worker"),
];

fn unique(what: &str) -> String {
    format!("planted-{what}-{}", SystemClock.new_id().simple())
}

/// A receiver of a web hook, which takes everything and tells of each.
async fn receiver() -> (String, mpsc::UnboundedReceiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (told, heard) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 16 * 1024];
            let _ = stream.read(&mut bytes).await;
            let _ = told.send(());
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await;
        }
    });
    (url, heard)
}

/// A group with a web hook, its owner, and everything in it that no trace may have.
struct Scene {
    owner: Person,
    group: Uuid,
    text: String,
    secrets: Vec<String>,
    hook: mpsc::UnboundedReceiver<()>,
}

impl Scene {
    async fn set(api: &str) -> Self {
        let owner = Person::at(api).await;
        let (name, path, text) = (unique("group"), unique("path"), unique("text"));
        let made = owner.post("/groups", json!({"group": {"name": name}})).await;
        let group: Uuid = made["id"].as_str().unwrap().parse().unwrap();
        let (url, heard) = receiver().await;
        let url = format!("{url}/{path}");
        let made = owner.post(&format!("/groups/{group}/webhooks"), json!({"webhook": {"url": url}})).await;
        let profile: Value = owner.get("/users/me").await;
        let mut secrets = vec![owner.token.clone(), name, path, text.clone(), url];
        for secret in [&made["secret"], &profile["email"]] {
            secrets.push(secret.as_str().unwrap().to_owned());
        }
        Self { owner, group, text, secrets, hook: heard }
    }

    async fn send(&self, headers: &[(&str, &str)]) {
        let request = self.owner.request(Method::POST, &format!("/groups/{}/messages", self.group));
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let answer = request.json(&json!({"message": {"message": self.text}})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::CREATED);
    }

    /// Waits until the rings are led: what a leader reads from the store at its start has no trace.
    async fn begins(&mut self) {
        self.send(&[]).await;
        timeout(PATIENCE, self.hook.recv()).await.expect("it is posted in time").unwrap();
    }

    fn is_kept_from(&self, otlp: &OtlpServer) {
        for secret in &self.secrets {
            assert!(!otlp.has_heard(secret), "{secret} is in a trace");
        }
    }
}

/// A trace that a caller has begun: its id, and what is sent along.
fn trace(flags: &str) -> (String, String) {
    let id = SystemClock.new_id().simple().to_string();
    (id.clone(), format!("00-{id}-{CALLER}-{flags}"))
}

fn of<'a>(spans: &'a [OtlpSpan], trace: &str) -> Vec<&'a OtlpSpan> {
    spans.iter().filter(|span| span.trace_id == trace).collect()
}

/// Waits for the tree in a trace, and checks that each has its place. `root` is above the request.
async fn grows(otlp: &OtlpServer, trace: &str, root: &str, process: impl Fn(&'static str) -> &'static str) {
    let whole = |spans: &[OtlpSpan]| {
        let names: Vec<_> = of(spans, trace).into_iter().map(|span| span.name.clone()).collect();
        TREE.iter().all(|(name, ..)| names.iter().any(|it| it == name))
    };
    let spans = otlp.spans(whole).await;
    let spans = of(&spans, trace);
    assert_eq!(spans.len(), TREE.len(), "each once: {spans:#?}");
    let find = |name: &str| spans.iter().find(|span| span.name == name).unwrap();
    for (name, parent, service) in TREE {
        let span = find(name);
        let parent = if parent.is_empty() { root } else { &find(parent).span_id };
        assert_eq!((span.parent_id.as_str(), span.failed), (parent, false), "{name}");
        assert_eq!(span.resource["service.name"], process(service), "{name}");
    }
    let send = find(SEND);
    assert_eq!(send.attributes["http.route"], "/api/v1/groups/{id}/messages");
    assert_eq!(send.attributes["http.response.status_code"], "201");
    assert_eq!(find("deliver message").attributes["parlour.sockets"], "1");
    assert_eq!(find(DELIVERY).attributes["parlour.job.attempt"], "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_goes_through_all_processes() {
    let (otlp, redis) = (OtlpServer::start().await, RedisServer::start().await);
    let url = redis.url();
    let mut shape = Shape::over(redis, url, |command| {
        command
            .env("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8")
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.url())
            .env("OTEL_TRACES_SAMPLER_ARG", "0");
    })
    .await;
    let mut scene = Scene::set(shape.apis[0].api()).await;
    let mut listener = Listener::start(shape.realtime.realtime(), &scene.owner);
    listener.next("connect").await;

    let ((kept, sampled), (forgotten, unsampled)) = (trace("01"), trace("00"));
    scene.begins().await;
    scene.send(&[("traceparent", &unsampled)]).await;
    scene.send(&[("traceparent", &sampled)]).await;
    listener.hears([1, 2, 3]).await;
    grows(&otlp, &kept, CALLER, |service| service).await;

    // What is told to stop tells what it did last.
    let (last, sampled) = trace("01");
    scene.send(&[("traceparent", &sampled)]).await;
    for process in shape.apis.iter_mut().chain([&mut shape.realtime, &mut shape.worker]) {
        assert_eq!(process.terminate().await, Some(0));
    }
    let spans = otlp.spans(|spans| of(spans, &last).iter().any(|span| span.name == SEND)).await;
    assert_eq!(of(&spans, &forgotten), Vec::<&OtlpSpan>::new(), "its caller does not keep it");
    let traces = spans.iter().all(|span| span.trace_id == kept || span.trace_id == last);
    assert!(traces, "no others were begun: {spans:#?}");
    scene.is_kept_from(&otlp);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_begins_a_trace_itself() {
    let otlp = OtlpServer::start().await;
    let settings = [
        ("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.url()),
        ("OTEL_TRACES_SAMPLER_ARG", "1"),
    ];
    let parlour = Parlour::start_with(&settings).await;
    let mut scene = Scene::set(&parlour.api).await;
    let mut listener = Listener::start(&parlour.realtime, &scene.owner);
    listener.next("connect").await;
    scene.begins().await;
    scene.send(&[("x-request-id", "the-second")]).await;
    listener.hears([1, 2]).await;
    let second =
        |span: &&OtlpSpan| span.attributes.get("parlour.request.id").is_some_and(|id| id == "the-second");
    let spans = otlp.spans(|spans| spans.iter().any(|span| second(&span))).await;
    let trace = &spans.iter().find(second).unwrap().trace_id;
    grows(&otlp, trace, "", |_| "parlour").await;
    assert_eq!(parlour.stop().await, Some(0));
    scene.is_kept_from(&otlp);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_says_nothing_slows_and_stops_nothing() {
    let otlp = OtlpServer::silent().await;
    let folder = tempfile::TempDir::new().unwrap();
    let mut command = Parlour::command(folder.path());
    command
        .env("API_LISTEN", "127.0.0.1:0")
        .env("REALTIME_LISTEN", "127.0.0.1:0")
        .env("METRICS_LISTEN", "127.0.0.1:0")
        .env("DRAIN_LIMIT", "1s")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", otlp.url())
        .env("OTEL_TRACES_SAMPLER_ARG", "1")
        .env("OTEL_BSP_MAX_QUEUE_SIZE", "8")
        .arg("serve");
    let mut process = Process::start(command).await;
    let owner = Person::at(process.api()).await;
    let group = owner.group_with(&[]).await;
    let dropped = async || {
        let metrics = reqwest::get(process.metrics()).await.unwrap().text().await.unwrap();
        let line = "parlour_trace_spans_total{outcome=\"dropped\"} ";
        let count = metrics.lines().find_map(|it| it.strip_prefix(line)).unwrap();
        count.parse::<u64>().unwrap()
    };
    let messages = format!("/groups/{group}/messages");
    let began = Instant::now();
    let mut sent = 0;
    // The first call takes what there is, and is never answered; then the queue fills.
    while dropped().await == 0 {
        assert!(began.elapsed() < Duration::from_secs(60), "spans are dropped and counted");
        owner.post(&messages, json!({"message": {"message": "hello"}})).await;
        sent += 1;
    }
    let listed = owner.get(&format!("{messages}?limit=1")).await;
    assert_eq!(listed["messages"][0]["seq"], sent, "each was answered and is there");
    let began = Instant::now();
    assert_eq!(process.terminate().await, Some(0));
    assert!(began.elapsed() < Duration::from_secs(8), "it waits no longer than it may");
}
