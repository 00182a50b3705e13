//! What a user has in chat, for an export or an erasure.
//!
//! Both begin with the links of their groups, where their invitations are found too. What they wrote is found by
//! the links of their messages, and by looking through the groups' logs, piece by piece: a message that was stored
//! while linking was off has no link.

mod erase_service;
mod export_service;

use std::sync::Arc;

use async_trait::async_trait;
use engine_interfaces::{BoxError, Cursor, Erasure, Page, PersonalData, RingLag, Timestamp, Topic, UserId};
use serde_json::Value;

use crate::context::Context;
use erase_service::EraseService;
use export_service::ExportService;

/// What chat holds of users.
pub(crate) struct ChatData {
    context: Context,
    /// Where rings of workers link messages: whether they have come to them.
    lag: Option<Arc<dyn RingLag>>,
}

impl ChatData {
    pub(crate) fn new(context: &Context, lag: Option<Arc<dyn RingLag>>) -> Self {
        Self { context: context.clone(), lag }
    }

    /// Whether all that `user` stored until `at` has gone its way: its hints are given, and its links made.
    async fn is_settled(&self, user: UserId, at: Timestamp) -> Result<bool, BoxError> {
        if self.context.store.any_unpublished(at).await? {
            return Ok(false);
        }
        match &self.lag {
            Some(lag) => lag.has_handled(Topic::of_user(user), at).await,
            None => Ok(true),
        }
    }
}

#[async_trait]
impl PersonalData for ChatData {
    fn sections(&self) -> &'static [&'static str] {
        ExportService::SECTIONS
    }

    async fn settled(&self, user: UserId, at: Timestamp) -> Result<bool, BoxError> {
        self.is_settled(user, at).await
    }

    async fn export(
        &self,
        user: UserId,
        section: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Value>, BoxError> {
        ExportService::new(&self.context).call(user, section, after).await
    }

    async fn erase(&self, user: UserId, since: Timestamp) -> Result<Erasure, BoxError> {
        EraseService::new(self).call(user, since).await
    }
}
