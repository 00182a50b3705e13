//! How far a user has read.

use engine_interfaces::Seq;
use utoipa::ToSchema;

use super::{
    body::{Body, Params},
    fields::Fields,
};
use crate::errors::ErrorHandler;

/// How far the caller has read.
#[derive(Debug, ToSchema)]
#[schema(as = Read)]
pub(crate) struct ReadParams {
    /// The position of the last message that was read; at most the group's `last_seq`.
    #[schema(value_type = i64, minimum = 0)]
    pub(crate) seq: Seq,
}

/// [`ReadParams`], on their way.
pub(crate) type ReadBody = Body<ReadParams>;

impl Params for ReadParams {
    const ROOT: &'static str = "read";
    const FIELDS: &'static [&'static str] = &["seq"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { seq: fields.required("seq")? })
    }
}
