//! The settings of `parlour`: every group there is, and a folder for what it makes itself.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use clap::Args;
use composition::{
    Engines, Stores,
    doctor::Patient,
    settings::{
        AccountSettings, ChatSettings, HttpSettings, MailSettings, ProcessSettings, Reach, RingSettings,
        SecretSettings, SecretText, SocketSettings, StoreSettings, WebSettings, WebhookSettings,
    },
};
use engine_interfaces::{BoxError, Broker};

/// The settings of `parlour`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Config {
    #[command(flatten)]
    pub(crate) stores: StoreSettings,

    #[command(flatten)]
    pub(crate) secrets: SecretSettings,

    /// Where generated secrets are kept.
    #[arg(long, env = "DATA_DIR", value_name = "FOLDER", default_value = "./data", help_heading = "Secrets")]
    pub(crate) data_dir: PathBuf,

    #[command(flatten)]
    pub(crate) http: HttpSettings,

    #[command(flatten)]
    pub(crate) sockets: SocketSettings,

    #[command(flatten)]
    pub(crate) web: WebSettings,

    #[command(flatten)]
    pub(crate) accounts: AccountSettings,

    #[command(flatten)]
    chat: ChatSettings,

    #[command(flatten)]
    rings: RingSettings,

    #[command(flatten)]
    mail: MailSettings,

    #[command(flatten)]
    webhooks: WebhookSettings,

    #[command(flatten)]
    pub(crate) process: ProcessSettings,
}

impl Config {
    /// The stores, as far as they have been migrated.
    pub(crate) fn stores(&self) -> Result<Stores, BoxError> {
        Stores::embedded(&self.stores)
    }

    /// What `doctor` looks at.
    pub(crate) fn patient<'a>(
        &'a self,
        redis_url: Option<&'a SecretText>,
        secret_files: &'a BTreeMap<String, PathBuf>,
    ) -> Patient<'a> {
        let Self { stores, secrets, data_dir, mail, .. } = self;
        Patient { stores, secrets, data_dir, secret_files, mail, redis_url }
    }

    /// From where `serve` is reached.
    pub(crate) fn reach(&self) -> Reach {
        self.http.reach(&[self.sockets.realtime_listen], &self.process)
    }

    /// Brings the stores up to date and starts the engines. Nothing is swept: the tools leave that to the servers.
    pub(crate) async fn engines(&self, broker: Arc<dyn Broker>) -> Result<Engines, BoxError> {
        let mailing = self.mail.mailing()?;
        let stores = self.stores()?;
        stores.migrate().await?;
        let engines = Engines::start(
            stores,
            broker,
            self.secrets.or_made_in(&self.data_dir)?,
            self.accounts.auth(self.reach()),
            self.rings.of(self.chat.chat()),
            self.webhooks.webhooks(),
        )
        .await?;
        Ok(engines.mailing(mailing))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use composition::settings::Switch;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        config: Config,
    }

    #[test]
    fn a_bad_setting_is_named_with_its_fault() {
        let error = Line::try_parse_from(["parlour", "--max-members", "many"]).err().unwrap().to_string();
        assert!(error.contains("--max-members") && error.contains("many"), "{error}");
        let error = Line::try_parse_from(["parlour", "--sign-up", "maybe"]).err().unwrap().to_string();
        assert!(error.contains("open, closed"), "{error}");
    }

    #[test]
    fn guests_come_by_default_while_all_is_on_this_machine() {
        let guests = |options: &[&str]| {
            let Line { config } = Line::try_parse_from(["parlour"].iter().chain(options)).unwrap();
            config.accounts.has_guests(config.reach())
        };
        assert!(guests(&[]));
        for public in [
            "--api-listen=0.0.0.0:8080",
            "--realtime-listen=0.0.0.0:8081",
            "--metrics-listen=0.0.0.0:9400",
            "--realtime-url=https://chat.example.com",
        ] {
            assert!(!guests(&[public]), "{public}");
            assert!(guests(&[public, "--guests=on"]), "{public}");
        }
        assert!(!guests(&["--guests=off"]));
    }

    #[test]
    fn metrics_can_be_off() {
        let line = Line::try_parse_from(["parlour", "--metrics-listen", "off"]).unwrap();
        assert_eq!(line.config.process.metrics_listen, Switch::Off);
    }

    #[test]
    fn no_secret_is_shown() {
        let secrets = ["--token-secret=hunter2", "--database-url=postgres://parlour:hunter2@db/parlour"];
        let line = Line::try_parse_from(["parlour"].iter().chain(&secrets)).unwrap();
        assert!(!format!("{:?}", line.config).contains("hunter2"));
    }
}
