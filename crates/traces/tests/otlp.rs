//! What a receiver gets. One test: a process exports once.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use engine_interfaces::{
    Clock, GroupId, GroupMessage, GroupMessageId, Secret, Seq, SystemClock, Timestamp, Traceparent,
};
use test_support::{OtlpServer, OtlpSpan};
use traces::{Kind, Span, StartError, TraceExporter, TraceSettings};

const PATIENCE: Duration = Duration::from_secs(60);
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";

fn caller(flags: &str) -> Option<Traceparent> {
    Some(format!("00-{TRACE}-{CALLER}-{flags}").parse().unwrap())
}

fn message(trace: Option<Traceparent>) -> Arc<GroupMessage> {
    Arc::new(GroupMessage {
        id: GroupMessageId(SystemClock.new_id()),
        group_id: GroupId(SystemClock.new_id()),
        user_id: None,
        seq: Seq(1),
        message: Some("a secret".to_owned()),
        erased: false,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        trace,
    })
}

fn settings(receiver: &OtlpServer) -> TraceSettings {
    TraceSettings {
        headers: vec![("x-api-key".to_owned(), Secret::new("a-key"))],
        resource: vec![("deployment.environment.name".to_owned(), "test".to_owned())],
        ratio: 0.0,
        gather: Duration::from_millis(20),
        ..TraceSettings::new(receiver.url().to_owned(), "api".to_owned())
    }
}

fn named<'a>(spans: &'a [OtlpSpan], name: &str) -> &'a OtlpSpan {
    spans.iter().find(|span| span.name == name).unwrap_or_else(|| panic!("no {name} in {spans:#?}"))
}

#[tokio::test]
async fn a_trace_is_continued_exported_and_carried_on() {
    let before = Span::request(caller("01"));
    assert!(!before.is_recorded(), "nothing is exported yet");
    let plain = [message(caller("01"))];
    let (carried, spans) = traces::carry(&plain, Kind::Producer, "publish");
    assert_eq!((carried[0].trace, spans.iter().any(Span::is_recorded)), (caller("01"), false), "as it came");

    let receiver = OtlpServer::start().await;
    let exporter = TraceExporter::start(settings(&receiver)).unwrap();
    assert!(matches!(TraceExporter::start(settings(&receiver)), Err(StartError::Twice)));
    assert!(!Span::request(caller("00")).is_recorded(), "the caller keeps no trace");
    assert!(!Span::request(None).is_recorded(), "the ratio is nought");

    let request = Span::request(caller("01"));
    let within = request.run(async { traces::current() }).await;
    assert_eq!((within, traces::current()), (request.traceparent(), None));
    request.rename("GET /things".to_owned());
    let messages = [message(None), message(request.traceparent())];
    let (carried, spans) = traces::carry(&messages, Kind::Producer, "publish");
    assert!(Arc::ptr_eq(&carried[0], &messages[0]), "what has no trace is not copied");
    assert_eq!(carried[1].trace, spans[0].traceparent());
    spans[0].fail();
    drop((carried, spans));
    // Ends, though another holds it.
    let held = request.clone();
    request.end();

    let spans = receiver.spans(|spans| spans.len() == 2).await;
    let (request, publish) = (named(&spans, "GET /things"), named(&spans, "publish"));
    assert_eq!((request.parent_id.as_str(), request.kind), (CALLER, 2));
    assert_eq!((&publish.parent_id, publish.kind, publish.failed), (&request.span_id, 4, true));
    assert_eq!(publish.attributes["messaging.message.id"], messages[1].id.to_string());
    for span in &spans {
        assert_eq!(span.trace_id, TRACE);
        assert_eq!(span.resource["service.name"], "api");
        assert_eq!(span.resource["deployment.environment.name"], "test");
    }
    assert!(receiver.has_heard("x-api-key: a-key") && !receiver.has_heard("a secret"));

    // What ended a moment ago is exported at the end.
    Span::within(caller("01").unwrap(), Kind::Consumer, "the last").end();
    exporter.end(PATIENCE).await;
    let spans = receiver.spans(|spans| spans.len() == 3).await;
    assert_eq!(named(&spans, "the last").parent_id, CALLER);
    drop(held);
}
