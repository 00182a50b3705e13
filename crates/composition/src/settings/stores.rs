//! Where the stores are.

use clap::Args;
use database::{Location, PoolSettings};
use engine_interfaces::BoxError;

use super::{SecretText, at_least_one, size};

/// Where the stores are.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Stores")]
pub struct StoreSettings {
    /// Where the stores are: `postgres://…` (a schema per engine). `parlour` takes `sqlite:FOLDER` too (a file
    /// per engine), and `sqlite:./data` by default.
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<SecretText>,

    /// The auth engine's store, where it is another.
    #[arg(long, env = "AUTH_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub auth_database_url: Option<SecretText>,

    /// The chat engine's store, where it is another.
    #[arg(long, env = "CHAT_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub chat_database_url: Option<SecretText>,

    /// The user resources' store, where it is another.
    #[arg(long, env = "USER_RESOURCES_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub user_resources_database_url: Option<SecretText>,

    /// The notification engine's store, where it is another.
    #[arg(long, env = "NOTIFICATIONS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub notifications_database_url: Option<SecretText>,

    /// The store of the jobs that no engine causes, where it is another.
    #[arg(long, env = "JOBS_DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub jobs_database_url: Option<SecretText>,

    /// The most connections of an engine to its store.
    #[arg(long, env = "DATABASE_POOL", value_name = "N", default_value_t = 8, value_parser = at_least_one())]
    pub database_pool: u64,
}

/// Where each engine's store is, and the setting that says so.
#[derive(Debug, Clone)]
pub(crate) struct Locations {
    pub(crate) auth: (&'static str, Location),
    pub(crate) chat: (&'static str, Location),
    pub(crate) user_resources: (&'static str, Location),
    pub(crate) notifications: (&'static str, Location),
    pub(crate) jobs: (&'static str, Location),
}

impl Locations {
    /// All of them.
    pub(crate) fn each(&self) -> [&(&'static str, Location); 5] {
        [&self.auth, &self.chat, &self.user_resources, &self.notifications, &self.jobs]
    }
}

/// Where a process keeps its stores that has them for itself.
const EMBEDDED: &str = "sqlite:./data";

impl StoreSettings {
    /// For a process that may have its stores for itself.
    pub(crate) fn embedded(&self) -> Result<Locations, BoxError> {
        self.locations(Some(EMBEDDED))
    }

    /// For processes that have their stores in common.
    pub(crate) fn shared(&self) -> Result<Locations, BoxError> {
        let locations = self.locations(None)?;
        for (setting, location) in locations.each() {
            if let Location::Sqlite { .. } = location {
                return Err(format!(
                    "{setting}: several processes can't share SQLite files; name a PostgreSQL database, \
                     postgres://…, or run `parlour serve`, which is all of Parlour in one process"
                )
                .into());
            }
        }
        Ok(locations)
    }

    fn locations(&self, default: Option<&str>) -> Result<Locations, BoxError> {
        let general = self.database_url.as_ref().map(SecretText::expose).or(default);
        let location = |setting: &'static str, own: &Option<SecretText>, engine: &str| {
            let (setting, url) = match own {
                Some(url) => (setting, Some(url.expose())),
                None => ("DATABASE_URL", general),
            };
            let url = url.ok_or_else(|| {
                format!(
                    "{setting} is needed: name the PostgreSQL database that the processes share, postgres://…"
                )
            })?;
            let location = Location::parse(url, engine).map_err(|error| format!("{setting}: {error}"))?;
            Ok::<_, BoxError>((setting, location))
        };
        Ok(Locations {
            auth: location("AUTH_DATABASE_URL", &self.auth_database_url, "auth")?,
            chat: location("CHAT_DATABASE_URL", &self.chat_database_url, "chat")?,
            user_resources: location(
                "USER_RESOURCES_DATABASE_URL",
                &self.user_resources_database_url,
                "user_resources",
            )?,
            notifications: location(
                "NOTIFICATIONS_DATABASE_URL",
                &self.notifications_database_url,
                "notifications",
            )?,
            jobs: location("JOBS_DATABASE_URL", &self.jobs_database_url, "jobs")?,
        })
    }

    /// The limits of an engine's connections.
    pub(crate) fn pool(&self) -> PoolSettings {
        PoolSettings { size: size(self.database_pool), ..PoolSettings::default() }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        stores: StoreSettings,
    }

    fn stores(options: &[&str]) -> StoreSettings {
        Line::try_parse_from(["process"].iter().chain(options)).unwrap().stores
    }

    #[test]
    fn an_engine_may_have_its_store_elsewhere() {
        let stores =
            stores(&["--database-url", "postgres://a/all", "--chat-database-url", "postgres://b/chat"]);
        let locations = stores.shared().unwrap();
        assert_eq!(locations.auth.0, "DATABASE_URL");
        assert_eq!(locations.chat.0, "CHAT_DATABASE_URL");
        assert_eq!(locations.chat.1.to_string(), "PostgreSQL database chat schema chat");
    }

    #[test]
    fn what_is_shared_is_named_and_is_no_file() {
        let none = StoreSettings { database_url: None, ..stores(&[]) };
        let none = none.shared().unwrap_err().to_string();
        assert!(none.starts_with("DATABASE_URL is needed"), "{none}");
        let file = stores(&["--database-url", "postgres://a/all", "--jobs-database-url", "sqlite:x"]);
        let file = file.shared().unwrap_err().to_string();
        assert!(file.starts_with("JOBS_DATABASE_URL: several processes"), "{file}");
    }
}
