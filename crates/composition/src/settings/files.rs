//! Secrets that lie in files.

use std::{
    collections::BTreeMap,
    env,
    ffi::{OsStr, OsString},
    fs,
    path::PathBuf,
};

use clap::{Arg, ArgMatches, Command, CommandFactory, Error, Parser, error::ErrorKind, parser::ValueSource};

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

/// The files that variables of this process name for the secrets of `P`: each file with its variable.
#[must_use]
pub fn secret_files<P: CommandFactory>() -> BTreeMap<String, PathBuf> {
    named_files(&P::command(), &|name| env::var_os(name))
}

fn named_files(command: &Command, variable: &impl Fn(&str) -> Option<OsString>) -> BTreeMap<String, PathBuf> {
    let named = secrets(command).filter_map(|secret| {
        let name = format!("{}_FILE", secret.get_env()?.to_str()?);
        Some((name.clone(), variable(&name)?.into()))
    });
    named.collect()
}

/// Hands what the files hold to clap as options, in front of those that were typed. What was typed wins.
fn try_parse<P: Parser>(
    arguments: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<P, Error> {
    let mut command = P::command().after_help(HELP);
    let mut arguments: Vec<_> = arguments.into_iter().collect();
    let typed = command.clone().ignore_errors(true).try_get_matches_from(&arguments).unwrap_or_default();
    let from_files =
        options(&command, &typed, variable).map_err(|(kind, fault)| command.error(kind, fault))?;
    let behind_program = arguments.len().min(1);
    arguments.splice(behind_program..behind_program, from_files);
    let matches = command.try_get_matches_from_mut(arguments)?;
    P::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

fn secrets(command: &Command) -> impl Iterator<Item = &Arg> {
    command.get_arguments().filter(|arg| arg.is_hide_env_values_set())
}

/// An option for each secret that lies in a file, and was not typed.
fn options(
    command: &Command,
    typed: &ArgMatches,
    variable: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, (ErrorKind, String)> {
    let was_typed = |arg: &Arg| {
        typed.ids().any(|id| id == arg.get_id())
            && typed.value_source(arg.get_id().as_str()) == Some(ValueSource::CommandLine)
    };
    let secrets = secrets(command).filter(|arg| !was_typed(arg));
    secrets.filter_map(|arg| option(arg, &variable)).collect()
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

    use clap::Subcommand;
    use tempfile::TempDir;

    use super::*;
    use crate::settings::{SecretSettings, SecretText, StoreSettings};

    #[derive(Debug, Parser)]
    struct Settings {
        #[command(subcommand)]
        _tool: Option<Tool>,
        #[arg(long, env = "TEST_URL", hide_env_values = true, global = true)]
        test_url: Option<SecretText>,
        #[command(flatten)]
        stores: StoreSettings,
        #[command(flatten)]
        secrets: SecretSettings,
    }

    #[derive(Debug, Subcommand)]
    enum Tool {
        Doctor,
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
    fn what_a_tool_needs_may_lie_in_a_file() {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("url");
        fs::write(&path, "redis://hidden\n").unwrap();
        let (url, key) = ("TEST_URL_FILE", "PASSWORD_KEY_FILE");
        let variables = [(url, path.to_str().unwrap()), (key, path.to_str().unwrap())];
        for (typed, found) in [
            (&["doctor"][..], "redis://hidden"),
            (&["doctor", "--test-url", "redis://typed"], "redis://typed"),
            (&["--test-url", "redis://typed", "doctor"], "redis://typed"),
        ] {
            let settings = settings(&variables, typed).unwrap();
            assert_eq!(settings.test_url.unwrap().expose(), found);
            assert_eq!(settings.secrets.password_key.unwrap().expose(), "redis://hidden");
        }
        let set: HashMap<_, _> = variables.into_iter().collect();
        let named = named_files(&Settings::command(), &|name| set.get(name).map(OsString::from));
        assert_eq!(named.keys().collect::<Vec<_>>(), [key, url]);
    }

    #[test]
    fn what_is_typed_wins_over_a_file() {
        let settings = settings(&[("PASSWORD_KEY_FILE", "/nowhere/key")], &["--password-key", "typed"]);
        assert_eq!(settings.unwrap().secrets.password_key.unwrap().expose(), "typed");
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
