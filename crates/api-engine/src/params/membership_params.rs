//! Who becomes a member, and what a member may do.

use engine_interfaces::{Role, Rule, Secret, UserId};
use utoipa::ToSchema;

use super::{
    body::{Body, Params},
    fields::{Fields, violation},
};
use crate::{errors::ErrorHandler, serializers::RoleName};

/// Who is to be added: by id or by address, one of the two.
#[derive(Debug, ToSchema)]
#[schema(as = AddMember)]
pub(crate) struct AddMemberParams {
    /// The user.
    #[schema(value_type = Option<Uuid>, required = false, nullable = false)]
    user_id: Option<UserId>,
    /// The user's address, in any case of its letters.
    #[schema(
        value_type = Option<String>,
        format = Email,
        min_length = 1,
        max_length = 254,
        pattern = r"^[^\u0000]*$",
        required = false,
        nullable = false
    )]
    email: Option<Secret>,
}

/// How a user is named who is to be added.
pub(crate) enum NewMember {
    /// By id.
    Id(UserId),
    /// By address.
    Email(Secret),
}

impl AddMemberParams {
    /// Who.
    pub(crate) fn into_member(self) -> Result<NewMember, ErrorHandler> {
        match (self.user_id, self.email) {
            (Some(user), None) => Ok(NewMember::Id(user)),
            (None, Some(email)) => Ok(NewMember::Email(email)),
            (None, None) => Err(ErrorHandler::missing("user_id")),
            // Two names might be of two users.
            (Some(_), Some(_)) => Err(violation("email", Rule::Format)),
        }
    }
}

/// [`AddMemberParams`], on their way.
pub(crate) type AddMemberBody = Body<AddMemberParams>;

impl Params for AddMemberParams {
    const ROOT: &'static str = "member";
    const FIELDS: &'static [&'static str] = &["user_id", "email"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self {
            user_id: fields.optional("user_id")?,
            email: fields.optional("email")?,
        })
    }
}

/// What a member may do from now on.
#[derive(Debug, ToSchema)]
#[schema(as = ChangeRole)]
pub(crate) struct ChangeRoleParams {
    /// The new role.
    #[schema(value_type = RoleName)]
    pub(crate) role: Role,
}

/// [`ChangeRoleParams`], on their way.
pub(crate) type ChangeRoleBody = Body<ChangeRoleParams>;

impl Params for ChangeRoleParams {
    const ROOT: &'static str = "member";
    const FIELDS: &'static [&'static str] = &["role"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self {
            role: fields.required("role")?,
        })
    }
}
