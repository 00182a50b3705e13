//! Moving a read marker.

use engine_interfaces::{ChatError, GroupId, Seq, UserId};

use crate::{engine::ChatEngine, store::Marker};

/// Moves a read marker.
pub(crate) struct MarkReadService<'a> {
    engine: &'a ChatEngine,
}

impl<'a> MarkReadService<'a> {
    pub(crate) fn new(engine: &'a ChatEngine) -> Self {
        Self { engine }
    }

    /// Moves the marker of `user` to `seq`, unless it is further already; answers where it is then.
    pub(crate) async fn call(&self, user: UserId, group: GroupId, seq: Seq) -> Result<Seq, ChatError> {
        self.engine.markers.ask(Marker { group_id: group, user_id: user, seq }).await
    }
}
