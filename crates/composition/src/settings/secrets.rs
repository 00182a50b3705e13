//! What tokens are signed and passwords keyed with.

use std::path::Path;

use auth_engine::{KeyError, Keys, PasswordKey, PasswordKeys, SigningKey, TokenKeys, VerifyingKey};
use clap::Args;
use engine_interfaces::BoxError;
use secrecy::SecretString;

use super::SecretText;
use crate::folders;

/// What tokens are signed and passwords keyed with.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Secrets")]
pub struct SecretSettings {
    /// What tokens are signed with: at least 32 bytes. `parlour` makes it in DATA_DIR at the first start where
    /// it is not given.
    #[arg(long, env = "TOKEN_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub token_secret: Option<SecretText>,

    /// Earlier token secrets, separated by commas: what they signed is still accepted.
    #[arg(
        long,
        env = "TOKEN_SECRETS_OLD",
        value_name = "SECRETS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub token_secrets_old: Vec<SecretText>,

    /// What passwords are keyed with: at least 32 bytes. `parlour` makes it in DATA_DIR at the first start
    /// where it is not given. Without it no password can be checked: keep a copy.
    #[arg(long, env = "PASSWORD_KEY", value_name = "SECRET", hide_env_values = true)]
    pub password_key: Option<SecretText>,

    /// Earlier password keys, separated by commas: a sign-in moves its user to the new one.
    #[arg(
        long,
        env = "PASSWORD_KEYS_OLD",
        value_name = "SECRETS",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub password_keys_old: Vec<SecretText>,
}

impl SecretSettings {
    /// The keys; what is not given is made in `folder` at the first start.
    ///
    /// # Errors
    /// Names the setting or the file, and the cure.
    pub fn or_made_in(&self, folder: &Path) -> Result<Keys, BoxError> {
        self.keys(|setting| Ok(folders::load_or_make_secret(folder, &setting.to_lowercase())?.into()))
    }

    /// The keys, all of them given.
    ///
    /// # Errors
    /// Names the setting and the cure.
    pub fn given(&self) -> Result<Keys, BoxError> {
        self.keys(|setting| {
            Err(format!(
                "{setting} is needed: a secret of at least 32 bytes, the same in every process; \
                 `openssl rand -hex 48` makes one"
            )
            .into())
        })
    }

    fn keys(&self, missing: impl Fn(&str) -> Result<SecretString, BoxError>) -> Result<Keys, BoxError> {
        let named = |setting: &'static str| {
            move |error: KeyError| -> BoxError { format!("{setting}: {error}").into() }
        };
        let token_secret = match &self.token_secret {
            Some(secret) => secret.secret(),
            None => missing("TOKEN_SECRET")?,
        };
        let mut tokens = TokenKeys::new(SigningKey::hs256(&token_secret).map_err(named("TOKEN_SECRET"))?);
        for old in &self.token_secrets_old {
            let key = VerifyingKey::hs256(&old.secret()).map_err(named("TOKEN_SECRETS_OLD"))?;
            tokens = tokens.accepting(key).map_err(named("TOKEN_SECRETS_OLD"))?;
        }
        let password_key = match &self.password_key {
            Some(secret) => secret.secret(),
            None => missing("PASSWORD_KEY")?,
        };
        let mut passwords =
            PasswordKeys::new(PasswordKey::new(&password_key).map_err(named("PASSWORD_KEY"))?);
        for old in &self.password_keys_old {
            let key = PasswordKey::new(&old.secret()).map_err(named("PASSWORD_KEYS_OLD"))?;
            passwords = passwords.accepting(key);
        }
        Ok(Keys { tokens, passwords })
    }
}
