//! Messages.

use actix_web::web::Data;
use engine_interfaces::{Chat, Draft, MessagePage, Range};

use super::{Answer, made};
use crate::{
    current_user::CurrentUser,
    errors::{self, Conditional, Refusals},
    etag::{self, Copies, ETag},
    params::{GroupMessageBody, GroupPath, IdempotencyKey, MessageBody, MessagePath, MessagesParams},
    serializers::{GroupMessageSerializer, GroupMessagesSerializer, MessagePageSerializer},
};

/// List messages
///
/// Newest first; with `after`, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}/messages",
    operation_id = "list_messages",
    tag = "messages",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath, MessagesParams, Copies),
    responses(
        (status = 200, description = "A page of messages", body = GroupMessagesSerializer<'_>, headers(
            ("ETag" = String),
        )),
        Conditional,
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Paged, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn index(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    MessagesParams { limit, range }: MessagesParams,
    copies: Copies,
) -> Answer {
    if copies.are_named() {
        let tag = ETag::page(chat.group_version(user, id).await?, range, limit);
        if copies.include(&tag) {
            return Ok(etag::not_modified(&tag));
        }
    }
    let read = chat.list_messages(user, id, range, limit).await?;
    etag::tagged(&ETag::page(read.version, range, limit), &page(&read, range))
}

/// Send a message
///
/// The answer comes after the commit. The same `id` again, with the same text, answers the stored message.
#[utoipa::path(
    post,
    path = "/api/v1/groups/{id}/messages",
    operation_id = "send_message",
    tag = "messages",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath, IdempotencyKey),
    request_body = MessageBody,
    responses(
        (status = 201, description = "Sent", body = GroupMessageSerializer<'_>, headers(("Location" = String))),
        (status = 200, description = "A retry: sent before", body = GroupMessageSerializer<'_>, headers(
            ("Location" = String), ("Idempotent-Replayed" = String),
        )),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Body, errors::Conflicts, errors::Limited,
            errors::Stored,
        )>,
    ),
)]
pub(crate) async fn create_in_group(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    key: IdempotencyKey,
    body: MessageBody,
) -> Answer {
    send(chat.as_ref(), body.read().await?.into_draft(user, id, key)?).await
}

/// Send a message to the group that the body names
#[utoipa::path(
    post,
    path = "/api/v1/group_messages",
    operation_id = "create_group_message",
    tag = "messages",
    security(("bearer" = []), ("basic" = [])),
    params(IdempotencyKey),
    request_body = GroupMessageBody,
    responses(
        (status = 201, description = "Sent", body = GroupMessageSerializer<'_>, headers(("Location" = String))),
        (status = 200, description = "A retry: sent before", body = GroupMessageSerializer<'_>, headers(
            ("Location" = String), ("Idempotent-Replayed" = String),
        )),
        Refusals<(
            errors::Authenticated, errors::Group, errors::Body, errors::Conflicts, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn create(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    key: IdempotencyKey,
    body: GroupMessageBody,
) -> Answer {
    send(chat.as_ref(), body.read().await?.into_draft(user, key)?).await
}

/// Show a message
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}/messages/{message_id}",
    operation_id = "show_message",
    tag = "messages",
    security(("bearer" = []), ("basic" = [])),
    params(MessagePath),
    responses(
        (status = 200, description = "The message", body = GroupMessageSerializer<'_>),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Message, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn show(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    MessagePath { id, message_id }: MessagePath,
) -> Answer {
    let message = chat.show_message(user, id, message_id).await?;
    Ok(etag::private().json(GroupMessageSerializer::from(&message)))
}

async fn send(chat: &dyn Chat, draft: Draft) -> Answer {
    let sent = chat.send_message(draft).await?;
    fail_points::reach("request.answering");
    let location = format!("/api/v1/groups/{}/messages/{}", sent.message.group_id, sent.message.id);
    Ok(made(sent.replayed, &location, &GroupMessageSerializer::from(&*sent.message)))
}

/// The messages of a group in `range`.
pub(super) fn page(read: &MessagePage, range: Range) -> GroupMessagesSerializer<'_> {
    GroupMessagesSerializer {
        messages: read.messages.iter().map(|message| (&**message).into()).collect(),
        page: MessagePageSerializer::new(read, range),
    }
}
