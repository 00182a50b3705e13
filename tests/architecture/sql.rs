//! The SQL of the migrations, read as words.

use std::{collections::BTreeSet, path::Path};

use crate::sources::{files, root};

/// The engines that have migrations, by the folder's name.
pub(crate) const ENGINES: [&str; 5] = ["auth", "chat", "jobs", "notifications", "user_resources"];

/// The words of all statements below `migrations/<folder>`, in lower case, without comments. Links are left
/// out: the `jobs` table is the one that engines share the shape of.
pub(crate) fn words(folder: impl AsRef<Path>) -> Vec<String> {
    let folder = root().join("migrations").join(folder);
    let files = files(&folder, ".sql");
    let lines = files.iter().flat_map(|(_, text)| text.lines());
    let code = lines.map(|line| line.split("--").next().unwrap_or_default());
    code.flat_map(|line| line.split(|c: char| !(c.is_alphanumeric() || c == '_')))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The tables that an engine's migrations create, but for `jobs`, of which each has its own.
pub(crate) fn tables(engine: &str) -> BTreeSet<String> {
    let words = words(engine);
    let created = words.windows(3).filter(|three| three[..2] == ["create", "table"]);
    created.map(|three| three[2].clone()).filter(|table| table != "jobs").collect()
}

/// Where statements name a table: each name, and the position of it among `words`.
pub(crate) fn named_tables(words: &[String]) -> Vec<(usize, &str)> {
    const BEFORE: [&str; 6] = ["from", "join", "into", "update", "table", "references"];
    let pairs = words.windows(2).enumerate();
    pairs
        .filter(|(_, pair)| BEFORE.contains(&pair[0].as_str()))
        .map(|(at, pair)| (at + 1, pair[1].as_str()))
        .collect()
}
