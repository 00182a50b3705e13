//! `parlour doctor`.

use composition::{
    doctor::{self, Finding, Level},
    process::say,
    settings,
};
use engine_interfaces::BoxError;

use super::{form::Form, toolbox::Toolbox};
use crate::Cli;

/// Says what is wrong, and the cure; fails where something does not work.
pub(crate) async fn run(toolbox: &Toolbox, form: Form) -> Result<(), BoxError> {
    let files = settings::secret_files::<Cli>();
    let patient = toolbox.config.patient(toolbox.redis_url.as_ref(), &files);
    let findings = doctor::examine(&patient).await;
    for finding in &findings {
        match form {
            Form::Text => tell(finding)?,
            Form::Json => say(&serde_json::to_string(finding)?)?,
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
