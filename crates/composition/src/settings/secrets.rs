//! What tokens are signed and passwords keyed with.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    str::FromStr,
};

use auth_engine::{KeyError, Keys, PasswordKey, PasswordKeys, SigningKey, TokenKeys, VerifyingKey};
use clap::{Args, ValueEnum};
use engine_interfaces::BoxError;
use secrecy::{ExposeSecret, SecretString};

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

    /// How tokens are signed: with TOKEN_SECRET, or with a key pair, whose public half others may have.
    #[arg(long, env = "TOKEN_ALGORITHM", value_name = "hs256|eddsa|rs256", default_value = "hs256")]
    pub token_algorithm: TokenAlgorithm,

    /// The key pair's private half, in PEM form.
    #[arg(long, env = "TOKEN_PRIVATE_KEY", value_name = "PEM", hide_env_values = true)]
    pub token_private_key: Option<SecretText>,

    /// The key pair's public half, in PEM form.
    #[arg(long, env = "TOKEN_PUBLIC_KEY", value_name = "PEM", hide_env_values = true)]
    pub token_public_key: Option<SecretText>,

    /// The key pair's name: the `kid` of its tokens.
    #[arg(long, env = "TOKEN_KEY_ID", value_name = "NAME")]
    pub token_key_id: Option<String>,

    /// Public keys whose tokens are accepted too, as `eddsa:NAME:FILE` or `rs256:NAME:FILE`, separated by
    /// commas: the next key before it signs, an earlier one for as long as its tokens live.
    #[arg(long, env = "TOKEN_PUBLIC_KEYS_ACCEPTED", value_name = "KEYS", value_delimiter = ',')]
    pub token_public_keys_accepted: Vec<AcceptedKey>,

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

    /// The keys that are not given, and the files in `folder` where they are.
    pub(crate) fn made_in(&self, folder: &Path) -> Vec<(&'static str, PathBuf)> {
        let names = self.needed().into_iter().filter(|(_, given)| !given);
        names.map(|(setting, _)| (setting, folder.join(setting.to_lowercase()))).collect()
    }

    /// The keys that are given, as settings or in files that settings name.
    pub(crate) fn given_by_settings(&self) -> Vec<&'static str> {
        self.needed().into_iter().filter(|(_, given)| *given).map(|(setting, _)| setting).collect()
    }

    /// What there has to be, and whether it is given.
    fn needed(&self) -> [(&'static str, bool); 2] {
        let token = match self.token_algorithm {
            TokenAlgorithm::Hs256 => ("TOKEN_SECRET", self.token_secret.is_some()),
            TokenAlgorithm::Eddsa | TokenAlgorithm::Rs256 => ("TOKEN_PRIVATE_KEY", true),
        };
        [token, ("PASSWORD_KEY", self.password_key.is_some())]
    }

    /// The keys as [`Self::or_made_in`] would have them, but nothing is made: one that is missing is another each time.
    pub(crate) fn found_in(&self, folder: &Path) -> Result<Keys, BoxError> {
        self.keys(|setting| {
            let path = folder.join(setting.to_lowercase());
            let secret = match fs::read_to_string(&path) {
                Ok(text) => text.trim_end().to_owned(),
                Err(error) if error.kind() == io::ErrorKind::NotFound => folders::new_secret()?,
                Err(error) => return Err(format!("{}: {error}", path.display()).into()),
            };
            Ok(secret.into())
        })
    }

    fn keys(&self, missing: impl Fn(&str) -> Result<SecretString, BoxError>) -> Result<Keys, BoxError> {
        let named = |setting: &'static str| {
            move |error: KeyError| -> BoxError { format!("{setting}: {error}").into() }
        };
        let mut tokens = TokenKeys::new(self.signing_key(&missing)?);
        for key in &self.token_public_keys_accepted {
            tokens = tokens.accepting(key.read()?).map_err(named("TOKEN_PUBLIC_KEYS_ACCEPTED"))?;
        }
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

    fn signing_key(
        &self,
        missing: impl Fn(&str) -> Result<SecretString, BoxError>,
    ) -> Result<SigningKey, BoxError> {
        if self.token_algorithm == TokenAlgorithm::Hs256 {
            let secret = match &self.token_secret {
                Some(secret) => secret.secret(),
                None => missing("TOKEN_SECRET")?,
            };
            return SigningKey::hs256(&secret).map_err(|error| format!("TOKEN_SECRET: {error}").into());
        }
        let (Some(private), Some(public), Some(name)) =
            (&self.token_private_key, &self.token_public_key, &self.token_key_id)
        else {
            return Err("TOKEN_ALGORITHM: a key pair needs TOKEN_PRIVATE_KEY, TOKEN_PUBLIC_KEY and TOKEN_KEY_ID; \
                        the keys may lie in files, which TOKEN_PRIVATE_KEY_FILE and TOKEN_PUBLIC_KEY_FILE name"
                .into());
        };
        let (private, public) = (private.secret(), public.secret());
        let key = match self.token_algorithm {
            TokenAlgorithm::Rs256 => SigningKey::rs256(name, &private, public.expose_secret()),
            TokenAlgorithm::Eddsa | TokenAlgorithm::Hs256 => {
                SigningKey::eddsa(name, &private, public.expose_secret())
            }
        };
        key.map_err(|error| format!("TOKEN_PRIVATE_KEY, TOKEN_PUBLIC_KEY: {error}").into())
    }
}

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256: whoever can check a token can make one.
    Hs256,
    /// Ed25519.
    Eddsa,
    /// RSA with SHA-256.
    Rs256,
}

/// A public key whose tokens are accepted: where it is, not what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedKey {
    algorithm: TokenAlgorithm,
    name: String,
    file: PathBuf,
}

impl FromStr for AcceptedKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ':');
        let algorithm = match parts.next() {
            Some("eddsa") => TokenAlgorithm::Eddsa,
            Some("rs256") => TokenAlgorithm::Rs256,
            _ => return Err("a key begins with eddsa: or with rs256:"),
        };
        match (parts.next(), parts.next()) {
            (Some(name), Some(file)) if !name.is_empty() && !file.is_empty() => {
                Ok(Self { algorithm, name: name.to_owned(), file: file.into() })
            }
            _ => Err("a key looks like eddsa:NAME:FILE"),
        }
    }
}

impl AcceptedKey {
    fn read(&self) -> Result<VerifyingKey, BoxError> {
        let fault = |fault: &dyn Error| -> BoxError {
            format!("TOKEN_PUBLIC_KEYS_ACCEPTED: {}: {fault}", self.file.display()).into()
        };
        let pem = fs::read_to_string(&self.file).map_err(|error| fault(&error))?;
        let key = match self.algorithm {
            TokenAlgorithm::Rs256 => VerifyingKey::rs256(&self.name, &pem),
            TokenAlgorithm::Eddsa | TokenAlgorithm::Hs256 => VerifyingKey::eddsa(&self.name, &pem),
        };
        key.map_err(|error| fault(&error))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use tempfile::TempDir;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        secrets: SecretSettings,
    }

    const PRIVATE: &str = include_str!("../../../auth-engine/tests/keys/ed25519.pem");
    const PUBLIC: &str = include_str!("../../../auth-engine/tests/keys/ed25519.pub.pem");

    fn keys(arguments: &[&str]) -> Result<Keys, String> {
        let common = ["test", "--password-key", "a key for passwords of thirty-two bytes"];
        let line = Line::try_parse_from(common.iter().chain(arguments)).map_err(|error| error.to_string())?;
        line.secrets.given().map_err(|error| error.to_string())
    }

    #[test]
    fn tokens_may_be_signed_with_a_key_pair() {
        let (private, public) =
            (format!("--token-private-key={PRIVATE}"), format!("--token-public-key={PUBLIC}"));
        let pair = ["--token-algorithm=eddsa", &private, &public];
        let named = [&pair[..], &["--token-key-id", "one"]].concat();
        keys(&named).unwrap();
        let fault = keys(&pair).err().unwrap();
        assert!(fault.contains("TOKEN_KEY_ID") && !fault.contains("PRIVATE KEY-----"), "{fault}");
    }

    #[test]
    fn other_public_keys_are_accepted_and_a_bad_one_is_named() {
        let folder = TempDir::new().unwrap();
        let (good, bad) = (folder.path().join("good.pem"), folder.path().join("bad.pem"));
        fs::write(&good, PUBLIC).unwrap();
        fs::write(&bad, "not a key").unwrap();
        let accepting = |key: String| {
            keys(&[
                "--token-secret",
                "a secret of at least thirty-two bytes",
                "--token-public-keys-accepted",
                &key,
            ])
        };
        accepting(format!("eddsa:earlier:{}", good.display())).unwrap();
        let fault = accepting(format!("eddsa:earlier:{}", bad.display())).err().unwrap();
        assert!(fault.contains("TOKEN_PUBLIC_KEYS_ACCEPTED") && fault.contains("bad.pem"), "{fault}");
        assert!(accepting("hs256:x:y".to_owned()).err().unwrap().contains("eddsa: or with rs256:"));
        assert!(accepting("eddsa:x".to_owned()).err().unwrap().contains("eddsa:NAME:FILE"));
    }
}
