//! One body for every refusal, and a code that keeps its meaning.

mod error_handler;
mod refusals;

pub(crate) use engine_interfaces::ErrorCode;
pub(crate) use error_handler::{ErrorBody, ErrorHandler};
pub(crate) use refusals::{
    Authenticated, Body, Conditional, Conflicts, Delivery, Export, Forbids, FullGroup, Group, GuestsSwitch,
    Invitation, LastOwner, Limited, ManyGroups, ManyInvitations, ManyWebhooks, Message, Named, Nothing,
    Paged, Path, Refusals, SignUp, Slow, Stored, User, Webhook, WebhooksSwitch, WrongPassword,
};
