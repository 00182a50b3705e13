//! Users for tests, made through the engine's front door, so that what they are is always possible.
//!
//! Behind the feature `factories`, so that those who embed the engine test with it too. What a factory
//! can't make fails the test.
#![expect(clippy::expect_used, reason = "a test fails by panicking")]

use std::{
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use engine_interfaces::{
    Authentication, Broker, BrokerError, Clock, Control, Credentials, Deliveries, Delivery, Follow,
    GroupMessage, Registration, Secret, Session, Slot, Subscription, Whisper,
};
use tokio::sync::broadcast;

use crate::{AuthEngine, Keys, PasswordKey, PasswordKeys, Settings, SigningKey, Store, TokenKeys};

/// The password of those who are given no other.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use auth_engine::{Store, SystemClock};
/// use auth_engine::{Authentication, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::sqlite(folder.path().join("auth.db"))?;
/// # store.migrate().await?;
/// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
/// factories::user(&*auth).email("ann@example.com").create().await;
/// let credentials = factories::credentials("ann@example.com", factories::PASSWORD);
/// auth.sign_in(credentials, "192.0.2.1".parse()?).await?;
/// # Ok(()) }
/// ```
pub const PASSWORD: &str = "a password for tests";

/// Settings with the cheapest hashes and a poll that a test does not wait for.
///
/// # Example
/// ```
/// use auth_engine::{Settings, factories};
///
/// let with_guests = Settings { guests: true, ..factories::settings() };
/// assert_eq!(with_guests.bcrypt_cost, 4, "the cheapest");
/// ```
#[must_use]
pub fn settings() -> Settings {
    Settings { bcrypt_cost: 4, revocation_poll: Duration::from_millis(10), ..Settings::default() }
}

/// Keys that everybody knows.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use auth_engine::{AuthEngine, Authentication, Settings, Store, SystemClock, factories};
/// use broker::LocalBroker;
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::sqlite(folder.path().join("auth.db"))?;
/// # store.migrate().await?;
/// let settings = Settings { guests: true, ..factories::settings() };
/// let (broker, clock) = (Arc::new(LocalBroker::default()), Arc::new(SystemClock));
/// let auth = AuthEngine::new(store, broker, clock, factories::keys(), settings).await?;
/// assert!(auth.sign_up_guest("192.0.2.1".parse()?).await?.user.guest);
/// # Ok(()) }
/// ```
#[must_use]
pub fn keys() -> Keys {
    let signing = SigningKey::hs256(&"a signing secret for tests alone".into());
    let password = PasswordKey::new(&"a password secret for tests only".into());
    Keys {
        tokens: TokenKeys::new(signing.expect("a key")),
        passwords: PasswordKeys::new(password.expect("a key")),
    }
}

/// An engine over a migrated store, and the broker that it tells.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use auth_engine::{Authentication, Store, SystemClock, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// let store = Store::sqlite(folder.path().join("auth.db"))?;
/// store.migrate().await?;
/// let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
/// auth.ready().await?;
/// # Ok(()) }
/// ```
pub async fn engine(store: Store, clock: Arc<dyn Clock>) -> (Arc<AuthEngine>, Arc<RecordingBroker>) {
    let broker = Arc::new(RecordingBroker::default());
    let told = Arc::<RecordingBroker>::clone(&broker);
    let engine = AuthEngine::new(store, told, clock, keys(), settings()).await;
    (engine.expect("the engine starts"), broker)
}

/// A user to be signed up: valid by default, and like no other.
pub fn user(auth: &dyn Authentication) -> UserFactory<'_> {
    static COUNT: AtomicU16 = AtomicU16::new(1);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    UserFactory {
        auth,
        registration: Registration {
            name: format!("User {number}"),
            email: Secret::new(format!("user{number}@example.com")),
            password: Secret::new(PASSWORD),
        },
        // A network for each, so that no test meets another's limits.
        from: Ipv6Addr::new(0x2001, 0xdb8, number, 0, 0, 0, 0, 1).into(),
    }
}

/// See [`user`].
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use auth_engine::{Store, SystemClock};
/// use auth_engine::{Authentication, factories};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::sqlite(folder.path().join("auth.db"))?;
/// # store.migrate().await?;
/// # let (auth, _broker) = factories::engine(store, Arc::new(SystemClock)).await;
/// let made = factories::user(&*auth).name("Ann").email("ann@example.com").password("hers alone").create().await;
/// let credentials = factories::credentials("ann@example.com", "hers alone");
/// let shown = auth.authenticate_password(credentials, "192.0.2.1".parse()?).await?;
/// assert_eq!(shown.user_id, made.user.id);
/// # Ok(()) }
/// ```
#[must_use]
pub struct UserFactory<'a> {
    auth: &'a dyn Authentication,
    registration: Registration,
    from: IpAddr,
}

impl UserFactory<'_> {
    /// Is called this.
    pub fn name(mut self, name: &str) -> Self {
        self.registration.name = name.to_owned();
        self
    }

    /// Has this address.
    pub fn email(mut self, email: &str) -> Self {
        self.registration.email = Secret::new(email);
        self
    }

    /// Has this password.
    pub fn password(mut self, password: &str) -> Self {
        self.registration.password = Secret::new(password);
        self
    }

    /// Calls from this address.
    ///
    /// # Example
    /// ```
    /// # use std::sync::Arc;
    /// # use auth_engine::{Store, SystemClock};
    /// use auth_engine::factories;
    ///
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let store = Store::sqlite(folder.path().join("auth.db"))?;
    /// # store.migrate().await?;
    /// # let (auth, _broker) = factories::engine(store.clone(), Arc::new(SystemClock)).await;
    /// // Two who share a network, and so its limits; by default everybody has one of their own.
    /// for address in ["192.0.2.1", "192.0.2.2"] {
    ///     factories::user(&*auth).from(address.parse()?).create().await;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn from(mut self, from: IpAddr) -> Self {
        self.from = from;
        self
    }

    /// Signs up.
    pub async fn create(self) -> Session {
        let session = self.auth.sign_up(self.registration, self.from).await;
        session.expect("the user may sign up")
    }
}

/// What a user with this address and password signs in with.
#[must_use]
pub fn credentials(email: &str, password: &str) -> Credentials {
    Credentials { email: Secret::new(email), password: Secret::new(password) }
}

/// A broker in memory that carries what is no message, and whose tests may listen too.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use auth_engine::{Store, SystemClock};
/// use auth_engine::{Authentication, Broker, factories};
/// use engine_interfaces::{Control, Delivery};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let store = Store::sqlite(folder.path().join("auth.db"))?;
/// # store.migrate().await?;
/// let (auth, broker) = factories::engine(store, Arc::new(SystemClock)).await;
/// let mut heard = broker.subscribe().await?;
/// let session = factories::user(&*auth).create().await;
/// let caller = auth.authenticate_token(session.token.expose()).await?;
/// auth.sign_out(caller.token.ok_or("shown")?).await?;
/// assert!(matches!(heard.deliveries.next().await, Some(Delivery::Control(Control::Revoked { .. }))));
/// # Ok(()) }
/// ```
pub struct RecordingBroker {
    controls: broadcast::Sender<Control>,
}

impl Default for RecordingBroker {
    fn default() -> Self {
        Self { controls: broadcast::channel(1_024).0 }
    }
}

#[async_trait]
impl Broker for RecordingBroker {
    async fn announce(&self, _: &[Arc<GroupMessage>]) -> Result<(), BrokerError> {
        Ok(())
    }

    fn control(&self, control: Control) {
        // Nobody may be listening.
        let _: Result<usize, _> = self.controls.send(control);
    }

    fn whisper(&self, _: Whisper) {}

    fn is_up(&self) -> bool {
        true
    }

    async fn subscribe(&self) -> Result<Subscription, BrokerError> {
        Ok(Subscription { follow: Arc::new(NoSlots), deliveries: Box::new(Ear(self.controls.subscribe())) })
    }
}

/// It carries no messages, so there is nothing to choose.
struct NoSlots;

#[async_trait]
impl Follow for NoSlots {
    async fn follow(&self, _: Slot) -> Result<(), BrokerError> {
        Ok(())
    }

    async fn unfollow(&self, _: Slot) {}
}

struct Ear(broadcast::Receiver<Control>);

#[async_trait]
impl Deliveries for Ear {
    async fn next(&mut self) -> Option<Delivery> {
        match self.0.recv().await {
            Ok(control) => Some(Delivery::Control(control)),
            Err(broadcast::error::RecvError::Lagged(_)) => Some(Delivery::Gap),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}
