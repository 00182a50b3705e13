//! Who is in a group, and what their copy of it depends on: many questions at a time.
//!
//! These are the statements that decide whether somebody is in a group.

mod postgres;
mod sqlite;

use database::{Col, StoreError, explain, on};
use diesel::{ExpressionMethods, JoinOnDsl, QueryDsl};
use engine_interfaces::{GroupId, GroupVersion, UserId};

use super::{
    Store,
    schema::{group_heads, memberships},
};

/// Somebody, and a group that they may be in.
pub(crate) type Pair = (UserId, GroupId);

impl Store {
    /// What a member's copy of the group depends on, for each of `pairs` and in the same order: the head and the
    /// membership, each by primary key. None to who is not in it.
    pub(crate) async fn versions(&self, pairs: &[Pair]) -> Result<Vec<Option<GroupVersion>>, StoreError> {
        on!(self, read, |pg| postgres::versions(pg, pairs), |lite| {
            let pairs = pairs.to_vec();
            lite.spawn_blocking(move |lite| sqlite::versions(lite, &pairs))
        })
    }

    /// The plan of it.
    pub(crate) async fn explain_version(&self, pair: Pair) -> Result<Vec<String>, StoreError> {
        explain!(self, postgres::Versions::of(&[pair]), sqlite::version!(pair))
    }
}
