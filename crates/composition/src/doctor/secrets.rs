//! Are the secrets good, and private?

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

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
    findings.extend(open_files(patient.secret_files));
    let named = patient.secret_files.values().map(PathBuf::as_path);
    let own = (!shared).then(|| folder.join("token_secret"));
    findings.extend(open_folders(named.chain(own.as_deref())));
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
    let mode = mode(file).unwrap_or(0);
    let open = (mode & 0o077 != 0).then(|| {
        let found =
            format!("{} may be read or written by others: its mode is {:03o}", file.display(), mode & 0o777);
        Finding::error(PART, found, format!("chmod 600 {}", file.display()))
    });
    (Some(text.trim_end().to_owned()), open)
}

/// What settings name and others may read. No error: in a container with one user it harms nobody.
fn open_files(named: &BTreeMap<String, PathBuf>) -> Vec<Finding> {
    let open = named.iter().filter_map(|(setting, file)| {
        let mode = mode(file)? & 0o777;
        (mode & 0o077 != 0).then(|| {
            let file = file.display();
            let found = format!("{setting}={file} may be read or written by others: its mode is {mode:03o}");
            let cure = format!("chmod 600 {file}, and chown it to the user that the process runs as");
            Finding::warning(PART, found, cure)
        })
    });
    open.collect()
}

/// The folders of these files in which everybody may put another file in the place of one.
fn open_folders<'a>(files: impl Iterator<Item = &'a Path>) -> Vec<Finding> {
    const WRITABLE: u32 = 0o002;
    // Whose a file is not can't replace it there.
    const STICKY: u32 = 0o1000;
    let here = Path::new(".");
    let folders = files.filter_map(Path::parent);
    let folders: BTreeSet<_> =
        folders.map(|folder| if folder.as_os_str().is_empty() { here } else { folder }).collect();
    let open = folders
        .into_iter()
        .filter(|folder| mode(folder).is_some_and(|mode| mode & (WRITABLE | STICKY) == WRITABLE));
    open.map(|folder| {
        let folder = folder.display();
        let found = format!("everybody may write into {folder}, and put another secret in the place of one");
        Finding::warning(PART, found, format!("chmod o-w {folder}"))
    })
    .collect()
}

fn mode(path: &Path) -> Option<u32> {
    Some(fs::metadata(path).ok()?.permissions().mode())
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
    use tempfile::TempDir;

    use super::*;
    use crate::folders;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_named_file_that_others_can_read_is_told_with_its_setting() {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("token");
        fs::write(&file, "hidden").unwrap();
        let named = BTreeMap::from([("TOKEN_SECRET_FILE".to_owned(), file.clone())]);
        for (mode, told) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o622, true)] {
            set_mode(&file, mode);
            let found = open_files(&named);
            assert_eq!(!found.is_empty(), told, "{mode:o}");
            assert!(found.iter().all(|one| one.found.starts_with("TOKEN_SECRET_FILE=")), "{found:?}");
            assert!(found.iter().all(|one| one.cure.as_ref().unwrap().contains("chmod 600")), "{found:?}");
        }
        let gone = BTreeMap::from([("TOKEN_SECRET_FILE".to_owned(), folder.path().join("nowhere"))]);
        assert_eq!(open_files(&gone), []);
    }

    #[test]
    fn a_folder_that_everybody_can_write_is_told_once() {
        let folder = TempDir::new().unwrap();
        let files = [folder.path().join("token"), folder.path().join("key")];
        let found = || open_folders(files.iter().map(PathBuf::as_path));
        for (mode, told) in [(0o700, 0), (0o755, 0), (0o1777, 0), (0o777, 1), (0o702, 1)] {
            set_mode(folder.path(), mode);
            assert_eq!(found().len(), told, "{mode:o}");
        }
        assert_eq!(found()[0].cure, Some(format!("chmod o-w {}", folder.path().display())));
    }

    #[test]
    fn a_secret_of_chance_is_good_and_one_of_an_example_is_not() {
        assert_eq!(weakness("TOKEN_SECRET", &folders::new_secret().unwrap()), None);
        for made_up in ["please change me, please change me", "0123012301230123012301230123012301230123"] {
            let found = weakness("TOKEN_SECRET", made_up).unwrap();
            assert!(!format!("{found:?}").contains(made_up));
        }
    }
}
