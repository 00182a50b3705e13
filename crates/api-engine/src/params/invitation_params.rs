//! What makes an invitation.

use std::time::Duration;

use engine_interfaces::InvitationDraft;
use utoipa::ToSchema;

use super::{
    body::{Body, Params},
    fields::Fields,
};
use crate::errors::ErrorHandler;

/// An invitation to be made.
#[derive(Debug, ToSchema)]
#[schema(as = CreateInvitation)]
pub(crate) struct CreateInvitationParams {
    /// For how many seconds it is good; 7 days when nothing is said, and at most 30, unless the server has it otherwise.
    #[schema(minimum = 1, required = false, nullable = false)]
    expires_in: Option<u32>,
    /// How many may join by it; 10 when nothing is said, and at most 1,000, unless the server has it otherwise.
    #[schema(minimum = 1, required = false, nullable = false)]
    uses: Option<u32>,
}

impl From<CreateInvitationParams> for InvitationDraft {
    fn from(params: CreateInvitationParams) -> Self {
        let CreateInvitationParams { expires_in, uses } = params;
        Self { life: expires_in.map(|seconds| Duration::from_secs(seconds.into())), uses }
    }
}

/// [`CreateInvitationParams`], on their way.
pub(crate) type CreateInvitationBody = Body<CreateInvitationParams>;

impl Params for CreateInvitationParams {
    const ROOT: &'static str = "invitation";
    const FIELDS: &'static [&'static str] = &["expires_in", "uses"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { expires_in: fields.optional("expires_in")?, uses: fields.optional("uses")? })
    }
}
