//! A whole server from the embedded default to PostgreSQL and back.

use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use database::{
    Database, Location, PoolSettings,
    portable::{Store, Table},
};
use engine_interfaces::{Clock, SystemClock};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use test_support::OwnDatabase;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpListener,
    process::Command,
    time::{sleep, timeout},
};

use crate::support::{Listener, Parlour, Person, Process};

const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether something has come.
const PAUSE: Duration = Duration::from_millis(5);
/// So many that an export is long enough to be killed in.
const MESSAGES: u32 = 20_000;
/// So few rows that there are many files.
const SMALL: [&str; 2] = ["--chunk-rows", "50"];

/// Every engine's tables.
fn engines() -> [(&'static str, Vec<Table>); 5] {
    [
        ("auth", auth_engine::tables()),
        ("chat", chat_engine::tables()),
        ("user_resources", user_resources::tables()),
        ("notifications", notification_engine::tables()),
        ("jobs", jobs::tables()),
    ]
}

/// A command on the stores of a URL, with its keys in `data`.
fn command(url: &str, data: &Path, command: &str, folder: &Path) -> Command {
    let mut process = Parlour::command(data);
    process.env("DATABASE_URL", url).arg(command).arg(folder);
    process
}

async fn run(url: &str, data: &Path, name: &str, folder: &Path) -> Output {
    command(url, data, name, folder).output().await.unwrap()
}

fn files(data: &Path) -> String {
    format!("sqlite:{}", data.display())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What it says of all rows, by one hash.
fn content(output: &Output) -> String {
    let said = said(output);
    assert!(output.status.success(), "{said}");
    let (_, hash) = said.split_once("SHA-256 of the content: ").unwrap();
    hash.trim().to_owned()
}

fn refused(output: &Output, why: &str) {
    assert!(!output.status.success() && said(output).contains(why), "{}", said(output));
}

fn manifest(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join("manifest.json")).unwrap()).unwrap()
}

/// Waits until every table of every engine has a row.
async fn filled(data: &Path) {
    for (engine, tables) in engines() {
        let location = Location::parse(&files(data), engine).unwrap();
        let database = Database::open(location, &PoolSettings::default()).unwrap();
        let store = Store::open(&database).await.unwrap();
        for table in tables {
            let filled = async {
                while store.is_empty(&table).await.unwrap() {
                    sleep(PAUSE).await;
                }
            };
            let waited = timeout(PATIENCE, filled).await;
            waited.unwrap_or_else(|_| panic!("{engine}.{} has no row", table.name));
        }
    }
}

async fn sign_in(api: &str, email: &str, password: &str) -> (StatusCode, Value) {
    let user = json!({"user": {"email": email, "password": password}});
    let request = reqwest::Client::new().post(format!("{api}/api/v1/users/sign_in")).json(&user);
    let answer = request.send().await.unwrap();
    (answer.status(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_a_server_holds_goes_to_postgres_and_back() {
    let settings = [
        ("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.0/8"),
        // Nobody is there: what waits goes along.
        ("MAIL_URL", "smtp://127.0.0.1:1"),
        ("MAIL_FROM", "Parlour <chat@example.com>"),
        ("PUBLIC_URL", "https://chat.example.com"),
        ("DIGEST_INTERVAL", "2s"),
        ("DIGEST_AFTER", "1s"),
    ];
    let parlour = Parlour::start_with(&settings).await;
    let [alice, bob, carol] =
        [Person::new(&parlour).await, Person::new(&parlour).await, Person::new(&parlour).await];
    let group = alice.group_with(&[&bob, &carol]).await;
    let mut listener = Listener::start(&parlour.realtime, &carol);
    listener.next("connect").await;
    // It takes connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let receiver = json!({"webhook": {"url": format!("http://{}/", silent.local_addr().unwrap())}});
    alice.post(&format!("/groups/{group}/webhooks"), receiver).await;
    alice.post(&format!("/groups/{group}/invitations"), json!({"invitation": {}})).await;
    let muted = json!({"notifications": {"muted": true}});
    let muting = carol.request(Method::PUT, &format!("/groups/{group}/notifications")).json(&muted);
    assert_eq!(muting.send().await.unwrap().status(), StatusCode::OK);
    let unmailed = json!({"notifications": {"digests": false}});
    let unmailing = carol.request(Method::PUT, "/users/me/notifications").json(&unmailed);
    assert_eq!(unmailing.send().await.unwrap().status(), StatusCode::OK);
    let texts = ["plain", "\"quoted\"\n\\ and\ttabs", "🎈 ñ \u{202e} \u{1}", "'; DROP TABLE messages; --"];
    for text in texts {
        alice.send(group, SystemClock.new_id(), text).await.unwrap();
    }
    bob.post("/users/me/export", json!({})).await;
    // A password that is new, a token that is signed out, and an attempt that failed: a sign-in forgets the address's.
    let email = alice.get("/users/me").await["email"].as_str().unwrap().to_owned();
    let renewed = json!({"user": {"password": "english-bay-2", "current_password": "stanley-park-1"}});
    let renewed = alice.request(Method::PATCH, "/users/me").json(&renewed).send().await.unwrap();
    assert_eq!(renewed.status(), StatusCode::OK);
    let (_, session) = sign_in(&parlour.api, &email, "english-bay-2").await;
    let other = Person::known(&parlour.api, alice.id, session["token"].as_str().unwrap());
    let out = other.request(Method::DELETE, "/users/sign_out").send().await.unwrap();
    assert_eq!(out.status(), StatusCode::NO_CONTENT);
    let bobs = bob.get("/users/me").await["email"].as_str().unwrap().to_owned();
    assert_eq!(sign_in(&parlour.api, &bobs, "another-password").await.0, StatusCode::UNAUTHORIZED);
    filled(parlour.data()).await;

    // While it serves: of one instant, whatever else is written.
    let exports = TempDir::new().unwrap();
    let at = |name: &str| exports.path().join(name);
    let busy = run(&files(parlour.data()), parlour.data(), "export", &at("busy")).await;
    assert!(busy.status.success(), "{}", said(&busy));
    let data = parlour.data().to_owned();
    let (log, token) = (alice.log(group).await, alice.token.clone());
    let keep = parlour.stop_and_keep().await;

    let (first, url) = (at("first"), files(&data));
    let exported = content(&run(&url, &data, "export", &first).await);
    assert!(fs::metadata(&first).unwrap().permissions().mode() & 0o077 == 0, "an export is private");
    assert!(fs::metadata(first.join("token_secret")).unwrap().permissions().mode() & 0o077 == 0);
    assert!(!first.join("copies").exists() && !first.join("journal.jsonl").exists());
    let told = manifest(&first);
    let tables =
        told["stores"].as_array().unwrap().iter().flat_map(|store| store["tables"].as_array().unwrap());
    let empty: Vec<_> = tables.filter(|table| table["rows"] == 0).collect();
    assert!(empty.is_empty(), "every table has rows: {empty:?}");
    let whole = run(&url, &data, "export", &first).await;
    refused(&whole, "holds a whole export");

    let postgres = OwnDatabase::create().await;
    let elsewhere = TempDir::new().unwrap();
    let there = elsewhere.path().join("data");
    assert_eq!(content(&run(postgres.url(), &there, "import", &first).await), exported);
    let again = run(postgres.url(), &there, "import", &first).await;
    refused(&again, "is in use");
    let from_postgres = at("from-postgres");
    assert_eq!(content(&run(postgres.url(), &there, "export", &from_postgres).await), exported);
    let back = elsewhere.path().join("back");
    assert_eq!(content(&run(&files(&back), &back, "import", &from_postgres).await), exported);
    assert_eq!(content(&run(&files(&back), &back, "export", &at("back")).await), exported);
    drop(keep);

    // The server goes on, on PostgreSQL.
    let process = serve(postgres.url(), &there).await;
    let alice = Person::known(process.api(), alice.id, &token);
    assert_eq!(alice.log(group).await, log, "the old token, and every message");
    assert_eq!(sign_in(process.api(), &email, "stanley-park-1").await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(process.api(), &email, "english-bay-2").await.0, StatusCode::OK);
    let signed_out = other.through(process.api()).request(Method::GET, "/users/me").send().await.unwrap();
    assert_eq!(signed_out.status(), StatusCode::UNAUTHORIZED, "who was signed out stays it");
    let sent = alice.send(group, SystemClock.new_id(), "afterwards").await.unwrap();
    assert_eq!(sent.seq, texts.len() as i64 + 1, "the log goes on where it ended");
}

/// `parlour serve` on the stores of a URL.
async fn serve(url: &str, data: &Path) -> Process {
    let mut command = Parlour::command(data);
    command.env("DATABASE_URL", url).env("API_LISTEN", "127.0.0.1:0").env("REALTIME_LISTEN", "127.0.0.1:0");
    command.arg("serve");
    Process::start(command).await
}

/// A server with many messages that nobody serves: `MOVED_MESSAGES` says how many.
async fn seeded() -> TempDir {
    let data = TempDir::new().unwrap();
    let messages = env::var("MOVED_MESSAGES").unwrap_or_else(|_| MESSAGES.to_string());
    let mut seed = Parlour::command(data.path());
    seed.args(["seed", "--size", "large", "--members", "200", "--messages", &messages]);
    let seeded = seed.output().await.unwrap();
    assert!(seeded.status.success(), "{}", said(&seeded));
    data
}

/// Files of the messages of an export.
fn chunks(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("chat")).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.to_string_lossy().contains("messages.")).collect()
}

/// Exports, and pulls the plug once so many files of messages are there.
async fn kill_export_at(count: usize, url: &str, data: &Path, folder: &Path) {
    let mut export = command(url, data, "export", folder).args(SMALL).stdout(Stdio::null()).spawn().unwrap();
    let reached = async {
        while chunks(folder).len() < count {
            sleep(PAUSE).await;
        }
    };
    timeout(PATIENCE, reached).await.expect("the files come");
    export.kill().await.unwrap();
    assert!(!folder.join("manifest.json").exists(), "it was killed in the middle");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_in_the_middle_it_goes_on_where_it_was() {
    let data = seeded().await;
    let (url, exports) = (files(data.path()), TempDir::new().unwrap());
    let at = |name: &str| exports.path().join(name);
    let export = async |name: &str| {
        command(&url, data.path(), "export", &at(name)).args(SMALL).output().await.unwrap()
    };
    let straight = content(&export("straight").await);
    for count in [10, 40] {
        kill_export_at(count, &url, data.path(), &at("killed")).await;
    }
    let half = run(&files(&at("x")), &at("x"), "import", &at("killed")).await;
    refused(&half, "no whole export");
    // What is broken is written again.
    fs::write(chunks(&at("killed")).iter().min().unwrap(), "half").unwrap();
    let resumed = export("killed").await;
    assert_eq!(content(&resumed), straight);
    assert!(said(&resumed).contains("files were there from before"), "{}", said(&resumed));
    let [one, other] = ["straight", "killed"].map(|name| manifest(&at(name))["stores"].clone());
    assert_eq!(one, other, "file by file");

    let postgres = OwnDatabase::create().await;
    let there = at("there");
    let mut import =
        command(postgres.url(), &there, "import", &at("killed")).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(import.stdout.take().unwrap()).lines();
    while !lines.next_line().await.unwrap().unwrap().starts_with("chat/messages: ") {}
    import.kill().await.unwrap();
    let mut served = Parlour::command(&there);
    let served = served.env("DATABASE_URL", postgres.url()).arg("serve").output().await.unwrap();
    refused(&served, "is not over: run `parlour import` again");
    let other = run(postgres.url(), &there, "import", &at("straight")).await;
    refused(&other, "an import of another export");
    let resumed = run(postgres.url(), &there, "import", &at("killed")).await;
    assert_eq!(content(&resumed), straight);
    assert!(said(&resumed).contains("files were there from before"), "{}", said(&resumed));

    // And back, killed again; what PostgreSQL calls an instant others may have moved meanwhile.
    let back = at("back");
    kill_export_at(10, postgres.url(), &there, &back).await;
    let returned = command(postgres.url(), &there, "export", &back).args(SMALL).output().await.unwrap();
    assert_eq!(content(&returned), straight);
    let home = at("home");
    assert_eq!(content(&run(&files(&home), &home, "import", &back).await), straight);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_imported_that_is_not_as_it_was_exported() {
    let parlour = Parlour::start().await;
    let alice = Person::new(&parlour).await;
    let group = alice.group_with(&[]).await;
    alice.send(group, SystemClock.new_id(), "a secret of hers").await.unwrap();
    let exports = TempDir::new().unwrap();
    let folder = exports.path().join("export");
    let exported = run(&files(parlour.data()), parlour.data(), "export", &folder).await;
    assert!(exported.status.success(), "{}", said(&exported));

    let data = exports.path().join("data");
    let import = async || run(&files(&data), &data, "import", &folder).await;
    let in_use = run(&files(parlour.data()), parlour.data(), "import", &folder).await;
    refused(&in_use, "is in use");

    // One letter of one row.
    let chunk = chunks(&folder).remove(0);
    let whole = fs::read_to_string(&chunk).unwrap();
    fs::write(&chunk, whole.replace("hers", "hirs")).unwrap();
    let changed = import().await;
    refused(&changed, "is not as it was written");
    assert!(!said(&changed).contains("secret of"), "no text is shown");
    fs::write(&chunk, whole).unwrap();

    // Another version's tables.
    let path = folder.join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let (first, rest) = text.split_once("\"20260101000010\",").unwrap();
    fs::write(&path, format!("{first}{rest}")).unwrap();
    refused(&import().await, "import with Parlour");
    fs::write(&path, text.replace("\"format\": 1", "\"format\": 9")).unwrap();
    refused(&import().await, "its form 9 is not known");
    fs::write(&path, &text).unwrap();

    // Another key than the one that its passwords are keyed with.
    let key = data.join("password_key");
    fs::write(&key, "another key, of thirty-two bytes and more").unwrap();
    refused(&import().await, "is another key");
    fs::remove_file(&key).unwrap();
    let done = import().await;
    assert!(done.status.success(), "what was begun goes on once all is as it was: {}", said(&done));
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_go_along_or_stay_by_name() {
    let key = "one of the operator's own, kept elsewhere";
    let parlour = Parlour::start_with(&[("PASSWORD_KEY", key)]).await;
    let exports = TempDir::new().unwrap();
    let folder = exports.path().join("export");
    let export = |options: &'static [&str]| {
        let mut export = command(&files(parlour.data()), parlour.data(), "export", &folder);
        export.env("PASSWORD_KEY", key).args(options);
        async move { export.output().await.unwrap() }
    };
    refused(&export(&[]).await, "--without-keys");
    let made = export(&["--without-keys"]).await;
    assert!(made.status.success(), "{}", said(&made));
    assert!(!folder.join("token_secret").exists());
    let data = exports.path().join("data");
    refused(&run(&files(&data), &data, "import", &folder).await, "set TOKEN_SECRET as it was");
    let mut import = command(&files(&data), &data, "import", &folder);
    import.env("PASSWORD_KEY", key).env("TOKEN_SECRET", "a secret of at least thirty-two bytes");
    let imported = import.output().await.unwrap();
    assert!(imported.status.success(), "{}", said(&imported));
}

#[tokio::test(flavor = "multi_thread")]
async fn stores_in_several_places_move_as_one() {
    let parlour = Parlour::start().await;
    let alice = Person::new(&parlour).await;
    let group = alice.group_with(&[]).await;
    alice.send(group, SystemClock.new_id(), "hello").await.unwrap();
    let exports = TempDir::new().unwrap();
    let at = |name: &str| exports.path().join(name);
    let exported = content(&run(&files(parlour.data()), parlour.data(), "export", &at("one")).await);

    let (first, second) = (OwnDatabase::create().await, OwnDatabase::create().await);
    let data = at("data");
    let several = |name: &str, folder: &str| {
        let mut several = command(first.url(), &data, name, &at(folder));
        several.env("CHAT_DATABASE_URL", second.url()).env("JOBS_DATABASE_URL", files(&data));
        async move { several.output().await.unwrap() }
    };
    assert_eq!(content(&several("import", "one").await), exported);
    assert_eq!(content(&several("export", "several").await), exported);
    let location = Location::parse(second.url(), "chat").unwrap();
    let chat = Store::open(&Database::open(location, &PoolSettings::default()).unwrap()).await.unwrap();
    let messages = chat_engine::tables().into_iter().find(|table| table.name == "messages").unwrap();
    assert_eq!(chat.count(&messages).await.unwrap(), 1);
}
