//! Receivers that are down, slow, wrong, or elsewhere: each is bounded, told by a word, and tried again.

use std::time::{Duration, Instant};

use engine_interfaces::{DeliveryFault, DeliveryState};
use tokio::{io::AsyncWriteExt, net::TcpListener};

use crate::{
    bench::{Bench, settings},
    receiver::{Mode, Receiver},
};

/// The first fault of a delivery to `url`, and the status that came with it.
async fn fault(url: &str) -> (Option<DeliveryFault>, Option<u16>) {
    let bench = Bench::start().await;
    let hooked = bench.webhook(url).await;
    hooked.send("hello").await;
    let failed = hooked.until_failed().await;
    assert_eq!(failed.state, DeliveryState::Pending, "it is tried again");
    (failed.last_error, failed.last_status)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_down_has_no_connection() {
    let receiver = Receiver::start(Mode::Status(200)).await;
    let url = receiver.url();
    drop(receiver);
    assert_eq!(fault(&url).await, (Some(DeliveryFault::Connection), None));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_does_not_answer_is_left_after_the_limit() {
    let receiver = Receiver::start(Mode::Stall).await;
    let began = Instant::now();
    assert_eq!(fault(&receiver.url()).await, (Some(DeliveryFault::Timeout), None));
    assert!(began.elapsed() >= settings().timeout);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_hangs_up_or_speaks_no_http_broke_the_connection() {
    for mode in [Mode::HangUp, Mode::Garbage] {
        let receiver = Receiver::start(mode).await;
        assert_eq!(fault(&receiver.url()).await, (Some(DeliveryFault::Connection), None));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_never_encrypts_is_left_after_the_limit_of_connecting() {
    let receiver = Receiver::start(Mode::Stall).await;
    // It waits for the head of a request, which never comes: the client waits for the server's hello.
    let url = format!("https://127.0.0.1:{}/", receiver.port());
    assert_eq!(fault(&url).await, (Some(DeliveryFault::Timeout), None));
    assert!(receiver.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_not_encrypted_where_it_should_be_is_refused() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", listener.local_addr().unwrap());
    let plain = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
            // All that was said is taken, so that closing takes nothing back.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
    });
    assert_eq!(fault(&url).await, (Some(DeliveryFault::Tls), None));
    plain.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_but_success_is_a_failure() {
    for status in [300, 304, 400, 404, 410, 429, 500, 599] {
        let receiver = Receiver::start(Mode::Status(status)).await;
        let word = if status < 400 { DeliveryFault::Redirect } else { DeliveryFault::Status };
        assert_eq!(fault(&receiver.url()).await, (Some(word), Some(status)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_sends_elsewhere_is_not_followed() {
    let target = Receiver::start(Mode::Status(200)).await;
    let receiver = Receiver::start(Mode::Redirect(target.url())).await;
    assert_eq!(fault(&receiver.url()).await, (Some(DeliveryFault::Redirect), Some(302)));
    assert_eq!(target.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_body_is_cut_and_the_status_counts() {
    let (bench, receiver) = (Bench::start().await, Receiver::start(Mode::EndlessBody).await);
    let hooked = bench.webhook(&receiver.url()).await;
    let began = Instant::now();
    hooked.send("hello").await;
    let delivered = hooked.until(DeliveryState::Delivered).await;
    assert_eq!((delivered.attempts, delivered.last_status), (1, Some(200)));
    assert!(began.elapsed() < Duration::from_secs(10), "nobody waits for its end");
    // What the system's buffers hold, and no more.
    assert!(receiver.written() < 16 << 20, "{} bytes", receiver.written());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endless_head_is_cut() {
    let receiver = Receiver::start(Mode::EndlessHead).await;
    let (word, status) = fault(&receiver.url()).await;
    assert!(matches!(word, Some(DeliveryFault::Connection | DeliveryFault::Timeout)) && status.is_none());
    assert!(receiver.written() < 16 << 20, "{} bytes", receiver.written());
}
