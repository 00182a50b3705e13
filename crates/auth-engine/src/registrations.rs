//! Accounts: made and changed.

mod create_service;
mod update_service;

use engine_interfaces::{AuthError, Registration, Rule, TokenId, User, UserId, Violation};

pub(crate) use create_service::CreateService;
pub(crate) use update_service::UpdateService;

use crate::{
    AuthEngine,
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
            email: registration.email,
            guest: false,
            created_at: now,
            updated_at: now,
        },
        password,
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
pub(crate) fn refuse_all_but(engine: &AuthEngine, account: &Account, kept: Option<TokenId>) -> Refusal {
    let now = engine.clock.now();
    Refusal {
        user_id: account.user.id,
        generation: account.token_generation.saturating_add(1),
        kept,
        revoked_at: now,
        expires_at: now.plus(engine.settings.token_life),
    }
}
