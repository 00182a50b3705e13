//! `parlour doctor`.

use clap::Args;
use composition::{
    doctor::{self, Finding, Level},
    process::say,
    settings::{self, SecretText},
};
use engine_interfaces::BoxError;

use crate::{Cli, config::Config};

/// How it is told.
#[derive(Args)]
pub(crate) struct Arguments {
    /// The Redis server that `api`, `realtime` and `worker` share; none for one process with everything in it.
    #[arg(long, env = "REDIS_URL", value_name = "URL", hide_env_values = true)]
    redis_url: Option<SecretText>,

    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// Says what is wrong, and the cure; fails where something does not work.
pub(crate) async fn run(config: &Config, arguments: &Arguments) -> Result<(), BoxError> {
    let files = settings::secret_files::<Cli>();
    let findings = doctor::examine(&config.patient(arguments.redis_url.as_ref(), &files)).await;
    if arguments.json {
        say(&serde_json::to_string_pretty(&findings)?)?;
    } else {
        for finding in &findings {
            tell(finding)?;
        }
    }
    match findings.iter().filter(|finding| finding.level == Level::Error).count() {
        0 => Ok(()),
        1 => Err("one thing does not work".into()),
        errors => Err(format!("{errors} things do not work").into()),
    }
}

fn tell(finding: &Finding) -> Result<(), BoxError> {
    let level = match finding.level {
        Level::Good => "good",
        Level::Warning => "WARNING",
        Level::Error => "ERROR",
    };
    say(&format!("{level:7}  {:14}  {}", finding.part, finding.found))?;
    finding.cure.iter().try_for_each(|cure| say(&format!("{:25}→ {cure}", "")))
}
