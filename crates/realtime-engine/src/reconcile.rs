//! Compares what this server believes with the store, from time to time and whenever hints may have been
//! lost.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    sync::Arc,
    time::Duration,
};

use tokio::{sync::Notify, time};

use crate::{errors::ErrorCode, memberships::Have, meters::METERS, node::Node, session::Session};

/// By how much a socket may outlive its token.
const LOOK: Duration = Duration::from_secs(1);

impl Node {
    /// Compares heads for ever.
    pub(crate) async fn reconcile_heads(self: Arc<Self>) {
        loop {
            due(&self.compare_heads, self.settings.compare_heads_every).await;
            self.compare_all_heads().await;
            self.hub.sweep();
            self.bus.keep(|| self.hub.slots()).await;
        }
    }

    /// Compares tokens and memberships for ever.
    pub(crate) async fn reconcile_sessions(self: Arc<Self>) {
        loop {
            due(&self.compare_sessions, self.settings.compare_sessions_every).await;
            self.compare_all_sessions().await;
        }
    }

    /// Puts out, for ever, the sockets whose tokens run out.
    pub(crate) async fn watch_expiry(self: Arc<Self>) {
        loop {
            time::sleep(LOOK).await;
            for session in self.hub.expired(self.clock.now()) {
                session.outbox.put_out(&ErrorCode::TokenExpired.into());
            }
        }
    }

    /// Finds the groups that have more messages than were heard of, and those that are gone.
    pub(crate) async fn compare_all_heads(self: &Arc<Self>) {
        self.bus.follow(self.hub.slots()).await;
        let groups = self.hub.groups();
        for batch in groups.chunks(self.settings.compare_batch) {
            let ids: Vec<_> = batch.iter().map(|group| group.id).collect();
            METERS.reads.heads.increment(1);
            let heads: HashMap<_, _> = match self.chat.heads(&ids).await {
                Ok(heads) => heads.into_iter().map(|head| (head.group_id, head.last_seq)).collect(),
                Err(error) => {
                    let error: &dyn Error = &error;
                    return tracing::warn!(error, "heads can't be compared");
                }
            };
            for group in batch {
                match heads.get(&group.id) {
                    Some(head) if group.learn(*head) => self.repair(group),
                    Some(_) => {}
                    None => self.deleted(group.id),
                }
            }
        }
    }

    /// Closes the sockets whose tokens are revoked, and puts the others where they belong.
    pub(crate) async fn compare_all_sessions(self: &Arc<Self>) {
        let sessions = self.hub.sessions();
        for batch in sessions.chunks(self.settings.compare_batch) {
            self.close_revoked(batch).await;
            self.compare_memberships(batch).await;
        }
    }

    async fn compare_memberships(self: &Arc<Self>, sessions: &[Arc<Session>]) {
        let heard: Vec<_> = sessions.iter().map(|session| session.heard()).collect();
        let users: HashSet<_> = sessions.iter().map(|session| session.user_id).collect();
        let mut heads: HashMap<_, Vec<_>> = HashMap::new();
        METERS.reads.heads_of.increment(1);
        match self.chat.heads_of(&users.into_iter().collect::<Vec<_>>()).await {
            Ok(read) => read.into_iter().for_each(|(user, head)| heads.entry(user).or_default().push(head)),
            Err(error) => {
                let error: &dyn Error = &error;
                return tracing::warn!(error, "memberships can't be compared");
            }
        }
        let nowhere = Vec::new();
        for (session, heard) in sessions.iter().zip(heard) {
            // A socket that is being compared by somebody else is in good hands.
            let Ok(_turn) = session.comparing.try_lock() else {
                continue;
            };
            let truth = heads.get(&session.user_id).unwrap_or(&nowhere);
            match self.apply(session, truth, heard, &Have::new()).await {
                Ok(entered) => Self::welcome(session, &entered),
                Err(error) => {
                    let error: &dyn Error = &error;
                    tracing::warn!(error, "a socket can't be put into its groups");
                }
            }
        }
    }
}

async fn due(now: &Notify, every: Duration) {
    // Either way it is time.
    let _ = time::timeout(every, now.notified()).await;
}
