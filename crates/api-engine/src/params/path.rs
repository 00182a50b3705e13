//! Ids in paths. What is no id names nothing: it answers as a thing that does not exist.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use engine_interfaces::{
    ChatError, DeliveryId, ExportId, GroupId, GroupMessageId, InvitationId, Secret, UserId, WebhookId,
};
use utoipa::IntoParams;
use uuid::Uuid;

use super::{fields::uuid, query};
use crate::errors::{ErrorCode, ErrorHandler};

/// `/groups/{id}`.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct GroupPath {
    /// The group.
    #[param(value_type = Uuid)]
    pub(crate) id: GroupId,
}

/// `/groups/{id}/messages/{message_id}`.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct MessagePath {
    /// The group.
    #[param(value_type = Uuid)]
    pub(crate) id: GroupId,
    /// The message.
    #[param(value_type = Uuid)]
    pub(crate) message_id: GroupMessageId,
}

/// `/groups/{id}/members/{user_id}`.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct MemberPath {
    /// The group.
    #[param(value_type = Uuid)]
    pub(crate) id: GroupId,
    /// The member.
    #[param(value_type = Uuid)]
    pub(crate) user_id: UserId,
}

/// `/groups/{id}/webhooks/{webhook_id}`.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct WebhookPath {
    /// The group.
    #[param(value_type = Uuid)]
    pub(crate) id: GroupId,
    /// The web hook.
    #[param(value_type = Uuid)]
    pub(crate) webhook_id: WebhookId,
}

/// `/groups/{id}/webhooks/{webhook_id}/deliveries/{delivery_id}`.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct DeliveryPath {
    /// The group.
    #[param(value_type = Uuid)]
    pub(crate) id: GroupId,
    /// The web hook.
    #[param(value_type = Uuid)]
    pub(crate) webhook_id: WebhookId,
    /// The delivery.
    #[param(value_type = Uuid)]
    pub(crate) delivery_id: DeliveryId,
}

/// `/groups/{id}/invitations/{invitation_id}`.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct InvitationPath {
    /// The group.
    #[param(value_type = Uuid)]
    pub(crate) id: GroupId,
    /// The invitation.
    #[param(value_type = Uuid)]
    pub(crate) invitation_id: InvitationId,
}

/// `/invitations/{code}/accept`.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct CodePath {
    /// What the answer that made the invitation told.
    #[param(value_type = String)]
    pub(crate) code: Secret,
}

/// `/users/me/exports/{export_id}`.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct ExportPath {
    /// The export.
    #[param(value_type = Uuid)]
    pub(crate) export_id: ExportId,
}

/// `/unsubscribe/{token}`.
#[derive(Clone, IntoParams)]
#[into_params(parameter_in = Path)]
pub(crate) struct UnsubscribePath {
    /// What the link in a mail has.
    pub(crate) token: String,
}

/// The id that the path has at `name`; `missing` is what its absence is called.
fn id<T: From<Uuid>>(
    request: &HttpRequest,
    name: &str,
    missing: impl Into<ErrorHandler>,
) -> Result<T, ErrorHandler> {
    query::decode(request.uri().path())?;
    request.match_info().get(name).and_then(uuid).map(T::from).ok_or_else(|| missing.into())
}

impl GroupPath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        Ok(Self { id: id(request, "id", ErrorCode::GroupNotFound)? })
    }
}

impl MessagePath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        let GroupPath { id: group } = GroupPath::of(request)?;
        Ok(Self { id: group, message_id: id(request, "message_id", ErrorCode::MessageNotFound)? })
    }
}

impl MemberPath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        let GroupPath { id: group } = GroupPath::of(request)?;
        Ok(Self { id: group, user_id: id(request, "user_id", ErrorCode::UserNotFound)? })
    }
}

impl WebhookPath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        let GroupPath { id: group } = GroupPath::of(request)?;
        Ok(Self { id: group, webhook_id: id(request, "webhook_id", ErrorCode::WebhookOrInvitationNotFound)? })
    }
}

impl DeliveryPath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        let WebhookPath { id: group, webhook_id } = WebhookPath::of(request)?;
        Ok(Self {
            id: group,
            webhook_id,
            delivery_id: id(request, "delivery_id", ErrorCode::DeliveryNotFound)?,
        })
    }
}

impl InvitationPath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        let GroupPath { id: group } = GroupPath::of(request)?;
        Ok(Self { id: group, invitation_id: id(request, "invitation_id", ChatError::InvitationNotFound)? })
    }
}

impl CodePath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        query::decode(request.uri().path())?;
        Ok(Self { code: Secret::new(request.match_info().get("code").unwrap_or_default()) })
    }
}

impl ExportPath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        Ok(Self { export_id: id(request, "export_id", ErrorCode::ExportNotFound)? })
    }
}

impl UnsubscribePath {
    fn of(request: &HttpRequest) -> Result<Self, ErrorHandler> {
        query::decode(request.uri().path())?;
        let token = request.match_info().get("token").unwrap_or_default().to_owned();
        Ok(Self { token })
    }
}

macro_rules! from_path {
    ($($path:ident)+) => {$(
        impl FromRequest for $path {
            type Error = ErrorHandler;
            type Future = Ready<Result<Self, ErrorHandler>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(Self::of(request))
            }
        }
    )+};
}

from_path!(
    GroupPath MessagePath MemberPath WebhookPath DeliveryPath InvitationPath CodePath ExportPath UnsubscribePath
);
