//! Removing the rows of a group that is deleted, a piece at a time.

use database::{Col, StoreError, on};
use diesel::{ExpressionMethods, QueryDsl, delete, dsl::min};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, UserId};

use super::{
    Store,
    schema::{memberships, messages, outbox},
};

impl Store {
    /// Some that are or were in the group.
    pub(crate) async fn some_members(&self, group: GroupId, limit: i64) -> Result<Vec<UserId>, StoreError> {
        let query = memberships::table
            .filter(memberships::group_id.eq(Col(group)))
            .limit(limit)
            .select(memberships::user_id);
        let users: Vec<Col<UserId>> = on!(self, read, |conn| query.load(conn))?;
        Ok(users.into_iter().map(|user| user.0).collect())
    }

    /// Removes these memberships.
    pub(crate) async fn remove_memberships(
        &self,
        group: GroupId,
        users: &[UserId],
    ) -> Result<(), StoreError> {
        let users: Vec<_> = users.iter().copied().map(Col).collect();
        let rows = memberships::table
            .filter(memberships::group_id.eq(Col(group)))
            .filter(memberships::user_id.eq_any(users));
        on!(self, write, |conn| delete(rows).execute(conn)).map(drop)
    }

    /// Removes the oldest `count` messages of the group; `false` when there were none.
    pub(crate) async fn remove_messages(&self, group: GroupId, count: i64) -> Result<bool, StoreError> {
        let oldest = messages::table.filter(messages::group_id.eq(Col(group))).select(min(messages::seq));
        let first: Option<i64> = on!(self, read, |conn| oldest.first(conn))?;
        let Some(first) = first else {
            return Ok(false);
        };
        let rows =
            messages::table.filter(messages::group_id.eq(Col(group))).filter(messages::seq.lt(first + count));
        on!(self, write, |conn| delete(rows).execute(conn))?;
        Ok(true)
    }

    /// Removes what the sweep would still announce of the group.
    pub(crate) async fn remove_outbox(&self, group: GroupId) -> Result<(), StoreError> {
        let rows = outbox::table.filter(outbox::group_id.eq(Col(group)));
        on!(self, write, |conn| delete(rows).execute(conn)).map(drop)
    }
}
