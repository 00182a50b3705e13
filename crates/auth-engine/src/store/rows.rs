//! Rows: what the tables hold, known to the store alone.

use database::{At, Col, StoreError};
use diesel::{
    Selectable,
    prelude::{AsChangeset, Insertable, Queryable},
};
use engine_interfaces::{Export, ExportId, ExportState, Secret, Timestamp, TokenId, User, UserId};

use super::{
    Account, AccountChange, PasswordHash, PendingExport, Refusal, email_key,
    exports::{FAILED, PENDING, READY},
    schema::{export_parts, exports, refused_tokens, revoked_tokens, sign_in_failures, sign_ups, users},
};

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = users)]
pub(super) struct UserRow {
    id: Col<UserId>,
    name: String,
    email: String,
    email_key: String,
    password_hash: String,
    password_key_id: String,
    token_generation: i32,
    guest: bool,
    disabled_at: Option<At>,
    created_at: At,
    updated_at: At,
}

impl From<UserRow> for Account {
    fn from(row: UserRow) -> Self {
        // A guest's are empty.
        let email = Some(row.email).filter(|email| !email.is_empty());
        let hash = Some(row.password_hash).filter(|hash| !hash.is_empty());
        Self {
            user: User {
                id: row.id.0,
                name: row.name,
                email: email.map(Secret::new),
                guest: row.guest,
                created_at: row.created_at.0,
                updated_at: row.updated_at.0,
            },
            password: hash.map(|hash| PasswordHash { hash: Secret::new(hash), key_id: row.password_key_id }),
            token_generation: row.token_generation,
            disabled_at: row.disabled_at.map(|at| at.0),
        }
    }
}

impl From<Account> for UserRow {
    fn from(account: Account) -> Self {
        let user = account.user;
        // A guest's id stands for the address that they do not have: no address looks so, and no other id does.
        let email_key = user.email.as_ref().map_or_else(|| user.id.to_string(), email_key);
        let (hash, key_id) = account.password.map(|one| (one.hash, one.key_id)).unzip();
        // The store is where the address and the hash belong.
        Self {
            id: Col(user.id),
            name: user.name,
            email: user.email.map(|email| email.expose().to_owned()).unwrap_or_default(),
            email_key,
            password_hash: hash.map(|hash| hash.expose().to_owned()).unwrap_or_default(),
            password_key_id: key_id.unwrap_or_default(),
            token_generation: account.token_generation,
            guest: user.guest,
            disabled_at: account.disabled_at.map(At),
            created_at: At(user.created_at),
            updated_at: At(user.updated_at),
        }
    }
}

/// What is `None` stays as it is.
#[derive(AsChangeset)]
#[diesel(table_name = users)]
pub(super) struct UserChanges {
    name: Option<String>,
    password_hash: Option<String>,
    password_key_id: Option<String>,
    token_generation: Option<i32>,
    disabled_at: Option<At>,
    updated_at: At,
}

impl From<&AccountChange> for UserChanges {
    fn from(change: &AccountChange) -> Self {
        let password = change.password.as_ref();
        Self {
            name: change.name.clone(),
            password_hash: password.map(|one| one.hash.expose().to_owned()),
            password_key_id: password.map(|one| one.key_id.clone()),
            token_generation: change.refusal.map(|refusal| refusal.generation),
            disabled_at: change.disable.then_some(At(change.at)),
            updated_at: At(change.at),
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = revoked_tokens)]
pub(super) struct RevokedTokenRow {
    pub(super) jti: Col<TokenId>,
    pub(super) revoked_at: At,
    pub(super) expires_at: At,
}

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = refused_tokens, treat_none_as_null = true)]
pub(super) struct RefusalRow {
    user_id: Col<UserId>,
    generation: i32,
    kept_jti: Option<Col<TokenId>>,
    revoked_at: At,
    expires_at: At,
}

impl From<RefusalRow> for Refusal {
    fn from(row: RefusalRow) -> Self {
        Self {
            user_id: row.user_id.0,
            generation: row.generation,
            kept: row.kept_jti.map(|jti| jti.0),
            revoked_at: row.revoked_at.0,
            expires_at: row.expires_at.0,
        }
    }
}

impl From<Refusal> for RefusalRow {
    fn from(refusal: Refusal) -> Self {
        Self {
            user_id: Col(refusal.user_id),
            generation: refusal.generation,
            kept_jti: refusal.kept.map(Col),
            revoked_at: At(refusal.revoked_at),
            expires_at: At(refusal.expires_at),
        }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_in_failures)]
pub(super) struct FailureRow {
    pub(super) network: String,
    pub(super) email_hash: Vec<u8>,
    pub(super) count: i32,
    pub(super) since: At,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = sign_ups)]
pub(super) struct SignUpRow {
    pub(super) network: String,
    pub(super) count: i32,
    pub(super) since: At,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = exports)]
pub(super) struct ExportRow {
    id: Col<ExportId>,
    user_id: Col<UserId>,
    pub(super) state: String,
    parts: i32,
    bytes: i64,
    position: Option<String>,
    created_at: At,
    pub(super) expires_at: At,
}

impl ExportRow {
    pub(super) fn pending(id: ExportId, user: UserId, at: Timestamp, expires_at: Timestamp) -> Self {
        Self {
            id: Col(id),
            user_id: Col(user),
            state: PENDING.to_owned(),
            parts: 0,
            bytes: 0,
            position: None,
            created_at: At(at),
            expires_at: At(expires_at),
        }
    }
}

impl TryFrom<ExportRow> for Export {
    type Error = StoreError;

    fn try_from(row: ExportRow) -> Result<Self, StoreError> {
        let state = match row.state.as_str() {
            PENDING => ExportState::Pending,
            READY => ExportState::Ready { bytes: row.bytes.try_into().map_err(StoreError::unavailable)? },
            FAILED => ExportState::Failed,
            _ => return Err(StoreError::unavailable("an export is in no state that this version knows")),
        };
        Ok(Self { id: row.id.0, state, created_at: row.created_at.0, expires_at: row.expires_at.0 })
    }
}

impl From<ExportRow> for PendingExport {
    fn from(row: ExportRow) -> Self {
        Self {
            user_id: row.user_id.0,
            created_at: row.created_at.0,
            parts: row.parts,
            position: row.position,
        }
    }
}

#[derive(Insertable)]
#[diesel(table_name = export_parts)]
pub(super) struct PartRow {
    pub(super) export_id: Col<ExportId>,
    pub(super) number: i32,
    pub(super) content: Vec<u8>,
}
