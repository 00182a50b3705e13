//! Lets a guest in.

use std::net::IpAddr;

use engine_interfaces::{AuthError, Session, User, UserId};

use super::guest_names::name_of;
use crate::{AuthEngine, accounts::EraseGuest, engine::unavailable, store::Account};

/// Lets a guest in.
pub(crate) struct GuestService<'a> {
    engine: &'a AuthEngine,
}

impl<'a> GuestService<'a> {
    pub(crate) fn new(engine: &'a AuthEngine) -> Self {
        Self { engine }
    }

    /// Makes a throw-away account, with the job that ends it, and signs its user in.
    #[tracing::instrument(skip_all)]
    pub(crate) async fn call(&self, from: IpAddr) -> Result<Session, AuthError> {
        let AuthEngine { store, clock, settings, attempts, tokens, .. } = self.engine;
        if !settings.guests {
            return Err(AuthError::GuestsOff);
        }
        attempts.guest(from).await?;
        let (id, now) = (UserId(clock.new_id()), clock.now());
        let guest = Account {
            user: User { id, name: name_of(id), email: None, guest: true, created_at: now, updated_at: now },
            password: None,
            token_generation: 0,
            disabled_at: None,
        };
        let end = EraseGuest::job(&**clock, id, now.plus(settings.guest_life));
        store.insert_guest(guest.clone(), end).await.map_err(unavailable)?;
        tokens.issue(guest)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use engine_interfaces::{AuthError, Authentication, Clock, Guests, ProfileChange, Secret, UserId};

    use crate::{
        Settings, factories,
        support::{ELSEWHERE, HERE, NEXT_DOOR, Rig},
    };

    fn settings() -> Settings {
        Settings { guests: true, ..factories::settings() }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_guest_is_signed_in_for_a_day() {
        let rig = Rig::with(settings()).await;
        let session = rig.auth.sign_up_guest(HERE).await.unwrap();
        assert!(session.user.guest && session.user.email.is_none() && !session.user.name.is_empty());
        let day = Duration::from_secs(24 * 60 * 60);
        assert_eq!(session.expires_at.secs(), rig.clock.now().plus(day).secs());
        let identity = rig.auth.authenticate_token(session.token.expose()).await.unwrap();
        assert_eq!(identity.user_id, session.user.id);
        assert_eq!(rig.auth.show_user(session.user.id).await.unwrap(), session.user);
        assert!(rig.another(factories::keys()).await.is_ok(), "no key is missing that a guest would need");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_guests_token_is_good_no_longer_than_the_account() {
        for (token_life, guest_life, life) in [(60, 30, 30), (30, 60, 30)] {
            let [token_life, guest_life] = [token_life, guest_life].map(Duration::from_secs);
            let rig = Rig::with(Settings { token_life, guest_life, ..settings() }).await;
            let session = rig.auth.sign_up_guest(HERE).await.unwrap();
            assert_eq!(session.expires_at.secs(), rig.clock.now().plus(Duration::from_secs(life)).secs());
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_guest_comes_where_there_are_none() {
        let rig = Rig::new().await;
        assert!(matches!(rig.auth.sign_up_guest(HERE).await, Err(AuthError::GuestsOff)));
        assert!(rig.auth.list_users(None, Default::default()).await.unwrap().is_empty());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_network_has_only_so_many_guests_and_they_are_counted_by_themselves() {
        let settings = Settings { guests_per_network: 2, sign_ups_per_network: 1, ..settings() };
        let rig = Rig::with(settings).await;
        rig.auth.sign_up_guest(HERE).await.unwrap();
        rig.auth.sign_up_guest(NEXT_DOOR).await.unwrap();
        let Err(AuthError::RateLimited { retry_after }) = rig.auth.sign_up_guest(HERE).await else {
            panic!("limited");
        };
        assert_eq!(retry_after, Duration::from_secs(60 * 60));
        factories::user(&*rig.auth).from(HERE).create().await;
        rig.auth.sign_up_guest(ELSEWHERE).await.unwrap();
        rig.clock.advance(retry_after);
        rig.auth.sign_up_guest(HERE).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_signs_in_as_a_guest_or_finds_one_by_an_address() {
        let rig = Rig::with(settings()).await;
        let guest = rig.auth.sign_up_guest(HERE).await.unwrap().user.id;
        for email in [String::new(), guest.to_string()] {
            for password in ["", "a password of theirs"] {
                let credentials = || factories::credentials(&email, password);
                let sign_in = rig.auth.sign_in(credentials(), HERE).await;
                assert!(matches!(sign_in, Err(AuthError::WrongCredentials)));
                let basic = rig.auth.authenticate_password(credentials(), HERE).await;
                assert!(matches!(basic, Err(AuthError::WrongCredentials)));
            }
            assert_eq!(rig.auth.find_user(&Secret::new(email)).await.unwrap(), None);
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_guest_stays_as_they_are() {
        let rig = Rig::with(settings()).await;
        let session = rig.auth.sign_up_guest(HERE).await.unwrap();
        let me = rig.auth.authenticate_token(session.token.expose()).await.unwrap();
        let change = ProfileChange {
            name: Some("Ann".to_owned()),
            password: Some(Secret::new("a password of mine")),
            current_password: Secret::new("any"),
        };
        let refused = rig.auth.update_user(me, change, HERE).await;
        assert!(matches!(refused, Err(AuthError::NotForGuests)));
        assert_eq!(rig.auth.show_user(me.user_id).await.unwrap(), session.user);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn guests_are_told_from_others() {
        let rig = Rig::with(settings()).await;
        let guest = rig.auth.sign_up_guest(HERE).await.unwrap().user.id;
        let ann = factories::user(&*rig.auth).create().await.user.id;
        let nobody = UserId::from_name("nobody");
        let guests = rig.auth.guests_among(&[guest, ann, nobody]).await.unwrap();
        assert_eq!(guests, [guest, nobody], "who has no account is no more than a guest");
        assert!(rig.auth.guests_among(&[]).await.unwrap().is_empty());
    }
}
