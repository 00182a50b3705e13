//! `parlour doctor`: what is wrong with what the settings name, and the cure. It looks and changes nothing, and
//! no finding repeats a secret.

mod disk;
mod neighbours;
mod secrets;
mod stores;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::settings::{MailSettings, SecretSettings, SecretText, StoreSettings};

/// What is looked at.
pub struct Patient<'a> {
    /// Where the stores are.
    pub stores: &'a StoreSettings,
    /// What tokens are signed and passwords keyed with.
    pub secrets: &'a SecretSettings,
    /// Where secrets are that were made at the first start.
    pub data_dir: &'a Path,
    /// The files that settings name for secrets, by the setting: see [`crate::settings::secret_files`].
    pub secret_files: &'a BTreeMap<String, PathBuf>,
    /// The mail server, where there is one.
    pub mail: &'a MailSettings,
    /// The Redis that several processes share; none where one process is all of it.
    pub redis_url: Option<&'a SecretText>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Good,
    /// It works, and may harm one day.
    Warning,
    /// It does not work.
    Error,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: a store, `redis`, `secrets` and the like.
    pub part: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub found: String,
    /// What to do about it, where something is to be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
}

impl Finding {
    fn good(part: &'static str, found: impl Into<String>) -> Self {
        Self { part, level: Level::Good, found: found.into(), cure: None }
    }

    fn warning(part: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { part, level: Level::Warning, found: found.into(), cure: Some(cure.into()) }
    }

    fn error(part: &'static str, found: impl Into<String>, cure: impl Into<String>) -> Self {
        Self { part, level: Level::Error, found: found.into(), cure: Some(cure.into()) }
    }
}

/// Looks at everything; what is away delays it by its time limit, and hides nothing else.
pub async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let mut findings = secrets::examine(patient);
    findings.extend(stores::examine(patient).await);
    findings.extend(neighbours::redis(patient).await);
    findings.extend(neighbours::mail(patient).await);
    findings.extend(disk::examine(patient));
    findings
}

/// The first numbers of a version; nought where there are none.
fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(version("15.10 (Debian 15.10-0+deb12u1)"), (15, 10));
        assert_eq!(version("17rc1"), (17, 0));
        assert_eq!(version("7.2.4"), (7, 2));
        assert!(version("9.6") < (15, 0));
    }
}
