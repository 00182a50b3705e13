//! Puts sockets into their users' groups, and takes them out.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use engine_interfaces::{ChatError, GroupHead, GroupId, MemberChange, Seq, Slot, Timestamp};

use crate::{
    events,
    group::{Closed, Group, Member},
    node::Node,
    session::Session,
};

/// What a reconnecting client says it has of each group.
pub(crate) type Have = HashMap<GroupId, Seq>;

/// A group that a socket was put into.
pub(crate) struct Entered {
    /// The group.
    pub(crate) group: Arc<Group>,
    /// The socket's place in it.
    pub(crate) member: Arc<Member>,
    /// Where this server was at that moment.
    pub(crate) last: Seq,
    /// When the group last had a message.
    pub(crate) active_at: Timestamp,
}

impl Node {
    /// Puts a socket into exactly the groups that the store says its user is in.
    pub(crate) async fn compare(
        self: &Arc<Self>,
        session: &Arc<Session>,
        have: &Have,
    ) -> Result<Vec<Entered>, ChatError> {
        let _turn = session.comparing.lock().await;
        let mut entered = Vec::new();
        loop {
            let heard = session.heard();
            let heads = self.questions.heads_of(session.user_id).await?;
            entered.extend(self.apply(session, &heads, heard, have).await?);
            if session.heard() == heard {
                return Ok(entered);
            }
        }
    }

    /// The same with an answer of the store that is at hand, unless something newer was heard since.
    pub(crate) async fn apply(
        self: &Arc<Self>,
        session: &Arc<Session>,
        heads: &[GroupHead],
        heard: u64,
        have: &Have,
    ) -> Result<Vec<Entered>, ChatError> {
        let truth: HashSet<_> = heads.iter().map(|head| head.group_id).collect();
        for group in session.groups() {
            if !truth.contains(&group) && session.leave(group, heard) {
                let left = events::member(group, session.user_id, MemberChange::Left, None);
                session.outbox.send(left);
            }
        }
        let mut entered = Vec::new();
        let mut waiting: Vec<_> = heads.iter().filter(|head| !session.is_in(head.group_id)).collect();
        while !waiting.is_empty() {
            let groups: Vec<_> = waiting.iter().map(|head| self.hub.group_or_new(head.group_id)).collect();
            let fresh = self.heads_to_open(&groups).await?;
            let mut again = Vec::new();
            for (head, group) in waiting.into_iter().zip(groups) {
                let Some(last) = fresh.get(&group.id).copied().or_else(|| group.last()) else {
                    continue; // deleted in the meantime
                };
                if !session.enter(&group, heard) {
                    continue;
                }
                let joined = self.join(session, &group, last, have.get(&group.id).copied());
                match joined {
                    Ok((member, last)) => {
                        entered.push(Entered { group, member, last, active_at: head.last_activity_at })
                    }
                    Err(Closed) => {
                        session.leave(group.id, heard);
                        again.push(head);
                    }
                }
            }
            waiting = again;
        }
        Ok(entered)
    }

    /// Puts a socket that has noted the group into it. `head` matters only when the group is not open yet.
    pub(crate) fn join(
        self: &Arc<Self>,
        session: &Arc<Session>,
        group: &Arc<Group>,
        head: Seq,
        have: Option<Seq>,
    ) -> Result<(Arc<Member>, Seq), Closed> {
        let entry = group.join(session, head, have)?;
        if entry.behind {
            self.repair(group);
        }
        if !session.is_in(group.id) {
            group.part(session); // it left while it came in
        }
        Ok((entry.member, entry.last))
    }

    /// Tells a socket of groups that it is in without having asked. Where the join was heard of, it hears
    /// all that comes after; elsewhere something may have been missed.
    pub(crate) fn welcome(session: &Session, entered: &[Entered]) {
        for Entered { group, member, .. } in entered {
            let heard = session.take_joined(group.id);
            let role = heard.flatten();
            let joined = events::member(group.id, session.user_id, MemberChange::Joined, role);
            session.outbox.send(joined);
            if heard.is_none() {
                member.resync(group);
            }
        }
    }

    /// Follows the groups that are not open yet, and then reads where their logs end: what is announced
    /// after that is heard, and what was announced before is counted.
    async fn heads_to_open(&self, groups: &[Arc<Group>]) -> Result<Arc<HashMap<GroupId, Seq>>, ChatError> {
        let new: Vec<_> =
            groups.iter().filter(|group| group.last().is_none()).map(|group| group.id).collect();
        if new.is_empty() {
            return Ok(Arc::default());
        }
        self.bus.follow(new.iter().copied().map(Slot::of).collect()).await;
        self.questions.heads(new).await
    }
}
