//! Is there room where files are written?

use std::{collections::BTreeSet, path::Path};

use super::{Finding, Patient};
use crate::{Stores, folders};

const PART: &str = "disk";

/// Less than this is an error.
const LEAST: u64 = 100 << 20;

/// Less than this is a warning.
const ENOUGH: u64 = 1 << 30;

pub(super) fn examine(patient: &Patient<'_>) -> Vec<Finding> {
    // What is wrong with the stores' settings is told where the stores are.
    let stores = Stores::found(patient.stores).ok();
    let files = stores.iter().flat_map(Stores::each).filter_map(|(_, store, _)| store.location().folder());
    let mut folders: BTreeSet<_> = files.map(Path::to_owned).collect();
    if patient.redis_url.is_none() {
        folders.insert(patient.data_dir.to_owned());
    }
    let there = folders.iter().filter(|folder| folder.exists());
    there.filter_map(|folder| Some(judge(folder, folders::room(folder).ok()?))).collect()
}

fn judge(folder: &Path, free: u64) -> Finding {
    let found = format!("{}: {} MiB are free", folder.display(), free >> 20);
    let cure = "make room, or move the folder: a write that finds no room is refused with 503";
    match free {
        free if free < LEAST => Finding::error(PART, found, cure),
        free if free < ENOUGH => Finding::warning(PART, found, cure),
        _ => Finding::good(PART, found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Level;

    #[test]
    fn little_room_is_told_of() {
        let level = |free| judge(Path::new("data"), free).level;
        assert_eq!(level(1 << 20), Level::Error);
        assert_eq!(level(500 << 20), Level::Warning);
        assert_eq!(level(2 << 30), Level::Good);
    }
}
