//! What is there to be asked about.

use std::{fs, path::Path, time::Duration};

use auth_engine::{PasswordKey, PasswordKeys};
use engine_interfaces::{Clock, SystemClock, UserId};
use notification_engine::UnsubscribeKeys;
use serde_json::json;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::KEY;
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
    exports: Vec<String>,
    users: Vec<Uuid>,
    emails: Vec<String>,
    webhooks: Vec<Uuid>,
    deliveries: Vec<Uuid>,
    invitations: Vec<String>,
    codes: Vec<String>,
    tokens: Vec<String>,
}

/// A web hook of every group has the same id, and so has its delivery of a group's first message.
const WEBHOOK: Uuid = Uuid::from_u128(0x0197_f0e0_0000_7000_8000_0000_0000_00f1);
/// Nobody has a name below `.invalid`: nothing is ever sent.
const NOWHERE: &str = "https://receiver.invalid/hook";
/// How long a delivery may take to be listed, and an export to be made.
const PATIENCE: Duration = Duration::from_secs(20);

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
        let webhook = json!({"webhook": {"id": WEBHOOK, "url": NOWHERE}});
        owner.post(&format!("/groups/{group}/webhooks"), webhook.clone()).await;
        let on_its_way = SystemClock.new_id();
        owner.send(group, on_its_way, "on its way").await.unwrap();
        let delivery = delivery(owner, group).await;
        let invited = owner.post(&format!("/groups/{group}/invitations"), json!({"invitation": {}})).await;
        let invited = |field: &str| vec![invited["invitation"][field].as_str().unwrap().to_owned()];
        let (mut staffed_groups, mut spare_groups) = (Vec::new(), Vec::new());
        for _ in 0..GROUPS {
            staffed_groups.push(owner.group_with(members).await);
            let spare = owner.group_with(members).await;
            owner.post(&format!("/groups/{spare}/webhooks"), webhook.clone()).await;
            spare_groups.push(spare);
        }
        let mut emails = Vec::new();
        // The owner's password changes.
        for person in [members, others].concat() {
            emails.push(person.get("/users/me").await["email"].as_str().unwrap().to_owned());
        }
        let people = [&[owner], members, others].concat();
        let key = PasswordKeys::new(PasswordKey::new(&KEY.1.into()).unwrap());
        let keys = UnsubscribeKeys::new(&key.derive("unsubscribe"));
        Self {
            groups: vec![group],
            staffed_groups,
            spare_groups,
            messages,
            exports: vec![export(owner).await],
            users: people.iter().map(|person| person.id).collect(),
            emails,
            webhooks: vec![WEBHOOK],
            deliveries: vec![delivery],
            invitations: invited("id"),
            codes: invited("code"),
            tokens: people.iter().map(|person| keys.token(UserId(person.id))).collect(),
        }
    }

    /// A group, and the code of an invitation to it.
    pub(super) fn invitation(&self) -> (Uuid, &str) {
        (self.groups[0], &self.codes[0])
    }

    /// Writes the dictionaries, an entry a line.
    pub(super) fn write(&self, folder: &Path) {
        let Self {
            groups,
            staffed_groups,
            spare_groups,
            messages,
            exports,
            users,
            emails,
            webhooks,
            deliveries,
            invitations,
            codes,
            tokens,
        } = self;
        let passwords = [PASSWORD.to_owned()];
        write(folder, "groups", groups);
        write(folder, "staffed_groups", staffed_groups);
        write(folder, "spare_groups", spare_groups);
        write(folder, "messages", messages);
        write(folder, "exports", exports);
        write(folder, "users", users);
        write(folder, "emails", emails);
        write(folder, "tokens", tokens);
        write(folder, "passwords", &passwords);
        write(folder, "webhooks", webhooks);
        write(folder, "deliveries", deliveries);
        write(folder, "invitations", invitations);
        write(folder, "codes", codes);
    }
}

/// The first delivery of the group's web hook, once it is listed.
async fn delivery(owner: &Person, group: Uuid) -> Uuid {
    let path = format!("/groups/{group}/webhooks/{WEBHOOK}/deliveries");
    let listed = async {
        loop {
            if let Some(id) = owner.get(&path).await["deliveries"][0]["id"].as_str() {
                return id.parse().unwrap();
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, listed).await.expect("a message's delivery is listed")
}

/// An export whose archive can be had; its id.
async fn export(owner: &Person) -> String {
    let asked = owner.post("/users/me/export", json!({})).await;
    let id = asked["id"].as_str().unwrap().to_owned();
    let making = async {
        while owner.get(&format!("/users/me/exports/{id}")).await["state"] != "ready" {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, making).await.expect("an export is made in time");
    id
}

fn write<T: ToString>(folder: &Path, name: &str, entries: &[T]) {
    let lines: String = entries.iter().map(|entry| format!("{}\n", json!(entry.to_string()))).collect();
    fs::write(folder.join(name), lines).unwrap();
}
