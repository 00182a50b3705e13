//! The actions: each reads, asks an engine and answers. No rule, no query, no decision on an error.

pub(crate) mod exports_controller;
pub(crate) mod group_messages_controller;
pub(crate) mod group_users_controller;
pub(crate) mod groups_controller;
pub(crate) mod health_controller;
pub(crate) mod invitations_controller;
pub(crate) mod mail_preferences_controller;
pub(crate) mod memberships_controller;
pub(crate) mod notification_preferences_controller;
pub(crate) mod pages_controller;
pub(crate) mod profiles_controller;
pub(crate) mod read_markers_controller;
pub(crate) mod registrations_controller;
pub(crate) mod sessions_controller;
pub(crate) mod unsubscriptions_controller;
pub(crate) mod webhook_deliveries_controller;
pub(crate) mod webhooks_controller;

use actix_web::{HttpResponse, http::header};
use engine_interfaces::{Authentication, UserId, UserName};
use serde::Serialize;

use crate::errors::ErrorHandler;

/// What an action gives.
type Answer = Result<HttpResponse, ErrorHandler>;

/// Marks the answer to a retry.
const REPLAYED: &str = "Idempotent-Replayed";

/// Answers what was made at `location`: 201, or 200 when a retry made nothing.
fn made(replayed: bool, location: &str, value: &impl Serialize) -> HttpResponse {
    let mut response = if replayed { HttpResponse::Ok() } else { HttpResponse::Created() };
    if replayed {
        response.insert_header((REPLAYED, "true"));
    }
    response.insert_header((header::LOCATION, location)).json(value)
}

/// The names of some users.
struct Names(Vec<UserName>);

impl Names {
    async fn of(authentication: &dyn Authentication, users: &[UserId]) -> Result<Self, ErrorHandler> {
        if users.is_empty() {
            return Ok(Self(Vec::new()));
        }
        Ok(Self(authentication.user_names(users).await?))
    }

    /// At most a page of them: looking through is as good as a map.
    fn get(&self, user: UserId) -> Option<&str> {
        self.0.iter().find(|named| named.id == user).map(|named| named.name.as_str())
    }
}
