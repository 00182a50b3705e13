//! Who waits for a connection to be opened, at a server that lets nobody in until it is told.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{sync::Arc, time::Duration};

use database::{Database, Location, Pool, PoolSettings, PostgresPool, StoreError, Usage};
use diesel_async::SimpleAsyncConnection;
use diesel_migrations::embed_migrations;
use test_support::TestDatabase;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, UnixStream},
    runtime::{Builder, Runtime},
    sync::Semaphore,
    time::timeout,
};
use tokio_postgres::{Config, config::Host};

const MIGRATIONS: database::Migrations = database::Migrations {
    postgres: embed_migrations!("../../migrations/jobs/postgres"),
    sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
};
/// Past what any test takes: who waits for the server waits for ever.
const LONG: Duration = Duration::from_secs(60);

/// Stands before PostgreSQL, and lets as many through as it has been told to.
struct Door {
    /// What it runs on.
    _runtime: Runtime,
    places: Arc<Semaphore>,
    test: TestDatabase,
    database: Database,
}

impl Door {
    /// With a pool of `size` behind it.
    fn open(size: usize) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let test = runtime.block_on(TestDatabase::postgres(MIGRATIONS));
        let Location::Postgres { config, schema } = test.database().location().clone() else {
            panic!("it is PostgreSQL's")
        };
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let mut through = Config::new();
        through.host("127.0.0.1").port(listener.local_addr().unwrap().port());
        through.user(config.get_user().unwrap()).dbname(config.get_dbname().unwrap());
        through.options(config.get_options().unwrap());
        config.get_password().map(|password| through.password(password));
        let places = Arc::new(Semaphore::new(0));
        runtime.spawn(keep(listener, Arc::clone(&places), *config));
        let location = Location::Postgres { config: Box::new(through), schema };
        let settings = PoolSettings { size, wait: LONG, ..PoolSettings::default() };
        let database = Database::open(location, &settings).unwrap();
        Self { _runtime: runtime, places, test, database }
    }

    fn let_in(&self, count: usize) {
        self.places.add_permits(count);
    }

    fn pool(&self) -> &PostgresPool {
        match self.database.pool() {
            Pool::Postgres(pool) => pool,
            Pool::Sqlite(_) => panic!("it is PostgreSQL's"),
        }
    }

    fn usage(&self) -> (usize, usize) {
        let Usage { open, idle, .. } = self.database.usage();
        (open, idle)
    }

    /// Returns once the pool is used so.
    async fn becomes(&self, usage: (usize, usize)) {
        let reached = async {
            while self.usage() != usage {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(LONG / 2, reached).await.unwrap_or_else(|_| panic!("it is {:?}", self.usage()));
    }
}

async fn keep(listener: TcpListener, places: Arc<Semaphore>, config: Config) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let (places, host) = (Arc::clone(&places), config.get_hosts().first().unwrap().clone());
        let port = config.get_ports().first().copied().unwrap_or(5432);
        tokio::spawn(async move {
            places.acquire().await.unwrap().forget();
            // An end of one side is an end of both.
            let _ = match host {
                Host::Tcp(host) => {
                    let mut server = TcpStream::connect((host, port)).await.unwrap();
                    copy_bidirectional(&mut client, &mut server).await
                }
                Host::Unix(folder) => {
                    let socket = folder.join(format!(".s.PGSQL.{port}"));
                    let mut server = UnixStream::connect(socket).await.unwrap();
                    copy_bidirectional(&mut client, &mut server).await
                }
            };
        });
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()
}

#[test]
fn nobody_waits_for_the_server_while_another_runtimes_is_idle() {
    let (door, one, other) = (Door::open(3), runtime(), runtime());
    door.let_in(1);
    one.block_on(async { drop(door.pool().get().await.unwrap()) });
    other.block_on(async {
        let mut borrowed = timeout(LONG / 2, door.pool().get()).await.unwrap().unwrap();
        borrowed.batch_execute("CREATE TEMPORARY TABLE the_others (number INTEGER)").await.unwrap();
        assert_eq!(door.usage(), (2, 0), "one of its own is being opened");
        drop(borrowed);
        drop(door.pool().get().await.unwrap());
        assert_eq!(door.usage(), (2, 1), "one at a time");
        door.let_in(1);
        door.becomes((2, 2)).await;
        let mut own = door.pool().get().await.unwrap();
        own.batch_execute("CREATE TEMPORARY TABLE the_others (number INTEGER)").await.unwrap();
    });
}

#[test]
fn who_waits_for_the_server_takes_what_comes_back_before() {
    let (door, runtime) = (Door::open(3), runtime());
    door.let_in(1);
    runtime.block_on(async {
        let used = door.pool().get().await.unwrap();
        let (first, second, ()) = tokio::join!(
            timeout(LONG / 2, async { drop(door.pool().get().await) }),
            timeout(LONG / 2, async { drop(door.pool().get().await) }),
            async {
                door.becomes((3, 0)).await;
                drop(used);
            },
        );
        first.unwrap();
        second.unwrap();
        // What they wanted is there for the next ones.
        door.let_in(2);
        door.becomes((3, 3)).await;
    });
}

#[test]
fn one_that_the_runtime_did_not_live_to_see_makes_room() {
    let (door, one, other) = (Door::open(1), runtime(), runtime());
    one.block_on(async {
        tokio::select! {
            _ = door.pool().get() => panic!("nobody is let in"),
            () = door.becomes((1, 0)) => {}
        }
    });
    assert_eq!(door.usage(), (1, 0), "who waited has gone, and it is still being opened");
    let waiting = async {
        let (found, ()) = tokio::join!(timeout(LONG / 2, door.pool().get()), async {
            // Two places: the one that was not opened may have taken one.
            one.shutdown_background();
            door.let_in(2);
        });
        drop(found.unwrap().unwrap());
    };
    other.block_on(waiting);
    assert_eq!(door.usage(), (1, 1));
}

#[test]
fn who_can_not_have_one_is_told_why() {
    let (door, runtime) = (Door::open(2), runtime());
    let Location::Postgres { config, schema } = door.test.database().location().clone() else {
        panic!("it is PostgreSQL's")
    };
    let mut nobody = *config;
    nobody.user("nobody_of_that_name");
    let location = Location::Postgres { config: Box::new(nobody), schema };
    let settings = PoolSettings { wait: LONG, ..PoolSettings::default() };
    let database = Database::open(location, &settings).unwrap();
    let Pool::Postgres(pool) = database.pool() else { panic!("it is PostgreSQL's") };
    let refused = runtime.block_on(pool.get()).err().unwrap();
    assert!(
        matches!(&refused, StoreError::Unavailable(why) if why.to_string().contains("nobody_of_that_name"))
    );
    assert_eq!(database.usage().open, 0);
}
