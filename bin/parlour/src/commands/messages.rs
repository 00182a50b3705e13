//! `parlour messages`.

use std::{sync::Arc, time::Duration};

use chat_engine::{ChatEngine, operator};
use clap::Subcommand;
use engine_interfaces::{
    BoxError, Chat, Clock, Delivery, Draft, GroupId, GroupMessage, Limit, Seq, Slot, SystemClock,
};
use tokio::time::{MissedTickBehavior, interval};

use super::{
    form::Form,
    refusals::told,
    toolbox::Toolbox,
    users::{Who, find},
};

/// How often a log is looked at where no hint comes.
const LOOK: Duration = Duration::from_secs(1);

/// Lists, sends and follows messages.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// The newest messages of a group, or those after a position; the oldest of them first.
    List {
        /// Which.
        group: GroupId,
        /// From after this position.
        #[arg(long)]
        after: Option<i64>,
        /// How many, at most 100.
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=100))]
        limit: u16,
    },
    /// Sends a message.
    Send {
        /// Where to.
        group: GroupId,
        /// In whose name: a member.
        #[arg(long = "as", value_name = "USER")]
        user: Who,
        /// The text.
        #[arg(required = true)]
        text: Vec<String>,
    },
    /// Prints each message as it comes, and how long after it was stored: at once where REDIS_URL is set, else
    /// within a second.
    Tail {
        /// Which.
        group: GroupId,
        /// Ends after so many.
        #[arg(long)]
        count: Option<usize>,
    },
}

/// Runs one of them.
pub(crate) async fn run(toolbox: &Toolbox, command: Command, form: Form) -> Result<(), BoxError> {
    let engines = toolbox.engines().await?;
    let chat = &*engines.chat;
    match command {
        Command::List { group, after, limit } => {
            let last = operator::show_group(chat, group).await?.last_seq;
            let after = after.unwrap_or(last.0 - i64::from(limit)).max(0);
            let messages = chat.read_log(group, Seq(after), Limit::page(limit).unwrap_or_default()).await?;
            form.table(["seq", "created_at", "user_id", "message"], messages.iter().map(cells))
        }
        Command::Send { group, user, text } => {
            let user = find(&*engines.auth, user).await?;
            let sent = chat.send_message(Draft::new(user, group, text.join(" "))).await.map_err(told)?;
            let message = sent.message;
            form.table(["seq", "id"], [[message.seq.0.into(), message.id.to_string().into()]])
        }
        Command::Tail { group, count } => tail(toolbox, chat, group, count, form).await,
    }
}

/// Follows a group's log. A hint says when to look; what is shown is what is stored.
async fn tail(
    toolbox: &Toolbox,
    chat: &ChatEngine,
    group: GroupId,
    count: Option<usize>,
    form: Form,
) -> Result<(), BoxError> {
    let mut heard = toolbox.broker().await?.subscribe().await?;
    heard.follow.follow(Slot::of(group)).await?;
    let mut after = operator::show_group(chat, group).await?.last_seq;
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut left = count.unwrap_or(usize::MAX);
    form.note("Ctrl-C ends it.")?;
    while left > 0 {
        tokio::select! {
            delivery = heard.deliveries.next() => match delivery {
                Some(Delivery::Control(_) | Delivery::Whisper(_)) => continue,
                Some(Delivery::Messages(_) | Delivery::Gap) => {}
                None => return Err("the broker has shut down".into()),
            },
            _ = looks.tick() => {}
        }
        for message in chat.read_log(group, after, Limit::default()).await?.iter().take(left) {
            left -= 1;
            after = message.seq;
            show(message, form)?;
        }
    }
    Ok(())
}

fn show(message: &Arc<GroupMessage>, form: Form) -> Result<(), BoxError> {
    let delay = SystemClock.now().since(message.created_at).as_secs_f64();
    let [seq, written, user, text] = cells(message);
    match form {
        Form::Json => form.table(
            ["seq", "created_at", "delay", "user_id", "message"],
            [[seq, written, delay.into(), user, text]],
        ),
        Form::Text => form.row([seq, format!("{:.1} ms", delay * 1e3).into(), user, text]),
    }
}

fn cells(message: &Arc<GroupMessage>) -> [serde_json::Value; 4] {
    [
        message.seq.0.into(),
        message.created_at.to_string().into(),
        message.user_id.map(|user| user.to_string()).into(),
        message.message.clone().into(),
    ]
}
