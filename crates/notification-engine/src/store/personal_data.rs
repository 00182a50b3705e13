//! What lies in every table of a user.

use database::{At, Col, StoreError, detached, on};
use diesel::{
    BoolExpressionMethods, ExpressionMethods, OptionalExtension, QueryDsl, SelectableHelper, delete, update,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, Timestamp, UserId, Webhook};
use uuid::Uuid;

use super::{
    Store, StoredWebhook,
    schema::{digests, last_seen, mail_preferences, preferences, webhooks},
    webhooks::WebhookRow,
};

impl Store {
    /// Which groups `user` said something about, and whether they muted them, after a group.
    pub(crate) async fn preferences_of(
        &self,
        user: UserId,
        after: Uuid,
        limit: i64,
    ) -> Result<Vec<(GroupId, bool)>, StoreError> {
        let query = preferences::table
            .filter(preferences::user_id.eq(Col(user)))
            .filter(preferences::group_id.gt(Col(after)))
            .order(preferences::group_id)
            .limit(limit)
            .select((preferences::group_id, preferences::muted));
        let rows: Vec<(Col<GroupId>, bool)> = on!(self, read, |conn| query.load(conn))?;
        Ok(rows.into_iter().map(|(group, muted)| (group.0, muted)).collect())
    }

    /// When `user` was last here.
    pub(crate) async fn last_seen(&self, user: UserId) -> Result<Option<Timestamp>, StoreError> {
        let query = last_seen::table.find(Col(user)).select(last_seen::seen_at);
        let at: Option<At> = on!(self, read, |conn| async { query.first(conn).await.optional() })?;
        Ok(at.map(|at| at.0))
    }

    /// The web hooks that `user` made, after a group and an id.
    pub(crate) async fn webhooks_by(
        &self,
        user: UserId,
        (group, id): (Uuid, Uuid),
        limit: i64,
    ) -> Result<Vec<Webhook>, StoreError> {
        let query = webhooks::table
            .filter(webhooks::created_by.eq(Col(user)))
            .filter(
                webhooks::group_id
                    .gt(Col(group))
                    .or(webhooks::group_id.eq(Col(group)).and(webhooks::id.gt(Col(id)))),
            )
            .order((webhooks::group_id, webhooks::id))
            .limit(limit);
        let rows: Vec<WebhookRow> = on!(self, read, |conn| query.select(WebhookRow::as_select()).load(conn))?;
        Ok(rows.into_iter().map(|row| StoredWebhook::from(row).webhook).collect())
    }

    /// Removes all that names `user`, all or nothing.
    pub(crate) async fn erase(&self, user: UserId) -> Result<(), StoreError> {
        let (store, user) = (self.clone(), Col(user));
        detached(async move {
            on!(store, transaction, |conn| {
                delete(preferences::table.filter(preferences::user_id.eq(user))).execute(conn).await?;
                delete(mail_preferences::table.find(user)).execute(conn).await?;
                delete(last_seen::table.find(user)).execute(conn).await?;
                delete(digests::table.find(user)).execute(conn).await?;
                update(webhooks::table.filter(webhooks::created_by.eq(user)))
                    .set(webhooks::created_by.eq(None::<Col<UserId>>))
                    .execute(conn)
                    .await?;
                Ok(())
            })
        })
        .await
    }
}
