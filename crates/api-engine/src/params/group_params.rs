//! What makes and changes a group.

use engine_interfaces::{GroupChange, GroupDraft, GroupId};
use utoipa::ToSchema;

use super::{
    IdempotencyKey,
    body::{Body, Params},
    fields::Fields,
};
use crate::errors::ErrorHandler;

/// A group to be made.
#[derive(Debug, ToSchema)]
#[schema(as = CreateGroup)]
pub(crate) struct CreateGroupParams {
    /// Chosen by the client, so that a retry makes no second group.
    #[schema(value_type = Option<Uuid>, required = false, nullable = false)]
    id: Option<GroupId>,
    /// Not blank.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    name: String,
    /// What the group is about.
    #[schema(max_length = 1000, pattern = r"^[^\u0000]*$", required = false, nullable = false)]
    description: Option<String>,
}

impl CreateGroupParams {
    /// The draft.
    pub(crate) fn into_draft(self, key: IdempotencyKey) -> Result<GroupDraft, ErrorHandler> {
        Ok(GroupDraft {
            id: key.or(self.id)?,
            name: self.name,
            description: self.description.unwrap_or_default(),
        })
    }
}

/// [`CreateGroupParams`], on their way.
pub(crate) type CreateGroupBody = Body<CreateGroupParams>;

impl Params for CreateGroupParams {
    const ROOT: &'static str = "group";
    const FIELDS: &'static [&'static str] = &["id", "name", "description"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self {
            id: fields.optional("id")?,
            name: fields.required("name")?,
            description: fields.optional("description")?,
        })
    }
}

/// What changes about a group.
#[derive(Debug, ToSchema)]
#[schema(as = UpdateGroup)]
pub(crate) struct UpdateGroupParams {
    /// Not blank.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
        required = false,
        nullable = false
    )]
    name: Option<String>,
    /// What the group is about.
    #[schema(max_length = 1000, pattern = r"^[^\u0000]*$", required = false, nullable = false)]
    description: Option<String>,
}

impl From<UpdateGroupParams> for GroupChange {
    fn from(params: UpdateGroupParams) -> Self {
        let UpdateGroupParams { name, description } = params;
        Self { name, description }
    }
}

/// [`UpdateGroupParams`], on their way.
pub(crate) type UpdateGroupBody = Body<UpdateGroupParams>;

impl Params for UpdateGroupParams {
    const ROOT: &'static str = "group";
    const FIELDS: &'static [&'static str] = &["name", "description"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { name: fields.optional("name")?, description: fields.optional("description")? })
    }
}
