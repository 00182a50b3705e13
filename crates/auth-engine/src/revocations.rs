//! Which tokens are revoked, in memory: asked at every request, so it reads no store.
//!
//! It holds every revocation whose token has not ended: all of them are read before the engine starts, the
//! engine's own are added as they are stored, and the store is asked twice a second for those of other
//! processes. The broker's hints only make that sooner.

mod watch;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
    time::Duration,
};

use database::{StoreError, detached};
use engine_interfaces::{Broker, Clock, Control, Delivery, RevokedTokens, Timestamp, Token, TokenId, UserId};
use tokio::sync::Notify;

pub(crate) use watch::Watch;

use crate::{
    Settings,
    store::{AccountChange, AccountEnd, Refusal, Store},
};

/// The revoked tokens.
pub(crate) struct Revocations {
    store: Store,
    broker: Arc<dyn Broker>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    known: RwLock<Known>,
    /// A hint says that the store knows more.
    hint: Notify,
}

/// As many entries as sign-outs within the life of a token: leaving one out would let a revoked token in.
struct Known {
    tokens: HashMap<TokenId, Timestamp>,
    refusals: HashMap<UserId, Refusal>,
    /// When the store was last asked.
    asked_at: Timestamp,
    /// When ended tokens were last left out.
    pruned_at: Timestamp,
}

/// How often ended tokens are left out.
const PRUNE_EVERY: Duration = Duration::from_secs(60);

impl Revocations {
    /// Reads all that the store knows.
    pub(crate) async fn load(
        store: Store,
        broker: Arc<dyn Broker>,
        clock: Arc<dyn Clock>,
        settings: Settings,
    ) -> Result<Arc<Self>, StoreError> {
        let never = Timestamp::new(Default::default());
        let revocations = Self {
            store,
            broker,
            settings,
            known: RwLock::new(Known {
                tokens: HashMap::new(),
                refusals: HashMap::new(),
                asked_at: never,
                pruned_at: clock.now(),
            }),
            hint: Notify::new(),
            clock,
        };
        revocations.poll().await?;
        Ok(Arc::new(revocations))
    }

    /// Whether a token is revoked, as far as this process knows.
    pub(crate) fn is_revoked(&self, token: &Token) -> bool {
        let known = self.read();
        let refusal = known.refusals.get(&token.user_id);
        known.tokens.contains_key(&token.id) || refusal.is_some_and(|refusal| refusal.refuses(token))
    }

    /// Whether what was good for a user in `generation` no longer is.
    pub(crate) fn is_outdated(&self, user: UserId, generation: i32) -> bool {
        let known = self.read();
        known.refusals.get(&user).is_some_and(|refusal| generation < refusal.generation)
    }

    /// Stores a sign-out, applies it here and tells the others.
    pub(crate) async fn revoke(self: &Arc<Self>, token: Token) -> Result<(), StoreError> {
        let this = Arc::clone(self);
        detached(async move {
            this.store.revoke_token(token, this.clock.now()).await?;
            this.write().tokens.insert(token.id, token.expires_at);
            this.broker
                .control(Control::Revoked { user_id: token.user_id, tokens: RevokedTokens::One(token.id) });
            Ok(())
        })
        .await
    }

    /// Stores a change of an account, applies its refusal here and tells the others. `false`: the account
    /// had moved on, and nothing changed.
    pub(crate) async fn change_account(self: &Arc<Self>, change: AccountChange) -> Result<bool, StoreError> {
        let this = Arc::clone(self);
        detached(async move {
            let refusal = change.refusal;
            if !this.store.change_account(change).await? {
                return Ok(false);
            }
            if let Some(refusal) = refusal {
                this.refuse(refusal);
            }
            Ok(true)
        })
        .await
    }

    /// Stores the end of an account, applies its refusal here and tells the others. `false`: the account had
    /// moved on, and nothing ended.
    pub(crate) async fn end_account(self: &Arc<Self>, end: AccountEnd) -> Result<bool, StoreError> {
        let this = Arc::clone(self);
        detached(async move {
            let refusal = end.refusal;
            if !this.store.end_account(end).await? {
                return Ok(false);
            }
            this.refuse(refusal);
            Ok(true)
        })
        .await
    }

    fn refuse(&self, refusal: Refusal) {
        self.write().refuse(refusal);
        self.broker.control(Control::Revoked {
            user_id: refusal.user_id,
            tokens: RevokedTokens::AllBut(refusal.kept),
        });
    }

    /// Asks the store what was revoked since it was last asked.
    pub(crate) async fn poll(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let since = self.read().asked_at.minus(self.settings.revocation_overlap);
        let revoked = self.store.revoked_since(since).await?;
        let mut known = self.write();
        known.tokens.extend(revoked.tokens);
        for refusal in revoked.refusals {
            known.refuse(refusal);
        }
        known.asked_at = known.asked_at.max(now);
        if now.since(known.pruned_at) >= PRUNE_EVERY {
            known.prune(now, now.minus(self.settings.leeway));
        }
        Ok(())
    }

    /// Takes a hint. What names no single token is a reason to ask the store now.
    fn hear(&self, delivery: &Delivery) {
        match delivery {
            Delivery::Control(Control::Revoked { tokens: RevokedTokens::One(id), .. }) => {
                // Late enough for every token that there can be by now.
                let end = self.clock.now().plus(self.settings.token_life);
                self.write().tokens.entry(*id).or_insert(end);
            }
            Delivery::Control(Control::Revoked { .. }) | Delivery::Gap => self.hint.notify_one(),
            Delivery::Control(_) | Delivery::Messages(_) | Delivery::Whisper(_) => {}
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn refuse(&mut self, refusal: Refusal) {
        let known = self.refusals.entry(refusal.user_id).or_insert(refusal);
        if known.generation < refusal.generation {
            *known = refusal;
        }
    }

    /// Leaves out what ended before `ended`.
    fn prune(&mut self, now: Timestamp, ended: Timestamp) {
        self.tokens.retain(|_, expires_at| *expires_at >= ended);
        self.refusals.retain(|_, refusal| refusal.expires_at >= ended);
        self.pruned_at = now;
    }
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{AuthError, Authentication, Identity};

    use super::*;
    use crate::{
        AuthEngine, factories,
        support::{HERE, Rig, eventually},
    };

    async fn is_revoked(auth: &AuthEngine, token: &str) -> bool {
        match auth.authenticate_token(token).await {
            Ok(_) => false,
            Err(AuthError::TokenRevoked) => true,
            Err(error) => panic!("{error}"),
        }
    }

    async fn signed_in(rig: &Rig) -> (String, Token) {
        let session = factories::user(&*rig.auth).email("ann@example.com").create().await;
        let text = session.token.expose().to_owned();
        let Identity { token, .. } = rig.auth.authenticate_token(&text).await.unwrap();
        (text, token.unwrap())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sign_out_counts_at_once_here_soon_elsewhere_and_after_a_restart() {
        let rig = Rig::new().await;
        let another = rig.another(factories::keys()).await.unwrap();
        let (text, token) = signed_in(&rig).await;
        assert!(!is_revoked(&another, &text).await);

        rig.auth.sign_out(token).await.unwrap();
        rig.auth.sign_out(token).await.unwrap();

        assert!(is_revoked(&rig.auth, &text).await);
        eventually(|| is_revoked(&another, &text)).await;
        let restarted = rig.another(factories::keys()).await.unwrap();
        assert!(is_revoked(&restarted, &text).await);
        assert_eq!(restarted.revoked_tokens(&[token]).await.unwrap(), [token.id]);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_sign_out_refuses_no_other_token() {
        let rig = Rig::new().await;
        let (_, token) = signed_in(&rig).await;
        let credentials = factories::credentials("ann@example.com", factories::PASSWORD);
        let other = rig.auth.sign_in(credentials, HERE).await.unwrap();
        rig.auth.sign_out(token).await.unwrap();
        assert!(!is_revoked(&rig.auth, other.token.expose()).await);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_hint_counts_before_the_store_is_asked() {
        let patient = Settings { revocation_poll: Duration::from_secs(3_600), ..factories::settings() };
        let rig = Rig::with(patient).await;
        let (text, token) = signed_in(&rig).await;
        let hint = |tokens| Control::Revoked { user_id: token.user_id, tokens };
        // Said again until it is heard: the engine may still be subscribing.
        eventually(|| async {
            rig.broker.control(hint(RevokedTokens::One(token.id)));
            is_revoked(&rig.auth, &text).await
        })
        .await;

        let other = factories::user(&*rig.auth).create().await;
        let another = rig.another(factories::keys()).await.unwrap();
        another.disable_user(other.user.id).await.unwrap();
        eventually(|| async {
            rig.broker.control(hint(RevokedTokens::AllBut(None)));
            is_revoked(&rig.auth, other.token.expose()).await
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_has_ended_is_forgotten() {
        let rig = Rig::new().await;
        let (_, token) = signed_in(&rig).await;
        rig.auth.sign_out(token).await.unwrap();
        rig.auth.disable_user(token.user_id).await.unwrap();
        let known = |rig: &Rig| {
            let known = rig.auth.revocations.read();
            known.tokens.len() + known.refusals.len()
        };
        assert_eq!(known(&rig), 2);

        rig.clock.advance(Duration::from_secs(24 * 60 * 60 + 31));
        let store = Store::over(rig.database.database());
        let never = Timestamp::from_micros(0).unwrap();
        assert_eq!(store.revoked_since(never).await.unwrap().tokens.len(), 1);
        let job = engine_interfaces::Job {
            id: engine_interfaces::JobId(rig.clock.new_id()),
            kind: crate::PruneRevocations::KIND.to_owned(),
            key: String::new(),
            payload: serde_json::Value::Null,
            attempt: 1,
        };
        let workers = rig.auth.workers(Vec::new());
        let worker = workers.iter().find(|worker| worker.kind() == job.kind).unwrap();
        worker.perform(&job).await.unwrap();
        assert_eq!(store.revoked_since(never).await.unwrap(), crate::Revoked::default());
        eventually(|| async { known(&rig) == 0 }).await;
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_tasks_end_with_the_engine() {
        let rig = Rig::new().await;
        let revocations = Arc::downgrade(&rig.auth.revocations);
        drop(rig.auth);
        eventually(|| async { revocations.strong_count() == 0 }).await;
    }
}
