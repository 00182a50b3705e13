//! Where the messages of topics come from.

use std::sync::Arc;

use async_trait::async_trait;
use engine_interfaces::{BoxError, GroupMessage, Position, Topic};

/// What was read of a topic.
pub(crate) enum Read {
    /// What follows the position; none may be what there is.
    Some {
        /// In the order of announcing.
        messages: Vec<Arc<GroupMessage>>,
        /// The position behind them.
        position: Option<Position>,
        /// There is more behind them already.
        more: bool,
    },
    /// What follows the position may not be all that was announced since.
    Lost,
}

/// Where the messages of topics come from.
#[async_trait]
pub(crate) trait Source: Send + Sync + 'static {
    /// Reads at most `limit` messages of each topic, from its position on.
    async fn read(
        &self,
        topics: &[(Topic, Option<Position>)],
        limit: usize,
    ) -> Result<Vec<(Topic, Read)>, BoxError>;

    /// Begins anew at the end of each topic: what is announced from now on follows these positions.
    async fn begin(&self, topics: &[Topic]) -> Result<Vec<(Topic, Option<Position>)>, BoxError>;
}
