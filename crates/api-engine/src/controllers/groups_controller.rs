//! Groups.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::{Chat, Created, Range};

use super::{Answer, group_messages_controller, made};
use crate::{
    current_user::CurrentUser,
    errors::{self, Conditional, Refusals},
    etag::{self, Copies, ETag},
    params::{CreateGroupBody, GroupPath, IdempotencyKey, LatestParams, ListParams, UpdateGroupBody},
    serializers::{GroupSerializer, GroupWithMessagesSerializer, GroupsSerializer},
};

/// List my groups
///
/// The groups that the caller is in, latest activity first.
#[utoipa::path(
    get,
    path = "/api/v1/groups",
    operation_id = "list_groups",
    tag = "groups",
    security(("bearer" = []), ("basic" = [])),
    params(ListParams, Copies),
    responses(
        (status = 200, description = "A page of groups", body = GroupsSerializer<'_>, headers(("ETag" = String))),
        Conditional,
        Refusals<(errors::Path, errors::Authenticated, errors::Paged, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn index(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    page: ListParams,
    copies: Copies,
) -> Answer {
    let groups = chat.list_groups(user, page.limit, page.cursor.as_ref()).await?;
    copies.answer(&GroupsSerializer {
        groups: groups.entries.iter().map(Into::into).collect(),
        page: groups.next.as_ref().into(),
    })
}

/// Make a group
///
/// The caller is its owner and first member.
#[utoipa::path(
    post,
    path = "/api/v1/groups",
    operation_id = "create_group",
    tag = "groups",
    security(("bearer" = []), ("basic" = [])),
    params(IdempotencyKey),
    request_body = CreateGroupBody,
    responses(
        (status = 201, description = "Made", body = GroupSerializer<'_>, headers(("Location" = String))),
        (status = 200, description = "A retry: made before", body = GroupSerializer<'_>, headers(
            ("Location" = String), ("Idempotent-Replayed" = String),
        )),
        Refusals<(
            errors::Authenticated, errors::Body, errors::Conflicts, errors::ManyGroups, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn create(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    key: IdempotencyKey,
    body: CreateGroupBody,
) -> Answer {
    let Created { group, replayed } = chat.create_group(user, body.read().await?.into_draft(key)?).await?;
    let location = format!("/api/v1/groups/{}", group.id);
    Ok(made(replayed, &location, &GroupSerializer::from(&group)))
}

/// Show a group
///
/// With its newest messages, newest first.
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}",
    operation_id = "show_group",
    tag = "groups",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath, LatestParams, Copies),
    responses(
        (status = 200, description = "The group", body = GroupWithMessagesSerializer<'_>, headers(("ETag" = String))),
        Conditional,
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Paged, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn show(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    LatestParams { limit }: LatestParams,
    copies: Copies,
) -> Answer {
    if copies.are_named() {
        let tag = ETag::group(chat.group_version(user, id).await?, limit);
        if copies.include(&tag) {
            return Ok(etag::not_modified(&tag));
        }
    }
    let read = chat.list_messages(user, id, Range::Newest, limit).await?;
    // Read after the version was: a copy may be newer than its name, never older.
    let group = chat.show_group(user, id).await?;
    let newest = group_messages_controller::page(&read, Range::Newest);
    etag::tagged(
        &ETag::group(read.version, limit),
        &GroupWithMessagesSerializer { group: (&group).into(), newest },
    )
}

/// Change a group
///
/// Owners and admins.
#[utoipa::path(
    patch,
    path = "/api/v1/groups/{id}",
    operation_id = "update_group",
    tag = "groups",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath),
    request_body = UpdateGroupBody,
    responses(
        (status = 200, description = "The group, changed", body = GroupSerializer<'_>),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Forbids, errors::Body, errors::Limited,
            errors::Stored,
        )>,
    ),
)]
pub(crate) async fn update(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    body: UpdateGroupBody,
) -> Answer {
    let group = chat.update_group(user, id, body.read().await?.into()).await?;
    Ok(HttpResponse::Ok().json(GroupSerializer::from(&group)))
}

/// Delete a group
///
/// For everybody, at once. Owners.
#[utoipa::path(
    delete,
    path = "/api/v1/groups/{id}",
    operation_id = "delete_group",
    tag = "groups",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath),
    responses(
        (status = 204, description = "Deleted"),
        Refusals<(errors::Path, errors::Authenticated, errors::Group, errors::Forbids, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn destroy(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
) -> Answer {
    chat.delete_group(user, id).await?;
    Ok(HttpResponse::NoContent().finish())
}
