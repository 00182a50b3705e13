//! What is held of a user here, for an export or an erasure.

use async_trait::async_trait;
use engine_interfaces::{BoxError, Cursor, Erasure, Page, PersonalData, Timestamp, UserId};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::store::Store;

/// How many entries a page of an export has.
const PAGE: i64 = 500;

const PREFERENCES: &str = "notification_preferences";
const MAIL: &str = "mail_preferences";
const PRESENCE: &str = "last_seen";
const WEBHOOKS: &str = "webhooks";

/// What this engine holds of users.
pub(crate) struct NotificationData {
    store: Store,
}

/// Not a section or a cursor of this engine's.
#[derive(Debug, thiserror::Error)]
#[error("there is no such section, or no such place in it")]
struct Unknown;

impl NotificationData {
    pub(crate) fn new(store: Store) -> Self {
        Self { store }
    }

    async fn preferences(&self, user: UserId, after: Option<&Cursor>) -> Result<Page<Value>, BoxError> {
        let [group] = read(after)?;
        let rows = self.store.preferences_of(user, group, PAGE).await?;
        Ok(page(rows, |(group, muted)| (json!({ "group_id": group, "muted": muted }), group.to_string())))
    }

    /// Without the secrets, which are their groups'.
    async fn webhooks(&self, user: UserId, after: Option<&Cursor>) -> Result<Page<Value>, BoxError> {
        let [group, id] = read(after)?;
        let rows = self.store.webhooks_by(user, (group, id), PAGE).await?;
        Ok(page(rows, |webhook| {
            let place = format!("{},{}", webhook.group_id, webhook.id);
            let entry = json!({
                "id": webhook.id,
                "group_id": webhook.group_id,
                "url": webhook.url,
                "created_at": webhook.created_at,
            });
            (entry, place)
        }))
    }
}

/// The ids of a cursor. No id lies before nil, and nothing has it.
fn read<const IDS: usize>(after: Option<&Cursor>) -> Result<[Uuid; IDS], Unknown> {
    let Some(Cursor(text)) = after else {
        return Ok([Uuid::nil(); IDS]);
    };
    let ids: Result<Vec<Uuid>, _> = text.split(',').map(str::parse).collect();
    ids.ok().and_then(|ids| ids.try_into().ok()).ok_or(Unknown)
}

/// A page of what was read, each with its entry in the archive and its place.
fn page<T>(rows: Vec<T>, show: impl Fn(T) -> (Value, String)) -> Page<Value> {
    let full = rows.len() as i64 == PAGE;
    let (entries, mut places): (Vec<_>, Vec<_>) = rows.into_iter().map(show).unzip();
    Page { entries, next: places.pop().filter(|_| full).map(Cursor) }
}

/// A section of at most one entry.
fn only(entry: Option<Value>) -> Page<Value> {
    Page { entries: entry.into_iter().collect(), next: None }
}

#[async_trait]
impl PersonalData for NotificationData {
    fn sections(&self) -> &'static [&'static str] {
        &[PREFERENCES, MAIL, PRESENCE, WEBHOOKS]
    }

    async fn settled(&self, _: UserId, _: Timestamp) -> Result<bool, BoxError> {
        // Whatever a user says is stored before it is answered.
        Ok(true)
    }

    async fn export(
        &self,
        user: UserId,
        section: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Value>, BoxError> {
        match section {
            PREFERENCES => self.preferences(user, after).await,
            WEBHOOKS => self.webhooks(user, after).await,
            MAIL => Ok(only(self.store.wants_digests(user).await?.map(|wants| json!({ "digests": wants })))),
            PRESENCE => Ok(only(self.store.last_seen(user).await?.map(|at| json!({ "seen_at": at })))),
            _ => Err(Unknown.into()),
        }
    }

    /// Web hooks stay, since they are their groups'; who made them is forgotten.
    async fn erase(&self, user: UserId, _: Timestamp) -> Result<Erasure, BoxError> {
        self.store.erase(user).await?;
        Ok(Erasure::Done)
    }
}
