//! What the shape's database holds, where HTTP does not tell.

use std::collections::BTreeMap;

use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio_postgres::{Client, NoTls};

/// Messages that their author is not linked to, and links that no message has.
const LINKS: &str = "\
    SELECT (SELECT count(*) FROM chat.messages m WHERE NOT EXISTS (\
        SELECT FROM user_resources.user_resources r WHERE r.user_id = m.user_id \
        AND r.resource_type = 'chat.group_message' AND r.scope_id = m.group_id AND r.resource_id = m.id)), \
    (SELECT count(*) FROM user_resources.user_resources r WHERE r.resource_type = 'chat.group_message' \
        AND NOT EXISTS (SELECT FROM chat.messages m WHERE m.group_id = r.scope_id AND m.id = r.resource_id))";
/// Who leads each topic.
const LEADERS: &str = "SELECT topic, leader FROM jobs.ring_terms";
/// What web hooks are to be sent, and how much of it was delivered; what was caused and is not to be.
const DELIVERIES: &str = "\
    SELECT count(m.seq), count(d.id) FILTER (WHERE d.state = 'delivered'), \
        (SELECT count(*) FROM notifications.webhook_deliveries) - count(d.id) \
    FROM notifications.webhooks w JOIN chat.messages m ON m.group_id = w.group_id AND m.seq > w.after_seq \
    LEFT JOIN notifications.webhook_deliveries d \
        ON d.group_id = w.group_id AND d.webhook_id = w.id AND d.seq = m.seq";

/// The shape's database. It is connected to for each question: the server may have died since the last one.
pub(crate) struct Store {
    url: String,
}

/// How the links differ from the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Links {
    pub(crate) missing: i64,
    pub(crate) surplus: i64,
}

/// How far web hooks are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deliveries {
    pub(crate) due: i64,
    pub(crate) delivered: i64,
    pub(crate) surplus: i64,
}

impl Store {
    pub(crate) fn of(shape: &Shape) -> Self {
        Self { url: shape.database_url() }
    }

    pub(crate) async fn links(&self) -> Result<Links, BoxError> {
        let row = self.connect().await?.query_one(LINKS, &[]).await?;
        Ok(Links { missing: row.try_get(0)?, surplus: row.try_get(1)? })
    }

    pub(crate) async fn deliveries(&self) -> Result<Deliveries, BoxError> {
        let row = self.connect().await?.query_one(DELIVERIES, &[]).await?;
        Ok(Deliveries { due: row.try_get(0)?, delivered: row.try_get(1)?, surplus: row.try_get(2)? })
    }

    /// The topics that each process leads, by its id.
    pub(crate) async fn leaders(&self) -> Result<BTreeMap<u32, Vec<i64>>, BoxError> {
        let mut leaders: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
        for row in self.connect().await?.query(LEADERS, &[]).await? {
            let leader: String = row.try_get(1)?;
            let process = leader.split('-').nth(1).and_then(|id| id.parse().ok());
            leaders.entry(process.ok_or("a leader has no process")?).or_default().push(row.try_get(0)?);
        }
        Ok(leaders)
    }

    async fn connect(&self) -> Result<Client, BoxError> {
        let (client, connection) = tokio_postgres::connect(&self.url, NoTls).await?;
        // What ends it is the answer to the question that waits.
        tokio::spawn(connection);
        Ok(client)
    }
}
