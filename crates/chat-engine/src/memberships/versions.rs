//! What a reader does with the questions that have gathered.

use engine_interfaces::{ChatError, GroupId, GroupVersion};

use crate::{
    coalescer::Work,
    store::{Pair, Store, unavailable_to_all},
};

/// Tells members what their copy of a group depends on, and others that there is no such group.
pub(crate) struct Versions {
    store: Store,
}

impl Versions {
    pub(crate) fn new(store: &Store) -> Self {
        Self { store: store.clone() }
    }
}

impl Work for Versions {
    type Ask = Pair;
    type Done = GroupVersion;

    const NAME: &'static str = "memberships";

    fn group((_, group): &Pair) -> GroupId {
        *group
    }

    async fn perform(&self, asks: Vec<Pair>) -> Vec<Result<GroupVersion, ChatError>> {
        match self.store.versions(&asks).await {
            Ok(versions) => {
                let answer =
                    |((_, group), version): (Pair, Option<_>)| version.ok_or(ChatError::GroupNotFound(group));
                asks.into_iter().zip(versions).map(answer).collect()
            }
            Err(error) => unavailable_to_all(error, asks.len()),
        }
    }
}
