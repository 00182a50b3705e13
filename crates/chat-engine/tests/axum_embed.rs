//! The example does what it says.

#[expect(dead_code, reason = "its main stays idle")]
#[path = "../examples/axum_embed.rs"]
mod axum_embed;

use std::time::Duration;

use axum::http::StatusCode;
use chat_engine::GroupMessage;
use reqwest::{Client, RequestBuilder, Response};

#[tokio::test(flavor = "multi_thread")]
async fn two_meet_in_a_room_and_a_stranger_does_not() {
    let folder = tempfile::TempDir::new().unwrap();
    let (app, room) = axum_embed::app(folder.path()).await.unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/rooms/{room}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let http = Client::new();
    let hearing = tokio::spawn(by("bob", http.get(&url)).timeout(Duration::from_secs(20)).send());
    // Bob may begin to listen after a message; one after that he hears.
    let heard = loop {
        let sent = by("alice", http.post(&url).body("Cheers!")).send().await.unwrap();
        let sent: GroupMessage = sent.json().await.unwrap();
        assert_eq!(sent.message.as_deref(), Some("Cheers!"));
        if hearing.is_finished() {
            break hearing.await.unwrap().unwrap();
        }
    };
    let heard: Vec<GroupMessage> = heard.json().await.unwrap();
    assert_eq!(heard[0].message.as_deref(), Some("Cheers!"));

    for request in [http.get(&url), http.post(&url).body("Hello?")] {
        let refused: Response = by("mallory", request.try_clone().unwrap()).send().await.unwrap();
        assert_eq!(refused.status().as_u16(), StatusCode::NOT_FOUND.as_u16());
        assert_eq!(request.send().await.unwrap().status().as_u16(), StatusCode::UNAUTHORIZED.as_u16());
    }
}

fn by(name: &str, request: RequestBuilder) -> RequestBuilder {
    request.header("x-user", name)
}
