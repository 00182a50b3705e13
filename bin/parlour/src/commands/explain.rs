//! `parlour explain`.

use chat_engine::operator::{self, HotQuery};
use clap::Subcommand;
use engine_interfaces::{BoxError, GroupId, Seq};

use super::{
    form::Form,
    toolbox::Toolbox,
    users::{Who, find},
};

/// How the database answers a query that is asked often.
#[derive(Subcommand)]
pub(crate) enum Query {
    /// The newest page of a group.
    Newest {
        /// Which.
        group: GroupId,
    },
    /// A page of a group before a position.
    Page {
        /// Which.
        group: GroupId,
        /// The position.
        #[arg(default_value_t = i64::MAX)]
        before: i64,
    },
    /// A group's log after a position.
    Log {
        /// Which.
        group: GroupId,
        /// The position.
        #[arg(default_value_t = 0)]
        after: i64,
    },
    /// Whether a user is in a group.
    Version {
        /// Which.
        group: GroupId,
        /// Who.
        user: Who,
    },
    /// The order of a user's groups.
    Groups {
        /// Whose.
        user: Who,
    },
}

/// Prints the plan.
pub(crate) async fn run(toolbox: &Toolbox, query: Query, form: Form) -> Result<(), BoxError> {
    let engines = toolbox.engines().await?;
    let query = match query {
        Query::Newest { group } => HotQuery::Newest(group),
        Query::Page { group, before } => HotQuery::Page(group, Seq(before)),
        Query::Log { group, after } => HotQuery::Log(group, Seq(after)),
        Query::Version { group, user } => HotQuery::Version(find(&*engines.auth, user).await?, group),
        Query::Groups { user } => HotQuery::Groups(find(&*engines.auth, user).await?),
    };
    form.lines("plan", operator::explain(&engines.chat, query).await?)
}
