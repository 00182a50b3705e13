//! A whole server, from one database to another: ADR 19 says what it promises.
//!
//! An export is a folder: `manifest.json`, the keys, and for each engine a folder with its rows, as lines of JSON, in
//! chunks that are hashed. While it is made there is a `journal.jsonl` in place of the manifest.

mod export;
mod import;
mod journal;
mod manifest;

pub use export::Limits;
pub use manifest::{ChunkFacts, Manifest, StoreFacts, TableFacts};

/// Is told how far it is.
pub trait Progress {
    /// `what` begins, which has so many rows.
    fn begin(&mut self, what: &str, rows: u64);
    /// So many more of them are done.
    fn advance(&mut self, rows: u64);
    /// All of them are.
    fn end(&mut self);
}
