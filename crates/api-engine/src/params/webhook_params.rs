//! What makes a web hook.

use engine_interfaces::{WebhookDraft, WebhookId};
use utoipa::ToSchema;

use super::{
    IdempotencyKey,
    body::{Body, Params},
    fields::Fields,
};
use crate::errors::ErrorHandler;

/// A web hook to be made.
#[derive(Debug, ToSchema)]
#[schema(as = CreateWebhook)]
pub(crate) struct CreateWebhookParams {
    /// Chosen by the client, so that a retry makes no second one.
    #[schema(value_type = Option<Uuid>, required = false, nullable = false)]
    id: Option<WebhookId>,
    /// The receiver: `https` or `http`, without user or fragment, at port 80, 443 or above 1023, and at no
    /// address that is private.
    #[schema(format = "uri", min_length = 1, max_length = 2_048, pattern = r"^[^\u0000]*$")]
    url: String,
}

impl CreateWebhookParams {
    /// The draft.
    pub(crate) fn into_draft(self, key: IdempotencyKey) -> Result<WebhookDraft, ErrorHandler> {
        Ok(WebhookDraft { id: key.or(self.id)?, url: self.url })
    }
}

/// [`CreateWebhookParams`], on their way.
pub(crate) type CreateWebhookBody = Body<CreateWebhookParams>;

impl Params for CreateWebhookParams {
    const ROOT: &'static str = "webhook";
    const FIELDS: &'static [&'static str] = &["id", "url"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { id: fields.optional("id")?, url: fields.required("url")? })
    }
}
