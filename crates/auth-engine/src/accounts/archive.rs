//! An archive while it is written: one JSON document, cut into bounded parts.

use engine_interfaces::{Cursor, Secret, Timestamp, User};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Where an archive goes on: in the middle of a section.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Position {
    /// The section's name.
    section: String,
    /// After what of it.
    cursor: String,
    /// Something of it is written already.
    began: bool,
}

/// What is written and not stored yet.
pub(super) struct Archive {
    text: Vec<u8>,
    section: String,
    began: bool,
}

impl Archive {
    /// The beginning of a user's archive.
    pub(super) fn begin(user: &User, at: Timestamp) -> Self {
        let User { id, name, email, guest, created_at, updated_at } = user;
        let profile = json!({
            "id": id,
            "name": name,
            // Their own address, in their own archive.
            "email": email.as_ref().map(Secret::expose),
            "guest": guest,
            "created_at": created_at,
            "updated_at": updated_at,
        });
        let text = format!("{{\"exported_at\":{},\n\"profile\":{profile}", json!(at));
        Self { text: text.into_bytes(), section: String::new(), began: false }
    }

    /// An archive that was stored up to here, and the cursor after which it goes on.
    pub(super) fn resume(position: Position) -> (Self, Cursor) {
        let Position { section, cursor, began } = position;
        (Self { text: Vec::new(), section, began }, Cursor(cursor))
    }

    /// The section that is being written.
    pub(super) fn section(&self) -> &str {
        &self.section
    }

    /// Begins a section, which is a list.
    pub(super) fn open(&mut self, section: &str) {
        self.text.extend(format!(",\n{}:[", json!(section)).into_bytes());
        section.clone_into(&mut self.section);
        self.began = false;
    }

    /// Adds to the section.
    pub(super) fn add(&mut self, entries: &[Value]) {
        for entry in entries {
            self.text.extend_from_slice(if self.began { b",\n" } else { b"\n" });
            self.text.extend(entry.to_string().into_bytes());
            self.began = true;
        }
    }

    /// Ends the section.
    pub(super) fn close(&mut self) {
        self.text.extend_from_slice(b"]");
    }

    /// Ends the document.
    pub(super) fn end(&mut self) {
        self.text.extend_from_slice(b"}\n");
    }

    /// How much waits to be stored, in bytes.
    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// What waits to be stored, in parts of at most `bytes`.
    pub(super) fn take(&mut self, bytes: usize) -> Vec<Vec<u8>> {
        let text = std::mem::take(&mut self.text);
        text.chunks(bytes.max(1)).map(<[u8]>::to_vec).collect()
    }

    /// Where it goes on, after `cursor`.
    pub(super) fn position(&self, cursor: &Cursor) -> Position {
        Position { section: self.section.clone(), cursor: cursor.0.clone(), began: self.began }
    }
}
