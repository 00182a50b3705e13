//! Digests: once in an interval, whoever has been away from what waits for them is told by mail how much
//! waits where.
//!
//! ```text
//! messages -> Handler: a job for each group and interval, when the interval is over
//!          -> Collect: walks through the group's members; a row for each who is to be told
//!          -> Send: takes the rows that are due, asks again what is unread, writes, and hands over
//! ```

mod collect;
mod handler;
mod schedule;
mod send;
mod settings;

use std::sync::Arc;

use engine_interfaces::{Clock, Contacts, RingJobs, TopicHandler, UnreadMessages, Worker};

pub use send::SendDigests;
pub use settings::DigestSettings;

use crate::{NotificationEngine, UnsubscribeKeys, mail::Mail, store::Store};
use collect::Collect;
use handler::Handler;
use schedule::Schedule;

/// Tells people who are away what waits for them, by mail.
///
/// # Example
/// ```
/// # use std::sync::Arc;
/// # use engine_interfaces::{Contacts, RingJobs, UnreadMessages};
/// # use notification_engine::{Mail, NotificationEngine};
/// use std::time::Duration;
///
/// use notification_engine::{DigestSettings, Digests};
///
/// # fn example(
/// #     notifications: &NotificationEngine, chat: Arc<dyn UnreadMessages>, auth: Arc<dyn Contacts>, mail: Mail,
/// #     jobs: Arc<dyn RingJobs>,
/// # ) {
/// let daily = DigestSettings { interval: Duration::from_secs(24 * 60 * 60), ..DigestSettings::default() };
/// let digests = Digests::new(notifications, chat, auth, mail, daily);
/// let handlers = vec![digests.handler(jobs)]; // for the ring, whose leaders cause jobs
/// let ring_workers = digests.ring_workers(); // for the runner, which does them
/// let workers = digests.workers(); // and for what these cause in the engine's own tables
/// # }
/// ```
#[derive(Clone)]
pub struct Digests {
    context: Arc<Context>,
}

/// What the parts work with.
struct Context {
    store: Store,
    clock: Arc<dyn Clock>,
    unread: Arc<dyn UnreadMessages>,
    contacts: Arc<dyn Contacts>,
    mail: Mail,
    keys: UnsubscribeKeys,
    schedule: Schedule,
    settings: DigestSettings,
}

impl Digests {
    /// Over the rows of `engine`.
    #[must_use]
    pub fn new(
        engine: &NotificationEngine,
        unread: Arc<dyn UnreadMessages>,
        contacts: Arc<dyn Contacts>,
        mail: Mail,
        settings: DigestSettings,
    ) -> Self {
        let context = Context {
            store: engine.store.clone(),
            clock: Arc::clone(&engine.clock),
            unread,
            contacts,
            mail,
            keys: engine.keys.clone(),
            schedule: Schedule::new(settings.interval, settings.after),
            settings,
        };
        Self { context: Arc::new(context) }
    }

    /// What a topic's leader does with its messages; its jobs go to `jobs`.
    #[must_use]
    pub fn handler(&self, jobs: Arc<dyn RingJobs>) -> Arc<dyn TopicHandler> {
        Arc::new(Handler::new(self.context.schedule, jobs))
    }

    /// Who does the jobs of [`Digests::handler`].
    #[must_use]
    pub fn ring_workers(&self) -> Vec<Arc<dyn Worker>> {
        vec![Arc::new(Collect::new(Arc::clone(&self.context)))]
    }

    /// Who does what these cause, over the engine's own `jobs` table. [`SendDigests::KIND`] is to be caused
    /// each minute too.
    #[must_use]
    pub fn workers(&self) -> Vec<Arc<dyn Worker>> {
        vec![Arc::new(SendDigests::new(Arc::clone(&self.context)))]
    }
}
