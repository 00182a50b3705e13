//! Whom errors are reported to.

use std::sync::Arc;

use clap::Args;
use engine_interfaces::{BoxError, Secret};
use error_reports::{RollbarReporter, RollbarSettings};

use super::SecretText;

/// Whom errors are reported to.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Errors")]
pub struct ReportSettings {
    /// Rollbar's token for this project, of the scope `post_server_item`. Without it errors are in the log alone.
    #[arg(long, env = "ROLLBAR_TOKEN", value_name = "TOKEN", hide_env_values = true)]
    pub rollbar_token: Option<SecretText>,

    /// Where Rollbar takes errors.
    #[arg(long, env = "ROLLBAR_URL", value_name = "URL", default_value = RollbarSettings::URL)]
    pub rollbar_url: String,

    /// What this installation is called there.
    #[arg(long, env = "ROLLBAR_ENVIRONMENT", value_name = "NAME", default_value = "production")]
    pub rollbar_environment: String,
}

impl ReportSettings {
    /// Where errors of the process `name` are reported to, where they are to be.
    ///
    /// # Errors
    /// Names the setting, what is wrong with it, and the cure.
    pub fn reporter(&self, name: &str) -> Result<Option<Arc<RollbarReporter>>, BoxError> {
        let Some(token) = &self.rollbar_token else {
            return Ok(None);
        };
        let settings = RollbarSettings {
            url: self.rollbar_url.clone(),
            ..RollbarSettings::new(
                Secret::new(token.expose()),
                self.rollbar_environment.clone(),
                name.to_owned(),
            )
        };
        let reporter = RollbarReporter::start(settings).map_err(|error| {
            format!("ROLLBAR_URL and ROLLBAR_TOKEN: {error}; the URL looks like {}", RollbarSettings::URL)
        })?;
        Ok(Some(Arc::new(reporter)))
    }
}
