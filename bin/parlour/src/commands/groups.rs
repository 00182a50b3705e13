//! `parlour groups`.

use chat_engine::operator::{self, Overview};
use clap::Subcommand;
use engine_interfaces::{BoxError, Chat, GroupDraft, GroupId, Limit};

use super::{
    form::Form,
    refusals::told,
    toolbox::Toolbox,
    users::{Who, find},
};

/// Lists, shows, makes and deletes groups, and who is in them.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Groups in the order of their ids, or those that a user is in, the latest first.
    List {
        /// Whose.
        #[arg(long)]
        user: Option<Who>,
        /// From after this one.
        #[arg(long, conflicts_with = "user")]
        after: Option<GroupId>,
        /// How many, at most 100.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
    },
    /// One group.
    Show {
        /// Which.
        group: GroupId,
    },
    /// Who is in a group, and as what.
    Members {
        /// Which.
        group: GroupId,
    },
    /// Makes a group.
    Create {
        /// Its owner.
        #[arg(long = "as", value_name = "USER")]
        user: Who,
        /// What it is called.
        name: String,
    },
    /// Adds somebody.
    Add {
        /// To which.
        group: GroupId,
        /// Whom.
        member: Who,
        /// In whose name: an owner or admin.
        #[arg(long = "as", value_name = "USER")]
        user: Who,
    },
    /// Removes somebody.
    Remove {
        /// From which.
        group: GroupId,
        /// Whom.
        member: Who,
        /// In whose name: their own, or an owner's or admin's.
        #[arg(long = "as", value_name = "USER")]
        user: Who,
    },
    /// Deletes a group for everybody.
    Delete {
        /// Which.
        group: GroupId,
        /// In whose name: an owner.
        #[arg(long = "as", value_name = "USER")]
        user: Who,
    },
}

/// Runs one of them.
pub(crate) async fn run(toolbox: &Toolbox, command: Command, form: Form) -> Result<(), BoxError> {
    let engines = toolbox.engines().await?;
    let (auth, chat) = (&*engines.auth, &*engines.chat);
    match command {
        Command::List { user: None, after, limit } => {
            overviews(form, operator::list_groups(chat, after, page(limit)).await?)
        }
        Command::List { user: Some(user), limit, .. } => {
            let groups = chat.list_groups(find(auth, user).await?, page(limit), None).await?.entries;
            let rows = groups.into_iter().map(|group| {
                let unread = group.unread_count();
                [
                    group.id.to_string().into(),
                    group.role.as_str().into(),
                    group.member_count.into(),
                    group.last_seq.0.into(),
                    unread.into(),
                    group.name.into(),
                ]
            });
            form.table(["id", "role", "member_count", "last_seq", "unread_count", "name"], rows)
        }
        Command::Show { group } => overviews(form, vec![operator::show_group(chat, group).await?]),
        Command::Members { group } => {
            operator::show_group(chat, group).await?;
            let mut members = form.pages(["user_id", "role", "joined_at"]);
            let mut after = None;
            loop {
                let page = operator::list_members(chat, group, after, page(Limit::MAX_PAGE)).await?;
                members.print(page.iter().map(|member| {
                    let (id, role) = (member.user_id.to_string(), member.role.as_str());
                    [id.into(), role.into(), member.joined_at.to_string().into()]
                }))?;
                let Some(last) = page.last() else { return Ok(()) };
                after = Some(last.user_id);
            }
        }
        Command::Create { user, name } => {
            let user = find(auth, user).await?;
            let made = chat.create_group(user, GroupDraft::new(name)).await.map_err(told)?;
            form.lines("id", vec![made.group.id.to_string()])
        }
        Command::Add { group, member, user } => {
            let (user, member) = (find(auth, user).await?, find(auth, member).await?);
            Ok(chat.add_member(user, group, member).await.map(drop)?)
        }
        Command::Remove { group, member, user } => {
            let (user, member) = (find(auth, user).await?, find(auth, member).await?);
            Ok(chat.remove_member(user, group, member).await?)
        }
        Command::Delete { group, user } => Ok(chat.delete_group(find(auth, user).await?, group).await?),
    }
}

fn overviews(form: Form, groups: Vec<Overview>) -> Result<(), BoxError> {
    let rows = groups.into_iter().map(|group| {
        [
            group.id.to_string().into(),
            group.member_count.into(),
            group.last_seq.0.into(),
            group.last_activity_at.to_string().into(),
            group.name.into(),
        ]
    });
    form.table(["id", "member_count", "last_seq", "last_activity_at", "name"], rows)
}

fn page(limit: u16) -> Limit {
    Limit::page(limit).unwrap_or_default()
}
