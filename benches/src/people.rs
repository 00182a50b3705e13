//! Accounts and groups, made through the engines: what is in the stores is what the product would have put there.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use broker::{LocalBroker, RedisBroker};
use chat_engine::{Chat, GroupDraft, GroupId, UserId, seeding};
use clap::Parser;
use composition::{
    Engines, Stores,
    settings::{AccountSettings, ChatSettings, Reach, SecretSettings, StoreSettings, WebhookSettings},
};
use engine_interfaces::{Authentication, BoxError, Broker, Clock, Credentials, Secret, SystemClock};
use production_shape::Shape;
use tokio::process::Command;

const PASSWORD: &str = "stanley-park-1";
const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

/// The engines over a shape's stores.
pub(crate) struct People {
    engines: Engines,
    database: String,
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

impl Settings {
    /// Over a database, with secrets of files that have their names.
    fn of(database: &str, file: impl Fn(&str) -> PathBuf) -> Result<Self, BoxError> {
        let secret = |name: &str| std::fs::read_to_string(file(name));
        Ok(Self::try_parse_from([
            "bench".to_owned(),
            format!("--database-url={database}"),
            format!("--token-secret={}", secret("token_secret")?.trim_end()),
            format!("--password-key={}", secret("password_key")?.trim_end()),
            // What a hash costs is not in question here.
            "--bcrypt-cost=4".to_owned(),
        ])?)
    }
}

impl People {
    /// In the stores of a shape that has been started.
    pub(crate) async fn of(shape: &Shape) -> Result<Self, BoxError> {
        let url = shape.database_url();
        let settings = Settings::of(&url, |name| shape.secret(name))?;
        let broker = RedisBroker::connect(&shape.redis_url(), Default::default()).await?;
        Self::over(url, Stores::shared(&settings.stores)?, Arc::new(broker), settings).await
    }

    /// In a database of their own on a shape's server, which none of its processes knows; answers its URL too.
    pub(crate) async fn beside(shape: &Shape) -> Result<(String, Self), BoxError> {
        const NAME: &str = "beside";
        let url = shape.database_url();
        psql(&format!("CREATE DATABASE {NAME}"), &url).await?;
        let (server, _) = url.rsplit_once('/').ok_or("a database's URL ends with its name")?;
        let url = format!("{server}/{NAME}");
        let settings = Settings::of(&url, |name| shape.secret(name))?;
        let stores = Stores::shared(&settings.stores)?;
        stores.migrate().await?;
        Ok((url.clone(), Self::over(url, stores, Arc::new(LocalBroker::default()), settings).await?))
    }

    /// In the data folder of an embedded server that has been started.
    pub(crate) async fn embedded(folder: &Path) -> Result<Self, BoxError> {
        let url = format!("sqlite:{}", folder.display());
        let settings = Settings::of(&url, |name| folder.join(name))?;
        Self::over(url, Stores::embedded(&settings.stores)?, Arc::new(LocalBroker::default()), settings).await
    }

    async fn over(
        database: String,
        stores: Stores,
        broker: Arc<dyn Broker>,
        settings: Settings,
    ) -> Result<Self, BoxError> {
        let engines = Engines::start(
            stores,
            broker,
            settings.secrets.given()?,
            settings.accounts.auth(Reach::Network),
            // The sweep is the measured processes'.
            chat_engine::Settings { sweep: false, ..settings.chat.chat() },
            settings.webhooks.webhooks(),
        );
        Ok(Self { engines: engines.await?, database })
    }

    /// Lets PostgreSQL see what there is now, as it does by itself within minutes, and as pgbench does before it measures:
    /// until then its plans are guesses.
    pub(crate) async fn settle(&self) -> Result<(), BoxError> {
        psql("ANALYZE", &self.database).await
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

async fn psql(statement: &str, database: &str) -> Result<(), BoxError> {
    let done = Command::new("psql").args(["-qc", statement, database]).status().await?;
    if done.success() { Ok(()) } else { Err(format!("{statement} is refused").into()) }
}
