//! Where the pages of this engine's lists go on.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use engine_interfaces::{ChatError, Cursor, GroupId, InvitationId, Seq, Timestamp};
use uuid::Uuid;

/// After this group, in a list by latest activity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ByActivity(pub(crate) Timestamp, pub(crate) GroupId);

impl ByActivity {
    pub(crate) fn write(self) -> Cursor {
        let mut bytes = self.0.micros().to_be_bytes().to_vec();
        bytes.extend(self.1.0.as_bytes());
        Cursor(URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(crate) fn read(cursor: &Cursor) -> Result<Self, ChatError> {
        let bytes: [u8; 24] = bytes(cursor)?;
        let (micros, id) = bytes.split_first_chunk().ok_or(ChatError::BadCursor)?;
        let at = Timestamp::from_micros(i64::from_be_bytes(*micros)).map_err(|_| ChatError::BadCursor)?;
        let id = Uuid::from_slice(id).map_err(|_| ChatError::BadCursor)?;
        Ok(Self(at, GroupId(id)))
    }
}

/// After the member whose joining made this revision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByJoining(pub(crate) i64);

impl ByJoining {
    /// Before the group's creator, whose joining made no revision.
    pub(crate) const START: Self = Self(-1);

    pub(crate) fn write(self) -> Cursor {
        Cursor(URL_SAFE_NO_PAD.encode(self.0.to_be_bytes()))
    }

    pub(crate) fn read(cursor: &Cursor) -> Result<Self, ChatError> {
        bytes(cursor).map(|bytes| Self(i64::from_be_bytes(bytes)))
    }
}

/// After this invitation, in a list of the newest first: ids go by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByAge(pub(crate) InvitationId);

impl ByAge {
    /// Before the newest.
    pub(crate) const START: Self = Self(InvitationId(Uuid::max()));

    pub(crate) fn write(self) -> Cursor {
        Cursor(URL_SAFE_NO_PAD.encode(self.0.0.as_bytes()))
    }

    pub(crate) fn read(cursor: &Cursor) -> Result<Self, ChatError> {
        bytes(cursor).map(|bytes| Self(InvitationId(Uuid::from_bytes(bytes))))
    }
}

/// After this link of a user's, by its scope and its resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByLink(pub(crate) Uuid, pub(crate) Uuid);

impl ByLink {
    pub(crate) fn write(self) -> Cursor {
        Cursor(URL_SAFE_NO_PAD.encode([self.0.as_bytes().as_slice(), self.1.as_bytes()].concat()))
    }

    pub(crate) fn read(cursor: &Cursor) -> Result<Self, ChatError> {
        let bytes: [u8; 32] = bytes(cursor)?;
        let (scope, resource) = bytes.split_at(16);
        let id = |bytes| Uuid::from_slice(bytes).map_err(|_| ChatError::BadCursor);
        Ok(Self(id(scope)?, id(resource)?))
    }
}

/// After this position of a group's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InLog(pub(crate) GroupId, pub(crate) Seq);

impl InLog {
    pub(crate) fn write(self) -> Cursor {
        Cursor(URL_SAFE_NO_PAD.encode([self.0.0.as_bytes().as_slice(), &self.1.0.to_be_bytes()].concat()))
    }

    pub(crate) fn read(cursor: &Cursor) -> Result<Self, ChatError> {
        let bytes: [u8; 24] = bytes(cursor)?;
        let (group, seq) = bytes.split_last_chunk().ok_or(ChatError::BadCursor)?;
        let group = Uuid::from_slice(group).map_err(|_| ChatError::BadCursor)?;
        Ok(Self(GroupId(group), Seq(i64::from_be_bytes(*seq))))
    }
}

fn bytes<const N: usize>(cursor: &Cursor) -> Result<[u8; N], ChatError> {
    let bytes = URL_SAFE_NO_PAD.decode(&cursor.0).map_err(|_| ChatError::BadCursor)?;
    bytes.try_into().map_err(|_| ChatError::BadCursor)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_read_as_it_was_written(micros in 0..4_000_000_000_000_000_i64, id: u128, revision: i64) {
            let group = ByActivity(Timestamp::from_micros(micros).unwrap(), GroupId(Uuid::from_u128(id)));
            prop_assert_eq!(ByActivity::read(&group.write()).unwrap(), group);
            prop_assert_eq!(ByJoining::read(&ByJoining(revision).write()).unwrap(), ByJoining(revision));
            let invitation = ByAge(InvitationId(Uuid::from_u128(id)));
            prop_assert_eq!(ByAge::read(&invitation.write()).unwrap(), invitation);
            let link = ByLink(Uuid::from_u128(id), Uuid::from_u128(!id));
            prop_assert_eq!(ByLink::read(&link.write()).unwrap(), link);
            let place = InLog(GroupId(Uuid::from_u128(id)), Seq(revision));
            prop_assert_eq!(InLog::read(&place.write()).unwrap(), place);
        }

        #[test]
        fn any_other_text_is_refused(text: String) {
            let cursor = Cursor(text);
            if let Ok(read) = ByActivity::read(&cursor) {
                prop_assert_eq!(read.write(), cursor);
            } else if let Ok(read) = ByJoining::read(&cursor) {
                prop_assert_eq!(read.write(), cursor);
            }
        }
    }
}
