use std::error::Error;

use futures_util::{SinkExt, StreamExt};
use reqwest::Client;
use serde_json::{Value, json};
use tokio_tungstenite::{connect_async, tungstenite::Message};

/// Makes something at an address, as somebody with a token.
async fn post(url: String, token: Option<&str>, body: Value) -> reqwest::Result<Value> {
    let request = Client::new().post(url).json(&body);
    let request = if let Some(token) = token { request.bearer_auth(token) } else { request };
    request.send().await?.error_for_status()?.json().await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = std::env::var("API").unwrap_or_else(|_| "http://127.0.0.1:8080".to_owned());
    let api = format!("{server}/api/v1");

    // Sign up
    let sign_up = async |name: &str| {
        let email = format!("{name}@rust.example");
        let user = json!({"user": {"name": name, "email": email, "password": "stanley-park-1"}});
        post(format!("{api}/users"), None, user).await
    };
    let (alice, bob) = (sign_up("Alice").await?, sign_up("Bob").await?);
    let alice = Some(text(&alice["token"]));

    // Create a group, add a friend
    let group = post(format!("{api}/groups"), alice, json!({"group": {"name": "Stanley Park"}})).await?;
    let group = format!("{api}/groups/{}", text(&group["id"]));
    post(format!("{group}/members"), alice, json!({"member": {"email": "bob@rust.example"}})).await?;

    // Listen
    let config: Value = reqwest::get(format!("{server}/config.json")).await?.json().await?;
    let socket = text(&config["realtime_url"]).replacen("http", "ws", 1);
    let (mut socket, _) = connect_async(format!("{socket}/socket.io/?EIO=4&transport=websocket")).await?;
    socket.send(Message::text(format!("40{}", json!({"token": bob["token"]})))).await?;

    while let Some(packet) = socket.next().await {
        let packet = packet?.into_text()?.to_string();
        if packet == "2" {
            // Is somebody there?
            socket.send(Message::text("3")).await?;
        } else if packet.starts_with("40") {
            // Send, now that Bob is in
            let message = json!({"message": {"id": uuid::Uuid::new_v4(), "message": "Hello, Bob"}});
            post(format!("{group}/messages"), alice, message).await?;
        } else if let Some(event) = packet.strip_prefix("42") {
            // Heard
            let event: Value = serde_json::from_str(event)?;
            if event[0] == "message" {
                println!("{}", text(&event[1]["message"]));
                return Ok(());
            }
        }
    }
    Err("the server hung up".into())
}
