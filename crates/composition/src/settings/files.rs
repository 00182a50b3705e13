//! Secrets that lie in files.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
};

use clap::{Arg, Command, Error, Parser, error::ErrorKind};

const HELP: &str = "\
A setting whose variable is a secret may lie in a file instead: TOKEN_SECRET_FILE=/run/secrets/token names the
file that holds TOKEN_SECRET; so for every URL, secret and key above.";

/// The settings of this process, from its command line, its environment, and the files that these name.
/// What can't be read ends the process with the setting's name and what is wrong with it; `--help` and
/// `--version` are answered.
#[must_use]
pub fn parse<P: Parser>() -> P {
    try_parse(env::args_os(), |name| env::var_os(name)).unwrap_or_else(|error| error.exit())
}

/// Hands what the files hold to clap as options, in front of those that were typed.
fn try_parse<P: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<P, Error> {
    let mut command = P::command().after_help(HELP);
    let from_files = options(&mut command, variable)?;
    let mut arguments = arguments.into_iter();
    let program = arguments.next().into_iter();
    let matches = command.try_get_matches_from_mut(program.chain(from_files).chain(arguments))?;
    P::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// An option for each secret that lies in a file.
fn options(
    command: &mut Command,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, Error> {
    let secrets = command.get_arguments().filter(|arg| arg.is_hide_env_values_set());
    let read = secrets.filter_map(|arg| option(arg, &variable));
    let read: Result<Vec<_>, _> = read.collect();
    read.map_err(|(kind, fault)| command.error(kind, fault))
}

fn option(
    secret: &Arg,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Option<Result<OsString, (ErrorKind, String)>> {
    let (long, name) = (secret.get_long()?, secret.get_env()?.to_str()?);
    let path = variable(&format!("{name}_FILE"))?;
    if variable(name).is_some() {
        let fault = format!("{name} and {name}_FILE are both set: keep one of them");
        return Some(Err((ErrorKind::ArgumentConflict, fault)));
    }
    Some(read(name, &path).map(|text| format!("--{long}={}", text.trim_end()).into()))
}

fn read(name: &str, path: &OsStr) -> Result<String, (ErrorKind, String)> {
    fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        let fault = format!("{name}_FILE={path}: {error}; name a text file that this process may read");
        (ErrorKind::Io, fault)
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use tempfile::TempDir;

    use super::*;
    use crate::settings::{SecretSettings, StoreSettings};

    #[derive(Debug, Parser)]
    struct Settings {
        #[command(flatten)]
        stores: StoreSettings,
        #[command(flatten)]
        secrets: SecretSettings,
    }

    fn settings(variables: &[(&str, &str)], options: &[&str]) -> Result<Settings, String> {
        let variables: HashMap<_, _> = variables.iter().copied().collect();
        let arguments = ["process"].iter().chain(options).map(OsString::from);
        try_parse(arguments, |name| variables.get(name).map(OsString::from))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_secret_may_lie_in_a_file() {
        let folder = TempDir::new().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let settings = settings(
            &[
                ("TOKEN_SECRET_FILE", &file("token", "-a secret\n")),
                ("TOKEN_SECRETS_OLD_FILE", &file("old", "one,another\n")),
                ("DATABASE_URL_FILE", &file("url", "postgres://db/parlour\r\n")),
            ],
            &["--password-key", "a key"],
        )
        .unwrap();
        assert_eq!(settings.secrets.token_secret.unwrap().expose(), "-a secret");
        let old: Vec<_> = settings.secrets.token_secrets_old.iter().map(|old| old.expose()).collect();
        assert_eq!(old, ["one", "another"]);
        assert_eq!(settings.stores.database_url.unwrap().expose(), "postgres://db/parlour");
        assert_eq!(settings.secrets.password_key.unwrap().expose(), "a key");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = settings(&[("PASSWORD_KEY_FILE", "/nowhere/key")], &[]).unwrap_err();
        assert!(error.contains("PASSWORD_KEY_FILE=/nowhere/key"), "{error}");
    }

    #[test]
    fn a_secret_is_given_once() {
        let twice = [("TOKEN_SECRET", "hunter2"), ("TOKEN_SECRET_FILE", "/run/token")];
        let error = settings(&twice, &[]).unwrap_err();
        assert!(error.contains("TOKEN_SECRET_FILE") && !error.contains("hunter2"), "{error}");
    }

    #[test]
    fn an_option_that_does_not_exist_is_named() {
        let error = settings(&[], &["--tokn-secret", "x"]).unwrap_err();
        assert!(error.contains("--tokn-secret") && error.contains("--token-secret"), "{error}");
    }
}
