//! On SQLite the steps of `chat_read` are one transaction.

use database::Col;
use diesel::{
    ExpressionMethods, JoinOnDsl, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SqliteConnection,
    update,
};

use crate::store::schema::{group_heads, memberships};

use super::{Marker, Moved};

pub(super) fn mark_read(lite: &mut SqliteConnection, markers: &[Marker]) -> QueryResult<Vec<Moved>> {
    lite.immediate_transaction(|lite| markers.iter().map(|marker| move_one(lite, *marker)).collect())
}

fn move_one(lite: &mut SqliteConnection, marker: Marker) -> QueryResult<Moved> {
    let found: Option<(i64, i64)> = memberships::table
        .inner_join(group_heads::table.on(group_heads::group_id.eq(memberships::group_id)))
        .filter(memberships::group_id.eq(Col(marker.group_id)))
        .filter(memberships::user_id.eq(Col(marker.user_id)))
        .filter(memberships::left_at.is_null())
        .select((group_heads::last_seq, memberships::read_seq))
        .first(lite)
        .optional()?;
    let Some((last_seq, was)) = found else {
        return Ok(Moved::NotMember);
    };
    let now = was.max(marker.seq.0);
    if now > was && now <= last_seq {
        update(memberships::table.find((Col(marker.group_id), Col(marker.user_id))))
            .set(memberships::read_seq.eq(now))
            .execute(lite)?;
    }
    Ok(Moved::of(marker.seq, Some(last_seq), Some(was), Some(now)))
}
