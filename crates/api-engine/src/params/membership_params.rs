//! Who becomes a member, and what a member may do.

use std::borrow::Cow;

use engine_interfaces::{Right, Role, Rule, Secret, UserId};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{KnownFormat, ObjectBuilder, OneOf, RefOr, Schema, SchemaFormat, Type},
};

use super::{
    body::{Body, Params},
    fields::{Fields, violation},
};
use crate::{errors::ErrorHandler, serializers::RoleName};

/// The longest address, in characters; an id is shorter.
const MAX_EMAIL: usize = 254;

/// Who is to be added.
#[derive(Debug)]
pub(crate) enum NewMember {
    /// By id.
    Id(UserId),
    /// By address, in any case of its letters.
    Email(Secret),
}

impl NewMember {
    /// What it takes to add somebody who is named so.
    pub(crate) fn right(&self) -> Right {
        match self {
            Self::Id(_) => Right::AddMember,
            Self::Email(_) => Right::AddByAddress,
        }
    }
}

/// [`NewMember`], on their way.
pub(crate) type AddMemberBody = Body<NewMember>;

impl Params for NewMember {
    const ROOT: &'static str = "member";
    const FIELDS: &'static [&'static str] = &["user_id", "email"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        match (fields.optional("user_id")?, fields.optional("email")?) {
            (Some(user), None) => Ok(Self::Id(user)),
            (None, Some(email)) => Ok(Self::Email(email)),
            (None, None) => Err(ErrorHandler::missing("user_id")),
            // Two names might be of two users.
            (Some(_), Some(_)) => Err(violation("email", Rule::Format)),
        }
    }
}

impl PartialSchema for NewMember {
    fn schema() -> RefOr<Schema> {
        let named_by = |field: &str, format: KnownFormat, about: &str| {
            let text = ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(format)))
                .min_length(Some(1))
                .max_length(Some(MAX_EMAIL))
                .description(Some(about));
            ObjectBuilder::new().property(field, text).required(field).build()
        };
        OneOf::builder()
            .item(named_by("user_id", KnownFormat::Uuid, "The user"))
            .item(named_by("email", KnownFormat::Email, "The user's address, in any case of its letters"))
            .description(Some("Who is to be added: by id or by address"))
            .into()
    }
}

impl ToSchema for NewMember {
    fn name() -> Cow<'static, str> {
        "AddMember".into()
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
        Ok(Self { role: fields.required("role")? })
    }
}
