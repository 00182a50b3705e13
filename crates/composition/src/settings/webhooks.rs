//! Where groups' messages may be posted to.

use clap::Args;
use ipnet::IpNet;
use notification_engine::WebhookSettings as EngineSettings;

use super::Toggle;

/// Where groups' messages may be posted to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Web hooks")]
pub struct WebhookSettings {
    /// Whether groups' messages are posted to the web hooks that their owners and admins make.
    #[arg(long, env = "WEBHOOKS", value_name = "on|off", default_value = "on")]
    pub webhooks: Toggle,

    /// Networks of your own that web hooks may reach beside the public internet, separated by commas.
    #[arg(long, env = "WEBHOOK_ALLOWED_NETWORKS", value_name = "NETWORKS", value_delimiter = ',')]
    pub webhook_allowed_networks: Vec<IpNet>,
}

impl WebhookSettings {
    /// The notification engine's.
    #[must_use]
    pub fn webhooks(&self) -> EngineSettings {
        EngineSettings {
            enabled: self.webhooks.is_on(),
            allowed_networks: self.webhook_allowed_networks.clone(),
            ..EngineSettings::default()
        }
    }
}
