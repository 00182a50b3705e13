//! `parlour users`.

use std::{
    convert::Infallible,
    env,
    io::{self, IsTerminal},
    str::FromStr,
};

use auth_engine::{Authentication, Registration, Secret, UserId};
use clap::Subcommand;
use engine_interfaces::{BoxError, Limit};

use super::{form::Form, refusals::told, toolbox::Toolbox};

/// A user, by id or by address.
#[derive(Debug, Clone)]
pub(crate) enum Who {
    Id(UserId),
    Email(Secret),
}

impl FromStr for Who {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(text.parse().map_or_else(|_| Self::Email(Secret::new(text)), Self::Id))
    }
}

/// Who it is.
pub(crate) async fn find(auth: &dyn Authentication, who: Who) -> Result<UserId, BoxError> {
    match who {
        Who::Id(id) => Ok(id),
        Who::Email(email) => auth.find_user(&email).await?.ok_or_else(|| "no user has this address".into()),
    }
}

/// Lists, shows, creates, disables users and sets their passwords.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Every user, in the order in which they signed up.
    List,
    /// One user.
    Show {
        /// Their id or address.
        user: Who,
    },
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
        /// Their id or address.
        user: Who,
    },
    /// Lets a user sign in no more, and signs them out everywhere.
    Disable {
        /// Their id or address.
        user: Who,
    },
}

/// Runs one of them.
pub(crate) async fn run(toolbox: &Toolbox, command: Command, form: Form) -> Result<(), BoxError> {
    let auth = &*toolbox.engines().await?.auth;
    match command {
        Command::List => {
            let mut users = form.pages(["id", "state", "email", "name"]);
            let mut after = None;
            loop {
                let page = auth.list_users(after, Limit::default()).await?;
                users.print(page.iter().map(|listed| {
                    let user = &listed.user;
                    let state = match listed.disabled_at {
                        Some(_) => "disabled",
                        None if user.guest => "guest",
                        None => "active",
                    };
                    // Printed for the administrator who asked, not logged.
                    let email = user.email.as_ref().map(Secret::expose);
                    [user.id.to_string().into(), state.into(), email.into(), user.name.clone().into()]
                }))?;
                let Some(last) = page.last() else { return Ok(()) };
                after = Some(last.user.id);
            }
        }
        Command::Show { user } => {
            let user = auth.show_user(find(auth, user).await?).await?;
            let email = user.email.as_ref().map(Secret::expose);
            let row = [
                user.id.to_string().into(),
                email.into(),
                user.name.into(),
                user.guest.into(),
                user.created_at.to_string().into(),
            ];
            form.table(["id", "email", "name", "guest", "created_at"], [row])
        }
        Command::Create { name, email } => {
            let registration = Registration { name, email: Secret::new(email), password: password()? };
            let user = auth.create_user(registration).await.map_err(told)?;
            form.lines("id", vec![user.id.to_string()])
        }
        Command::SetPassword { user } => {
            let user = find(auth, user).await?;
            Ok(auth.set_password(user, &password()?).await.map_err(told)?)
        }
        Command::Disable { user } => Ok(auth.disable_user(find(auth, user).await?).await?),
    }
}

/// From USER_PASSWORD, or typed where nobody sees it, or the next line of standard input.
fn password() -> Result<Secret, BoxError> {
    if let Ok(password) = env::var("USER_PASSWORD") {
        return Ok(Secret::new(password));
    }
    if io::stdin().is_terminal() {
        return Ok(Secret::new(rpassword::prompt_password("Password: ")?));
    }
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}
