//! What `api`, `realtime` and `worker` have in common: stores on PostgreSQL, hints over Redis, the same secrets
//! in each, and tables that were migrated before they start.

use std::sync::Arc;

use auth_engine::Keys;
use broker::{RedisBroker, RedisSettings};
use clap::Args;
use engine_interfaces::BoxError;
use notification_engine::WebhookSettings;

use crate::{
    Engines, Stores, process,
    settings::{ProcessSettings, SecretSettings, SecretText, StoreSettings},
};

/// The settings of every process that shares its work with others.
#[derive(Debug, Clone, Args)]
pub struct SharedSettings {
    /// Reads the settings, says whether they are good, and ends. Connects to nothing.
    #[arg(long)]
    pub check_config: bool,

    #[command(flatten)]
    stores: StoreSettings,

    #[command(flatten)]
    secrets: SecretSettings,

    /// The Redis that carries hints between the processes: a server, `redis://:password@host:6379/0`, or a
    /// Cluster, `redis+cluster://:password@host1:6379,host2:6379`; over TLS `rediss://…` and `rediss+cluster://…`.
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true, help_heading = "Redis")]
    redis_url: Option<SecretText>,

    /// The process itself.
    #[command(flatten)]
    pub process: ProcessSettings,
}

/// Good settings.
pub struct Shared {
    stores: Stores,
    keys: Keys,
    redis_url: SecretText,
}

impl SharedSettings {
    /// Checks the settings; answers none where that is all that was asked for.
    ///
    /// # Errors
    /// Names the setting, what is wrong with it, and the cure.
    pub fn checked(&self) -> Result<Option<Shared>, BoxError> {
        let redis_url = self.redis_url.clone();
        let redis_url = redis_url.ok_or(
            "REDIS_URL is needed: name the Redis server that the processes share, redis://host:6379",
        )?;
        RedisBroker::check(redis_url.expose(), &RedisSettings::default())
            .map_err(|error| format!("REDIS_URL: {error}; it looks like redis://:password@host:6379/0, or redis+cluster://:password@host1:6379,host2:6379"))?;
        let shared = Shared { stores: Stores::shared(&self.stores)?, keys: self.secrets.given()?, redis_url };
        if self.check_config {
            process::say("The settings are good.")?;
            return Ok(None);
        }
        Ok(Some(shared))
    }
}

impl Shared {
    /// Starts the engines, where the stores have this version's tables, and the bus. Redis may be away.
    ///
    /// # Errors
    /// When migrations are pending, a store is away, or the keys do not fit what is stored.
    pub async fn start(
        self,
        auth: auth_engine::Settings,
        chat: chat_engine::Settings,
        webhooks: WebhookSettings,
    ) -> Result<(Engines, Arc<RedisBroker>), BoxError> {
        self.stores.check_migrated().await?;
        let broker = RedisBroker::connect(self.redis_url.expose(), RedisSettings::default()).await?;
        let broker = Arc::new(broker);
        let engines = Engines::start(self.stores, broker.clone(), self.keys, auth, chat, webhooks).await?;
        Ok((engines, broker))
    }
}
