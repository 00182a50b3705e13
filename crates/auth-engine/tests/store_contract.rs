//! What the store keeps, on both databases.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::time::Duration;

use auth_engine::{
    Account, AccountChange, AccountEnd, ExportId, ExportState, MIGRATIONS, NewExport, PasswordHash, Progress,
    Refusal, Requested, Revoked, Secret, Store, Timestamp, Token, TokenId, User, UserId,
};
use database::jobs::NewJob;
use engine_interfaces::{Clock, Contact, JobId, Limit, SystemClock};
use test_support::{FixedClock, TestDatabase, dump};

async fn contract(test: TestDatabase) {
    let store = Store::over(test.database());
    keeps_accounts_as_they_were(&store).await;
    tells_how_accounts_are_reached(&store).await;
    keeps_guests_apart(&store).await;
    lets_nobody_take_an_address_twice(&store).await;
    changes_an_account_only_as_it_was_seen(&store).await;
    renews_a_hash_unless_the_password_changed(&store).await;
    knows_the_keys_in_use(&store).await;
    remembers_revocations_until_the_tokens_have_ended(&store).await;
    counts_failures_in_windows(&store).await;
    counts_sign_ups_in_windows(&store).await;
    ends_an_account_whole(&store).await;
    gives_a_user_so_many_exports(&store).await;
    keeps_an_archive_in_parts_until_it_expires(&store).await;
    assert!(store.migrate().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    contract(TestDatabase::sqlite(MIGRATIONS).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres() {
    contract(TestDatabase::postgres(MIGRATIONS).await).await;
}

fn now() -> Timestamp {
    FixedClock::default().now()
}

fn hash(text: &str, key: &str) -> PasswordHash {
    PasswordHash { hash: Secret::new(text), key_id: key.to_owned() }
}

fn account(email: &str) -> Account {
    Account {
        user: User {
            id: UserId(SystemClock.new_id()),
            name: "Ann 🦀".to_owned(),
            email: Some(Secret::new(email)),
            guest: false,
            created_at: now(),
            updated_at: now().plus(Duration::from_micros(1)),
        },
        password: Some(hash("hash", "key")),
        token_generation: 3,
        disabled_at: None,
    }
}

fn change(account: &Account) -> AccountChange {
    AccountChange {
        user_id: account.user.id,
        seen_generation: account.token_generation,
        at: now().plus(Duration::from_secs(5)),
        name: None,
        password: None,
        disable: false,
        refusal: None,
    }
}

fn refusal(account: &Account, kept: Option<TokenId>) -> Refusal {
    Refusal {
        user_id: account.user.id,
        generation: account.token_generation + 1,
        kept,
        revoked_at: now(),
        expires_at: now().plus(Duration::from_secs(60)),
    }
}

fn token(user_id: UserId, generation: i32) -> Token {
    Token {
        id: TokenId(SystemClock.new_id()),
        user_id,
        generation,
        expires_at: now().plus(Duration::from_secs(60)),
    }
}

async fn inserted(store: &Store, email: &str) -> Account {
    let account = account(email);
    store.insert_accounts(vec![account.clone()]).await.unwrap();
    account
}

async fn keeps_accounts_as_they_were(store: &Store) {
    let ann = inserted(store, "Änn@example.com").await;
    let bob = inserted(store, "bob@example.com").await;
    assert_eq!(store.find_account(ann.user.id).await.unwrap(), Some(ann.clone()));
    let by_email = store.find_account_by_email("änn@example.com").await.unwrap();
    assert_eq!(by_email, Some(ann.clone()));
    assert_eq!(store.find_account_by_email("Änn@example.com").await.unwrap(), None);
    assert_eq!(store.find_account_by_email("a\0").await.unwrap(), None);

    let nobody = UserId::from_name("nobody");
    assert_eq!(store.find_account(nobody).await.unwrap(), None);
    let names = store.user_names(&[ann.user.id, nobody]).await.unwrap();
    assert_eq!(names.len(), 1);
    assert_eq!((names[0].id, &names[0].name), (ann.user.id, &ann.user.name));
    assert_eq!(store.user_names(&[]).await.unwrap(), []);

    let mut ids = [ann.user.id, bob.user.id];
    ids.sort();
    let one = Limit::page(1).unwrap();
    let first = store.list_accounts(None, one).await.unwrap();
    let second = store.list_accounts(Some(ids[0]), one).await.unwrap();
    assert_eq!([first[0].user.id, second[0].user.id], ids);
    assert_eq!(store.list_accounts(Some(ids[1]), one).await.unwrap(), []);
}

async fn tells_how_accounts_are_reached(store: &Store) {
    let ann = inserted(store, "Reached@example.com").await;
    let nobody = UserId::from_name("nobody");
    let disabled = inserted(store, "disabled@example.com").await;
    assert!(store.change_account(AccountChange { disable: true, ..change(&disabled) }).await.unwrap());
    let guest = guest(store).await;
    let asked = [ann.user.id, disabled.user.id, guest.user.id, nobody];
    let reached =
        Contact { user_id: ann.user.id, name: ann.user.name.clone(), email: ann.user.email.clone().unwrap() };
    assert_eq!(store.contacts(&asked).await.unwrap(), [reached]);
}

/// A guest, whose account was stored with the job that ends it.
async fn guest(store: &Store) -> Account {
    let mut guest = account("");
    guest.user.email = None;
    guest.user.guest = true;
    guest.password = None;
    let id = JobId(SystemClock.new_id());
    let end =
        NewJob::new(id, "test.end_guest", guest.user.id.to_string(), &serde_json::Value::Null, now(), now());
    store.insert_guest(guest.clone(), end).await.unwrap();
    guest
}

async fn keeps_guests_apart(store: &Store) {
    let (ann, one, other) =
        (inserted(store, "lasting@example.com").await, guest(store).await, guest(store).await);
    assert_eq!(store.find_account(one.user.id).await.unwrap(), Some(one.clone()));
    for no_address in ["", &one.user.id.to_string()] {
        assert_eq!(store.find_account_by_email(no_address).await.unwrap(), None);
    }
    let asked = [one.user.id, ann.user.id, other.user.id, UserId::from_name("nobody")];
    assert_eq!(store.lasting_among(&asked).await.unwrap(), [ann.user.id]);
    let all = dump(store.database()).await;
    assert_eq!(all.lines().filter(|row| row.contains("test.end_guest")).count(), 3, "one in an earlier part");
    let again = NewJob::new(
        JobId(SystemClock.new_id()),
        "test.end_nobody",
        String::new(),
        &serde_json::Value::Null,
        now(),
        now(),
    );
    store.insert_guest(one, again).await.unwrap_err();
    assert!(!dump(store.database()).await.contains("test.end_nobody"), "both or neither");
}

async fn lets_nobody_take_an_address_twice(store: &Store) {
    inserted(store, "taken@example.com").await;
    let both = vec![account("free@example.com"), account("TAKEN@example.com")];
    let error = store.insert_accounts(both).await.unwrap_err();
    assert!(error.is_taken("email_key"), "{error:?}");
    let free = store.find_account_by_email("free@example.com").await.unwrap();
    assert_eq!(free, None, "all or none");
}

async fn changes_an_account_only_as_it_was_seen(store: &Store) {
    let before = inserted(store, "change@example.com").await;
    let renamed = AccountChange { name: Some("Bea".to_owned()), ..change(&before) };
    assert!(store.change_account(renamed).await.unwrap());
    let kept = token(before.user.id, 3);
    let new_password = AccountChange {
        password: Some(hash("new", "key")),
        refusal: Some(refusal(&before, Some(kept.id))),
        ..change(&before)
    };
    assert!(store.change_account(new_password.clone()).await.unwrap());
    assert!(!store.change_account(new_password).await.unwrap(), "decided upon what is no more");

    let after = store.find_account(before.user.id).await.unwrap().unwrap();
    assert_eq!(after.user.name, "Bea");
    assert_eq!(after.user.updated_at, now().plus(Duration::from_secs(5)));
    assert_eq!(after.password, Some(hash("new", "key")));
    assert_eq!((after.token_generation, after.disabled_at), (4, None));
    let old = token(before.user.id, 3);
    let new = token(before.user.id, 4);
    assert_eq!(store.revoked_among(&[kept, old, new]).await.unwrap(), [old.id]);

    let disabled = AccountChange { disable: true, refusal: Some(refusal(&after, None)), ..change(&after) };
    assert!(store.change_account(disabled).await.unwrap());
    let after = store.find_account(before.user.id).await.unwrap().unwrap();
    assert_eq!(after.disabled_at, Some(now().plus(Duration::from_secs(5))));
    let revoked = store.revoked_among(&[kept, old, new]).await.unwrap();
    assert_eq!(revoked, [kept.id, old.id, new.id], "nothing is kept any more");
}

async fn renews_a_hash_unless_the_password_changed(store: &Store) {
    let ann = inserted(store, "renew@example.com").await;
    let renew = |old: &str, new: &str| store.rehash(ann.user.id, hash(old, "key"), hash(new, "other"));
    renew("not this", "lost").await.unwrap();
    let found = store.find_account(ann.user.id).await.unwrap().unwrap();
    assert_eq!(found, ann);
    renew("hash", "renewed").await.unwrap();
    let found = store.find_account(ann.user.id).await.unwrap().unwrap();
    assert_eq!(found.password, Some(hash("renewed", "other")));
}

async fn knows_the_keys_in_use(store: &Store) {
    assert_eq!(store.password_key_ids().await.unwrap(), ["key", "other"]);
}

async fn remembers_revocations_until_the_tokens_have_ended(store: &Store) {
    let since = now().plus(Duration::from_secs(1));
    let one = token(UserId::from_name("one"), 0);
    store.revoke_token(one, since).await.unwrap();
    store.revoke_token(one, since).await.unwrap();
    let revoked = store.revoked_since(since).await.unwrap();
    assert_eq!(revoked.tokens, [(one.id, one.expires_at)]);
    assert_eq!(revoked.refusals, [], "those of others are older");
    let all = store.revoked_since(now()).await.unwrap();
    assert_eq!(all.refusals.len(), 1);
    assert_eq!(store.revoked_among(&[]).await.unwrap(), []);
    assert_eq!(store.revoked_among(&[one]).await.unwrap(), [one.id]);

    store.prune_revocations(one.expires_at).await.unwrap();
    assert_eq!(store.revoked_since(now()).await.unwrap(), all, "good to the end");
    let later = one.expires_at.plus(Duration::from_micros(1));
    store.prune_revocations(later).await.unwrap();
    assert_eq!(store.revoked_since(now()).await.unwrap(), Revoked::default());
}

async fn counts_failures_in_windows(store: &Store) {
    let window = Duration::from_secs(60);
    let fail = |address: u8, at: Timestamp| {
        store.count_sign_in_failure("192.0.2.0/24".to_owned(), vec![address; 48], at, at.minus(window))
    };
    let failures = async |at: Timestamp| {
        let mut rows = store.sign_in_failures("192.0.2.0/24", at.minus(window)).await.unwrap();
        rows.sort_by(|a, b| a.email_hash.cmp(&b.email_hash));
        rows.into_iter().map(|row| (row.email_hash[0], row.count, row.since)).collect::<Vec<_>>()
    };
    let start = now();
    let soon = start.plus(Duration::from_secs(59));
    let later = start.plus(window);
    fail(1, start).await.unwrap();
    fail(1, soon).await.unwrap();
    fail(2, soon).await.unwrap();
    assert_eq!(failures(soon).await, [(1, 2, start), (2, 1, soon)]);
    assert_eq!(failures(later).await, [(2, 1, soon)], "the first window is over");
    fail(1, later).await.unwrap();
    assert_eq!(failures(later).await, [(1, 1, later), (2, 1, soon)]);
    assert_eq!(store.sign_in_failures("198.51.100.0/24", start).await.unwrap(), []);

    let mine = ("192.0.2.0/24".to_owned(), vec![1; 48]);
    store.clear_sign_in_failures(mine.0, mine.1).await.unwrap();
    assert_eq!(failures(later).await, [(2, 1, soon)]);
    store.prune_attempts(later, later).await.unwrap();
    assert_eq!(failures(later).await, []);
}

async fn counts_sign_ups_in_windows(store: &Store) {
    let window = Duration::from_secs(60);
    let count = |at: Timestamp| store.count_sign_up("192.0.2.0/24".to_owned(), at, at.minus(window));
    let start = now();
    let soon = start.plus(Duration::from_secs(59));
    let later = start.plus(window);
    assert_eq!(count(start).await.unwrap(), (1, start));
    assert_eq!(count(soon).await.unwrap(), (2, start));
    assert_eq!(count(later).await.unwrap(), (1, later));
    store.prune_attempts(start, later.plus(window)).await.unwrap();
    assert_eq!(count(later).await.unwrap(), (1, later));
}

fn job(key: &str) -> NewJob {
    let payload = serde_json::Value::Null;
    NewJob::new(JobId(SystemClock.new_id()), "test", key.to_owned(), &payload, now(), now())
}

fn new_export(user_id: UserId, at: Timestamp) -> NewExport {
    let id = ExportId(SystemClock.new_id());
    NewExport { id, user_id, at, expires_at: at.plus(Duration::from_secs(60)), job: job(&id.to_string()) }
}

async fn requested(store: &Store, user: UserId, at: Timestamp) -> ExportId {
    let Requested::Export(export) = store.request_export(new_export(user, at), 3).await.unwrap() else {
        panic!("it is made");
    };
    assert_eq!((export.state, export.created_at), (ExportState::Pending, at));
    export.id
}

async fn ends_an_account_whole(store: &Store) {
    let before = inserted(store, "ends@example.com").await;
    let user = before.user.id;
    let export = requested(store, user, now()).await;
    let end = |seen_generation, key: &str| AccountEnd {
        seen_generation,
        refusal: refusal(&before, None),
        jobs: vec![job(key), job(&format!("{key} again"))],
    };
    assert!(!store.end_account(end(2, "too late")).await.unwrap(), "decided upon what is no more");
    assert_eq!(store.find_account(user).await.unwrap(), Some(before.clone()));
    assert!(dump(store.database()).await.contains("ends@example.com"));

    assert!(store.end_account(end(3, "the end")).await.unwrap());
    assert!(!store.end_account(end(3, "the end")).await.unwrap());
    assert_eq!(store.find_account(user).await.unwrap(), None);
    assert_eq!(store.user_names(&[user]).await.unwrap(), []);
    let (old, kept) = (token(user, 3), token(user, 4));
    assert_eq!(store.revoked_among(&[old, kept]).await.unwrap(), [old.id]);
    assert_eq!(store.find_export(user, export, now()).await.unwrap(), None);
    assert_eq!(store.pending_export(export, now()).await.unwrap(), None);
    let left = dump(store.database()).await;
    assert!(!left.contains("ends@example.com"), "{left}");
    assert!(left.contains("the end again") && !left.contains("too late"), "{left}");

    let another = inserted(store, "ends@example.com").await;
    assert_ne!(another.user.id, user, "the address is free for somebody else");
}

async fn gives_a_user_so_many_exports(store: &Store) {
    let ann = inserted(store, "exports@example.com").await.user.id;
    let nobody = new_export(UserId::from_name("nobody"), now());
    assert_eq!(store.request_export(nobody, 3).await.unwrap(), Requested::NoUser);
    // Asked for twice at once, they are one.
    let (one, other) = tokio::join!(requested(store, ann, now()), requested(store, ann, now()));
    assert_eq!(one, other);
    store.fail_export(one).await.unwrap();
    let later = now().plus(Duration::from_secs(30));
    let second = requested(store, ann, later).await;
    assert_ne!(second, one);
    store.fail_export(second).await.unwrap();
    let found = store.find_export(ann, second, later).await.unwrap().unwrap();
    assert_eq!(found.state, ExportState::Failed);

    let refused = store.request_export(new_export(ann, later), 2).await.unwrap();
    let first_expires = now().plus(Duration::from_secs(60));
    assert_eq!(refused, Requested::TooMany(first_expires));
    let after = store.request_export(new_export(ann, first_expires), 2).await.unwrap();
    assert!(matches!(after, Requested::Export(_)), "what has expired does not count");
}

async fn keeps_an_archive_in_parts_until_it_expires(store: &Store) {
    let ann = inserted(store, "archive@example.com").await.user.id;
    let export = requested(store, ann, now()).await;
    let soon = now().plus(Duration::from_secs(1));
    let until = now().plus(Duration::from_secs(100));
    let progress = |seen_parts, parts: &[&str], ready_until: Option<Timestamp>| Progress {
        seen_parts,
        parts: parts.iter().map(|part| part.as_bytes().to_vec()).collect(),
        position: ready_until.is_none().then(|| "here".to_owned()),
        ready_until,
    };
    assert!(store.continue_export(export, progress(0, &["a", "bc"], None), soon).await.unwrap());
    let overtaken = store.continue_export(export, progress(0, &["x"], None), soon).await.unwrap();
    assert!(!overtaken, "another worker was first");
    let pending = store.pending_export(export, soon).await.unwrap().unwrap();
    assert_eq!((pending.user_id, pending.parts, pending.position.as_deref()), (ann, 2, Some("here")));
    assert_eq!(store.read_part(ann, export, 0, soon).await.unwrap(), None, "it is not ready");
    assert!(store.continue_export(export, progress(2, &["def"], Some(until)), soon).await.unwrap());

    let ready = store.find_export(ann, export, soon).await.unwrap().unwrap();
    assert_eq!((ready.state, ready.expires_at), (ExportState::Ready { bytes: 6 }, until));
    assert_eq!(store.pending_export(export, soon).await.unwrap(), None);
    assert!(!store.continue_export(export, progress(3, &["x"], None), soon).await.unwrap());
    for (number, part) in [(0, Some("a")), (1, Some("bc")), (2, Some("def")), (3, None)] {
        let read = store.read_part(ann, export, number, soon).await.unwrap();
        assert_eq!(read.as_deref(), part.map(str::as_bytes));
    }
    let stranger = UserId::from_name("stranger");
    assert_eq!(store.find_export(stranger, export, soon).await.unwrap(), None);
    assert_eq!(store.read_part(stranger, export, 0, soon).await.unwrap(), None);

    store.prune_exports(soon, 2).await.unwrap();
    assert!(store.find_export(ann, export, soon).await.unwrap().is_some());
    assert_eq!(store.find_export(ann, export, until).await.unwrap(), None, "expired before it is pruned");
    assert_eq!(store.read_part(ann, export, 0, until).await.unwrap(), None);
    store.prune_exports(until, 2).await.unwrap();
    let left = dump(store.database()).await;
    assert!(!left.contains("export_parts "), "{left}");
}
