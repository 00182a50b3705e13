//! Which engine gets which store, broker, clock and setting.

use std::sync::Arc;

use auth_engine::{AuthEngine, Keys, PasswordKey, PasswordKeys, SigningKey, TokenKeys, VerifyingKey};
use broker::LocalBroker;
use chat_engine::ChatEngine;
use database::{Database, Location, PoolSettings};
use engine_interfaces::{BoxError, Broker, Clock, SystemClock, UserResources};
use jobs::{Every, Jobs, Runner};
use secrecy::SecretString;
use user_resources::UserResourcesEngine;

use crate::{
    config::{Config, SecretText, SignUp},
    secrets,
};

/// The engines of one process.
pub(crate) struct Parlour {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) auth: Arc<AuthEngine>,
    pub(crate) chat: Arc<ChatEngine>,
    stores: Stores,
}

/// Each engine's database.
struct Stores {
    auth: Database,
    chat: Database,
    user_resources: Database,
    jobs: Database,
}

impl Parlour {
    /// Brings the stores up to date and starts the engines.
    pub(crate) async fn open(config: &Config) -> Result<Self, BoxError> {
        let stores = Stores::open(config)?;
        stores.migrate().await?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let broker: Arc<dyn Broker> = Arc::new(LocalBroker::default());
        let auth = AuthEngine::new(
            auth_engine::Store::over(stores.auth.clone()),
            broker.clone(),
            clock.clone(),
            keys(config)?,
            auth_settings(config),
        )
        .await
        .map_err(with_cure)?;
        let resources: Arc<dyn UserResources> =
            Arc::new(UserResourcesEngine::over(stores.user_resources.clone()).with_clock(clock.clone()));
        let chat = ChatEngine::with(
            chat_engine::Store::over(stores.chat.clone()),
            broker.clone(),
            resources,
            clock.clone(),
            chat_settings(config),
        );
        Ok(Self {
            clock,
            broker,
            auth,
            chat,
            stores,
        })
    }

    /// Brings the stores up to date; answers what ran, by engine.
    pub(crate) async fn migrate(config: &Config) -> Result<Vec<(&'static str, Vec<String>)>, BoxError> {
        Stores::open(config)?.migrate().await
    }

    /// Everybody's workers.
    pub(crate) fn runner(&self, config: &Config) -> Runner {
        Runner::new(
            self.clock.clone(),
            self.stores.jobs.clone(),
            jobs_settings(config),
        )
        .queue("auth", self.stores.auth.clone(), self.auth.workers())
        .queue("chat", self.stores.chat.clone(), self.chat.workers())
        .cron(auth_engine::PruneRevocations::KIND, Every::Hour)
    }

    /// Everybody's jobs.
    pub(crate) fn jobs(config: &Config) -> Result<Jobs, BoxError> {
        let stores = Stores::open(config)?;
        Ok(
            Jobs::new(Arc::new(SystemClock), stores.jobs, jobs_settings(config))
                .queue("auth", stores.auth)
                .queue("chat", stores.chat),
        )
    }
}

impl Stores {
    fn open(config: &Config) -> Result<Self, BoxError> {
        let pool = PoolSettings {
            size: size(config.database_pool),
            ..PoolSettings::default()
        };
        let open = |setting: &str, own: &Option<String>, engine: &str| -> Result<Database, BoxError> {
            let (setting, url) = match own {
                Some(url) => (setting, url),
                None => ("DATABASE_URL", &config.database_url),
            };
            let location = Location::parse(url, engine).map_err(|error| format!("{setting}: {error}"))?;
            if let Location::Sqlite { path } = &location
                && let Some(folder) = path.parent()
            {
                let made = secrets::make_private(folder);
                made.map_err(|error| {
                    format!(
                        "{setting}: {}: {error}; name a folder that can be written",
                        folder.display()
                    )
                })?;
            }
            Ok(Database::open(location, &pool)?)
        };
        Ok(Self {
            auth: open("AUTH_DATABASE_URL", &config.auth_database_url, "auth")?,
            chat: open("CHAT_DATABASE_URL", &config.chat_database_url, "chat")?,
            user_resources: open(
                "USER_RESOURCES_DATABASE_URL",
                &config.user_resources_database_url,
                "user_resources",
            )?,
            jobs: open("JOBS_DATABASE_URL", &config.jobs_database_url, "jobs")?,
        })
    }

    async fn migrate(&self) -> Result<Vec<(&'static str, Vec<String>)>, BoxError> {
        Ok(vec![
            ("auth", self.auth.migrate(auth_engine::MIGRATIONS).await?),
            ("chat", self.chat.migrate(chat_engine::MIGRATIONS).await?),
            (
                "user_resources",
                self.user_resources.migrate(user_resources::MIGRATIONS).await?,
            ),
            ("jobs", self.jobs.migrate(jobs::MIGRATIONS).await?),
        ])
    }
}

/// The keys of tokens and passwords: from the settings, else from the data folder.
fn keys(config: &Config) -> Result<Keys, BoxError> {
    let given = |setting: &Option<SecretText>, name: &str| -> Result<SecretString, BoxError> {
        Ok(match setting {
            Some(text) => text.secret(),
            None => secrets::load_or_make(&config.data_dir, name)?.into(),
        })
    };
    let named = |setting: &'static str| {
        move |error: auth_engine::KeyError| -> BoxError { format!("{setting}: {error}").into() }
    };
    let token_secret = given(&config.token_secret, "token_secret")?;
    let mut tokens = TokenKeys::new(SigningKey::hs256(&token_secret).map_err(named("TOKEN_SECRET"))?);
    for old in &config.token_secrets_old {
        let key = VerifyingKey::hs256(&old.secret()).map_err(named("TOKEN_SECRETS_OLD"))?;
        tokens = tokens.accepting(key).map_err(named("TOKEN_SECRETS_OLD"))?;
    }
    let password_key = given(&config.password_key, "password_key")?;
    let mut passwords = PasswordKeys::new(PasswordKey::new(&password_key).map_err(named("PASSWORD_KEY"))?);
    for old in &config.password_keys_old {
        passwords = passwords.accepting(PasswordKey::new(&old.secret()).map_err(named("PASSWORD_KEYS_OLD"))?);
    }
    Ok(Keys { tokens, passwords })
}

fn with_cure(error: auth_engine::StartError) -> BoxError {
    match error {
        auth_engine::StartError::PasswordKey { .. } => {
            format!("PASSWORD_KEY: {error}; name that key in PASSWORD_KEY or PASSWORD_KEYS_OLD").into()
        }
        other => other.into(),
    }
}

fn auth_settings(config: &Config) -> auth_engine::Settings {
    auth_engine::Settings {
        token_life: config.token_life,
        sign_up: match config.sign_up {
            SignUp::Open => auth_engine::SignUp::Open,
            SignUp::Closed => auth_engine::SignUp::Closed,
        },
        bcrypt_cost: config.bcrypt_cost,
        hash_queue: size(config.hash_queue),
        failures_per_address: config.sign_in_failures_per_address,
        failures_per_network: config.sign_in_failures_per_network,
        sign_ups_per_network: config.sign_ups_per_network,
        ..auth_engine::Settings::default()
    }
}

fn chat_settings(config: &Config) -> chat_engine::Settings {
    chat_engine::Settings {
        max_members: config.max_members,
        max_groups_per_user: size(config.max_groups_per_user),
        writer_queue: size(config.writer_queue),
        ..chat_engine::Settings::default()
    }
}

fn jobs_settings(config: &Config) -> jobs::Settings {
    jobs::Settings {
        drain: config.drain_limit,
        ..jobs::Settings::default()
    }
}

/// The HTTP API's; call it once the addresses are known.
pub(crate) fn api_settings(config: &Config) -> api_engine::Settings {
    api_engine::Settings {
        realtime_url: config.realtime_url.clone().unwrap_or_default(),
        sign_up_open: config.sign_up == SignUp::Open,
        allowed_origins: config.allowed_origins.clone().unwrap_or_default(),
        trusted_proxies: config.trusted_proxies.clone(),
        body_limit: size(config.payload_limit),
        request_timeout: config.request_timeout,
        drain_limit: config.drain_limit,
        ..api_engine::Settings::default()
    }
}

/// Real time's; call it once the addresses are known.
pub(crate) fn realtime_settings(config: &Config) -> realtime_engine::Settings {
    realtime_engine::Settings {
        allowed_origins: config.allowed_origins.clone().unwrap_or_default(),
        max_sockets_per_user: size(config.max_sockets_per_user),
        events_per_second: config.events_per_second,
        payload_limit: size(config.payload_limit),
        drain: config.drain_limit,
        ..realtime_engine::Settings::default()
    }
}

/// A count that was read as a setting: no machine has fewer bits than it needs.
fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
