//! The names behind a group's messages.

use actix_web::web::Data;
use engine_interfaces::{Authentication, Chat};

use super::{Answer, Names};
use crate::{
    current_user::CurrentUser,
    errors::{self, Refusals},
    etag,
    params::{GroupPath, UsersParams},
    serializers::{UserNameSerializer, UserNamesSerializer},
};

/// Name users
///
/// Those of `ids` that are members or authors of the group, former ones too.
#[utoipa::path(
    get,
    path = "/api/v1/groups/{id}/users",
    operation_id = "list_group_users",
    tag = "members",
    security(("bearer" = []), ("basic" = [])),
    params(GroupPath, UsersParams),
    responses(
        (status = 200, description = "The users", body = UserNamesSerializer<'_>),
        Refusals<(
            errors::Path, errors::Authenticated, errors::Group, errors::Named, errors::Limited, errors::Stored,
        )>,
    ),
)]
pub(crate) async fn index(
    chat: Data<dyn Chat>,
    authentication: Data<dyn Authentication>,
    CurrentUser(user): CurrentUser,
    GroupPath { id }: GroupPath,
    UsersParams { ids }: UsersParams,
) -> Answer {
    let participants = chat.participants(user, id, &ids).await?;
    let names = Names::of(authentication.as_ref(), &participants).await?;
    let users = participants.iter().map(|id| UserNameSerializer { id: *id, name: names.get(*id) }).collect();
    Ok(etag::private().json(UserNamesSerializer { users }))
}
