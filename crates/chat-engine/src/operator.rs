//! What an operator asks for, who is in no group: the groups that there are, and how the hot queries are
//! answered. Nothing here changes anything.

use engine_interfaces::{ChatError, GroupId, Limit, Membership, Seq, Timestamp, UserId};

use crate::{
    engine::ChatEngine,
    store::{GROUPS_A_STATEMENT, unavailable},
};

/// A group, as nobody in particular sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Its id.
    pub id: GroupId,
    /// 1 to 100 characters.
    pub name: String,
    /// How many are in it.
    pub member_count: i64,
    /// The newest message's position.
    pub last_seq: Seq,
    /// When the newest message came, or the group was made.
    pub last_activity_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A query that is asked so often that its plan matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HotQuery {
    /// The newest page of a group.
    Newest(GroupId),
    /// A page of a group before a position, with whether a user may see it.
    Page(UserId, GroupId, Seq),
    /// A group's log after a position.
    Log(GroupId, Seq),
    /// Is a user in a group, and what do they have of it?
    Version(UserId, GroupId),
    /// The order of a user's groups.
    Groups(UserId),
}

/// Groups in the order of their ids, after one: the order in which they were made, but for ids that clients chose.
///
/// # Errors
/// `Unavailable`.
pub async fn list_groups(
    engine: &ChatEngine,
    after: Option<GroupId>,
    limit: Limit,
) -> Result<Vec<Overview>, ChatError> {
    engine.context.store.overviews(after, number(limit)).await.map_err(unavailable)
}

/// A group.
///
/// # Errors
/// `GroupNotFound`, `Unavailable`.
pub async fn show_group(engine: &ChatEngine, group: GroupId) -> Result<Overview, ChatError> {
    let found = engine.context.store.overview(group).await.map_err(unavailable)?;
    found.ok_or(ChatError::GroupNotFound(group))
}

/// Who is in a group, in the order of their ids, after one.
///
/// # Errors
/// `Unavailable`.
pub async fn list_members(
    engine: &ChatEngine,
    group: GroupId,
    after: Option<UserId>,
    limit: Limit,
) -> Result<Vec<Membership>, ChatError> {
    engine.context.store.members_of(group, after, number(limit)).await.map_err(unavailable)
}

/// The plan of a query, a line for each of its steps. On PostgreSQL the query runs, and the plan says what that
/// took.
///
/// # Errors
/// `Unavailable`.
pub async fn explain(engine: &ChatEngine, query: HotQuery) -> Result<Vec<String>, ChatError> {
    let (context, limit) = (&engine.context, number(Limit::default()));
    let store = &context.store;
    let plan = match query {
        HotQuery::Newest(group) => store.explain_newest(group, limit).await,
        HotQuery::Page(user, group, before) => store.explain_page(user, group, before, limit).await,
        HotQuery::Log(group, after) => store.explain_log(group, after, limit).await,
        HotQuery::Version(user, group) => store.explain_version(user, group).await,
        HotQuery::Groups(user) => {
            let links = context.links(&[user]).await?;
            let ids: Vec<_> = links.into_iter().map(|(_, group)| group).take(GROUPS_A_STATEMENT).collect();
            store.explain_latest(user, &ids, limit).await
        }
    };
    plan.map_err(unavailable)
}

fn number(limit: Limit) -> i64 {
    i64::try_from(limit.get()).unwrap_or(i64::MAX)
}
