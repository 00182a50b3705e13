//! Files that nobody else may read, and what they are known by.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use engine_interfaces::BoxError;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What a file is known by.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileFacts {
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A hash in hexadecimal.
pub(crate) fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What the file is known by now.
pub(crate) fn facts(path: &Path) -> Result<FileFacts, BoxError> {
    let read = || -> io::Result<_> {
        let mut file = fs::File::open(path)?;
        let mut hash = Sha256::new();
        let bytes = io::copy(&mut file, &mut hash)?;
        Ok(FileFacts { bytes, sha256: hex(hash) })
    };
    read().map_err(|error| format!("{}: {error}", path.display()).into())
}

/// What the file is called in its folder.
pub(crate) fn name(path: &Path) -> Result<&str, BoxError> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.ok_or_else(|| format!("{} names no file", path.display()).into())
}

/// Refuses a folder in which something is; it need not be there.
pub(crate) fn need_empty(folder: &Path) -> Result<(), BoxError> {
    match fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            Some(_) => Err(format!("{} is not empty", folder.display()).into()),
            None => Ok(()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(format!("{}: {error}", folder.display()).into()),
    }
}

/// A new file that nobody else may read.
pub(crate) fn new_private(path: &Path) -> Result<fs::File, BoxError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.map_err(|error| format!("{}: {error}", path.display()).into())
}

/// A file that nobody else may read, in place of what another process left there.
pub(crate) fn private(path: &Path) -> Result<fs::File, BoxError> {
    let made = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    made.map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Copies into a new file that nobody else may read.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), BoxError> {
    let mut source = fs::File::open(from).map_err(|error| format!("{}: {error}", from.display()))?;
    let mut target = new_private(to)?;
    io::copy(&mut source, &mut target).and_then(|_| target.sync_all()).map_err(|error| {
        // Half a file is worse than none.
        drop(fs::remove_file(to));
        format!("{}: {error}", to.display()).into()
    })
}
