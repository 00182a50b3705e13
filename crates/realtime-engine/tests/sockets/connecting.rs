//! Who is let in, and when a socket is closed.

use std::time::{Duration, Instant};

use engine_interfaces::{Authentication, ProfileChange, Secret};
use realtime_engine::Settings;
use serde_json::json;
use tokio::task::JoinSet;

use crate::support::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_is_refused_with_the_contracts_error() {
    let server = Server::start().await;
    let revoked = server.person().await;
    let token = server.token_of(&revoked).await;
    server.auth.sign_out(token).await.unwrap();
    for transport in ["websocket", "polling"] {
        for (auth, code) in [
            (json!({}), 40101),
            (json!({ "token": "x.y.z" }), 40102),
            (json!({ "token": "" }), 40102),
            (json!({ "token": ["x"] }), 40102),
            (json!({ "token": "x".repeat(100_000) }), 40102),
            (json!({ "token": revoked.token }), 40104),
        ] {
            let client = server.open(json!({ "auth": auth, "transports": [transport] })).await;
            let error = client.wait_for("connect_error").await;
            assert_eq!(error["data"]["code"], code, "{error}");
            assert!(error["data"]["title"].is_string());
            assert_eq!(error["data"]["message"], error["message"]);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_says_it_has_is_checked() {
    let server = Server::start().await;
    let alice = server.person().await;
    let too_many: serde_json::Map<_, _> =
        (0..2_001_u128).map(|n| (uuid::Uuid::from_u128(n).to_string(), json!(0))).collect();
    for have in [json!([]), json!({ "x": 1 }), json!(too_many)] {
        let auth = json!({ "token": alice.token, "have": have });
        let client = server.open(json!({ "auth": auth })).await;
        assert_eq!(client.wait_for("connect_error").await["data"]["code"], 42204);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_namespace() {
    let server = Server::start().await;
    let alice = server.person().await;
    let auth = json!({ "token": alice.token });
    let url = format!("{}/admin", server.url);
    let client = server.clients.open(&url, json!({ "auth": auth })).await;
    let error = client.wait_for("connect_error").await;
    assert_eq!(error["data"]["code"], 40400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_from_elsewhere_is_not_let_in() {
    let server = Server::start().await;
    let alice = server.person().await;
    for transport in ["websocket", "polling"] {
        for (origin, event) in
            [("http://evil.example", "connect_error"), ("http://localhost:8080", "connect")]
        {
            let client = server
                .open(json!({
                    "auth": { "token": alice.token },
                    "transports": [transport],
                    "extraHeaders": { "Origin": origin },
                }))
                .await;
            client.wait_for(event).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_moves_from_polling_to_a_websocket() {
    let server = Server::start().await;
    let alice = server.person().await;
    let group = server.group(&alice).create().await.0;
    let client = server.open(json!({ "auth": { "token": alice.token } })).await;
    client.wait_for("connect").await;
    server.send(&alice, group.id, 200).await;
    client.wait_for_seqs(1..=200).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_closes_the_tokens_sockets() {
    let server = Server::start().await;
    for transport in ["websocket", "polling"] {
        let alice = server.person().await;
        let client = server.connect_over(transport, &alice, json!({})).await;
        let token = server.token_of(&alice).await;
        server.auth.sign_out(token).await.unwrap();
        assert_eq!(client.wait_for("closed").await["code"], 40104);
        assert_eq!(client.wait_for("disconnect").await, "io server disconnect");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_closes_the_other_sockets() {
    let server = Server::start().await;
    let session =
        auth_engine::factories::user(server.auth.as_ref()).email("carol@example.com").create().await;
    let home = "2001:db8:ffff::1".parse().unwrap();
    let credentials =
        auth_engine::factories::credentials("carol@example.com", auth_engine::factories::PASSWORD);
    let other = server.auth.sign_in(credentials, home).await.unwrap();
    let open = |token: &Secret| json!({ "auth": { "token": token.expose() }, "transports": ["websocket"] });
    let here = server.open(open(&session.token)).await;
    let there = server.open(open(&other.token)).await;
    here.wait_for("connect").await;
    there.wait_for("connect").await;
    let change = ProfileChange {
        name: None,
        password: Some(Secret::new("quite another password")),
        current_password: Secret::new(auth_engine::factories::PASSWORD),
    };
    let identity = server.auth.authenticate_token(session.token.expose()).await.unwrap();
    server.auth.update_user(identity, change, home).await.unwrap();
    there.wait_for("disconnect").await;
    assert!(here.got("disconnect").is_empty());
    assert_eq!(here.ask("x", json!([])).await["error"]["code"], 40400, "it is there");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_so_many_sockets_and_no_more() {
    let server = Server::with(Settings { max_sockets_per_user: 1, ..Settings::default() }).await;
    let alice = server.person().await;
    let _first = server.connect(&alice).await;
    let second = server.open(json!({ "auth": { "token": alice.token } })).await;
    assert_eq!(second.wait_for("connect_error").await["data"]["code"], 42901);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_shuts_down_sends_its_clients_away_one_after_the_other() {
    let spread = Duration::from_secs(2);
    let settings = Settings {
        close_grace: Duration::from_millis(100),
        drain_spread: spread,
        drain: 2 * spread,
        max_sockets_per_user: 20,
        ..Settings::default()
    };
    let mut server = Server::with(settings).await;
    let alice = server.person().await;
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(server.connect(&alice).await);
    }
    let mut told = Vec::new();
    let began = Instant::now();
    tokio::join!(server.stop(), async {
        let mut waiting: JoinSet<_> = clients
            .into_iter()
            .map(|client| async move {
                client.wait_for("closed").await;
                began.elapsed()
            })
            .collect();
        while let Some(at) = waiting.join_next().await {
            told.push(at.unwrap());
        }
    });
    told.sort();
    assert!(told[0] < spread / 2, "{told:?}");
    assert!(told[7] - told[0] > spread / 2, "they do not come back at once: {told:?}");
    assert!(told[7] < spread * 2, "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_shuts_down_says_so() {
    let mut server =
        Server::with(Settings { close_grace: Duration::from_millis(200), ..Settings::default() }).await;
    let alice = server.person().await;
    let clients = [server.connect(&alice).await, server.connect_over("polling", &alice, json!({})).await];
    tokio::join!(server.stop(), async {
        for client in &clients {
            assert_eq!(client.wait_for("closed").await["code"], 50301);
            let reason = client.wait_for("disconnect").await;
            assert_ne!(reason, "io server disconnect", "it comes back by itself");
        }
    });
}
