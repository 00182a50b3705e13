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
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use test_support::{FixedClock, TestDatabase};
    /// # use jobs::{MIGRATIONS, Settings, Store};
    /// use std::time::Duration;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let (test, clock) = (TestDatabase::sqlite(MIGRATIONS).await, Arc::new(FixedClock::default()));
    /// # let store = Store::new(test.database(), clock.clone(), Arc::new(Settings::default()));
    /// # store.enqueue("example.greet", "ann".into(), &serde_json::json!({ "name": "Ann" })).await?;
    /// store.finish(store.take("example.greet", 1).await?[0].lease).await?;
    /// assert_eq!(store.prune().await?, 0, "its key stays taken for `Settings::keep_done`");
    /// clock.advance(Duration::from_secs(25 * 60 * 60));
    /// assert_eq!(store.prune().await?, 1);
    /// # Ok(()) }
    /// ```
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
