//! Are the stores there, of a supported version, migrated, durable, and of the same time?

use std::{sync::Arc, time::Duration};

use auth_engine::AuthEngine;
use broker::LocalBroker;
use database::{Database, Facts, Location, MigrationState, Migrations};
use engine_interfaces::{Clock, SystemClock, Timestamp};

use super::{Finding, Patient, version};
use crate::{Stores, engines::with_cure};

/// The oldest PostgreSQL that the tests run on.
const POSTGRES: (u32, u32) = (15, 0);

/// How far two clocks may be apart before it is told: the rings count on five seconds at most.
const CLOCK_SKEW: Duration = Duration::from_secs(1);

pub(super) async fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    let shared = patient.redis_url.is_some();
    let stores = if shared { Stores::shared(patient.stores) } else { Stores::found(patient.stores) };
    let stores = match stores {
        Ok(stores) => stores,
        Err(error) => return vec![Finding::error("stores", error.to_string(), "set it as `--help` says")],
    };
    let mut findings = Vec::new();
    for (engine, database, migrations) in stores.each() {
        let found = examine_one(engine, database, migrations).await;
        let usable = found.is_ok();
        findings.extend(found.unwrap_or_else(|error| vec![error]));
        if engine == "auth" && usable {
            findings.extend(fits(patient, database).await);
        }
    }
    findings
}

/// What to note of a store that can be used; else what keeps it from that.
async fn examine_one(
    engine: &'static str,
    database: &Database,
    migrations: Migrations,
) -> Result<Vec<Finding>, Finding> {
    let place = database.location();
    if place.file().is_some_and(|file| !file.exists()) {
        let found = format!("{place} is not there yet");
        return Err(Finding::warning(
            engine,
            found,
            "the first start makes it; elsewhere, correct DATABASE_URL",
        ));
    }
    let away = |error: &dyn std::error::Error| {
        let causes = std::iter::successors(error.source(), |cause| cause.source());
        let text = causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"));
        Finding::error(
            engine,
            format!("{place} can't be used: {text}"),
            "start the database, or correct its URL, its password or the rights on its file",
        )
    };
    let before = SystemClock.now();
    let facts = database.facts().await.map_err(|error| away(&error))?;
    let after = SystemClock.now();
    let MigrationState { pending, newer } =
        database.migration_state(migrations).await.map_err(|error| away(&error))?;
    if !pending.is_empty() {
        let found = format!("{place} lacks the migrations {}", pending.join(", "));
        return Err(Finding::error(engine, found, "run `parlour migrate` with the same settings"));
    }
    let mut findings = durability(engine, &facts, place.file().is_some());
    findings.extend(ahead(engine, place, &newer));
    findings.extend(overheard(engine, place.other_machine(), facts.encrypted));
    findings.extend(facts.now.and_then(|now| skew(engine, before, now, after)));
    if findings.is_empty() {
        let encrypted = if facts.encrypted == Some(true) { ", encrypted" } else { "" };
        let found = format!("{place}, version {}, migrated{encrypted}", facts.version);
        findings.push(Finding::good(engine, found));
    }
    Ok(findings)
}

/// Is the version that migrated it newer than this one?
fn ahead(engine: &'static str, place: &Location, newer: &[String]) -> Option<Finding> {
    (!newer.is_empty()).then(|| {
        let found = format!("{place} has the migrations {} of a newer version", newer.join(", "));
        Finding::warning(
            engine,
            found,
            "this version works on them: go on with the upgrade, or stay for a while",
        )
    })
}

/// Does what is stored go over a network as it is?
fn overheard(engine: &'static str, machine: Option<String>, encrypted: Option<bool>) -> Option<Finding> {
    let machine = machine.filter(|_| encrypted == Some(false))?;
    let found =
        format!("the connection to {machine} is not encrypted: whoever is between reads what is stored");
    let cure = "add ?sslmode=verify-full to the URL; leave it on a network that only these machines have";
    Some(Finding::warning(engine, found, cure))
}

/// Does what was committed survive a loss of power?
fn durability(engine: &'static str, facts: &Facts, is_file: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is = |name: &str| facts.settings.get(name).map_or("", String::as_str);
    if is_file {
        if is("journal_mode") != "wal" {
            let found = format!("the file's journal_mode is {}, and can't be WAL here", is("journal_mode"));
            findings.push(Finding::warning(engine, found, "put the file on a local file system"));
        }
        if is("synchronous") != "2" {
            let found = "the file's synchronous is not FULL: a loss of power may take acknowledged messages";
            findings.push(Finding::warning(engine, found, "run the parlour of this version"));
        }
        return findings;
    }
    if version(&facts.version) < POSTGRES {
        let found = format!("PostgreSQL {} is older than {}", facts.version, POSTGRES.0);
        findings.push(Finding::error(
            engine,
            found,
            format!("upgrade to PostgreSQL {} or newer", POSTGRES.0),
        ));
    }
    for (name, harm) in [
        ("fsync", "a loss of power may destroy the database"),
        ("full_page_writes", "a loss of power may destroy pages"),
        ("synchronous_commit", "a loss of power may take acknowledged messages"),
    ] {
        // `local` and `remote_write` wait for this server's own disk too.
        if is(name) == "off" {
            let cure = format!(
                "`ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();`, and look for who turned it off"
            );
            findings.push(Finding::warning(engine, format!("{name} is off: {harm}"), cure));
        }
    }
    findings
}

/// The database was asked for its time after `before`, and had answered by `after`.
fn skew(engine: &'static str, before: Timestamp, now: Timestamp, after: Timestamp) -> Option<Finding> {
    let apart = before.since(now).max(now.since(after));
    (apart > CLOCK_SKEW).then(|| {
        let found = format!("its clock and this machine's are {:.1} s apart", apart.as_secs_f64());
        Finding::warning(engine, found, "have NTP set the clocks of all machines")
    })
}

/// Do the keys fit what is stored? As a process finds out at its start.
async fn fits(patient: &Patient<'_>, database: &Database) -> Option<Finding> {
    let keys = patient.secrets.found_in(patient.data_dir).ok()?;
    let store = auth_engine::Store::over(database.clone());
    let broker = Arc::new(LocalBroker::default());
    let started =
        AuthEngine::new(store, broker, Arc::new(SystemClock), keys, auth_engine::Settings::default());
    let error = with_cure(started.await.err()?);
    Some(Finding::error("auth", error.to_string(), "without that key these passwords can't be checked"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::doctor::Level;

    fn facts(version: &str, settings: &[(&str, &str)]) -> Facts {
        let settings: BTreeMap<_, _> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Facts { version: version.to_owned(), settings, encrypted: None, now: None }
    }

    #[test]
    fn what_risks_acknowledged_messages_is_told() {
        let good = [("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "remote_apply")];
        assert!(durability("chat", &facts("15.10", &good), false).is_empty());
        let bad = [("fsync", "off"), ("full_page_writes", "on"), ("synchronous_commit", "off")];
        let found = durability("chat", &facts("14.2", &bad), false);
        assert_eq!(
            found.iter().map(|one| one.level).collect::<Vec<_>>(),
            [Level::Error, Level::Warning, Level::Warning]
        );
        let found =
            durability("chat", &facts("3.50", &[("journal_mode", "delete"), ("synchronous", "1")]), true);
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_plain_connection_to_another_machine_is_told_of() {
        let db = || Some("db.example.com".to_owned());
        let found = overheard("chat", db(), Some(false)).unwrap();
        assert_eq!(found.level, Level::Warning);
        assert!(
            found.found.contains("db.example.com") && found.cure.unwrap().contains("sslmode=verify-full")
        );
        assert_eq!(overheard("chat", db(), Some(true)), None);
        assert_eq!(overheard("chat", None, Some(false)), None);
    }

    #[test]
    fn clocks_that_are_apart_are_told_of() {
        let at = |secs| Timestamp::from_secs(secs).unwrap();
        assert_eq!(skew("chat", at(100), at(100), at(101)), None);
        assert!(skew("chat", at(100), at(90), at(101)).unwrap().found.contains("10.0 s"));
        assert!(skew("chat", at(100), at(131), at(101)).unwrap().found.contains("30.0 s"));
    }
}
