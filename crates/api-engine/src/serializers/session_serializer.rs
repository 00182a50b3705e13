//! A user who has signed in.

use engine_interfaces::{Session, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;

use super::UserSerializer;

/// The user, and the token that shows who they are.
#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionSerializer<'a> {
    #[serde(flatten)]
    user: UserSerializer<'a>,
    /// For the header `Authorization: Bearer`.
    token: &'a str,
    /// When the token ends.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

impl<'a> From<&'a Session> for SessionSerializer<'a> {
    fn from(session: &'a Session) -> Self {
        let Session { user, token, expires_at } = session;
        // The token goes to the one who has just shown a password.
        Self { user: user.into(), token: token.expose(), expires_at: *expires_at }
    }
}
