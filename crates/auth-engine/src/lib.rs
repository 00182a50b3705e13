#![doc = include_str!("../README.md")]
//!
//! # Invariants
//! - No password is stored or compared but as bcrypt of an HMAC under a key that is not in the store; none
//!   is ever cut short.
//! - An unknown address, a disabled account and a wrong password are one answer at one cost.
//! - A token is good when one of our keys signed it by that key's own algorithm, all its claims hold by
//!   [`Clock`], and it is not revoked. Asking reads no store.
//! - A revocation counts at once where it was asked for, within
//!   [`revocation_poll`](Settings::revocation_poll) elsewhere, and outlives every restart.
//! - Failed attempts are counted in the store, by address and network together and by network: nobody can
//!   lock anybody else out.
//! - An account that ends is gone with its name, address and password in one transaction, which also enqueues
//!   what erases the rest. An archive of it can't be had any more.
//! - A guest has neither address nor password: nobody signs in as one. What ends their account commits with it.
//! - Addresses, passwords and tokens are in no log and in no error.

mod accounts;
mod administration;
mod attempts;
mod engine;
#[cfg(feature = "factories")]
pub mod factories;
mod keys;
mod meters;
mod password;
mod pruning;
mod registrations;
mod revocations;
mod rules;
mod sessions;
mod settings;
mod store;
#[cfg(test)]
mod support;
mod token;

pub use accounts::PruneExports;
pub use administration::ListedUser;
pub use engine::{AuthEngine, StartError};
pub use keys::{KeyError, Keys, MIN_SECRET_BYTES};
pub use password::{PasswordKey, PasswordKeys};
pub use pruning::PruneRevocations;
pub use rules::{MAX_EMAIL_CHARS, MAX_NAME_CHARS, MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS};
pub use settings::{Settings, SignUp};
pub use store::{
    Account, AccountChange, AccountEnd, Failures, MIGRATIONS, NewExport, PasswordHash, PendingExport,
    Progress, Refusal, Requested, Revoked, Store, tables,
};
pub use token::{SigningKey, TokenKeys, VerifyingKey};

// What an embedder needs of the interface.
pub use engine_interfaces::{
    Accounts, AuthError, Authentication, Broker, Clock, Credentials, Export, ExportId, ExportState, Guests,
    Identity, PersonalData, ProfileChange, Registration, Rule, Secret, Session, SystemClock, Timestamp,
    Token, TokenId, User, UserId, UserName, Violation,
};
