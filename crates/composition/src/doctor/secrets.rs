//! Are the secrets good, and private?

use std::{collections::BTreeSet, fs, os::unix::fs::PermissionsExt, path::Path};

use super::{Finding, Patient};
use crate::settings::{SecretText, TokenAlgorithm};

const PART: &str = "secrets";

/// A secret of chance has more different characters than this, even in hexadecimal.
const DISTINCT: usize = 10;

/// What is in a secret that was copied from an example or made up by hand.
const MADE_UP: [&str; 8] = ["secret", "password", "change", "example", "parlour", "default", "12345", "test"];

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let (secrets, folder) = (patient.secrets, patient.data_dir);
    let shared = patient.redis_url.is_some();
    let keys = if shared { secrets.given() } else { secrets.found_in(folder) };
    let mut findings = Vec::new();
    if let Err(error) = keys {
        findings.push(Finding::error(PART, error.to_string(), "`openssl rand -hex 48` makes a good secret"));
    }
    let token = (secrets.token_algorithm == TokenAlgorithm::Hs256).then_some((
        "TOKEN_SECRET",
        "token_secret",
        &secrets.token_secret,
    ));
    let password = ("PASSWORD_KEY", "password_key", &secrets.password_key);
    let mut texts = Vec::new();
    for (setting, file, given) in token.into_iter().chain([password]) {
        let given = given.as_ref().map(SecretText::expose);
        let (text, more) = text_of(setting, given, &folder.join(file), shared);
        findings.extend(more);
        if let Some(text) = text {
            findings.extend(weakness(setting, &text));
            texts.push(text);
        }
    }
    if let [one, other] = &texts[..]
        && one == other
    {
        let found = "TOKEN_SECRET and PASSWORD_KEY are the same: who learns one has both";
        findings.push(Finding::warning(
            PART,
            found,
            "give TOKEN_SECRET another value; everybody signs in again",
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::good(PART, "long enough, and private"));
    }
    findings
}

/// A secret that was given, or lies in its file; and what is to be said of the file.
fn text_of(
    setting: &'static str,
    given: Option<&str>,
    file: &Path,
    shared: bool,
) -> (Option<String>, Option<Finding>) {
    if given.is_some() || shared {
        return (given.map(str::to_owned), None);
    }
    let Ok(text) = fs::read_to_string(file) else {
        let found = format!("{setting} is not given, and {} is not there", file.display());
        let cure = "the first start makes it; where there was one, put it back";
        return (None, Some(Finding::warning(PART, found, cure)));
    };
    let mode = fs::metadata(file).map_or(0, |about| about.permissions().mode());
    let open = (mode & 0o077 != 0).then(|| {
        let found =
            format!("{} may be read or written by others: its mode is {:03o}", file.display(), mode & 0o777);
        Finding::error(PART, found, format!("chmod 600 {}", file.display()))
    });
    (Some(text.trim_end().to_owned()), open)
}

fn weakness(setting: &'static str, text: &str) -> Option<Finding> {
    let distinct = text.chars().collect::<BTreeSet<_>>().len();
    let lower = text.to_lowercase();
    let made_up = distinct < DISTINCT || MADE_UP.iter().any(|word| lower.contains(word));
    made_up.then(|| {
        let found = format!("{setting} looks like an example or made up by hand, and may be guessed");
        let cure = match setting {
            "PASSWORD_KEY" => "`openssl rand -hex 48` makes another; name this one in PASSWORD_KEYS_OLD",
            _ => "`openssl rand -hex 48` makes another; everybody signs in again",
        };
        Finding::warning(PART, found, cure)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folders;

    #[test]
    fn a_secret_of_chance_is_good_and_one_of_an_example_is_not() {
        assert_eq!(weakness("TOKEN_SECRET", &folders::new_secret().unwrap()), None);
        for made_up in ["please change me, please change me", "0123012301230123012301230123012301230123"] {
            let found = weakness("TOKEN_SECRET", made_up).unwrap();
            assert!(!format!("{found:?}").contains(made_up));
        }
    }
}
