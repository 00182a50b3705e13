//! Accounts: made and changed.

mod create_service;
mod guest_names;
mod guest_service;
mod update_service;

use std::net::IpAddr;

use engine_interfaces::{
    AuthError, Clock, Credentials, Registration, Rule, Secret, TokenId, User, UserId, Violation,
};

pub(crate) use create_service::CreateService;
pub(crate) use guest_service::GuestService;
pub(crate) use update_service::UpdateService;

use crate::{
    AuthEngine, Settings,
    engine::unavailable,
    store::{Account, PasswordHash, Refusal},
};

/// Makes the account of a registration that breaks no rule.
pub(crate) async fn register(engine: &AuthEngine, registration: Registration) -> Result<Account, AuthError> {
    let password = engine.passwords.hash(&registration.password).await?;
    let account = new_account(engine, registration, password);
    insert(engine, vec![account.clone()]).await?;
    Ok(account)
}

/// An account that is not stored yet.
pub(crate) fn new_account(
    engine: &AuthEngine,
    registration: Registration,
    password: PasswordHash,
) -> Account {
    let now = engine.clock.now();
    Account {
        user: User {
            id: UserId(engine.clock.new_id()),
            name: registration.name,
            email: Some(registration.email),
            guest: false,
            created_at: now,
            updated_at: now,
        },
        password: Some(password),
        token_generation: 0,
        disabled_at: None,
    }
}

/// Stores accounts, or says that an address is taken.
pub(crate) async fn insert(engine: &AuthEngine, accounts: Vec<Account>) -> Result<(), AuthError> {
    engine.store.insert_accounts(accounts).await.map_err(|error| {
        if error.is_taken("email_key") {
            AuthError::Invalid(vec![Violation::new("email", Rule::Taken)])
        } else {
            unavailable(error)
        }
    })
}

/// Refuses all tokens that `account` was given until now, but for one.
pub(crate) fn refuse_all_but(
    clock: &dyn Clock,
    settings: &Settings,
    account: &Account,
    kept: Option<TokenId>,
) -> Refusal {
    let now = clock.now();
    Refusal {
        user_id: account.user.id,
        generation: account.token_generation.saturating_add(1),
        kept,
        revoked_at: now,
        expires_at: now.plus(settings.token_life),
    }
}

/// The account of `user`, who proves by their password that they are at the keys. A wrong one counts as a failed
/// sign-in, so that whoever has a token can't guess at it. A guest has none.
pub(crate) async fn prove(
    engine: &AuthEngine,
    user: UserId,
    current_password: &Secret,
    from: IpAddr,
) -> Result<Account, AuthError> {
    let account = engine.store.find_account(user).await.map_err(unavailable)?;
    // An account that ended a moment ago took its tokens with it.
    let email = account.ok_or(AuthError::TokenRevoked)?.user.email.ok_or(AuthError::NotForGuests)?;
    let credentials = Credentials { email, password: current_password.clone() };
    engine.verifier.call(credentials, from).await.map_err(|error| match error {
        AuthError::WrongCredentials => wrong_password(),
        other => other,
    })
}

pub(crate) fn wrong_password() -> AuthError {
    AuthError::Invalid(vec![Violation::new("current_password", Rule::Format)])
}
