//! What comes of a batch for one group.

use std::collections::HashMap;

use engine_interfaces::{GroupMessageId, Seq, Timestamp, UserId};

use crate::store::{NewMessage, Outcome};

use super::Place;

/// What the store knows about a message that is to be stored.
pub(super) struct Known {
    /// The sender is in the group.
    pub(super) member: bool,
    /// What is stored under the id.
    pub(super) stored: Option<Stored>,
}

/// What is stored under an id.
pub(super) struct Stored {
    pub(super) place: Place,
    /// Who wrote it; none once erased.
    pub(super) user_id: Option<UserId>,
    /// The text; none once erased.
    pub(super) message: Option<String>,
}

/// Decides in the order given, as `chat_send` does on PostgreSQL: membership first, then what is stored, then
/// the first of equal ids. The new ones follow `last_seq` without a gap.
pub(super) fn decide<'a>(
    batch: impl IntoIterator<Item = (&'a NewMessage, Known)>,
    last_seq: Seq,
    now: Timestamp,
) -> Vec<Outcome> {
    let mut last = last_seq;
    let mut fresh: HashMap<GroupMessageId, (&NewMessage, Place)> = HashMap::new();
    let outcome = |(new, known): (&'a NewMessage, Known)| {
        if !known.member {
            return Outcome::NotMember;
        }
        if let Some(stored) = known.stored {
            let same = stored.user_id == Some(new.user_id) && stored.message.as_ref() == Some(&new.message);
            return answered(same, stored.place);
        }
        if let Some((first, place)) = fresh.get(&new.id) {
            return answered(first.user_id == new.user_id && first.message == new.message, *place);
        }
        last = last.next();
        let place = Place { seq: last, created_at: now };
        fresh.insert(new.id, (new, place));
        Outcome::Stored(place)
    };
    batch.into_iter().map(outcome).collect()
}

fn answered(same: bool, place: Place) -> Outcome {
    if same { Outcome::Replayed(place) } else { Outcome::Conflict }
}
