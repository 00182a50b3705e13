//! The web client's files, within the binary: what `make page` builds of the folder `web`.
//!
//! Without the feature `page` there are none, and neither npm nor `web/dist` is needed to build.

/// A file of the page.
#[derive(Debug, Clone, Copy)]
pub struct File {
    /// Where it lies: `index.html`, `assets/index-1a2b3c.js`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// The same, as gzip packs it.
    pub packed: &'static [u8],
}

/// All of them.
pub const FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

#[cfg(all(test, feature = "page"))]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_what_it_loads_are_there() {
        let page = FILES.iter().find(|file| file.path == "index.html").unwrap();
        let page = str::from_utf8(page.bytes).unwrap();
        let loaded: Vec<_> = page.split("=\"/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(loaded.iter().any(|path| path.ends_with(".js")), "{page}");
        for path in loaded.into_iter().filter(|path| *path != "docs") {
            assert!(FILES.iter().any(|file| file.path == path && !file.packed.is_empty()), "{path}");
        }
    }
}
