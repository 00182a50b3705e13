//! Reads what the hints of a group left out.

use std::{error::Error, sync::Arc};

use engine_interfaces::{Limit, Seq};
use tokio::time;

use crate::{group::Group, meters::METERS, node::Node};

impl Node {
    /// Waits for the late hint, then reads the missing rows: once, for all sockets of the group. To be
    /// called by whom the group told that it is behind, and by nobody else.
    pub(crate) fn repair(self: &Arc<Self>, group: &Arc<Group>) {
        let (node, group) = (Arc::clone(self), Arc::clone(group));
        tokio::spawn(async move {
            time::sleep(node.settings.gap_wait).await;
            let mut from_log = false;
            while let Some(after) = group.still_missing() {
                from_log = true;
                if !node.read_missing(&group, after).await {
                    return group.put_off();
                }
            }
            let repaired = if from_log { &METERS.repaired_by_log } else { &METERS.repaired_by_late_hint };
            repaired.increment(1);
        });
    }

    async fn read_missing(&self, group: &Arc<Group>, after: Seq) -> bool {
        let Ok(_permit) = self.repairs.acquire().await else {
            return false;
        };
        METERS.reads.log.increment(1);
        match self.chat.read_log(group.id, after, page()).await {
            Ok(rows) if rows.is_empty() => group.nothing_more(),
            Ok(rows) => {
                // Whether more is missing is asked by the loop above.
                let _ = group.offer(rows);
            }
            Err(error) => {
                let error: &dyn Error = &error;
                tracing::warn!(error, group.id = %group.id, "the log can't be read");
                return false;
            }
        }
        true
    }
}

/// How many rows of the log are held at a time: a full page.
pub(crate) fn page() -> Limit {
    Limit::page(Limit::MAX_PAGE).unwrap_or_default()
}
