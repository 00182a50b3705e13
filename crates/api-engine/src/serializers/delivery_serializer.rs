//! What became of the messages on their way to web hooks.

use engine_interfaces::{DeliveryFault, DeliveryId, DeliveryState, Seq, Timestamp, WebhookDelivery};
use serde::Serialize;
use utoipa::ToSchema;

use super::ListPageSerializer;

/// How far a delivery has come: it is to be tried, the receiver took it, or it was given up.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[schema(as = DeliveryState)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeliveryStateName {
    Pending,
    Delivered,
    Dead,
}

impl From<DeliveryState> for DeliveryStateName {
    fn from(state: DeliveryState) -> Self {
        match state {
            DeliveryState::Pending => Self::Pending,
            DeliveryState::Delivered => Self::Delivered,
            DeliveryState::Dead => Self::Dead,
        }
    }
}

/// A message on its way to a web hook.
#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliverySerializer {
    /// The `webhook-id` that the receiver sees, of each attempt.
    #[schema(value_type = Uuid)]
    id: DeliveryId,
    /// The message's position in the group.
    #[schema(value_type = i64, minimum = 1)]
    seq: Seq,
    state: DeliveryStateName,
    /// How often it was tried, since it was caused or last asked for.
    #[schema(minimum = 0)]
    attempts: u32,
    /// The status of the last answer.
    #[schema(required = true)]
    last_status: Option<u16>,
    /// Why the last attempt failed, in a word.
    #[schema(required = true)]
    last_error: Option<&'static str>,
    /// When it is tried again, or soon after; none unless it is pending.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    next_attempt_at: Option<Timestamp>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl From<&WebhookDelivery> for DeliverySerializer {
    fn from(delivery: &WebhookDelivery) -> Self {
        let WebhookDelivery {
            id,
            seq,
            state,
            attempts,
            last_status,
            last_error,
            next_attempt_at,
            created_at,
            updated_at,
        } = delivery;
        Self {
            id: *id,
            seq: *seq,
            state: (*state).into(),
            attempts: *attempts,
            last_status: *last_status,
            last_error: last_error.map(DeliveryFault::as_str),
            next_attempt_at: *next_attempt_at,
            created_at: *created_at,
            updated_at: *updated_at,
        }
    }
}

/// A page of deliveries.
#[derive(Serialize, ToSchema)]
#[schema(as = Deliveries)]
pub(crate) struct DeliveriesSerializer<'a> {
    pub(crate) deliveries: Vec<DeliverySerializer>,
    pub(crate) page: ListPageSerializer<'a>,
}
