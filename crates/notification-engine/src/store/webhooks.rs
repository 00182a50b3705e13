//! Where groups' messages are posted to.

use database::{At, Col, StoreError, detached, jobs::Enqueue, jobs::NewJob, on};
use diesel::{
    ExpressionMethods, Insertable, OptionalExtension, QueryDsl, Queryable, Selectable, SelectableHelper,
    delete, insert_into,
};
use diesel_async::RunQueryDsl;
use engine_interfaces::{GroupId, Secret, Seq, UserId, Webhook, WebhookId};

use super::{Store, schema::webhooks};

/// A web hook, and what nobody is shown.
pub(crate) struct StoredWebhook {
    pub(crate) webhook: Webhook,
    pub(crate) secret: Secret,
    /// Messages after this position are delivered.
    pub(crate) after_seq: Seq,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = webhooks)]
pub(super) struct WebhookRow {
    group_id: Col<GroupId>,
    id: Col<WebhookId>,
    url: String,
    secret: String,
    created_by: Option<Col<UserId>>,
    after_seq: i64,
    created_at: At,
}

impl From<StoredWebhook> for WebhookRow {
    fn from(stored: StoredWebhook) -> Self {
        let StoredWebhook { webhook, secret, after_seq } = stored;
        Self {
            group_id: Col(webhook.group_id),
            id: Col(webhook.id),
            url: webhook.url,
            // Exposed to be kept: what signs has to be there as it is.
            secret: secret.expose().to_owned(),
            created_by: webhook.created_by.map(Col),
            after_seq: after_seq.0,
            created_at: At(webhook.created_at),
        }
    }
}

impl From<WebhookRow> for StoredWebhook {
    fn from(row: WebhookRow) -> Self {
        Self {
            webhook: Webhook {
                id: row.id.0,
                group_id: row.group_id.0,
                url: row.url,
                created_by: row.created_by.map(|user| user.0),
                created_at: row.created_at.0,
            },
            secret: Secret::new(row.secret),
            after_seq: Seq(row.after_seq),
        }
    }
}

impl Store {
    /// Adds a web hook, unless its id is there or the group has `most` already; `false` when it was not added.
    pub(crate) async fn insert_webhook(&self, new: StoredWebhook, most: i64) -> Result<bool, StoreError> {
        let (store, row) = (self.clone(), WebhookRow::from(new));
        detached(async move {
            on!(store, transaction, |conn| {
                let group = webhooks::table.filter(webhooks::group_id.eq(row.group_id));
                let count: i64 = group.count().get_result(conn).await?;
                // Two at once may pass the limit by one.
                if count >= most {
                    return Ok(false);
                }
                let added =
                    insert_into(webhooks::table).values(row).on_conflict_do_nothing().execute(conn).await?;
                Ok(added == 1)
            })
        })
        .await
    }

    /// A web hook.
    pub(crate) async fn webhook(
        &self,
        group: GroupId,
        webhook: WebhookId,
    ) -> Result<Option<StoredWebhook>, StoreError> {
        let query = webhooks::table.find((Col(group), Col(webhook)));
        let row: Option<WebhookRow> = on!(self, read, |conn| async {
            query.select(WebhookRow::as_select()).first(conn).await.optional()
        })?;
        Ok(row.map(StoredWebhook::from))
    }

    /// The web hooks of these groups, each group's in the order of their ids.
    pub(crate) async fn webhooks_of(&self, groups: &[GroupId]) -> Result<Vec<StoredWebhook>, StoreError> {
        let mut found = Vec::new();
        for groups in groups.chunks(GROUPS_A_STATEMENT) {
            let groups: Vec<_> = groups.iter().copied().map(Col).collect();
            let query = webhooks::table
                .filter(webhooks::group_id.eq_any(groups))
                .order((webhooks::group_id, webhooks::id));
            let rows: Vec<WebhookRow> =
                on!(self, read, |conn| query.select(WebhookRow::as_select()).load(conn))?;
            found.extend(rows.into_iter().map(StoredWebhook::from));
        }
        Ok(found)
    }

    /// Some of the groups that have web hooks, in the order of their ids.
    pub(crate) async fn groups_with_webhooks(
        &self,
        after: Option<GroupId>,
        limit: i64,
    ) -> Result<Vec<GroupId>, StoreError> {
        // No id lies before nil, and no group has it.
        let after = after.unwrap_or(GroupId(uuid::Uuid::nil()));
        let query = webhooks::table
            .filter(webhooks::group_id.gt(Col(after)))
            .order(webhooks::group_id)
            .select(webhooks::group_id)
            .distinct()
            .limit(limit);
        let groups: Vec<Col<GroupId>> = on!(self, read, |conn| query.load(conn))?;
        Ok(groups.into_iter().map(|group| group.0).collect())
    }

    /// Removes a web hook, and enqueues `job`, which removes its deliveries; `false` when there is none.
    pub(crate) async fn delete_webhook(
        &self,
        group: GroupId,
        webhook: WebhookId,
        job: NewJob,
    ) -> Result<bool, StoreError> {
        let store = self.clone();
        detached(async move {
            on!(store, transaction, |conn| {
                let removed = delete(webhooks::table.find((Col(group), Col(webhook)))).execute(conn).await?;
                if removed == 1 {
                    conn.enqueue(job).await?;
                }
                Ok(removed == 1)
            })
        })
        .await
    }
}

/// How many groups one statement asks for: SQLite binds each of them.
const GROUPS_A_STATEMENT: usize = 10_000;
