//! `parlour users`.

use std::{env, io};

use auth_engine::{AuthError, Authentication, Registration, Secret, UserId};
use broker::LocalBroker;
use clap::Subcommand;
use composition::process::say;
use engine_interfaces::{BoxError, Limit};

use crate::config::Config;

/// Lists, creates, disables users and sets their passwords.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Every user, in the order in which they signed up.
    List,
    /// Makes an account; the password is read from USER_PASSWORD or from standard input.
    Create {
        /// What others see.
        #[arg(long)]
        name: String,
        /// What they sign in with.
        email: String,
    },
    /// Gives a user a new password, read as for `create`, and signs them out everywhere.
    SetPassword {
        /// The user's address.
        email: String,
    },
    /// Lets a user sign in no more, and signs them out everywhere.
    Disable {
        /// The user's address.
        email: String,
    },
}

/// Runs one of them.
pub(crate) async fn run(config: &Config, command: Command) -> Result<(), BoxError> {
    let auth = config.engines(LocalBroker::default()).await?.auth;
    match command {
        Command::List => {
            let mut last = None;
            loop {
                let page = auth.list_users(last, Limit::default()).await?;
                let Some(end) = page.last() else { return Ok(()) };
                last = Some(end.user.id);
                for listed in &page {
                    let user = &listed.user;
                    let state = match listed.disabled_at {
                        Some(_) => "disabled",
                        None if user.guest => "guest",
                        None => "active",
                    };
                    // Printed for the administrator who asked, not logged.
                    let email = user.email.as_ref().map_or("-", Secret::expose);
                    say(&format!("{}  {state:8}  {email}  {}", user.id, user.name))?;
                }
            }
        }
        Command::Create { name, email } => {
            let registration = Registration { name, email: Secret::new(email), password: password()? };
            let user = auth.create_user(registration).await.map_err(explain)?;
            say(&user.id.to_string())
        }
        Command::SetPassword { email } => {
            let user = find(&*auth, email).await?;
            Ok(auth.set_password(user, &password()?).await.map_err(explain)?)
        }
        Command::Disable { email } => Ok(auth.disable_user(find(&*auth, email).await?).await?),
    }
}

async fn find(auth: &dyn Authentication, email: String) -> Result<UserId, BoxError> {
    auth.find_user(&Secret::new(email)).await?.ok_or_else(|| "no user has this address".into())
}

fn password() -> Result<Secret, BoxError> {
    if let Ok(password) = env::var("USER_PASSWORD") {
        return Ok(Secret::new(password));
    }
    say("Password:")?;
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}

/// Names the rules that the input breaks.
fn explain(error: AuthError) -> BoxError {
    match error {
        AuthError::Invalid(violations) => {
            let broken: Vec<_> = violations
                .iter()
                .map(|broken| format!("{} is refused: {:?}", broken.field, broken.rule))
                .collect();
            broken.join("; ").into()
        }
        other => other.into(),
    }
}
