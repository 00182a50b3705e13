//! Acts on what the bus brings.

use std::{collections::HashMap, error::Error, sync::Arc, time::Duration};

use engine_interfaces::{
    Control, Deliveries, Delivery, GroupId, GroupMessage, MemberChange, RevokedTokens, Role, Seq, UserId,
};
use tokio::time;

use crate::{errors::ErrorCode, events, memberships::Have, meters::METERS, node::Node, session::Session};

/// How long to wait before a bus that is away is asked again.
const SUBSCRIBE_AGAIN: Duration = Duration::from_secs(1);

impl Node {
    /// Hears the bus for ever; subscribes anew when it ends.
    pub(crate) async fn listen(self: Arc<Self>, mut deliveries: Box<dyn Deliveries>) {
        loop {
            while let Some(delivery) = deliveries.next().await {
                self.hear(delivery);
            }
            deliveries = loop {
                time::sleep(SUBSCRIBE_AGAIN).await;
                match self.bus.subscribe().await {
                    Ok(deliveries) => break deliveries,
                    Err(error) => {
                        let error: &dyn Error = &error;
                        tracing::warn!(error, "the bus is away");
                    }
                }
            };
            self.bus.follow(self.hub.slots()).await;
            self.hear(Delivery::Gap);
        }
    }

    /// Acts on one delivery. Never waits.
    pub(crate) fn hear(self: &Arc<Self>, delivery: Delivery) {
        match delivery {
            Delivery::Messages(messages) => self.hear_messages(messages),
            Delivery::Control(control) => self.hear_control(control),
            Delivery::Whisper(whisper) => self.hear_whisper(whisper),
            Delivery::Gap => {
                self.compare_heads.notify_one();
                self.compare_sessions.notify_one();
            }
        }
    }

    fn hear_messages(self: &Arc<Self>, messages: Vec<Arc<GroupMessage>>) {
        let mut by_group: HashMap<GroupId, Vec<_>> = HashMap::new();
        for message in messages {
            by_group.entry(message.group_id).or_default().push(message);
        }
        for (id, messages) in by_group {
            if let Some(group) = self.hub.group(id)
                && group.offer(messages)
            {
                self.repair(&group);
            }
        }
    }

    fn hear_control(self: &Arc<Self>, control: Control) {
        match control {
            Control::Member { group_id, user_id, change, role } => match change {
                MemberChange::Joined => self.joined(group_id, user_id, role),
                MemberChange::Left => self.left(group_id, user_id),
                MemberChange::Role => self.tell(group_id, || events::member(group_id, user_id, change, role)),
            },
            Control::GroupChanged { group_id, name, description, updated_at } => {
                self.tell(group_id, || events::group(group_id, &name, &description, updated_at));
            }
            Control::GroupDeleted { group_id } => self.deleted(group_id),
            Control::Read { user_id, group_id, read_seq } => {
                for session in self.hub.sessions_of(user_id) {
                    session.outbox.send(events::read(group_id, read_seq));
                }
            }
            Control::Revoked { user_id, tokens } => self.revoked(user_id, tokens),
            Control::Erased { group_id, seq } => {
                self.pages.forget(group_id);
                self.tell(group_id, || events::erased(group_id, seq));
            }
        }
    }

    fn joined(self: &Arc<Self>, group_id: GroupId, user_id: UserId, role: Option<Role>) {
        let joined = || events::member(group_id, user_id, MemberChange::Joined, role);
        self.tell(group_id, joined);
        for session in self.hub.sessions_of(user_id) {
            if session.is_in(group_id) {
                continue;
            }
            let heard = session.hear_joined(group_id, role);
            let group = self.hub.group_or_new(group_id);
            if group.last().is_some()
                && session.enter(&group, heard)
                && self.join(&session, &group, Seq::ZERO, None).is_ok()
            {
                session.take_joined(group_id);
                session.outbox.send(joined());
                continue;
            }
            // The store knows where the group's log ends, and whether the user is still in it.
            session.leave(group_id, heard);
            let node = Arc::clone(self);
            tokio::spawn(async move {
                match node.compare(&session, &Have::new()).await {
                    Ok(entered) => Self::welcome(&session, &entered),
                    Err(error) => {
                        let error: &dyn Error = &error;
                        tracing::warn!(error, "memberships can't be read");
                    }
                }
            });
        }
    }

    fn left(&self, group_id: GroupId, user_id: UserId) {
        let left = || events::member(group_id, user_id, MemberChange::Left, None);
        for session in self.hub.sessions_of(user_id) {
            session.take_joined(group_id);
            let heard = session.hear();
            if session.leave(group_id, heard) {
                session.outbox.send(left());
            }
        }
        self.tell(group_id, left);
    }

    /// The group is gone: everybody in it leaves, and hears of themselves alone.
    pub(crate) fn deleted(&self, group_id: GroupId) {
        let Some(group) = self.hub.group(group_id) else {
            return;
        };
        for session in group.sessions() {
            let heard = session.hear();
            if session.leave(group_id, heard) {
                let left = events::member(group_id, session.user_id, MemberChange::Left, None);
                session.outbox.send(left);
            }
        }
    }

    fn revoked(self: &Arc<Self>, user_id: UserId, tokens: RevokedTokens) {
        let sessions = self.hub.sessions_of(user_id);
        match tokens {
            RevokedTokens::One(token) => sessions
                .iter()
                .filter(|session| session.token.id == token)
                .for_each(|session| session.outbox.put_out(&ErrorCode::TokenRevoked.into())),
            // The hint does not say when: a token that was given out since is good.
            RevokedTokens::AllBut(_) if sessions.is_empty() => {}
            RevokedTokens::AllBut(_) => {
                let node = Arc::clone(self);
                tokio::spawn(async move { node.close_revoked(&sessions).await });
            }
        }
    }

    /// Closes those of the sockets whose tokens the store says are revoked.
    pub(crate) async fn close_revoked(&self, sessions: &[Arc<Session>]) {
        let tokens: Vec<_> = sessions.iter().map(|session| session.token).collect();
        METERS.reads.revoked_tokens.increment(1);
        match self.authentication.revoked_tokens(&tokens).await {
            Ok(revoked) => sessions
                .iter()
                .filter(|session| revoked.contains(&session.token.id))
                .for_each(|session| session.outbox.put_out(&ErrorCode::TokenRevoked.into())),
            Err(error) => {
                let error: &dyn Error = &error;
                tracing::warn!(error, "revoked tokens can't be read");
            }
        }
    }

    fn tell(&self, group: GroupId, frame: impl FnOnce() -> crate::frame::Frame) {
        if let Some(group) = self.hub.group(group) {
            group.tell(frame());
        }
    }
}
