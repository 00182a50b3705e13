//! A receiver of traces for one test, as OTLP over HTTP has it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse},
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, Span, status::StatusCode},
};
use prost::Message;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::JoinHandle,
    time::timeout,
};

const PATIENCE: Duration = Duration::from_secs(60);

/// A receiver of traces. It ends with the value.
pub struct OtlpServer {
    url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

/// What came.
#[derive(Default)]
struct State {
    came: Mutex<Came>,
    more: Notify,
}

#[derive(Default)]
struct Came {
    spans: Vec<OtlpSpan>,
    bytes: Vec<u8>,
}

/// A span that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtlpSpan {
    /// Its resource, attribute by attribute: `service.name` says whose it is.
    pub resource: BTreeMap<String, String>,
    /// Its trace, in hexadecimal, as the ids below.
    pub trace_id: String,
    /// Its id.
    pub span_id: String,
    /// The id of its parent; empty where it began the trace.
    pub parent_id: String,
    /// What it is called.
    pub name: String,
    /// Its kind: 2 is a server, 3 a client, 4 a producer, 5 a consumer.
    pub kind: i32,
    /// Its attributes.
    pub attributes: BTreeMap<String, String>,
    /// Could it not be done?
    pub failed: bool,
}

impl OtlpServer {
    /// Starts one that takes all.
    pub async fn start() -> Self {
        Self::run(true).await
    }

    /// Starts one that takes connections and never says a word.
    pub async fn silent() -> Self {
        Self::run(false).await
    }

    async fn run(answers: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("there is a port");
        let url = format!("http://{}", listener.local_addr().expect("it has an address"));
        let state = Arc::new(State::default());
        let told = Arc::clone(&state);
        let task = tokio::spawn(async move {
            // Those that get no answer.
            let mut held = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                if !answers {
                    held.push(stream);
                    continue;
                }
                let Some((head, body)) = read(&mut stream).await else { continue };
                told.take(&head, &body);
                answer(&mut stream).await;
            }
        });
        Self { url, state, task }
    }

    /// What `OTEL_EXPORTER_OTLP_ENDPOINT` is to be.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The spans that came, once `enough` says so; a test fails where they don't come.
    pub async fn spans(&self, enough: impl Fn(&[OtlpSpan]) -> bool) -> Vec<OtlpSpan> {
        let come = async {
            loop {
                let more = self.state.more.notified();
                let spans = self.state.lock().spans.clone();
                if enough(&spans) {
                    return spans;
                }
                more.await;
            }
        };
        match timeout(PATIENCE, come).await {
            Ok(spans) => spans,
            Err(_) => panic!("these spans came alone: {:#?}", self.state.lock().spans),
        }
    }

    /// Did anything that came have this in it, in a head or a body?
    pub fn has_heard(&self, text: &str) -> bool {
        let came = self.state.lock();
        came.bytes.windows(text.len()).any(|window| window == text.as_bytes())
    }
}

impl Drop for OtlpServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl State {
    fn take(&self, head: &str, body: &[u8]) {
        assert!(head.starts_with("POST /v1/traces "), "{head}");
        let request = ExportTraceServiceRequest::decode(body).expect("it is protobuf");
        let mut came = self.lock();
        came.bytes.extend_from_slice(head.as_bytes());
        came.bytes.extend_from_slice(body);
        came.spans.extend(request.resource_spans.into_iter().flat_map(spans));
        drop(came);
        self.more.notify_waiters();
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, Came> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spans(of_resource: ResourceSpans) -> impl Iterator<Item = OtlpSpan> {
    let resource = attributes(of_resource.resource.unwrap_or_default().attributes);
    let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
    spans.map(move |span| OtlpSpan { resource: resource.clone(), ..read_span(span) })
}

fn read_span(span: Span) -> OtlpSpan {
    let hex = |id: &[u8]| id.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    OtlpSpan {
        resource: BTreeMap::new(),
        trace_id: hex(&span.trace_id),
        span_id: hex(&span.span_id),
        parent_id: hex(&span.parent_span_id),
        name: span.name,
        kind: span.kind,
        attributes: attributes(span.attributes),
        failed: span.status.is_some_and(|status| status.code() == StatusCode::Error),
    }
}

fn attributes(told: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |value: Option<Value>| match value {
        Some(Value::StringValue(text)) => text,
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    };
    told.into_iter().map(|told| (told.key, text(told.value.and_then(|value| value.value)))).collect()
}

/// None from a connection that ended early.
async fn read(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    loop {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
        if let Some(end) = end {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length?.parse().ok()?;
            if bytes.len() >= end + 4 + length {
                return Some((head, bytes.split_off(end + 4)));
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

async fn answer(stream: &mut TcpStream) {
    let body = ExportTraceServiceResponse::default().encode_to_vec();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n",
        body.len()
    );
    // Who asked may have gone.
    let _ = stream.write_all(&[head.as_bytes(), &body].concat()).await;
}
