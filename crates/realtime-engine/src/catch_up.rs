//! Sends a reconnecting client what it missed.

use std::{cmp::Reverse, error::Error, sync::Arc};

use engine_interfaces::ChatError;

use crate::{
    events,
    memberships::{Entered, Have},
    meters::METERS,
    node::Node,
    session::Session,
};

impl Node {
    /// Brings a socket from what it has to where this server is, group by group, latest activity first.
    /// Past the limits a group gets one `resync` instead. A group goes over to live when it is done; until
    /// then its newer messages wait in the log.
    pub(crate) async fn catch_up(&self, session: &Arc<Session>, mut entered: Vec<Entered>, have: &Have) {
        entered.sort_by_key(|entered| Reverse(entered.active_at));
        let mut budget = self.settings.catch_up_per_connection;
        let mut missed = Vec::new();
        for entered in entered {
            let Some(had) = have.get(&entered.group.id) else {
                continue;
            };
            let count = entered.last.0 - had.0;
            if count < 0 || count > budget.min(self.settings.catch_up_per_group) {
                METERS.resyncs.increment(1);
                entered.member.resync(&entered.group);
            } else if count > 0 {
                budget -= count;
                missed.push(entered);
            }
        }
        for entered in missed {
            if let Err(error) = self.stream(session, &entered).await {
                let error: &dyn Error = &error;
                tracing::warn!(error, group.id = %entered.group.id, "a client can't be caught up");
                METERS.resyncs.increment(1);
                entered.member.resync(&entered.group);
            } else {
                METERS.caught_up.increment(1);
            }
        }
    }

    /// Reads the log a page at a time, and sends as fast as the socket takes it.
    async fn stream(
        &self,
        session: &Session,
        Entered { group, member, .. }: &Entered,
    ) -> Result<(), ChatError> {
        // Live messages follow by themselves once the socket has the last one: see `Member::emit`.
        while group.last().is_some_and(|last| member.sent() < last) {
            let rows = self.pages.after(group.id, member.sent()).await?;
            if rows.is_empty() {
                member.resync(group);
            }
            for row in rows {
                session.outbox.drained().await;
                if member.is_gone() || session.outbox.is_closed() {
                    return Ok(());
                }
                member.emit(row.seq, &events::message(&row));
            }
        }
        Ok(())
    }
}
