//! Pages of logs, read once for all who catch up on them at about the same time.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use engine_interfaces::{Chat, ChatError, GroupId, GroupMessage, Limit, Seq};
use tokio::time;

use crate::{meters::METERS, settings::Settings};

/// How many messages are in a page.
const PAGE: i64 = 100;

/// Reads logs for clients that catch up. A page is kept for a moment: when a thousand connections are lost at once,
/// their clients miss the same messages.
pub(crate) struct Pages {
    chat: Arc<dyn Chat>,
    settings: Settings,
    kept: Mutex<HashMap<(GroupId, i64), Arc<Page>>>,
}

/// So much of a page as was asked for. Locked while it is read, so that nobody reads it a second time.
struct Page(tokio::sync::Mutex<Rows>);

struct Rows {
    /// They are those after this one.
    after: i64,
    rows: Vec<Arc<GroupMessage>>,
}

impl Pages {
    /// Holds nothing yet.
    pub(crate) fn new(chat: &Arc<dyn Chat>, settings: &Settings) -> Arc<Self> {
        Arc::new(Self { chat: Arc::clone(chat), settings: settings.clone(), kept: Mutex::default() })
    }

    /// The messages after a position that are in the same page, oldest first. None are there when the log ends.
    pub(crate) async fn after(
        self: &Arc<Self>,
        group: GroupId,
        after: Seq,
    ) -> Result<Vec<Arc<GroupMessage>>, ChatError> {
        let number = after.0.div_euclid(PAGE);
        let page = self.page((group, number), after.0);
        let mut page = page.0.lock().await;
        if after.0 < page.after {
            let mut rows = self.read(group, after.0, page.after).await?;
            rows.append(&mut page.rows);
            *page = Rows { after: after.0, rows };
        }
        let end = page.rows.last().map_or(page.after, |last| last.seq.0);
        if end <= after.0 {
            page.rows.extend(self.read(group, end, (number + 1) * PAGE).await?);
        }
        Ok(page.rows.iter().filter(|row| row.seq > after).cloned().collect())
    }

    /// Forgets what was read of a group: something in it changed.
    pub(crate) fn forget(&self, group: GroupId) {
        self.lock().retain(|(kept, _), _| *kept != group);
    }

    async fn read(&self, group: GroupId, after: i64, last: i64) -> Result<Vec<Arc<GroupMessage>>, ChatError> {
        METERS.reads.log.increment(1);
        let limit = u16::try_from(last - after).ok().and_then(Limit::page).unwrap_or_default();
        self.chat.read_log(group, Seq(after), limit).await
    }

    fn page(self: &Arc<Self>, key: (GroupId, i64), after: i64) -> Arc<Page> {
        let mut kept = self.lock();
        if let Some(page) = kept.get(&key) {
            return Arc::clone(page);
        }
        let page = Arc::new(Page(tokio::sync::Mutex::new(Rows { after, rows: Vec::new() })));
        if kept.len() < self.settings.catch_up_shared_pages {
            kept.insert(key, Arc::clone(&page));
            let (pages, shared_for) = (Arc::downgrade(self), self.settings.catch_up_shared_for);
            tokio::spawn(async move {
                time::sleep(shared_for).await;
                if let Some(pages) = pages.upgrade() {
                    pages.lock().remove(&key);
                }
            });
        }
        page
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<(GroupId, i64), Arc<Page>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
