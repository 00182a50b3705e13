//! Forgetting jobs that were done.

use database::{At, Col, StoreError, detached, jobs::jobs as table, on};
use diesel::{ExpressionMethods, QueryDsl, delete};
use diesel_async::RunQueryDsl;
use engine_interfaces::JobId;

use super::Store;

impl Store {
    /// Deletes jobs that were done longer ago than they are kept, batch by batch; answers how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn prune(&self) -> Result<usize, StoreError> {
        let before = At(self.clock.now().minus(self.settings.keep_done));
        let mut pruned = 0;
        loop {
            let old = table::table
                .filter(table::done_at.lt(before))
                .select(table::id)
                .limit(self.settings.prune_batch);
            let old: Vec<Col<JobId>> = on!(self, read, |conn| old.load(conn))?;
            if old.is_empty() {
                return Ok(pruned);
            }
            let store = self.clone();
            pruned += detached(async move {
                let old = table::table.filter(table::id.eq_any(old));
                on!(store, write, |conn| delete(old).execute(conn))
            })
            .await?;
        }
    }
}
