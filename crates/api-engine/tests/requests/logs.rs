//! What is logged of requests that have secrets in their paths.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    time::timeout,
};

use crate::support::{Api, Caller, unsubscribe_token};

/// All that this process logs, whichever test is the cause.
static LOGGED: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Lines;

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged() -> String {
    String::from_utf8_lossy(&LOGGED.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// Asks over a real connection, so that the server's own lines are there too; answers the status.
async fn ask(address: SocketAddr, method: &str, path: &str, caller: &Caller) -> String {
    let asking = async {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: parlour\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            caller.token
        );
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    timeout(Duration::from_secs(10), asking).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_has_a_secret_of_a_path() {
    // Everything that anybody has to say, however quiet.
    let all = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false);
    all.with_writer(|| Lines).init();
    let api = Api::start().await;
    let (owner, bob) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    let code = api.invite(&group, &owner).await.1;
    let token = unsubscribe_token(&bob);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(api.engine.clone().serve(listener, async move {
        let _ = stopped.await;
    }));

    let accept = format!("/api/v1/invitations/{code}/accept");
    for (method, path, status) in [
        ("POST", &accept, "201"),
        ("POST", &accept, "200"),
        ("GET", &accept, "405"),
        ("POST", &format!("/api/v1/invitations/{code}A/accept"), "404"),
        ("POST", &format!("/api/v1/invitations/{code}%FF/accept"), "400"),
        ("POST", &format!("/api/v1/invitations/{code}"), "404"),
        ("POST", &format!("/unsubscribe/{token}"), "200"),
    ] {
        assert_eq!(ask(address, method, path, &bob).await, status, "{method} {path}");
    }
    stop.send(()).unwrap();
    timeout(Duration::from_secs(20), server).await.unwrap().unwrap().unwrap();

    let logged = logged();
    assert!(logged.contains("/api/v1/invitations/{code}/accept"), "requests are logged by their route");
    for secret in [&code, &token, &bob.token] {
        let line = logged.lines().find(|line| line.contains(secret.as_str()));
        assert_eq!(line, None, "a secret is logged");
    }
}
