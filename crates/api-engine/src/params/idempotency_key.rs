//! The header that means the same as an id in the body.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use engine_interfaces::Rule;
use utoipa::IntoParams;
use uuid::Uuid;

use super::fields::{uuid, violation};
use crate::errors::ErrorHandler;

/// The `Idempotency-Key` of a request.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct IdempotencyKey {
    /// Means the same as an `id` in the body: a retry with the same one answers what the first made.
    #[param(rename = "Idempotency-Key", required = false, nullable = false)]
    key: Option<Uuid>,
}

impl IdempotencyKey {
    /// The id of what is made: the body's or the header's, which may not differ.
    pub(crate) fn or<T: From<Uuid> + Into<Uuid>>(self, id: Option<T>) -> Result<Option<T>, ErrorHandler> {
        match (id.map(Into::into), self.key) {
            (Some(id), Some(key)) if id != key => Err(violation("id", Rule::Format)),
            (id, key) => Ok(id.or(key).map(T::from)),
        }
    }
}

impl FromRequest for IdempotencyKey {
    type Error = ErrorHandler;
    type Future = Ready<Result<Self, ErrorHandler>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // A key that is no UUID is refused: to ignore it would make a second message of a retry.
        let key = request.headers().get("idempotency-key").map(|key| key.to_str().ok().and_then(uuid));
        ready(match key {
            None => Ok(Self { key: None }),
            Some(Some(key)) => Ok(Self { key: Some(key) }),
            Some(None) => Err(violation("id", Rule::Format)),
        })
    }
}
