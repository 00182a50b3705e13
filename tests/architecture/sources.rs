//! What a file may speak of.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests.parent().expect("the workspace").to_owned()
}

/// Every file below `folder` whose name ends so, with its text. Links are not followed.
pub(crate) fn files(folder: &Path, ending: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path(), ending));
        } else if entry.file_name().to_string_lossy().ends_with(ending) {
            found.push((entry.path(), fs::read_to_string(entry.path()).unwrap()));
        }
    }
    found
}

/// The crates' own sources, by their path below `crates/`, without comments.
fn sources() -> Vec<(String, String)> {
    let crates = root().join("crates");
    let mut sources = Vec::new();
    for entry in fs::read_dir(&crates).unwrap() {
        for (path, text) in files(&entry.unwrap().path().join("src"), ".rs") {
            let path = path.strip_prefix(&crates).unwrap().to_string_lossy().into_owned();
            let code: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            sources.push((path, code.join("\n")));
        }
    }
    sources
}

/// The files that speak of one of `words` and are none of `allowed`.
fn speaks_of(sources: &[(String, String)], words: &[&str], allowed: impl Fn(&str) -> bool) -> Vec<String> {
    let speaking =
        sources.iter().filter(|(path, code)| !allowed(path) && words.iter().any(|word| code.contains(word)));
    speaking.map(|(path, _)| path.clone()).collect()
}

#[test]
fn only_store_modules_speak_diesel() {
    let allowed = |path: &str| {
        path.starts_with("database/") || path.starts_with("test-support/") || path.contains("/src/store")
    };
    let found = speaks_of(&sources(), &["diesel::", "diesel_async"], allowed);
    assert!(found.is_empty(), "SQL belongs in a module `store`: {found:#?}");
}

#[test]
fn only_the_clock_reads_the_real_time_and_makes_ids() {
    let real = ["Utc::now", "SystemTime::now", "Uuid::new_v4", "Uuid::now_v7"];
    let found = speaks_of(&sources(), &real, |path| path == "engine-interfaces/src/clock.rs");
    assert!(found.is_empty(), "ask `Clock` instead: {found:#?}");

    let clippy = fs::read_to_string(root().join("clippy.toml")).unwrap();
    let missing: Vec<_> =
        ["chrono::Utc::now", "std::time::SystemTime::now", "uuid::Uuid::new_v4", "uuid::Uuid::now_v7"]
            .into_iter()
            .filter(|path| !clippy.contains(path))
            .collect();
    assert!(missing.is_empty(), "clippy.toml forbids them: {missing:?}");
}

#[test]
fn lints_are_silenced_with_a_reason_only() {
    let found = speaks_of(&sources(), &["#[allow(", "#![allow("], |_| false);
    assert!(found.is_empty(), "write #[expect(lint, reason = \"…\")]: {found:#?}");
}
