//! The real server: it answers, and drains.

use std::{
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use api_engine::Settings;
use auth_engine::factories;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::oneshot,
    time::{sleep, timeout},
};

use crate::support::Api;

const LIMIT: Duration = Duration::from_secs(10);

async fn ask(address: SocketAddr, path: &str) -> Option<String> {
    let mut socket = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: parlour\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.ok()?;
    Some(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_stop_turns_red_first_and_then_ends() {
    let settings = Settings { workers: 1, drain_notice: Duration::from_secs(2), ..Settings::default() };
    let api = Api::with(factories::settings(), settings).await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(api.engine.clone().serve(listener, async move {
        let _ = stopped.await;
    }));

    let ready = timeout(LIMIT, ask(address, "/readyz")).await.unwrap().unwrap();
    assert!(ready.starts_with("HTTP/1.1 200"), "{ready}");

    // An idle connection does not hold it up.
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: parlour\r\n\r\n").await.unwrap();
    let mut first = [0; 12];
    idle.read_exact(&mut first).await.unwrap();

    stop.send(()).unwrap();
    let red = async {
        loop {
            let answer = ask(address, "/readyz").await.unwrap();
            if answer.starts_with("HTTP/1.1 503") {
                return answer;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let red = timeout(LIMIT, red).await.unwrap();
    assert!(red.to_lowercase().contains("retry-after: 1"), "{red}");
    assert!(ask(address, "/livez").await.unwrap().starts_with("HTTP/1.1 200"));

    timeout(LIMIT, server).await.unwrap().unwrap().unwrap();
    assert_eq!(ask(address, "/livez").await, None);
}
