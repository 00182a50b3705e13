//! What a user may ask for about all that is held of them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use engine_interfaces::{
    Accounts, AuthError, Authentication, BoxError, Broker, Clock, Control, Cursor, Delivery, Erasure, Export,
    ExportState, Identity, Job, JobId, Page, PersonalData, PutOff, RevokedTokens, Rule, Secret, Session,
    Timestamp, UserId, Worker,
};
use serde_json::{Value, json};

use crate::{
    Settings, factories,
    support::{HERE, Rig, broken, eventually},
};

/// Holds numbers, ten to a page.
#[derive(Default)]
struct Numbers {
    of_each: usize,
    /// How often it is not settled, and not done, before it is.
    not_yet: AtomicUsize,
    /// After how many pages it fails, once.
    fails_after: AtomicUsize,
    erased: AtomicUsize,
}

impl Numbers {
    fn of_each(of_each: usize) -> Self {
        Self { of_each, fails_after: AtomicUsize::new(usize::MAX), ..Self::default() }
    }

    fn is_ready(&self) -> bool {
        let less = |count: usize| count.checked_sub(1);
        self.not_yet.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_err()
    }
}

#[async_trait]
impl PersonalData for Numbers {
    fn sections(&self) -> &'static [&'static str] {
        &["odd", "even"]
    }

    async fn settled(&self, _: UserId, _: Timestamp) -> Result<bool, BoxError> {
        Ok(self.is_ready())
    }

    async fn export(
        &self,
        _: UserId,
        section: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Value>, BoxError> {
        if self.fails_after.fetch_sub(1, Ordering::SeqCst) == 0 {
            return Err("the test made it fail".into());
        }
        let begin: usize = after.map_or(Ok(0), |cursor| cursor.0.parse())?;
        let end = (begin + 10).min(self.of_each);
        let entries = (begin..end).map(|number| json!({ "section": section, "number": number }));
        let next = (end < self.of_each).then(|| Cursor(end.to_string()));
        Ok(Page { entries: entries.collect(), next })
    }

    async fn erase(&self, _: UserId, _: Timestamp) -> Result<Erasure, BoxError> {
        self.erased.fetch_add(1, Ordering::SeqCst);
        Ok(if self.is_ready() { Erasure::Done } else { Erasure::NotYet })
    }
}

const EMAIL: &str = "ann@example.com";

fn settings() -> Settings {
    Settings { export_part_bytes: 100, ..factories::settings() }
}

async fn ann(rig: &Rig) -> (Session, Identity) {
    let session = factories::user(&*rig.auth).name("Ann").email(EMAIL).create().await;
    let identity = rig.auth.authenticate_token(session.token.expose()).await.unwrap();
    (session, identity)
}

fn password(password: &str) -> Option<Secret> {
    Some(Secret::new(password))
}

fn worker(rig: &Rig, kind: &str, holder: &Arc<Numbers>) -> Arc<dyn Worker> {
    let workers = rig.auth.workers(vec![holder.clone()]);
    workers.into_iter().find(|worker| worker.kind() == kind).unwrap()
}

fn job(rig: &Rig, kind: &str, attempt: u32, payload: Value) -> Job {
    Job { id: JobId(rig.clock.new_id()), kind: kind.to_owned(), key: String::new(), payload, attempt }
}

async fn make(rig: &Rig, holder: &Arc<Numbers>, export: &Export, attempt: u32) -> Result<(), BoxError> {
    let kind = "auth.export_account";
    let job = job(rig, kind, attempt, json!({ "export_id": export.id }));
    worker(rig, kind, holder).perform(&job).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_ends_at_once_and_everywhere() {
    let rig = Rig::new().await;
    let another = rig.another(factories::keys()).await.unwrap();
    let (session, me) = ann(&rig).await;
    let basic = || factories::credentials(EMAIL, factories::PASSWORD);
    rig.auth.authenticate_password(basic(), HERE).await.unwrap();
    another.authenticate_password(basic(), HERE).await.unwrap();
    let mut told = rig.broker.subscribe().await.unwrap();

    rig.auth.erase_account(me, password(factories::PASSWORD), HERE).await.unwrap();

    let token = session.token.expose();
    assert!(matches!(rig.auth.authenticate_token(token).await, Err(AuthError::TokenRevoked)));
    let wrong = |answer: Result<Identity, AuthError>| matches!(answer, Err(AuthError::WrongCredentials));
    assert!(wrong(rig.auth.authenticate_password(basic(), HERE).await), "though it was right a moment ago");
    assert!(matches!(rig.auth.sign_in(basic(), HERE).await, Err(AuthError::WrongCredentials)));
    let Some(Delivery::Control(Control::Revoked { user_id, tokens })) = told.deliveries.next().await else {
        panic!("the others are told");
    };
    assert_eq!((user_id, tokens), (me.user_id, RevokedTokens::AllBut(None)));
    eventually(|| async { another.authenticate_token(token).await.is_err() }).await;
    eventually(|| async { another.authenticate_password(basic(), HERE).await.is_err() }).await;

    assert_eq!(rig.auth.user_names(&[me.user_id]).await.unwrap(), []);
    assert_eq!(rig.auth.find_user(&Secret::new(EMAIL)).await.unwrap(), None);
    for refused in [
        rig.auth.show_user(me.user_id).await.map(drop),
        rig.auth.request_export(me.user_id).await.map(drop),
        rig.auth.erase_account(me, password(factories::PASSWORD), HERE).await,
    ] {
        assert!(matches!(refused, Err(AuthError::TokenRevoked)), "as to whoever was let in just before");
    }
    let (other, _) = ann(&rig).await;
    assert_ne!(other.user.id, me.user_id, "the address is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_ends_without_the_password() {
    let rig = Rig::new().await;
    let (_, me) = ann(&rig).await;
    let wrong = rig.auth.erase_account(me, password("a guess"), HERE).await;
    assert_eq!(broken(wrong), [("current_password", Rule::Format)]);
    let blank = rig.auth.erase_account(me, password(""), HERE).await;
    assert_eq!(broken(blank), [("current_password", Rule::Blank)]);
    let missing = rig.auth.erase_account(me, None, HERE).await;
    assert!(matches!(missing, Err(AuthError::PasswordMissing)));
    assert_eq!(rig.auth.show_user(me.user_id).await.unwrap().name, "Ann");
}

/// A guest, as they are signed in.
async fn guest(rig: &Rig) -> (Session, Identity) {
    let session = rig.auth.sign_up_guest(HERE).await.unwrap();
    let identity = rig.auth.authenticate_token(session.token.expose()).await.unwrap();
    (session, identity)
}

/// The jobs of a kind that are due by now.
async fn due(rig: &Rig, kind: &'static str) -> Vec<Job> {
    let store = jobs::Store::new(rig.database.database(), rig.clock.clone(), Arc::default());
    store.take(kind, 100).await.unwrap().into_iter().map(|taken| taken.job).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guests_account_ends_a_day_later_however_often_the_job_is_done() {
    let kind = "auth.erase_guest";
    let rig = Rig::with(Settings { guests: true, ..settings() }).await;
    let another = rig.another(factories::keys()).await.unwrap();
    let (session, me) = guest(&rig).await;
    let holder = Arc::new(Numbers::of_each(0));
    rig.clock.advance(settings().guest_life - Duration::from_secs(1));
    assert!(due(&rig, kind).await.is_empty());
    rig.clock.advance(Duration::from_secs(1));
    let mut told = rig.broker.subscribe().await.unwrap();
    let [job] = due(&rig, kind).await.try_into().unwrap();

    // Two at once, as when a lease ran out while its worker lived.
    let worker = || worker(&rig, kind, &holder);
    let (one, other) = (worker(), worker());
    let (one, other) = tokio::join!(one.perform(&job), other.perform(&job));
    assert!(one.is_ok() || other.is_ok());
    worker().perform(&job).await.unwrap();

    let token = session.token.expose();
    assert!(matches!(rig.auth.authenticate_token(token).await, Err(AuthError::TokenRevoked)));
    assert!(matches!(rig.auth.show_user(me.user_id).await, Err(AuthError::TokenRevoked)));
    eventually(|| async { another.authenticate_token(token).await.is_err() }).await;
    let Some(Delivery::Control(Control::Revoked { user_id, tokens })) = told.deliveries.next().await else {
        panic!("sockets are closed");
    };
    assert_eq!((user_id, tokens), (me.user_id, RevokedTokens::AllBut(None)));
    let [erasure] = due(&rig, "auth.erase_account").await.try_into().unwrap();
    assert_eq!(erasure.payload["user_id"], json!(me.user_id));
    let left = test_support::dump(&rig.database.database()).await;
    let erasures = left.lines().filter(|row| row.contains("auth.erase_account"));
    assert_eq!(erasures.count(), 2, "at once and a minute later, and no more");
    assert!(!left.contains("users "), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_ends_their_account_without_a_password_and_the_job_finds_nothing() {
    let rig = Rig::with(Settings { guests: true, ..settings() }).await;
    let (session, me) = guest(&rig).await;
    rig.auth.erase_account(me, None, HERE).await.unwrap();
    let token = rig.auth.authenticate_token(session.token.expose()).await;
    assert!(matches!(token, Err(AuthError::TokenRevoked)));
    assert_eq!(due(&rig, "auth.erase_account").await.len(), 1);
    let (_, other) = guest(&rig).await;
    rig.auth.erase_account(other, password("none that they have"), HERE).await.unwrap();

    rig.clock.advance(settings().guest_life);
    due(&rig, "auth.erase_account").await;
    let holder = Arc::new(Numbers::of_each(0));
    for job in due(&rig, "auth.erase_guest").await {
        worker(&rig, "auth.erase_guest", &holder).perform(&job).await.unwrap();
    }
    assert!(due(&rig, "auth.erase_account").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_has_an_archive_too() {
    let rig = Rig::with(Settings { guests: true, ..settings() }).await;
    let (session, me) = guest(&rig).await;
    let export = rig.auth.request_export(me.user_id).await.unwrap();
    make(&rig, &Arc::new(Numbers::of_each(0)), &export, 1).await.unwrap();
    let profile = archive(&rig, me.user_id, &export).await["profile"].clone();
    assert_eq!((&profile["guest"], &profile["email"]), (&json!(true), &Value::Null));
    assert_eq!(profile["name"], session.user.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_is_put_off_until_what_they_did_has_settled() {
    let rig = Rig::with(settings()).await;
    let holder = Arc::new(Numbers::of_each(0));
    holder.not_yet.store(3, Ordering::SeqCst);
    let kind = "auth.erase_account";
    let payload = json!({ "user_id": UserId::from_name("ann"), "ended_at": rig.clock.now() });
    let worker = worker(&rig, kind, &holder);
    for _ in 0..3 {
        let error = worker.perform(&job(&rig, kind, 1, payload.clone())).await.unwrap_err();
        let until = rig.clock.now().plus(settings().settle_poll);
        assert_eq!(error.downcast_ref(), Some(&PutOff { until }), "which is no failed attempt");
    }
    worker.perform(&job(&rig, kind, 1, payload)).await.unwrap();
    assert_eq!(holder.erased.load(Ordering::SeqCst), 4);
}

/// The archive of an export that is ready.
async fn archive(rig: &Rig, user: UserId, export: &Export) -> Value {
    let ExportState::Ready { bytes } = rig.auth.show_export(user, export.id).await.unwrap().state else {
        panic!("it is ready");
    };
    let mut text = Vec::new();
    for number in 0.. {
        let Some(part) = rig.auth.read_archive(user, export.id, number).await.unwrap() else { break };
        assert!(part.len() <= 100, "a part is bounded");
        text.extend(part);
    }
    assert_eq!(text.len() as u64, bytes);
    serde_json::from_slice(&text).unwrap()
}

fn numbers(section: &str, count: usize) -> Value {
    (0..count).map(|number| json!({ "section": section, "number": number })).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_has_all_sections_whatever_interrupts_it() {
    let rig = Rig::with(settings()).await;
    let (session, me) = ann(&rig).await;
    for fails_after in 0..7 {
        rig.clock.advance(settings().export_life);
        let holder = Arc::new(Numbers::of_each(25));
        holder.not_yet.store(2, Ordering::SeqCst);
        holder.fails_after.store(fails_after, Ordering::SeqCst);
        let export = rig.auth.request_export(me.user_id).await.unwrap();
        for _ in 0..2 {
            let attempts = settings().export_attempts;
            assert!(make(&rig, &holder, &export, attempts).await.unwrap_err().is::<PutOff>());
        }
        let first = make(&rig, &holder, &export, 1).await;
        assert_eq!(first.is_err(), fails_after < 6, "there are six pages");
        holder.fails_after.store(usize::MAX, Ordering::SeqCst);
        // Two at once, as when a lease ran out while its worker lived.
        let (one, other) = tokio::join!(make(&rig, &holder, &export, 2), make(&rig, &holder, &export, 2));
        one.unwrap();
        other.unwrap();

        let archive = archive(&rig, me.user_id, &export).await;
        assert_eq!(archive["profile"]["name"], "Ann");
        assert_eq!(archive["profile"]["email"], EMAIL);
        assert_eq!(archive["profile"]["id"], json!(session.user.id));
        assert_eq!(archive["odd"], numbers("odd", 25));
        assert_eq!(archive["even"], numbers("even", 25));
        assert_eq!(archive.as_object().unwrap().len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_archive_is_one_too() {
    let rig = Rig::with(settings()).await;
    let (_, me) = ann(&rig).await;
    let export = rig.auth.request_export(me.user_id).await.unwrap();
    make(&rig, &Arc::new(Numbers::of_each(0)), &export, 1).await.unwrap();
    assert_eq!(archive(&rig, me.user_id, &export).await["odd"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_fails_too_often_has_failed() {
    let rig = Rig::with(settings()).await;
    let (_, me) = ann(&rig).await;
    let export = rig.auth.request_export(me.user_id).await.unwrap();
    let holder = Arc::new(Numbers::of_each(25));
    let last = settings().export_attempts;
    for attempt in 1..last {
        holder.fails_after.store(0, Ordering::SeqCst);
        make(&rig, &holder, &export, attempt).await.unwrap_err();
        let state = rig.auth.show_export(me.user_id, export.id).await.unwrap().state;
        assert_eq!(state, ExportState::Pending);
    }
    holder.fails_after.store(0, Ordering::SeqCst);
    make(&rig, &holder, &export, last).await.unwrap();
    let state = rig.auth.show_export(me.user_id, export.id).await.unwrap().state;
    assert_eq!(state, ExportState::Failed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_has_so_many_exports_and_nobody_elses() {
    let rig = Rig::with(Settings { exports_per_user: 1, ..settings() }).await;
    let (_, me) = ann(&rig).await;
    let holder = Arc::new(Numbers::of_each(1));
    let export = rig.auth.request_export(me.user_id).await.unwrap();
    assert_eq!(rig.auth.request_export(me.user_id).await.unwrap(), export, "it is being made");
    rig.clock.advance(Duration::from_secs(60));
    make(&rig, &holder, &export, 1).await.unwrap();
    let Err(AuthError::RateLimited { retry_after }) = rig.auth.request_export(me.user_id).await else {
        panic!("limited");
    };
    assert_eq!(retry_after, settings().export_life);

    let other = factories::user(&*rig.auth).create().await.user.id;
    assert!(matches!(rig.auth.show_export(other, export.id).await, Err(AuthError::ExportNotFound)));
    assert_eq!(rig.auth.read_archive(other, export.id, 0).await.unwrap(), None);
    rig.clock.advance(retry_after);
    assert!(matches!(rig.auth.show_export(me.user_id, export.id).await, Err(AuthError::ExportNotFound)));
    rig.auth.request_export(me.user_id).await.unwrap();

    let pruning = job(&rig, crate::PruneExports::KIND, 1, Value::Null);
    worker(&rig, crate::PruneExports::KIND, &holder).perform(&pruning).await.unwrap();
    let left = test_support::dump(&rig.database.database()).await;
    assert!(!left.contains("export_parts"), "{left}");
}
