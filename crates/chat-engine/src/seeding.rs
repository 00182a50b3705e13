//! Filling a group quickly: what a large group looks like, without the hours in which it grows.
//!
//! What is made here keeps every rule of the engine: a gap-free `seq`, exact counts, unread markers, links.
//! Only nobody is told: neither joins nor messages are announced.

use database::detached;
use engine_interfaces::{ChatError, GroupId, GroupMessageId, UserId, UserResource};

use crate::{
    context::Context,
    engine::ChatEngine,
    store::{NewMessage, OutboxRange, Outcome, unavailable},
};

/// How many members or messages go in one transaction.
///
/// # Example
/// ```
/// use chat_engine::seeding::AT_ONCE;
///
/// let transactions = 50_000_usize.div_ceil(AT_ONCE); // between two of them others write
/// assert_eq!(transactions, 50);
/// ```
pub const AT_ONCE: usize = 1_000;

/// Adds `users` to `group` as members. Who is or was in it already stays as they are. It asks nobody for
/// leave, and not how many groups a user is in.
///
/// # Errors
/// `GroupNotFound`; `GroupFull` when the group would hold more members than a group may; `Unavailable`. Each
/// [`AT_ONCE`] that went before stay.
///
/// # Example
/// ```
/// use chat_engine::{Chat, UserId, factories, seeding};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (chat, _broker) = factories::engine().await;
/// let (group, owner) = factories::group(&chat).create().await;
/// let many: Vec<_> = (1..2_500).map(|number| UserId::from_name(&number.to_string())).collect();
/// seeding::add_members(&chat, group.id, &many).await?;
/// assert_eq!(chat.show_group(owner, group.id).await?.member_count, 2_500);
/// # Ok(()) }
/// ```
pub async fn add_members(engine: &ChatEngine, group: GroupId, users: &[UserId]) -> Result<(), ChatError> {
    for users in users.chunks(AT_ONCE) {
        let (context, users) = (engine.context.clone(), users.to_vec());
        detached(async move { add(&context, group, &users).await }).await?;
    }
    Ok(())
}

async fn add(context: &Context, group: GroupId, users: &[UserId]) -> Result<(), ChatError> {
    let (now, most) = (context.clock.now(), context.settings.max_members);
    context.store.seed_members(group, users, now, most).await.map_err(unavailable)??;
    let links: Vec<_> = users.iter().map(|user| UserResource::group(*user, group)).collect();
    context.resources.link(&links).await.map_err(|error| ChatError::Unavailable(error.into()))
}

/// Appends `messages`, each of a member and its text, to the log of `group`. The texts are not checked.
///
/// # Errors
/// `GroupNotFound` when there is no such group or an author is not in it; `Unavailable`. Each [`AT_ONCE`] that
/// went before stay.
///
/// # Example
/// ```
/// use chat_engine::{Chat, Seq, factories, seeding};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (chat, _broker) = factories::engine().await;
/// let (group, owner) = factories::group(&chat).create().await;
/// let log = (1..=2_000).map(|number| (owner, format!("Number {number}")));
/// seeding::append_messages(&chat, group.id, log).await?;
/// assert_eq!(chat.show_group(owner, group.id).await?.last_seq, Seq(2_000));
/// # Ok(()) }
/// ```
pub async fn append_messages(
    engine: &ChatEngine,
    group: GroupId,
    messages: impl IntoIterator<Item = (UserId, String)>,
) -> Result<(), ChatError> {
    let mut news = messages.into_iter().map(|(user_id, message)| NewMessage {
        group_id: group,
        user_id,
        id: GroupMessageId(engine.context.clock.new_id()),
        message,
        trace: None,
    });
    loop {
        let chunk: Vec<_> = news.by_ref().take(AT_ONCE).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let context = engine.context.clone();
        detached(async move { append(&context, group, &chunk).await }).await?;
    }
}

async fn append(context: &Context, group: GroupId, news: &[NewMessage]) -> Result<(), ChatError> {
    let now = context.clock.now();
    let outcomes = context.store.send(news, now).await.map_err(unavailable)?;
    let stored: Vec<_> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Stored(place) => Some(place.seq.0),
            _ => None,
        })
        .collect();
    if let (Some(first), Some(last)) = (stored.iter().min(), stored.iter().max()) {
        let range = OutboxRange { group, first: *first, last: *last };
        context.store.mark_published(&[range], now).await.map_err(unavailable)?;
    }
    if stored.len() < news.len() {
        return Err(ChatError::GroupNotFound(group));
    }
    Ok(())
}
