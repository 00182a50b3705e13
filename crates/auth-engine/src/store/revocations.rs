//! Tokens that are no longer good.

use database::{At, Col, StoreError, detached, on};
use diesel::{ExpressionMethods, QueryDsl, SelectableHelper, delete, insert_into};
use diesel_async::RunQueryDsl;
use engine_interfaces::{Timestamp, Token, TokenId, UserId};

use super::{
    Store,
    rows::{RefusalRow, RevokedTokenRow},
    schema::{refused_tokens, revoked_tokens},
};

/// All tokens of a user are refused, but for later ones and one that is kept.
///
/// # Example
/// ```
/// use auth_engine::{Clock, Refusal, SystemClock, Token, TokenId, UserId};
///
/// let (user_id, now) = (UserId::from_name("ann"), SystemClock.now());
/// let [kept, other] = [SystemClock.new_id(), SystemClock.new_id()].map(TokenId);
/// let refusal = Refusal { user_id, generation: 2, kept: Some(kept), revoked_at: now, expires_at: now };
/// let token = |id, generation| Token { id, user_id, generation, expires_at: now };
/// assert!(refusal.refuses(&token(other, 1)));
/// assert!(!refusal.refuses(&token(kept, 1)), "such as the one that a new password was set with");
/// assert!(!refusal.refuses(&token(other, 2)), "given out later");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Whose.
    pub user_id: UserId,
    /// The first generation that is good again.
    pub generation: i32,
    /// Good though of an older generation.
    pub kept: Option<TokenId>,
    /// When.
    pub revoked_at: Timestamp,
    /// When the last of the refused tokens ends.
    pub expires_at: Timestamp,
}

impl Refusal {
    /// Whether `token` is one of them.
    #[must_use]
    pub fn refuses(&self, token: &Token) -> bool {
        token.user_id == self.user_id && token.generation < self.generation && self.kept != Some(token.id)
    }
}

/// What was revoked since some time.
///
/// # Example
/// ```
/// use auth_engine::{Revoked, Timestamp};
///
/// /// From when on none of them has to be remembered.
/// fn ends(revoked: &Revoked) -> Option<Timestamp> {
///     let tokens = revoked.tokens.iter().map(|(_, expires_at)| *expires_at);
///     tokens.chain(revoked.refusals.iter().map(|refusal| refusal.expires_at)).max()
/// }
/// assert_eq!(ends(&Revoked::default()), None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revoked {
    /// Single tokens, and when each ends.
    pub tokens: Vec<(TokenId, Timestamp)>,
    /// Users whose tokens are refused.
    pub refusals: Vec<Refusal>,
}

/// The most tokens that one statement asks about; SQLite binds at most 32,766 values.
const TOKENS_PER_STATEMENT: usize = 1_000;

impl Store {
    /// Revokes one token. Idempotent.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, SystemClock, Token, TokenId, UserId};
    /// use auth_engine::{Store};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (at, user_id) = (SystemClock.now(), UserId::from_name("ann"));
    /// # let [id, other] = [SystemClock.new_id(), SystemClock.new_id()].map(TokenId);
    /// # let token = Token { id, user_id, generation: 0, expires_at: at.plus(Duration::from_secs(3_600)) };
    /// store.revoke_token(token, at).await?;
    /// store.revoke_token(token, at).await?; // a sign-out may come twice
    /// assert_eq!(store.revoked_among(&[token]).await?, [token.id]);
    /// # Ok(()) }
    /// ```
    pub async fn revoke_token(&self, token: Token, at: Timestamp) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let revoke = insert_into(revoked_tokens::table)
                .values(RevokedTokenRow {
                    jti: Col(token.id),
                    revoked_at: At(at),
                    expires_at: At(token.expires_at),
                })
                .on_conflict_do_nothing();
            on!(store, write, |conn| revoke.execute(conn)).map(drop)
        })
        .await
    }

    /// What was revoked at `since` or later.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, SystemClock, Token, TokenId, UserId};
    /// use auth_engine::{Revoked, Store};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (at, user_id) = (SystemClock.now(), UserId::from_name("ann"));
    /// # let [id, other] = [SystemClock.new_id(), SystemClock.new_id()].map(TokenId);
    /// # let token = Token { id, user_id, generation: 0, expires_at: at.plus(Duration::from_secs(3_600)) };
    /// store.revoke_token(token, at).await?;
    /// let Revoked { tokens, .. } = store.revoked_since(at).await?; // those of that very moment too
    /// assert_eq!(tokens, [(token.id, token.expires_at)]);
    /// # Ok(()) }
    /// ```
    pub async fn revoked_since(&self, since: Timestamp) -> Result<Revoked, StoreError> {
        let tokens = revoked_tokens::table.filter(revoked_tokens::revoked_at.ge(At(since)));
        let refusals = refused_tokens::table.filter(refused_tokens::revoked_at.ge(At(since)));
        let tokens = on!(self, read, |conn| tokens.select(RevokedTokenRow::as_select()).load(conn))?;
        let refusals = on!(self, read, |conn| refusals.select(RefusalRow::as_select()).load(conn))?;
        Ok(Revoked {
            tokens: tokens.into_iter().map(|row| (row.jti.0, row.expires_at.0)).collect(),
            refusals: refusals.into_iter().map(Refusal::from).collect(),
        })
    }

    /// Those of `tokens` that are revoked.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, SystemClock, Token, TokenId, UserId};
    /// use auth_engine::{Store};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (at, user_id) = (SystemClock.now(), UserId::from_name("ann"));
    /// # let [id, other] = [SystemClock.new_id(), SystemClock.new_id()].map(TokenId);
    /// # let token = Token { id, user_id, generation: 0, expires_at: at.plus(Duration::from_secs(3_600)) };
    /// let open = [token, Token { id: other, ..token }]; // such as those of sockets that are open
    /// store.revoke_token(token, at).await?;
    /// assert_eq!(store.revoked_among(&open).await?, [token.id]);
    /// # Ok(()) }
    /// ```
    pub async fn revoked_among(&self, tokens: &[Token]) -> Result<Vec<TokenId>, StoreError> {
        let mut all = Vec::new();
        for some in tokens.chunks(TOKENS_PER_STATEMENT) {
            let ids: Vec<_> = some.iter().map(|token| Col(token.id)).collect();
            let users: Vec<_> = some.iter().map(|token| Col(token.user_id)).collect();
            let revoked =
                revoked_tokens::table.filter(revoked_tokens::jti.eq_any(ids)).select(revoked_tokens::jti);
            let refusals = refused_tokens::table.filter(refused_tokens::user_id.eq_any(users));
            let revoked: Vec<Col<TokenId>> = on!(self, read, |conn| revoked.load(conn))?;
            let refusals = on!(self, read, |conn| refusals.select(RefusalRow::as_select()).load(conn))?;
            let refusals: Vec<_> = refusals.into_iter().map(Refusal::from).collect();
            let is_revoked = |token: &&Token| {
                revoked.contains(&Col(token.id)) || refusals.iter().any(|refusal| refusal.refuses(token))
            };
            all.extend(some.iter().filter(is_revoked).map(|token| token.id));
        }
        Ok(all)
    }

    /// Forgets the revocations of tokens that ended before `before`.
    ///
    /// # Errors
    /// When the database fails.
    ///
    /// # Example
    /// ```
    /// # use std::time::Duration;
    /// # use auth_engine::{Clock, SystemClock, Token, TokenId, UserId};
    /// use auth_engine::{Revoked, Store};
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (at, user_id) = (SystemClock.now(), UserId::from_name("ann"));
    /// # let [id, other] = [SystemClock.new_id(), SystemClock.new_id()].map(TokenId);
    /// # let token = Token { id, user_id, generation: 0, expires_at: at.plus(Duration::from_secs(3_600)) };
    /// store.revoke_token(token, at).await?;
    /// store.prune_revocations(token.expires_at).await?; // it has not ended before then
    /// assert_eq!(store.revoked_since(at).await?.tokens.len(), 1);
    /// store.prune_revocations(token.expires_at.plus(Duration::from_secs(1))).await?;
    /// assert_eq!(store.revoked_since(at).await?, Revoked::default());
    /// # Ok(()) }
    /// ```
    pub async fn prune_revocations(&self, before: Timestamp) -> Result<(), StoreError> {
        let store = self.clone();
        detached(async move {
            let tokens = delete(revoked_tokens::table.filter(revoked_tokens::expires_at.lt(At(before))));
            let refusals = delete(refused_tokens::table.filter(refused_tokens::expires_at.lt(At(before))));
            on!(store, write, |conn| tokens.execute(conn))?;
            on!(store, write, |conn| refusals.execute(conn)).map(drop)
        })
        .await
    }
}
