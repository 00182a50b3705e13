//! Writes the table of the files below `web/dist`, for `src/lib.rs` to include.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

const CURE: &str = "web/dist is not built: `make page` builds it and needs npm. Without the feature `page` it is \
                    not needed";

fn main() -> io::Result<()> {
    // Asked when it runs: the sources may be elsewhere than when this was compiled.
    let home = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let dist = home.join("../../web/dist");
    println!("cargo::rerun-if-changed=build.rs");
    let table = if env::var_os("CARGO_FEATURE_PAGE").is_some() {
        println!("cargo::rerun-if-changed={}", dist.display());
        if !dist.join("index.html.gz").exists() {
            println!("cargo::error={CURE}");
        }
        table(&dist.canonicalize().unwrap_or(dist))
    } else {
        String::from("&[]")
    };
    let out = env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    fs::write(out.join("files.rs"), table)
}

/// Each file that is packed, by its path below the folder.
fn table(dist: &Path) -> String {
    let mut rows = String::from("&[\n");
    for file in files(dist) {
        let path = file.strip_prefix(dist).unwrap_or(&file).display().to_string();
        let packed = format!("{}.gz", file.display());
        if Path::new(&packed).exists() {
            let bytes = file.display().to_string();
            rows += &format!(
                "File {{ path: {path:?}, bytes: include_bytes!({bytes:?}), packed: include_bytes!({packed:?}) }},\n"
            );
        }
    }
    rows + "]"
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> =
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}
