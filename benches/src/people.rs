//! Accounts and groups, made through the engines: what is in the stores is what the product would have put there.

use std::{net::IpAddr, sync::Arc};

use broker::RedisBroker;
use chat_engine::{Chat, GroupDraft, GroupId, UserId, seeding};
use clap::Parser;
use composition::{
    Engines, Stores,
    settings::{AccountSettings, ChatSettings, Reach, SecretSettings, StoreSettings, WebhookSettings},
};
use engine_interfaces::{Authentication, BoxError, Clock, Credentials, Secret, SystemClock};
use production_shape::Shape;

const PASSWORD: &str = "stanley-park-1";
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// The engines over a shape's stores.
pub(crate) struct People {
    engines: Engines,
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: UserId,
    pub(crate) token: String,
}

/// The settings of what makes people.
#[derive(Parser)]
struct Settings {
    #[command(flatten)]
    stores: StoreSettings,
    #[command(flatten)]
    secrets: SecretSettings,
    #[command(flatten)]
    accounts: AccountSettings,
    #[command(flatten)]
    chat: ChatSettings,
    #[command(flatten)]
    webhooks: WebhookSettings,
}

impl People {
    /// In the stores of a shape that has been started.
    pub(crate) async fn of(shape: &Shape) -> Result<Self, BoxError> {
        let secret = |name: &str| std::fs::read_to_string(shape.secret(name));
        let settings = Settings::try_parse_from([
            "bench".to_owned(),
            format!("--database-url={}", shape.database_url()),
            format!("--token-secret={}", secret("token_secret")?.trim_end()),
            format!("--password-key={}", secret("password_key")?.trim_end()),
            // What a hash costs is not in question here.
            "--bcrypt-cost=4".to_owned(),
        ])?;
        let broker = RedisBroker::connect(&shape.redis_url(), Default::default()).await?;
        let engines = Engines::start(
            Stores::shared(&settings.stores)?,
            Arc::new(broker),
            settings.secrets.given()?,
            settings.accounts.auth(Reach::Network),
            // The sweep is the measured processes'.
            chat_engine::Settings { sweep: false, ..settings.chat.chat() },
            settings.webhooks.webhooks(),
        );
        Ok(Self { engines: engines.await? })
    }

    /// So many people, signed in.
    pub(crate) async fn sign_up(&self, count: usize) -> Result<Vec<Person>, BoxError> {
        let run = SystemClock.new_id().simple().to_string();
        let address = |n: usize| Secret::new(format!("{run}.{n}@example.com"));
        let people = (0..count).map(|n| (format!("Person {n}"), address(n))).collect();
        let password = Secret::new(PASSWORD);
        self.engines.auth.create_users(people, &password).await?;
        let mut signed_in = Vec::with_capacity(count);
        for n in 0..count {
            let credentials = Credentials { email: address(n), password: password.clone() };
            let session = self.engines.auth.sign_in(credentials, HERE).await?;
            signed_in.push(Person { id: session.user.id, token: session.token.expose().to_owned() });
        }
        Ok(signed_in)
    }

    /// A group of these; the first one owns it.
    pub(crate) async fn group(&self, members: &[Person]) -> Result<GroupId, BoxError> {
        let owner = members.first().ok_or("a group has an owner")?;
        let group = self.engines.chat.create_group(owner.id, GroupDraft::new("A group")).await?.group.id;
        let others: Vec<UserId> = members.iter().skip(1).map(|person| person.id).collect();
        seeding::add_members(&self.engines.chat, group, &others).await?;
        Ok(group)
    }

    /// So many messages of somebody in a group.
    pub(crate) async fn fill(&self, group: GroupId, author: UserId, count: usize) -> Result<(), BoxError> {
        let messages = (0..count).map(|n| (author, format!("Message {n}, about as long as people write")));
        Ok(seeding::append_messages(&self.engines.chat, group, messages).await?)
    }

    /// Where a group's log ends.
    pub(crate) async fn last_seq(&self, group: GroupId) -> Result<i64, BoxError> {
        let heads = self.engines.chat.heads(&[group]).await?;
        Ok(heads.first().map_or(0, |head| head.last_seq.0))
    }
}
