//! Members.

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::{Added, Authentication, Chat, UserId};

use super::{Answer, Names};
use crate::{
    current_user::CurrentUser,
    errors::{self, Conditional, ErrorCode, Refusals},
    etag::Copies,
    params::{AddMemberBody, ChangeRoleBody, ChangeRoleParams, GroupPath, ListParams, MemberPath, NewMember},
    serializers::{MembershipSerializer, MembershipsSerializer},
};

/// List members
///
/// In the order in which they joined.
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}/members",
    operation_id = "list_members",
    tag = "members",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath, ListParams, Copies),
    responses(
        (status = 200, description = "A page of members", body = MembershipsSerializer<'_>, headers(
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
    authentication: Data<dyn Authentication>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    page: ListParams,
    copies: Copies,
) -> Answer {
    let members = chat.list_members(user, id, page.limit, page.cursor.as_ref()).await?;
    let users: Vec<UserId> = members.entries.iter().map(|member| member.user_id).collect();
    let names = Names::of(authentication.as_ref(), &users).await?;
    let serialize = |member| MembershipSerializer::new(member, names.get(member.user_id));
    copies.answer(&MembershipsSerializer {
        members: members.entries.iter().map(serialize).collect(),
        page: members.next.as_ref().into(),
    })
}

/// Add a member
///
/// By id or by e-mail address. Owners and admins; a guest adds guests alone, by id.
#[utoipa::path(
    post,
    path = "/api/v1/groups/{id}/members",
    operation_id = "add_member",
    tag = "members",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath),
    request_body = AddMemberBody,
    responses(
        (status = 201, description = "Added", body = MembershipSerializer<'_>),
        (status = 200, description = "Was in already", body = MembershipSerializer<'_>),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::User, errors::Forbids, errors::Body,
            errors::ManyGroups, errors::FullGroup, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn create(
    chat: Data<dyn Chat>,
    authentication: Data<dyn Authentication>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    body: AddMemberBody,
) -> Answer {
    let named = body.read().await?;
    // First the right, so that only those who may add somebody learn who has an account.
    chat.authorize(user, id, named.right()).await?;
    let member = match named {
        NewMember::Id(member) => member,
        NewMember::Email(email) => authentication.find_user(&email).await?.ok_or(ErrorCode::UserNotFound)?,
    };
    let names = Names::of(authentication.as_ref(), &[member]).await?;
    let name = names.get(member).ok_or(ErrorCode::UserNotFound)?;

    let Added { membership, already } = chat.add_member(user, id, member).await?;
    let mut response = if already { HttpResponse::Ok() } else { HttpResponse::Created() };
    Ok(response.json(MembershipSerializer::new(&membership, Some(name))))
}

/// Give a member a role
///
/// Owners; the last owner stays one.
#[utoipa::path(
    patch,
    path = "/api/v1/groups/{id}/members/{user_id}",
    operation_id = "change_role",
    tag = "members",
    security(("bearer" = []), ("basic" = [])),
    params(MemberPath),
    request_body = ChangeRoleBody,
    responses(
        (status = 200, description = "The member, changed", body = MembershipSerializer<'_>),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::User, errors::Forbids, errors::Body,
            errors::LastOwner, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn update(
    chat: Data<dyn Chat>,
    authentication: Data<dyn Authentication>,
    CurrentUser(user): CurrentUser,
    MemberPath { id, user_id }: MemberPath,
    body: ChangeRoleBody,
) -> Answer {
    let ChangeRoleParams { role } = body.read().await?;
    let membership = chat.change_role(user, id, user_id, role).await?;
    let names = Names::of(authentication.as_ref(), &[user_id]).await?;
    Ok(HttpResponse::Ok().json(MembershipSerializer::new(&membership, names.get(user_id))))
}

/// Remove a member
///
/// Admins remove members, owners anyone, and anyone leaves; the last owner can't.
#[utoipa::path(
    delete,
    path = "/api/v1/groups/{id}/members/{user_id}",
    operation_id = "remove_member",
    tag = "members",
    security(("bearer" = []), ("basic" = [])),
    params(MemberPath),
    responses(
        (status = 204, description = "Removed"),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::User, errors::Forbids, errors::LastOwner,
            errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn destroy(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    MemberPath { id, user_id }: MemberPath,
) -> Answer {
    chat.remove_member(user, id, user_id).await?;
    Ok(HttpResponse::NoContent().finish())
}
