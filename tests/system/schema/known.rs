//! What is there to be asked about.

use std::{fs, path::Path};

use engine_interfaces::{Clock, SystemClock};
use serde_json::json;
use uuid::Uuid;

use crate::support::Person;

/// The password of every [`Person`].
const PASSWORD: &str = "stanley-park-1";
/// How many groups may be spoilt, of each kind.
const GROUPS: usize = 6;
const MESSAGES: usize = 3;

/// Groups, messages and people: a dictionary each.
pub(super) struct Known {
    groups: Vec<Uuid>,
    staffed_groups: Vec<Uuid>,
    spare_groups: Vec<Uuid>,
    messages: Vec<Uuid>,
    users: Vec<Uuid>,
    emails: Vec<String>,
}

impl Known {
    /// Makes groups of `owner` that `members` are in. `others` are in none.
    pub(super) async fn of(owner: &Person, members: &[&Person], others: &[&Person]) -> Self {
        let group = owner.group_with(members).await;
        let mut messages = Vec::new();
        for _ in 0..MESSAGES {
            let id = SystemClock.new_id();
            owner.send(group, id, "hello").await.unwrap();
            messages.push(id);
        }
        let (mut staffed_groups, mut spare_groups) = (Vec::new(), Vec::new());
        for _ in 0..GROUPS {
            staffed_groups.push(owner.group_with(members).await);
            spare_groups.push(owner.group_with(members).await);
        }
        let mut emails = Vec::new();
        // The owner's password changes.
        for person in [members, others].concat() {
            emails.push(person.get("/users/me").await["email"].as_str().unwrap().to_owned());
        }
        let people = [&[owner], members, others].concat();
        Self {
            groups: vec![group],
            staffed_groups,
            spare_groups,
            messages,
            users: people.iter().map(|person| person.id).collect(),
            emails,
        }
    }

    /// Writes the dictionaries, an entry a line.
    pub(super) fn write(&self, folder: &Path) {
        let Self { groups, staffed_groups, spare_groups, messages, users, emails } = self;
        let passwords = [PASSWORD.to_owned()];
        write(folder, "groups", groups);
        write(folder, "staffed_groups", staffed_groups);
        write(folder, "spare_groups", spare_groups);
        write(folder, "messages", messages);
        write(folder, "users", users);
        write(folder, "emails", emails);
        write(folder, "passwords", &passwords);
    }
}

fn write<T: ToString>(folder: &Path, name: &str, entries: &[T]) {
    let lines: String = entries.iter().map(|entry| format!("{}\n", json!(entry.to_string()))).collect();
    fs::write(folder.join(name), lines).unwrap();
}
