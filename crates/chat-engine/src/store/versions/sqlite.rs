//! On SQLite they are asked one after the other, in one visit to a thread.

use database::Col;
use diesel::{
    ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
};
use engine_interfaces::GroupVersion;

use crate::store::{
    rows::{VersionRow, into_version},
    schema::{group_heads, memberships},
};

use super::Pair;

/// The head and the membership of `$pair`, each by primary key.
macro_rules! version {
    ($pair:expr) => {{
        let (user, group) = $pair;
        group_heads::table
            .inner_join(memberships::table.on(memberships::group_id.eq(group_heads::group_id)))
            .filter(group_heads::group_id.eq(Col(group)))
            .filter(memberships::user_id.eq(Col(user)))
            .filter(memberships::left_at.is_null())
            .select((group_heads::last_seq, group_heads::revision, memberships::role, memberships::read_seq))
    }};
}

pub(super) use version;

pub(super) fn versions(
    lite: &mut SqliteConnection,
    pairs: &[Pair],
) -> QueryResult<Vec<Option<GroupVersion>>> {
    let version = |pair: &Pair| {
        let row: Option<VersionRow> = version!(*pair).first(lite).optional()?;
        Ok(row.map(into_version))
    };
    pairs.iter().map(version).collect()
}
