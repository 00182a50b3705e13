//! What the tools have in common.

use std::sync::Arc;

use broker::{LocalBroker, RedisBroker, RedisSettings};
use clap::Subcommand;
use composition::{Engines, settings::SecretText};
use engine_interfaces::{BoxError, Broker};
use tokio::sync::OnceCell;

use super::{explain, form::Form, groups, jobs, messages, resources, rings, users};
use crate::config::Config;

/// A tool: from the shell, and at the console.
#[derive(Subcommand)]
pub(crate) enum Tool {
    /// Lists, shows, creates, disables users and sets their passwords.
    #[command(subcommand)]
    Users(users::Command),
    /// Lists, shows, makes and deletes groups, and who is in them.
    #[command(subcommand)]
    Groups(groups::Command),
    /// Lists, sends and follows messages.
    #[command(subcommand)]
    Messages(messages::Command),
    /// What other engines hold for a user.
    Resources(resources::Arguments),
    /// Lists jobs, and retries dead ones.
    #[command(subcommand)]
    Jobs(jobs::Command),
    /// Shows who leads each topic, and how far the work is.
    Rings,
    /// How the database answers a query that is asked often.
    #[command(subcommand)]
    Explain(explain::Query),
}

/// What the tools work with; the engines start once, when they are first needed.
pub(crate) struct Toolbox {
    /// The settings.
    pub(crate) config: Config,
    /// The Redis server of the processes that share their work.
    pub(crate) redis_url: Option<SecretText>,
    engines: OnceCell<(Engines, Arc<dyn Broker>)>,
}

impl Toolbox {
    pub(crate) fn new(config: Config, redis_url: Option<SecretText>) -> Self {
        Self { config, redis_url, engines: OnceCell::new() }
    }

    /// The engines, composed as the servers' are.
    pub(crate) async fn engines(&self) -> Result<&Engines, BoxError> {
        Ok(&self.composed().await?.0)
    }

    /// Where hints come by: those of other processes, where there is a Redis server.
    pub(crate) async fn broker(&self) -> Result<&dyn Broker, BoxError> {
        Ok(&*self.composed().await?.1)
    }

    async fn composed(&self) -> Result<&(Engines, Arc<dyn Broker>), BoxError> {
        let compose = async || {
            let broker: Arc<dyn Broker> = match &self.redis_url {
                Some(url) => Arc::new(redis(url).await?),
                None => Arc::new(LocalBroker::default()),
            };
            Ok((self.config.engines(broker.clone()).await?, broker))
        };
        self.engines.get_or_try_init(compose).await
    }

    /// Runs a tool.
    pub(crate) async fn run(&self, tool: Tool, form: Form) -> Result<(), BoxError> {
        match tool {
            Tool::Users(command) => users::run(self, command, form).await,
            Tool::Groups(command) => groups::run(self, command, form).await,
            Tool::Messages(command) => messages::run(self, command, form).await,
            Tool::Resources(arguments) => resources::run(self, arguments, form).await,
            Tool::Jobs(command) => jobs::run(self, command, form).await,
            Tool::Rings => rings::run(self, form).await,
            Tool::Explain(query) => explain::run(self, query, form).await,
        }
    }

    /// Sees what the tools did to its end: hints are on their way.
    pub(crate) async fn put_away(&self) {
        if let Some((engines, _)) = self.engines.get() {
            engines.chat.drain().await;
        }
    }
}

/// The broker between processes.
pub(crate) async fn redis(url: &SecretText) -> Result<RedisBroker, BoxError> {
    let connected = RedisBroker::connect(url.expose(), RedisSettings::default()).await;
    Ok(connected.map_err(|error| format!("REDIS_URL: {error}"))?)
}
