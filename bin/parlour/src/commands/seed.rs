//! `parlour seed`: something to look at.

use std::sync::Arc;

use auth_engine::{Authentication, Registration, Secret, UserId};
use broker::LocalBroker;
use chat_engine::{Chat, Draft, GroupDraft, GroupId, GroupMessageId, seeding};
use clap::{Args, ValueEnum, value_parser};
use composition::{Engines, process::say};
use engine_interfaces::BoxError;
use uuid::Uuid;

use super::bar::bar;
use crate::config::Config;

/// What to make.
#[derive(Args)]
pub(crate) struct Arguments {
    /// How much.
    #[arg(long, value_enum, default_value = "small")]
    size: Size,

    /// The members of the large group.
    #[arg(long, value_name = "N", default_value_t = 50_000, value_parser = value_parser!(u32).range(1..=50_000))]
    members: u32,

    /// The messages of the large group.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    messages: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Size {
    /// Alice, Bob, a quiet group and a busy one.
    Small,
    /// The same, and a large group.
    Large,
}

/// Everybody's, so that anybody can sign in as anybody.
const PASSWORD: &str = "stanley-park-1";
const BUSY_MESSAGES: usize = 200;
/// How much is made between two steps of the progress bar.
const STEP: usize = 1_000;

/// Makes what is not there yet: the same every time.
pub(crate) async fn run(config: &Config, arguments: &Arguments) -> Result<(), BoxError> {
    let engines = config.engines(Arc::new(LocalBroker::default())).await?;
    let alice = person(&engines, "Alice", "alice@example.com").await?;
    let bob = person(&engines, "Bob", "bob@example.com").await?;
    let quiet = group(&engines, alice, "The quiet group").await?;
    let busy = group(&engines, alice, "The busy group").await?;
    for group in [quiet, busy] {
        engines.chat.add_member(alice, group, bob).await?;
    }
    send(&engines, quiet, bob, 0, "Is anybody here?").await?;
    for turn in 0..BUSY_MESSAGES {
        let author = if turn % 2 == 0 { alice } else { bob };
        send(&engines, busy, author, turn, &format!("Message {}", turn + 1)).await?;
    }
    if arguments.size == Size::Large {
        large(&engines, alice, arguments).await?;
    }
    engines.chat.drain().await;
    say(&format!("alice@example.com and bob@example.com, password {PASSWORD}"))
}

/// The account of an address, made where there is none.
async fn person(engines: &Engines, name: &str, email: &str) -> Result<UserId, BoxError> {
    let email = Secret::new(email);
    if let Some(user) = engines.auth.find_user(&email).await? {
        return Ok(user);
    }
    let registration = Registration { name: name.to_owned(), email, password: Secret::new(PASSWORD) };
    Ok(engines.auth.create_user(registration).await?.id)
}

async fn group(engines: &Engines, owner: UserId, name: &str) -> Result<GroupId, BoxError> {
    let id = GroupId(Uuid::new_v5(&owner.0, name.as_bytes()));
    let draft =
        GroupDraft { id: Some(id), name: name.to_owned(), description: "Made by `parlour seed`".to_owned() };
    Ok(engines.chat.create_group(owner, draft).await?.group.id)
}

async fn send(
    engines: &Engines,
    group: GroupId,
    author: UserId,
    turn: usize,
    text: &str,
) -> Result<(), BoxError> {
    let id = GroupMessageId(Uuid::new_v5(&group.0, &turn.to_be_bytes()));
    engines.chat.send_message(Draft::new(author, group, text).with_id(id)).await?;
    Ok(())
}

/// A group of many with many messages. Begun once; a second call leaves it as it is.
async fn large(engines: &Engines, owner: UserId, arguments: &Arguments) -> Result<(), BoxError> {
    let group = group(engines, owner, "The large group").await?;
    if engines.chat.show_group(owner, group).await?.member_count > 1 {
        return Ok(());
    }
    let people = (1..arguments.members)
        .map(|n| (format!("Member {n}"), Secret::new(format!("member{n}@example.com"))));
    let people = engines.auth.create_users(people.collect(), &Secret::new(PASSWORD)).await?;
    let members: Vec<UserId> = [owner].into_iter().chain(people.into_iter().map(|user| user.id)).collect();
    let members_bar = bar("members", members.len() as u64);
    for some in members.chunks(STEP) {
        seeding::add_members(&engines.chat, group, some).await?;
        members_bar.inc(some.len() as u64);
    }
    members_bar.finish();
    let messages_bar = bar("messages", arguments.messages as u64);
    for from in (0..arguments.messages).step_by(STEP) {
        let messages = (from..arguments.messages.min(from + STEP))
            .map(|n| (members[n % members.len()], format!("Message {}", n + 1)));
        seeding::append_messages(&engines.chat, group, messages).await?;
        messages_bar.inc(STEP as u64);
    }
    messages_bar.finish();
    Ok(())
}
