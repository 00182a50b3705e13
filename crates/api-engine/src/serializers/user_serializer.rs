//! Users, as they see themselves and as others see them.

use engine_interfaces::{Secret, Timestamp, User, UserId};
use serde::Serialize;
use utoipa::ToSchema;

/// A user, for themselves.
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub(crate) struct UserSerializer<'a> {
    #[schema(value_type = Uuid)]
    id: UserId,
    /// Shown to others.
    name: &'a str,
    /// Shown to nobody else; a guest has none.
    #[schema(required = true)]
    email: Option<&'a str>,
    /// A throw-away account, which ends by itself.
    guest: bool,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl<'a> From<&'a User> for UserSerializer<'a> {
    fn from(user: &'a User) -> Self {
        let User { id, name, email, guest, created_at, updated_at } = user;
        Self {
            id: *id,
            name,
            // Their own address, in their own answer.
            email: email.as_ref().map(Secret::expose),
            guest: *guest,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

/// A user, for others.
#[derive(Serialize, ToSchema)]
#[schema(as = UserName)]
pub(crate) struct UserNameSerializer<'a> {
    #[schema(value_type = Uuid)]
    pub(crate) id: UserId,
    /// None once erased.
    #[schema(required = true)]
    pub(crate) name: Option<&'a str>,
}

/// Users, for others.
#[derive(Serialize, ToSchema)]
#[schema(as = UserNames)]
pub(crate) struct UserNamesSerializer<'a> {
    pub(crate) users: Vec<UserNameSerializer<'a>>,
}
