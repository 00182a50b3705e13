//! What goes over the wire, where no official client would send it: byte by byte, broken, slow, or not at all.

use std::time::Duration;

use realtime_engine::Settings;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::Server;

const FIN: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// What must happen soon happens within this time.
const SOON: Duration = Duration::from_secs(10);

/// A connection in the test's hand.
struct Wire {
    stream: TcpStream,
}

impl Wire {
    async fn dial(server: &Server) -> Self {
        let address = server.url.strip_prefix("http://").unwrap();
        Self { stream: TcpStream::connect(address).await.unwrap() }
    }

    /// A websocket whose `open` packet was read.
    async fn websocket(server: &Server) -> Self {
        let mut wire = Self::upgrade(server, "").await;
        let (kind, open) = wire.frame().await.unwrap();
        assert_eq!(kind, FIN | TEXT);
        assert!(open.starts_with(b"0{"), "it begins with `open`");
        wire
    }

    /// A websocket that is in.
    async fn member(server: &Server, token: &str) -> Self {
        let mut wire = Self::websocket(server).await;
        wire.say(FIN | TEXT, format!("40{}", json!({ "token": token })).as_bytes()).await;
        assert!(wire.text().await.starts_with("40{"));
        wire
    }

    async fn upgrade(server: &Server, query: &str) -> Self {
        let mut wire = Self::dial(server).await;
        wire.write(
            format!(
                "GET /socket.io/?EIO=4&transport=websocket{query} HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, \
                 Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: \
                 dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            .as_bytes(),
        )
        .await;
        let head = wire.head().await;
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        // RFC 6455, 1.3, has this pair for an example.
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        wire
    }

    async fn write(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends a frame as a client does.
    async fn say(&mut self, first: u8, body: &[u8]) {
        self.write(&frame(first, body)).await;
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(SOON, self.stream.read_u8()).await.unwrap().unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    /// The next frame; none when the connection is closed.
    async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let read = async {
            let first = self.stream.read_u8().await.ok()?;
            let length = match self.stream.read_u8().await.ok()? {
                126 => self.stream.read_u16().await.ok()?.into(),
                127 => self.stream.read_u64().await.ok()?,
                short => short.into(),
            };
            let mut body = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut body).await.ok()?;
            Some((first, body))
        };
        timeout(SOON, read).await.unwrap()
    }

    /// The next text.
    async fn text(&mut self) -> String {
        let (kind, body) = self.frame().await.unwrap();
        assert_eq!(kind, FIN | TEXT);
        String::from_utf8(body).unwrap()
    }

    /// Waits for the end, and gives the code of the last frame.
    async fn end(&mut self) -> Option<u16> {
        let mut code = None;
        while let Some((kind, body)) = self.frame().await {
            if kind == FIN | CLOSE {
                code = body.first_chunk().map(|code| u16::from_be_bytes(*code));
            }
        }
        code
    }
}

fn frame(first: u8, body: &[u8]) -> Vec<u8> {
    let mask = [7, 77, 177, 200];
    let mut frame = vec![first];
    match body.len() {
        length @ ..126 => frame.push(0x80 | length as u8),
        length @ ..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((length as u16).to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend((length as u64).to_be_bytes());
        }
    }
    frame.extend(mask);
    frame.extend(body.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Asks by HTTP, and gives the status and the body.
async fn ask(server: &Server, method: &str, query: &str, body: &str) -> (u16, String) {
    let mut wire = Wire::dial(server).await;
    let length = body.len();
    wire.write(
        format!(
            "{method} /socket.io/?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \
             {length}\r\n\r\n{body}"
        )
        .as_bytes(),
    )
    .await;
    let mut answer = String::new();
    timeout(SOON, wire.stream.read_to_string(&mut answer)).await.unwrap().unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), body.to_owned())
}

/// Opens a connection that polls, and gives its name.
async fn polling(server: &Server) -> String {
    let (status, body) = ask(server, "GET", "EIO=4&transport=polling", "").await;
    assert_eq!(status, 200, "{body}");
    let open: serde_json::Value = serde_json::from_str(body.strip_prefix('0').unwrap()).unwrap();
    assert_eq!(open["upgrades"], json!(["websocket"]));
    open["sid"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_in_fragments_with_pings_between_is_answered() {
    let server = Server::start().await;
    let alice = server.person().await;
    let group = server.group(&alice).create().await.0.id;
    let mut wire = Wire::member(&server, &alice.token).await;
    let event = format!("4212{}", json!(["catch_up", { "group_id": group, "after": 0 }]));
    let (start, end) = event.as_bytes().split_at(9);
    let (middle, end) = end.split_at(9);
    for bytes in [
        frame(TEXT, start),
        frame(FIN | PING, b"there?"),
        frame(0, middle),
        frame(FIN | PONG, b"unasked"),
        frame(FIN, end),
    ]
    .concat()
    .chunks(3)
    {
        wire.write(bytes).await;
    }
    let (kind, body) = wire.frame().await.unwrap();
    assert_eq!((kind, body.as_slice()), (FIN | PONG, b"there?".as_slice()));
    assert!(wire.text().await.starts_with("4312["), "the event is answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_breaks_the_protocol_is_told_how_and_nobody_else_is_disturbed() {
    let server = Server::with(Settings { payload_limit: 1_000, ..Settings::default() }).await;
    let alice = server.person().await;
    let mut other = Wire::member(&server, &alice.token).await;
    let mut unmasked = frame(FIN | TEXT, b"3");
    unmasked[1] &= 0x7F;
    for (what, bytes, code) in [
        ("unmasked", unmasked, 1_002),
        ("compressed", frame(FIN | 0x40 | TEXT, b"3"), 1_002),
        ("a fragment of nothing", frame(FIN, b"3"), 1_002),
        ("a ping in fragments", frame(PING, b"3"), 1_002),
        ("no UTF-8", frame(FIN | TEXT, b"42[\"\xFF\"]"), 1_007),
        ("too long", frame(FIN | TEXT, &[b'4'; 1_001]), 1_009),
        ("too long in all", [frame(TEXT, &[b'4'; 600]), frame(0, &[b'4'; 600])].concat(), 1_009),
    ] {
        let mut wire = Wire::websocket(&server).await;
        wire.write(&bytes).await;
        assert_eq!(wire.end().await, Some(code), "{what}");
    }
    // A binary message and a pong are no sin.
    other.say(FIN | BINARY, b"\xFF").await;
    other.say(FIN | PONG, b"").await;
    other.say(FIN | PING, b"still").await;
    assert_eq!(other.frame().await.unwrap().1, b"still");
    other.say(FIN | CLOSE, &1_000_u16.to_be_bytes()).await;
    assert_eq!(other.end().await, Some(1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_nothing_is_let_go() {
    let short = Duration::from_millis(300);
    let server =
        Server::with(Settings { connect_timeout: short, request_timeout: short, ..Settings::default() })
            .await;
    // Not even a request; half of one; a request whose body does not come.
    let mut slow = Vec::new();
    for bytes in ["", "GET /socket.io/?EIO=4&trans", "GET /livez HTTP/1.1\r\nHost: x\r\nX-A: b"] {
        let mut wire = Wire::dial(&server).await;
        wire.write(bytes.as_bytes()).await;
        slow.push(wire);
    }
    let sid = polling(&server).await;
    let mut wire = Wire::dial(&server).await;
    let head = format!(
        "POST /socket.io/?EIO=4&transport=polling&sid={sid} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4"
    );
    wire.write(head.as_bytes()).await;
    slow.push(wire);
    // An open connection that never says who it is, over both transports.
    slow.push(Wire::websocket(&server).await);
    let silent = polling(&server).await;
    for mut wire in slow {
        let mut rest = Vec::new();
        // Cut off is as good as ended.
        let _ = timeout(SOON, wire.stream.read_to_end(&mut rest)).await.expect("it is let go");
    }
    // Whoever is not gone yet is told so.
    let query = format!("EIO=4&transport=polling&sid={silent}");
    let (status, body) = ask(&server, "GET", &query, "").await;
    assert!(status == 400 || body == "1", "{status} {body}");
    assert_eq!(
        ask(&server, "POST", &query, "40").await,
        (400, r#"{"code":1,"message":"Session ID unknown"}"#.into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_does_not_answer_pings_is_let_go_and_whoever_does_stays() {
    let server = Server::with(Settings {
        ping_interval: Duration::from_millis(200),
        ping_timeout: Duration::from_millis(400),
        ..Settings::default()
    })
    .await;
    let alice = server.person().await;
    let mut dead = Wire::member(&server, &alice.token).await;
    let mut alive = Wire::member(&server, &alice.token).await;
    // So many that the other is long gone by then.
    for _ in 0..6 {
        assert_eq!(alive.text().await, "2");
        alive.say(FIN | TEXT, b"3").await;
    }
    assert_eq!(dead.text().await, "2");
    assert_eq!(dead.end().await, Some(1_000));
    alive.say(FIN | PING, b"still").await;
    while alive.frame().await.expect("it stays").1 != b"still" {}
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_closed_connection_is_over() {
    let server = Server::start().await;
    let alice = server.person().await;
    let mut wire = Wire::member(&server, &alice.token).await;
    wire.stream.shutdown().await.unwrap();
    assert_eq!(wire.end().await, Some(1_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_engine_io_is_refused_with_its_number() {
    let server = Server::start().await;
    let unknown = uuid::Uuid::from_u128(7).simple();
    for (method, query, number) in [
        ("GET", "EIO=4&transport=carrier-pigeon".to_owned(), 0),
        ("GET", format!("EIO=4&transport=polling&sid={unknown}"), 1),
        ("POST", "EIO=4&transport=polling&sid=../../x".to_owned(), 1),
        ("POST", "EIO=4&transport=polling".to_owned(), 2),
        ("DELETE", "EIO=4&transport=websocket".to_owned(), 2),
        ("GET", "EIO=4&transport=websocket".to_owned(), 3),
        ("GET", "EIO=3&transport=polling".to_owned(), 5),
        ("GET", String::new(), 5),
    ] {
        let (status, body) = ask(&server, method, &query, "").await;
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &body["code"]), (400, &json!(number)), "{method} {query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_polls_at_once_end_the_connection() {
    let server = Server::start().await;
    let sid = polling(&server).await;
    let query = format!("EIO=4&transport=polling&sid={sid}");
    let (first, second) = tokio::join!(ask(&server, "GET", &query, ""), ask(&server, "GET", &query, ""));
    let mut answers = [first, second];
    answers.sort();
    assert_eq!(answers[0], (200, "1".to_owned()), "one is told that it is over");
    assert_eq!(answers[1].0, 400);
    assert_eq!(ask(&server, "POST", &query, "40").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_that_does_not_take_over_leaves_the_polls_alone() {
    let server = Server::start().await;
    let alice = server.person().await;
    let sid = polling(&server).await;
    let query = format!("EIO=4&transport=polling&sid={sid}");
    let mut wire = Wire::upgrade(&server, &format!("&sid={sid}")).await;
    wire.say(FIN | TEXT, b"2probe").await;
    assert_eq!(wire.text().await, "3probe");
    // While it is probed polls are sent over; a second websocket is one too many.
    assert_eq!(ask(&server, "GET", &query, "").await, (200, "6".to_owned()));
    let mut second = Wire::upgrade(&server, &format!("&sid={sid}")).await;
    second.say(FIN | TEXT, b"2probe").await;
    assert_eq!(second.frame().await, None);
    assert_eq!(ask(&server, "GET", &query, "").await, (200, "6".to_owned()), "the first one is still probed");
    drop(wire);
    let connect = format!("40{}", json!({ "token": alice.token }));
    assert_eq!(ask(&server, "POST", &query, &connect).await, (200, "ok".to_owned()));
    let mut answer = ask(&server, "GET", &query, "").await;
    while answer.1 == "6" {
        answer = ask(&server, "GET", &query, "").await;
    }
    assert!(answer.1.starts_with("40{"), "{answer:?}");
    assert_eq!(ask(&server, "POST", &query, "1").await.0, 200);
    assert_eq!(ask(&server, "GET", &query, "").await.0, 400, "who said good-bye is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_takes_over_though_another_knocks() {
    let server = Server::start().await;
    let alice = server.person().await;
    let sid = polling(&server).await;
    let mut first = Wire::upgrade(&server, &format!("&sid={sid}")).await;
    first.say(FIN | TEXT, b"2probe").await;
    assert_eq!(first.text().await, "3probe");
    let mut second = Wire::upgrade(&server, &format!("&sid={sid}")).await;
    second.say(FIN | TEXT, b"2probe").await;
    assert_eq!(second.frame().await, None);
    first.say(FIN | TEXT, b"5").await;
    first.say(FIN | TEXT, format!("40{}", json!({ "token": alice.token })).as_bytes()).await;
    assert!(first.text().await.starts_with("40{"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_past_the_limit_is_refused_and_ends_the_connection() {
    let server = Server::with(Settings { payload_limit: 1_000, ..Settings::default() }).await;
    let sid = polling(&server).await;
    let query = format!("EIO=4&transport=polling&sid={sid}");
    assert_eq!(ask(&server, "POST", &query, &"4".repeat(1_001)).await.0, 413);
    assert_eq!(ask(&server, "GET", &query, "").await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_connections_and_no_more() {
    let server = Server::with(Settings { max_connections: 2, ..Settings::default() }).await;
    let mut first = Wire::websocket(&server).await;
    let sid = polling(&server).await;
    assert_eq!(ask(&server, "GET", "EIO=4&transport=polling", "").await.0, 503);
    let mut third = Wire::upgrade(&server, "").await;
    assert_eq!(third.end().await, Some(1_013));
    assert_eq!(ask(&server, "POST", &format!("EIO=4&transport=polling&sid={sid}"), "1").await.0, 200);
    polling(&server).await;
    first.say(FIN | CLOSE, b"").await;
    first.end().await;
}
