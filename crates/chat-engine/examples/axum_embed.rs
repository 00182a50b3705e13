//! chat-engine in someone else's axum service: their users, their routes, our groups and messages.
use axum::{Json, Router, extract::Path, extract::State, http::HeaderMap, http::StatusCode, routing::get};
use broker::LocalBroker;
use chat_engine::*;
use std::{error::Error, path::Path as Folder, sync::Arc};
use user_resources::UserResourcesEngine;

type Engines = State<(Arc<ChatEngine>, LocalBroker)>;
type Answer<T> = Result<Json<T>, StatusCode>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app(Folder::new(".")).await?.0).await?)
}

pub(crate) async fn app(folder: &Folder) -> Result<(Router, GroupId), Box<dyn Error>> {
    let store = Store::sqlite(folder.join("chat.db"))?; // or Store::postgres(url)
    store.migrate().await?;
    let resources = UserResourcesEngine::sqlite(folder.join("resources.db"))?;
    resources.migrate().await?;
    let broker = LocalBroker::default();
    let chat = ChatEngine::new(store, Arc::new(broker.clone()), Arc::new(resources));
    let (alice, bob) = (UserId::from_name("alice"), UserId::from_name("bob"));
    let room = chat.create_group(alice, GroupDraft::new("Beer")).await?.group.id;
    chat.add_member(alice, room, bob).await?;
    let app = Router::new().route("/rooms/{room}", get(hear).post(send));
    Ok((app.with_state((chat, broker)), room))
}

async fn send(host: Engines, room: Path<GroupId>, who: HeaderMap, text: String) -> Answer<GroupMessage> {
    let draft = Draft::new(caller(&who)?, *room, text);
    let sent = host.0.0.send_message(draft).await.map_err(status)?;
    Ok(Json(sent.into_message()))
}

/// Waits for the next messages of the room.
async fn hear(host: Engines, room: Path<GroupId>, who: HeaderMap) -> Answer<Vec<Arc<GroupMessage>>> {
    let State((chat, broker)) = host;
    let mut live = broker.hear_all(); // or broker.subscribe(), and follow the room's slot
    chat.group_version(caller(&who)?, *room).await.map_err(status)?;
    let Some(Delivery::Messages(mut news)) = live.deliveries.next().await else {
        return Ok(Json(Vec::new())); // ask again, and read what was missed by its seq
    };
    news.retain(|message| message.group_id == *room);
    Ok(Json(news))
}

/// Whoever your service says is calling. The header stands for your own sign-in: clients can set it.
fn caller(headers: &HeaderMap) -> Result<UserId, StatusCode> {
    let name = headers.get("x-user").and_then(|value| value.to_str().ok());
    name.map(UserId::from_name).ok_or(StatusCode::UNAUTHORIZED)
}

fn status(error: ChatError) -> StatusCode {
    match error {
        ChatError::GroupNotFound(_) => StatusCode::NOT_FOUND,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}
