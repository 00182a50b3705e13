//! Folders and files that nobody else may look into, and the secrets that a first start makes there.

use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use rand::{TryRngCore, rngs::OsRng};

/// A secret from a file of mode 600 in `folder`, made there at the first start.
///
/// # Errors
/// Names the file and the cure.
pub fn load_or_make_secret(folder: &Path, name: &str) -> Result<String, String> {
    let path = folder.join(name);
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text.trim_end().to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(folder, &path).or_else(|error| match error.kind() {
                // Another process made it at the same time.
                io::ErrorKind::AlreadyExists => {
                    fs::read_to_string(&path).map(|text| text.trim_end().to_owned())
                }
                _ => Err(error),
            })
        }
        Err(error) => Err(error),
    }
    .map_err(|error| {
        format!(
            "{}: {error}; make the folder DATA_DIR names writable, or set the secret itself",
            path.display()
        )
    })
}

/// Makes a folder that nobody else may look into; one that is there already stays as it is.
///
/// # Errors
/// When it can't be made.
pub fn make_private(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// How many bytes can still be written to the file system of `folder`.
pub(crate) fn room(folder: &Path) -> io::Result<u64> {
    let about = rustix::fs::statvfs(folder)?;
    Ok(about.f_bavail.saturating_mul(about.f_frsize))
}

/// A secret that nobody has.
pub(crate) fn new_secret() -> io::Result<String> {
    let mut bytes = [0_u8; 48];
    OsRng.try_fill_bytes(&mut bytes).map_err(io::Error::other)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Written beside its place and linked there whole: nobody ever reads half a secret.
fn make(folder: &Path, path: &Path) -> io::Result<String> {
    make_private(folder)?;
    let secret = new_secret()?;
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&draft)?;
    file.write_all(secret.as_bytes())?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    linked.map(|()| secret)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_kept_private() {
        let folder = tempfile::TempDir::new().unwrap();
        let data = folder.path().join("data");
        let first = load_or_make_secret(&data, "token_secret").unwrap();
        assert_eq!(first.len(), 96);
        assert_eq!(load_or_make_secret(&data, "token_secret").unwrap(), first);
        assert_ne!(load_or_make_secret(&data, "password_key").unwrap(), first);
        let mode = fs::metadata(data.join("token_secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 2, "nothing is left beside them");
    }
}
