//! What an operator asks for, who is in no group: the groups that there are, and how the hot queries are
//! answered. Nothing here changes anything.

use engine_interfaces::{ChatError, GroupId, Limit, Membership, Seq, Timestamp, UserId};

use crate::{
    engine::ChatEngine,
    store::{GROUPS_A_STATEMENT, unavailable},
};

/// A group, as nobody in particular sees it.
///
/// # Example
/// ```
/// use chat_engine::operator::Overview;
///
/// /// A line of a table for the operator, who is shown no message.
/// fn line(group: &Overview) -> String {
///     let Overview { id, name, member_count, last_seq, .. } = group;
///     format!("{id}  {name:<40} {member_count:>8} {last_seq:>10}")
/// }
/// ```
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
///
/// # Example
/// ```
/// use chat_engine::{GroupId, Seq, UserId, operator::HotQuery};
///
/// /// What a client that opens a group asks, one after the other.
/// fn on_opening(user: UserId, group: GroupId, has: Seq) -> [HotQuery; 3] {
///     [HotQuery::Version(user, group), HotQuery::Newest(group), HotQuery::Log(group, has)]
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HotQuery {
    /// The newest page of a group.
    Newest(GroupId),
    /// A page of a group before a position.
    Page(GroupId, Seq),
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
///
/// # Example
/// ```
/// use chat_engine::{Limit, factories, operator};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (chat, _broker) = factories::engine().await;
/// for name in ["Beer", "Wine"] {
///     factories::group(&chat).name(name).create().await;
/// }
/// let (mut names, mut after) = (Vec::new(), None);
/// while let [.., last] = &operator::list_groups(&chat, after, Limit::page(1).unwrap()).await?[..] {
///     names.push(last.name.clone());
///     after = Some(last.id);
/// }
/// assert_eq!(names.len(), 2);
/// # Ok(()) }
/// ```
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
///
/// # Example
/// ```
/// use chat_engine::{factories, operator};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (chat, _broker) = factories::engine().await;
/// let (group, _) = factories::group(&chat).member(factories::user()).create().await;
/// let seen = operator::show_group(&chat, group.id).await?; // by somebody who is not in it
/// assert_eq!(seen.member_count, 2);
/// # Ok(()) }
/// ```
pub async fn show_group(engine: &ChatEngine, group: GroupId) -> Result<Overview, ChatError> {
    let found = engine.context.store.overview(group).await.map_err(unavailable)?;
    found.ok_or(ChatError::GroupNotFound(group))
}

/// Who is in a group, in the order of their ids, after one.
///
/// # Errors
/// `Unavailable`.
///
/// # Example
/// ```
/// use chat_engine::{Limit, Role, factories, operator};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (chat, _broker) = factories::engine().await;
/// let (group, owner) = factories::group(&chat).create().await;
/// let members = operator::list_members(&chat, group.id, None, Limit::default()).await?;
/// assert_eq!((members[0].user_id, members[0].role), (owner, Role::Owner));
/// let after = operator::list_members(&chat, group.id, Some(owner), Limit::default()).await?;
/// assert!(after.is_empty(), "that was all of them");
/// # Ok(()) }
/// ```
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
///
/// # Example
/// ```
/// use chat_engine::{factories, operator::{self, HotQuery}};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let (chat, _broker) = factories::engine().await;
/// # let (group, owner) = factories::group(&chat).create().await;
/// let plan = operator::explain(&chat, HotQuery::Newest(group.id)).await?;
/// assert!(plan.iter().all(|step| !step.contains("SCAN messages")), "found by its key");
/// # Ok(()) }
/// ```
pub async fn explain(engine: &ChatEngine, query: HotQuery) -> Result<Vec<String>, ChatError> {
    let (context, limit) = (&engine.context, number(Limit::default()));
    let store = &context.store;
    let plan = match query {
        HotQuery::Newest(group) => store.explain_newest(group, limit).await,
        HotQuery::Page(group, before) => store.explain_page(group, before, limit).await,
        HotQuery::Log(group, after) => store.explain_log(group, after, limit).await,
        HotQuery::Version(user, group) => store.explain_version((user, group)).await,
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
