//! What travels is what the version before sends and reads.

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;
use crate::{Clock, GroupMessageId, SystemClock};

const GROUP: &str = "0197a3c0-0000-7000-8000-000000000001";
const USER: &str = "0197a3c0-0000-7000-8000-000000000002";
const MESSAGE: &str = "0197a3c0-0000-7000-8000-000000000003";
const TOKEN: &str = "0197a3c0-0000-7000-8000-000000000004";
const NODE: &str = "0197a3c0-0000-7000-8000-000000000005";

fn id(text: &str) -> uuid::Uuid {
    text.parse().unwrap()
}

/// It is sent as the text, which is read back, and also where a newer version adds a field.
fn travels<T: Serialize + DeserializeOwned + PartialEq + Debug>(sent: &T, text: Value) {
    assert_eq!(serde_json::to_value(sent).unwrap(), text, "the version before reads it as it was");
    let read = |text: Value| serde_json::from_slice::<T>(text.to_string().as_bytes()).unwrap();
    assert_eq!(&read(text.clone()), sent);
    assert_eq!(&read(with_news(text)), sent, "what the version before does not know it passes over");
}

/// Each object has one field more.
fn with_news(text: Value) -> Value {
    match text {
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name, with_news(value)));
            fields.chain([("of_a_newer_version".to_owned(), json!({"a": [1]}))]).collect()
        }
        other => other,
    }
}

/// While an upgrade goes on both versions speak. A changed line here breaks that: a field is added as one that may
/// be missing, and may be counted on a release later.
#[test]
fn a_hint_is_what_the_version_before_sends_and_reads() {
    let at = Timestamp::from_secs(1_764_000_000).unwrap();
    let message = |user_id, message: Option<&str>, erased| {
        Arc::new(GroupMessage {
            id: GroupMessageId(id(MESSAGE)),
            group_id: GroupId(id(GROUP)),
            user_id,
            seq: Seq(7),
            message: message.map(str::to_owned),
            erased,
            created_at: at,
            updated_at: at,
            trace: None,
        })
    };
    let hint = |message| Hint::of(&message);
    let (time, author) = ("2025-11-24T16:00:00.000000Z", UserId(id(USER)));
    travels(
        &hint(message(Some(author), Some("Hello"), false)),
        json!({"event": "message", "group_id": GROUP, "message": {
            "id": MESSAGE, "group_id": GROUP, "user_id": USER, "seq": 7, "message": "Hello", "erased": false,
            "created_at": time, "updated_at": time,
        }}),
    );
    travels(
        &hint(message(None, None, true)),
        json!({"event": "message", "group_id": GROUP, "message": {
            "id": MESSAGE, "group_id": GROUP, "user_id": null, "seq": 7, "message": null, "erased": true,
            "created_at": time, "updated_at": time,
        }}),
    );
}

fn message(trace: Option<Traceparent>) -> Arc<GroupMessage> {
    Arc::new(GroupMessage {
        id: GroupMessageId(uuid::Uuid::nil()),
        group_id: GroupId(uuid::Uuid::nil()),
        user_id: None,
        seq: Seq(1),
        message: None,
        erased: true,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        trace,
    })
}

#[test]
fn a_hint_has_its_trace_beside_the_message_and_none_where_there_is_none() {
    let (plain, parent) = (message(None), "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    let untold = serde_json::to_value(Hint::of(&plain)).unwrap();
    let members: Vec<_> = untold.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["event", "group_id", "message"], "as processes of before write and read it");

    let traced = message(Some(parent.parse().unwrap()));
    let mut told = serde_json::to_value(Hint::of(&traced)).unwrap();
    assert_eq!(told["traceparent"], parent);
    assert_eq!(told["message"], untold["message"], "clients see nothing of it");
    let heard: Hint = serde_json::from_value(told.clone()).unwrap();
    assert_eq!(heard.into_message(), traced);
    for strange in [serde_json::json!("of another version"), serde_json::json!({"id": 1})] {
        told["traceparent"] = strange;
        told["what a later version adds"] = 1.into();
        let heard: Hint = serde_json::from_value(told.clone()).unwrap();
        assert_eq!(heard.into_message(), plain, "the message comes all the same");
    }
}

#[test]
fn a_control_is_what_the_version_before_sends_and_reads() {
    let (group_id, user_id) = (GroupId(id(GROUP)), UserId(id(USER)));
    let member = |change, role| Control::Member { group_id, user_id, change, role };
    for (change, role, word, role_word) in [
        (MemberChange::Joined, Some(Role::Member), "joined", Some("member")),
        (MemberChange::Role, Some(Role::Admin), "role", Some("admin")),
        (MemberChange::Role, Some(Role::Owner), "role", Some("owner")),
        (MemberChange::Left, None, "left", None),
    ] {
        travels(
            &member(change, role),
            json!({"event": "member", "group_id": GROUP, "user_id": USER, "change": word, "role": role_word}),
        );
    }
    travels(
        &Control::GroupChanged {
            group_id,
            name: "Wine".into(),
            description: "Red".into(),
            updated_at: Timestamp::EPOCH,
        },
        json!({"event": "group_changed", "group_id": GROUP, "name": "Wine", "description": "Red",
               "updated_at": "1970-01-01T00:00:00.000000Z"}),
    );
    travels(&Control::GroupDeleted { group_id }, json!({"event": "group_deleted", "group_id": GROUP}));
    travels(
        &Control::Read { user_id, group_id, read_seq: Seq(3) },
        json!({"event": "read", "user_id": USER, "group_id": GROUP, "read_seq": 3}),
    );
    travels(
        &Control::Erased { group_id, seq: Seq(3) },
        json!({"event": "erased", "group_id": GROUP, "seq": 3}),
    );
    // A field beside the variant's own would be another variant: `tokens` says which by its name.
    for (tokens, text) in [
        (RevokedTokens::One(TokenId(id(TOKEN))), json!({"one": TOKEN})),
        (RevokedTokens::AllBut(Some(TokenId(id(TOKEN)))), json!({"all_but": TOKEN})),
        (RevokedTokens::AllBut(None), json!({"all_but": null})),
    ] {
        let text = json!({"event": "revoked", "user_id": USER, "tokens": text});
        let revoked = Control::Revoked { user_id, tokens };
        assert_eq!(serde_json::to_value(&revoked).unwrap(), text);
        assert_eq!(serde_json::from_value::<Control>(text).unwrap(), revoked);
    }
}

#[test]
fn a_whisper_is_what_the_version_before_sends_and_reads() {
    let whisper = |said| Whisper { group_id: GroupId(id(GROUP)), node: NodeId(id(NODE)), said };
    let user_id = UserId(id(USER));
    travels(
        &whisper(Said::Typing { user_id }),
        json!({"group_id": GROUP, "node": NODE, "event": "typing", "user_id": USER}),
    );
    for (user_ids, named) in [(Some(vec![user_id]), json!([USER])), (None, json!(null))] {
        travels(
            &whisper(Said::Online { online: 1, user_ids, watching: true }),
            json!({"group_id": GROUP, "node": NODE, "event": "online", "online": 1, "user_ids": named,
                   "watching": true}),
        );
    }
}

#[test]
fn groups_spread_over_the_slots() {
    let mut seen = std::collections::HashSet::new();
    for _ in 0..10_000 {
        let slot = Slot::of(GroupId(SystemClock.new_id()));
        assert!(slot.0 < Slot::COUNT);
        seen.insert(slot);
    }
    assert_eq!(seen.len(), usize::from(Slot::COUNT));
}
