//! A chat whose outbox is in memory, terms in a real store, and a handler that a test watches and makes fail.

use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use broker::{RingParts, RingSettings};
use engine_interfaces::{
    BoxError, Broker, ChatError, Clock, GroupId, GroupMessage, GroupMessageId, Kept, KeptCursor,
    KeptMessages, Limit, RingJob, RingJobs, RingTerms, Seq, SystemClock, Term, Timestamp, TopicHandler,
    UserId,
};
use jobs::{JobState, RingStore};
use test_support::TestDatabase;
use tokio::time::{sleep, timeout};

/// How long a test waits for what must come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !holds().await {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect(what);
}

/// What all processes have in common: the stores.
pub(crate) struct Stores {
    pub(crate) terms: RingStore,
    pub(crate) jobs: jobs::Store,
    pub(crate) chat: Arc<Outbox>,
    _database: TestDatabase,
}

impl Stores {
    pub(crate) async fn new() -> Self {
        let database = TestDatabase::sqlite(jobs::MIGRATIONS).await;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        Self {
            terms: RingStore::new(database.database(), clock.clone()),
            jobs: jobs::Store::new(database.database(), clock, Arc::default()),
            chat: Arc::default(),
            _database: database,
        }
    }

    pub(crate) fn parts(&self, handler: &Arc<Handler>) -> RingParts {
        RingParts {
            terms: Arc::new(self.terms.clone()),
            kept: self.chat.clone(),
            handlers: vec![handler.clone()],
            clock: Arc::new(SystemClock),
        }
    }

    pub(crate) fn handler(&self) -> Arc<Handler> {
        Arc::new(Handler::over(self.terms.clone()))
    }

    /// Stores messages, and announces them where the broker takes them.
    pub(crate) async fn send(&self, broker: &dyn Broker, messages: &[Arc<GroupMessage>]) {
        self.chat.store(messages);
        if broker.announce(messages).await.is_ok() {
            self.chat.announced(messages);
        }
    }

    /// What the sweep does.
    #[cfg(feature = "redis")]
    pub(crate) async fn announce_the_rest(&self, broker: &dyn Broker) {
        let rest = self.chat.unannounced();
        if !rest.is_empty() && broker.announce(&rest).await.is_ok() {
            self.chat.announced(&rest);
        }
    }

    /// The keys of the jobs that leaders enqueued.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let due = self.jobs.list(JobState::Due, Limit::page(100).unwrap()).await.unwrap();
        let mut keys: Vec<_> = due.into_iter().map(|job| job.key).collect();
        keys.sort_unstable();
        keys
    }

    /// A term that was, where there was another since.
    pub(crate) async fn past_terms(&self) -> Vec<Term> {
        let terms = self.terms.list().await.unwrap().into_iter().map(|led| led.term);
        let past = terms.filter(|term| term.number > 1);
        past.map(|term| Term { number: term.number - 1, ..term }).collect()
    }

    pub(crate) async fn refuses(&self, term: Term) -> bool {
        let payload = serde_json::Value::Null;
        let job = RingJob { kind: "late", key: "late".to_owned(), payload, run_at: SystemClock.now() };
        self.terms.enqueue(term, vec![job]).await.is_err()
    }

    pub(crate) async fn caught_up(&self, since: Timestamp) -> bool {
        let terms = self.terms.list().await.unwrap();
        terms.len() == 32 && terms.iter().all(|led| led.progress.caught_up_at.is_some_and(|at| at > since))
    }
}

/// Short waits.
pub(crate) fn quick() -> RingSettings {
    RingSettings {
        idle: Duration::from_millis(10),
        busy: Duration::from_millis(5),
        advance_every: Duration::from_millis(20),
        rest_every: Duration::from_millis(50),
        offer_again: Duration::from_millis(500),
        retry_first: Duration::from_millis(5),
        retry_most: Duration::from_millis(50),
        attempts: 3,
        ..RingSettings::default()
    }
}

/// What chat keeps of what was stored.
#[derive(Default)]
pub(crate) struct Outbox(Mutex<Vec<(Arc<GroupMessage>, Option<Timestamp>)>>);

impl Outbox {
    fn store(&self, messages: &[Arc<GroupMessage>]) {
        self.0.lock().unwrap().extend(messages.iter().map(|message| (message.clone(), None)));
    }

    #[cfg(feature = "redis")]
    fn unannounced(&self) -> Vec<Arc<GroupMessage>> {
        let kept = self.0.lock().unwrap();
        kept.iter().filter(|(_, at)| at.is_none()).map(|(message, _)| message.clone()).collect()
    }

    #[cfg(feature = "redis")]
    pub(crate) fn is_announced(&self) -> bool {
        self.unannounced().is_empty()
    }

    fn announced(&self, messages: &[Arc<GroupMessage>]) {
        let ids: HashSet<_> = messages.iter().map(|message| message.id).collect();
        for (_, at) in self.0.lock().unwrap().iter_mut().filter(|(message, _)| ids.contains(&message.id)) {
            *at = Some(SystemClock.now());
        }
    }
}

#[async_trait]
impl KeptMessages for Outbox {
    async fn kept(
        &self,
        since: Option<Timestamp>,
        until: Timestamp,
        after: Option<KeptCursor>,
    ) -> Result<Kept, ChatError> {
        const PAGE: usize = 7;
        let cursor = |message: &GroupMessage| KeptCursor {
            stored_at: message.created_at,
            group: message.group_id,
            first: message.seq,
        };
        let kept = self.0.lock().unwrap();
        let late = kept.iter().filter(|(_, at)| at.is_none_or(|at| since.is_none_or(|since| at >= since)));
        let mut messages: Vec<_> = late
            .map(|(message, _)| message.clone())
            .filter(|message| {
                message.created_at <= until && after.is_none_or(|after| cursor(message) > after)
            })
            .collect();
        messages.sort_by_key(|message| cursor(message));
        messages.truncate(PAGE);
        let next = messages.last().filter(|_| messages.len() == PAGE).map(|message| cursor(message));
        Ok(Kept { messages, next })
    }

    async fn announced(&self, at: Timestamp) -> Result<Option<Timestamp>, ChatError> {
        let kept = self.0.lock().unwrap();
        let stored = kept.iter().filter(|(message, _)| message.created_at <= at);
        let announced: Option<Vec<_>> = stored.map(|(_, at)| *at).collect();
        Ok(announced.map(|all| all.into_iter().max().unwrap_or(Timestamp::EPOCH)))
    }
}

/// Remembers what it was given, and enqueues a job for each message.
pub(crate) struct Handler {
    jobs: RingStore,
    given: Mutex<Vec<Arc<GroupMessage>>>,
    fails: AtomicBool,
    poison: Mutex<HashSet<GroupMessageId>>,
}

impl Handler {
    fn over(jobs: RingStore) -> Self {
        Self { jobs, given: Mutex::default(), fails: AtomicBool::new(false), poison: Mutex::default() }
    }

    pub(crate) fn fail(&self, fails: bool) {
        self.fails.store(fails, Ordering::SeqCst);
    }

    pub(crate) fn never_handle(&self, message: &GroupMessage) {
        self.poison.lock().unwrap().insert(message.id);
    }

    /// The positions that were given, by author; each once, where it came first.
    pub(crate) fn given(&self) -> BTreeMap<UserId, Vec<i64>> {
        let mut by_author: BTreeMap<UserId, Vec<i64>> = BTreeMap::new();
        for message in self.given.lock().unwrap().iter() {
            let seqs = by_author.entry(message.user_id.unwrap()).or_default();
            if !seqs.contains(&message.seq.0) {
                seqs.push(message.seq.0);
            }
        }
        by_author
    }

    pub(crate) fn count(&self) -> usize {
        self.given().values().map(Vec::len).sum()
    }
}

#[async_trait]
impl TopicHandler for Handler {
    async fn handle(&self, term: Term, messages: &[Arc<GroupMessage>]) -> Result<(), BoxError> {
        if self.fails.load(Ordering::SeqCst) {
            return Err("the test made it fail".into());
        }
        if messages.iter().any(|message| self.poison.lock().unwrap().contains(&message.id)) {
            return Err("this one always fails".into());
        }
        let job = |message: &Arc<GroupMessage>| RingJob {
            kind: "heard",
            key: format!("{}/{}", message.group_id, message.seq),
            payload: serde_json::Value::Null,
            run_at: message.created_at,
        };
        self.jobs.enqueue(term, messages.iter().map(job).collect()).await?;
        self.given.lock().unwrap().extend(messages.iter().cloned());
        Ok(())
    }
}

/// Messages of `authors` in one group, from `first` on, in turn.
pub(crate) fn messages(group: GroupId, authors: &[UserId], first: i64, count: i64) -> Vec<Arc<GroupMessage>> {
    (first..first + count)
        .map(|seq| {
            let now = SystemClock.now();
            Arc::new(GroupMessage {
                id: GroupMessageId(SystemClock.new_id()),
                group_id: group,
                user_id: Some(authors[usize::try_from(seq).unwrap() % authors.len()]),
                seq: Seq(seq),
                message: Some("Hello".to_owned()),
                erased: false,
                created_at: now,
                updated_at: now,
                trace: None,
            })
        })
        .collect()
}

pub(crate) fn group() -> GroupId {
    GroupId(SystemClock.new_id())
}

pub(crate) fn users(count: usize) -> Vec<UserId> {
    (0..count).map(|_| UserId(SystemClock.new_id())).collect()
}
