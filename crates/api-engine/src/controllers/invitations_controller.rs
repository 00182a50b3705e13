//! Invitations.

use actix_web::{HttpResponse, http::header, web::Data};
use engine_interfaces::{Accepted, Chat};

use super::{Answer, made};
use crate::{
    current_user::CurrentUser,
    errors::{self, Refusals},
    etag,
    params::{CodePath, CreateInvitationBody, GroupPath, InvitationPath, ListParams},
    serializers::{CreatedInvitationSerializer, GroupSerializer, InvitationsSerializer},
};

/// List invitations
///
/// Those by which people can still join, the newest first, without their codes. Owners and admins.
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}/invitations",
    operation_id = "list_invitations",
    tag = "invitations",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath, ListParams),
    responses(
        (status = 200, description = "A page of invitations", body = InvitationsSerializer<'_>),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Forbids, errors::Paged, errors::Limited,
            errors::Stored,
        )>,
    ),
)]
pub(crate) async fn index(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    page: ListParams,
) -> Answer {
    let open = chat.list_invitations(user, id, page.limit, page.cursor.as_ref()).await?;
    Ok(etag::private().json(InvitationsSerializer {
        invitations: open.entries.iter().map(Into::into).collect(),
        page: open.next.as_ref().into(),
    }))
}

/// Invite people
///
/// Whoever has the code can join until it ends, is used up or is revoked. Only this answer tells the code. Owners and
/// admins.
#[utoipa::path(
    post,
    path = "/api/v1/groups/{id}/invitations",
    operation_id = "create_invitation",
    tag = "invitations",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath),
    request_body = CreateInvitationBody,
    responses(
        (status = 201, description = "Made", body = CreatedInvitationSerializer<'_>, headers(
            ("Location" = String), ("Cache-Control" = String, description = "`no-store`"),
        )),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Forbids, errors::Body,
            errors::ManyInvitations, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn create(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    body: CreateInvitationBody,
) -> Answer {
    let created = chat.create_invitation(user, id, body.read().await?.into()).await?;
    let location = format!("/api/v1/groups/{id}/invitations/{}", created.invitation.id);
    let mut response = made(false, &location, &CreatedInvitationSerializer::from(&created));
    // The code is a secret of those who are given it.
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    Ok(response)
}

/// Revoke an invitation
///
/// Nobody joins by it any more; those who did stay. Owners and admins.
#[utoipa::path(
    delete,
    path = "/api/v1/groups/{id}/invitations/{invitation_id}",
    operation_id = "revoke_invitation",
    tag = "invitations",
    security(("bearer" = []), ("basic" = [])),
    params(InvitationPath),
    responses(
        (status = 204, description = "Revoked"),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Invitation, errors::Forbids, errors::Limited,
            errors::Stored,
        )>,
    ),
)]
pub(crate) async fn destroy(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    InvitationPath { id, invitation_id }: InvitationPath,
) -> Answer {
    chat.revoke_invitation(user, id, invitation_id).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Join by an invitation
///
/// The caller becomes a member of the group that the code leads to. Who is in already gets the group, and no use is
/// spent. A code that has expired, is used up or was revoked is answered as one that never was.
#[utoipa::path(
    post,
    path = "/api/v1/invitations/{code}/accept",
    operation_id = "accept_invitation",
    tag = "invitations",
    security(("bearer" = []), ("basic" = [])),
    params(CodePath),
    responses(
        (status = 201, description = "Joined", body = GroupSerializer<'_>, headers(("Location" = String))),
        (status = 200, description = "Was in already", body = GroupSerializer<'_>, headers(("Location" = String))),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Invitation, errors::ManyGroups, errors::FullGroup,
            errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn accept(
    chat: Data<dyn Chat>,
    CurrentUser(user): CurrentUser,
    CodePath { code }: CodePath,
) -> Answer {
    let Accepted { group, already } = chat.accept_invitation(user, &code).await?;
    let mut response = if already { HttpResponse::Ok() } else { HttpResponse::Created() };
    let location = format!("/api/v1/groups/{}", group.id);
    Ok(response.insert_header((header::LOCATION, location)).json(GroupSerializer::from(&group)))
}
