//! Migrations: each undoes itself, and none reaches into another engine.

use std::{collections::BTreeSet, fs};

use database::Migrations;
use diesel_migrations::embed_migrations;
use test_support::TestDatabase;

use crate::{
    schema::schema,
    sources::{files, root},
    sql::{ENGINES, named_tables, tables, words},
};

macro_rules! embedded {
    ($postgres:literal, $sqlite:literal) => {{
        const EMBEDDED: Migrations =
            Migrations { postgres: embed_migrations!($postgres), sqlite: embed_migrations!($sqlite) };
        EMBEDDED
    }};
}

/// An engine's migrations.
pub(crate) fn migrations(engine: &str) -> Migrations {
    match engine {
        "auth" => embedded!("../migrations/auth/postgres", "../migrations/auth/sqlite"),
        "chat" => embedded!("../migrations/chat/postgres", "../migrations/chat/sqlite"),
        "jobs" => embedded!("../migrations/jobs/postgres", "../migrations/jobs/sqlite"),
        "notifications" => {
            embedded!("../migrations/notifications/postgres", "../migrations/notifications/sqlite")
        }
        "user_resources" => {
            embedded!("../migrations/user_resources/postgres", "../migrations/user_resources/sqlite")
        }
        other => panic!("embed the migrations of {other} here"),
    }
}

/// The versions of a folder, by the names of its entries.
fn versions(engine: &str, database: &str) -> Vec<String> {
    let folder = root().join("migrations").join(engine).join(database);
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_engine_is_looked_at() {
    let folders: BTreeSet<_> = fs::read_dir(root().join("migrations"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(folders, ENGINES.map(str::to_owned).into(), "ENGINES names every folder of migrations/");
}

#[test]
fn versions_are_unique_and_each_can_be_undone() {
    for engine in ENGINES {
        for database in ["postgres", "sqlite"] {
            let names = versions(engine, database);
            let versions: BTreeSet<_> = names.iter().map(|name| name.split('_').next()).collect();
            assert_eq!(versions.len(), names.len(), "{engine}/{database} has a version twice: {names:?}");
            for name in names {
                let folder = root().join("migrations").join(engine).join(database).join(&name);
                for file in ["up.sql", "down.sql"] {
                    assert!(folder.join(file).is_file(), "{engine}/{database}/{name} needs a {file}");
                }
            }
        }
    }
}

/// A file's statements, in lower case, without comments and without the bodies of functions.
pub(crate) fn statements(sql: &str) -> Vec<String> {
    let lines = sql.lines().map(|line| line.split("--").next().unwrap_or_default());
    let code = lines.collect::<Vec<_>>().join("\n").to_lowercase();
    let outside: String = code.split("$$").step_by(2).collect();
    outside.split(';').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

/// Expand, move, contract: a migration changes tables; rows are moved by a job, a batch at a time, while both
/// versions serve. What else a statement may lock is told by squawk, of `make scan`.
#[test]
fn no_migration_moves_rows() {
    for engine in ENGINES {
        for (path, text) in files(&root().join("migrations").join(engine), ".sql") {
            for statement in statements(&text) {
                let first = statement.split_whitespace().next().unwrap();
                assert!(
                    !["update", "delete", "insert", "merge", "truncate", "lock"].contains(&first),
                    "{} would hold its locks for as long as the table is large; move rows by a job: {statement}",
                    path.display()
                );
            }
        }
    }
}

/// PostgreSQL builds an index beside writers only outside of a transaction, and what fails there is not undone:
/// it has to be alone.
#[test]
fn what_runs_concurrently_is_alone_and_outside_of_a_transaction() {
    for engine in ENGINES {
        for (path, text) in files(&root().join("migrations").join(engine).join("postgres"), ".sql") {
            let statements = statements(&text);
            if statements.iter().any(|statement| statement.contains(" concurrently ")) {
                let metadata = fs::read_to_string(path.with_file_name("metadata.toml")).unwrap_or_default();
                assert!(
                    metadata.contains("run_in_transaction = false"),
                    "{} needs a metadata.toml with run_in_transaction = false",
                    path.display()
                );
                assert_eq!(statements.len(), 1, "{}: one statement a migration", path.display());
            }
        }
    }
}

#[test]
fn the_jobs_table_is_one_file_for_all() {
    for engine in ["auth", "chat", "notifications"] {
        for database in ["postgres", "sqlite"] {
            let linked = root().join(format!("migrations/{engine}/{database}/2026-01-01-000090_create_jobs"));
            let one = root().join(format!("migrations/jobs/{database}/2026-01-01-000090_create_jobs"));
            assert_eq!(
                fs::canonicalize(linked).unwrap(),
                fs::canonicalize(one).unwrap(),
                "link it; do not copy it"
            );
        }
    }
}

#[test]
fn no_sql_names_another_engines_tables() {
    for engine in ENGINES {
        let words = words(engine);
        for other in ENGINES.into_iter().filter(|other| *other != engine) {
            let theirs = tables(other);
            let found: Vec<_> =
                named_tables(&words).into_iter().filter(|(_, table)| theirs.contains(*table)).collect();
            assert!(found.is_empty(), "migrations/{engine} names tables of {other}: {found:?}");
        }
    }
}

#[test]
fn no_store_declares_another_engines_tables() {
    for engine in ENGINES {
        let crate_name = match engine {
            "auth" | "chat" => format!("{engine}-engine"),
            "notifications" => "notification-engine".to_owned(),
            other => other.replace('_', "-"),
        };
        let store = root().join("crates").join(crate_name).join("src/store");
        for (path, text) in files(&store, "schema.rs") {
            for other in ENGINES.into_iter().filter(|other| *other != engine) {
                for table in tables(other) {
                    let declared =
                        text.lines().any(|line| line.trim_start().starts_with(&format!("{table} (")));
                    assert!(!declared, "{} declares {table} of {other}", path.display());
                }
            }
        }
    }
}

async fn undoes_itself(test: TestDatabase, engine: &str) {
    let database = test.database();
    let made = schema(&database).await;
    assert!(!made.is_empty());

    database.unmigrate(migrations(engine)).await.unwrap();
    let left = schema(&database).await;
    assert!(left.is_empty(), "a down.sql of {engine} leaves: {left:#?}");

    database.migrate(migrations(engine)).await.unwrap();
    assert_eq!(schema(&database).await, made);
}

#[tokio::test(flavor = "multi_thread")]
async fn up_down_and_up_again_makes_the_same_on_sqlite() {
    for engine in ENGINES {
        undoes_itself(TestDatabase::sqlite(migrations(engine)).await, engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn up_down_and_up_again_makes_the_same_on_postgres() {
    for engine in ENGINES {
        undoes_itself(TestDatabase::postgres(migrations(engine)).await, engine).await;
    }
}
