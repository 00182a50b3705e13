//! `parlour resources`.

use clap::{Args, ValueEnum};
use engine_interfaces::{BoxError, GROUP, GROUP_MESSAGE};

use super::{
    form::Form,
    toolbox::Toolbox,
    users::{Who, find},
};

/// How many are read at once.
const PAGE: usize = 100;

/// Whose, and what.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Whose.
    user: Who,
    /// What.
    #[arg(long = "type", value_enum, default_value = "group")]
    kind: Kind,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// The groups that they are, or were, in.
    Group,
    /// The messages that they wrote.
    GroupMessage,
}

/// Prints the rows of the mapping.
pub(crate) async fn run(toolbox: &Toolbox, arguments: Arguments, form: Form) -> Result<(), BoxError> {
    let engines = toolbox.engines().await?;
    let user = find(&*engines.auth, arguments.user).await?;
    let kind = match arguments.kind {
        Kind::Group => GROUP,
        Kind::GroupMessage => GROUP_MESSAGE,
    };
    let mut resources = form.pages(["resource_type", "scope_id", "resource_id"]);
    let mut after = None;
    loop {
        let page = engines.resources.resources(user, kind, after, PAGE).await?;
        resources.print(page.iter().map(|resource| {
            let (scope, id) = (resource.scope_id.to_string(), resource.resource_id.to_string());
            [resource.resource_type.into(), scope.into(), id.into()]
        }))?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.scope_id, last.resource_id));
    }
}
