//! Filling a group quickly: what a large group looks like, without the hours in which it grows.
//!
//! What is made here keeps every rule of the engine: a gap-free `seq`, exact counts, unread markers, links.
//! Only nobody is told: neither joins nor messages are announced.

use engine_interfaces::{ChatError, GroupId, GroupMessageId, UserId, UserResource};

use crate::{
    engine::ChatEngine,
    store::{NewMessage, OutboxRange, Outcome, unavailable},
};

/// How many members or messages go in one transaction.
const AT_ONCE: usize = 1_000;

/// Adds `users` to `group` as members. Who is or was in it already stays as they are. It asks nobody for
/// leave, and not how many groups a user is in.
///
/// # Errors
/// `GroupNotFound`; `GroupFull` when the group would hold more members than a group may; `Unavailable`.
/// Thousands that went before stay.
pub async fn add_members(engine: &ChatEngine, group: GroupId, users: &[UserId]) -> Result<(), ChatError> {
    let context = &engine.context;
    for users in users.chunks(AT_ONCE) {
        let (now, most) = (context.clock.now(), context.settings.max_members);
        context
            .store
            .seed_members(group, users, now, most)
            .await
            .map_err(unavailable)??;
        let links: Vec<_> = users
            .iter()
            .map(|user| UserResource::group(*user, group))
            .collect();
        context
            .resources
            .link(&links)
            .await
            .map_err(|error| ChatError::Unavailable(error.into()))?;
    }
    Ok(())
}

/// Appends `messages`, each of a member and its text, to the log of `group`. The texts are not checked.
///
/// # Errors
/// `GroupNotFound` when there is no such group or an author is not in it; `Unavailable`. Messages that went
/// before stay.
pub async fn append_messages(
    engine: &ChatEngine,
    group: GroupId,
    messages: impl IntoIterator<Item = (UserId, String)>,
) -> Result<(), ChatError> {
    let context = &engine.context;
    let mut messages = messages.into_iter().map(|(user_id, message)| NewMessage {
        group_id: group,
        user_id,
        id: GroupMessageId(context.clock.new_id()),
        message,
    });
    loop {
        let chunk: Vec<_> = messages.by_ref().take(AT_ONCE).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let now = context.clock.now();
        let outcomes = context.store.send(&chunk, now).await.map_err(unavailable)?;
        let stored = outcomes.iter().filter_map(|outcome| match outcome {
            Outcome::Stored(place) => Some(place.seq.0),
            _ => None,
        });
        if let (Some(first), Some(last)) = (stored.clone().min(), stored.clone().max()) {
            let range = OutboxRange { group, first, last };
            context
                .store
                .mark_published(&[range], now)
                .await
                .map_err(unavailable)?;
        }
        if stored.count() < chunk.len() {
            return Err(ChatError::GroupNotFound(group));
        }
    }
}
