//! What a writer does with the read markers that have gathered.

use engine_interfaces::{ChatError, Control, GroupId, Rule, Seq, Violation};

use crate::{
    coalescer::Work,
    context::Context,
    store::{Marker, Moved, unavailable_to_all},
};

/// Moves read markers and tells the user's other devices.
pub(crate) struct Markers {
    context: Context,
}

impl Markers {
    pub(crate) fn new(context: &Context) -> Self {
        Self { context: context.clone() }
    }

    fn answer(&self, marker: Marker, moved: Moved) -> Result<Seq, ChatError> {
        match moved {
            Moved::NotMember => Err(ChatError::GroupNotFound(marker.group_id)),
            Moved::Beyond => Err(ChatError::Invalid(vec![Violation::new("seq", Rule::Format)])),
            Moved::At { was, now } => {
                if now > was {
                    self.context.broker.control(Control::Read {
                        user_id: marker.user_id,
                        group_id: marker.group_id,
                        read_seq: now,
                    });
                }
                Ok(now)
            }
        }
    }
}

impl Work for Markers {
    type Ask = Marker;
    type Done = Seq;

    const NAME: &'static str = "read_markers";

    fn group(ask: &Marker) -> GroupId {
        ask.group_id
    }

    async fn perform(&self, asks: Vec<Marker>) -> Vec<Result<Seq, ChatError>> {
        match self.context.store.mark_read(&asks).await {
            Ok(moved) => {
                asks.into_iter().zip(moved).map(|(marker, moved)| self.answer(marker, moved)).collect()
            }
            Err(error) => unavailable_to_all(error, asks.len()),
        }
    }
}
