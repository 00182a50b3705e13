//! Everything that the contract decides about what clients send.

use serde_json::{Value, json};

use crate::support::{Answer, Api, Caller};

struct Sender {
    api: Api,
    owner: Caller,
    group: String,
}

impl Sender {
    async fn start() -> Self {
        let api = Api::start().await;
        let owner = api.caller().await;
        let group = api.group(&owner).await;
        Self { api, owner, group }
    }

    async fn post(&self, body: impl Into<actix_web::web::Bytes>) -> Answer {
        self.api
            .post(&format!("/api/v1/groups/{}/messages", self.group))
            .by(&self.owner)
            .body(body)
            .send()
            .await
    }

    async fn say(&self, text: &str) -> Answer {
        self.post(json!({"message": {"message": text}}).to_string()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_json_is_malformed() {
    let sender = Sender::start().await;
    let deep = |depth: usize| {
        format!("{{\"message\":\"a\",\"x\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
    };
    for body in [
        b"".to_vec(),
        b"{".to_vec(),
        b"hello".to_vec(),
        b"{\"message\":\"\xff\"}".to_vec(),
        b"{\"message\":\"\xed\xa0\x80\"}".to_vec(),
        br#"{"message":"\ud83d"}"#.to_vec(),
        br#"{"message":"\ude00"}"#.to_vec(),
        br#"{"message":"a","message":"b"}"#.to_vec(),
        br#"{"message":{"message":"a","message":"b"}}"#.to_vec(),
        br#"{"message":"a","x":{"y":1,"y":1}}"#.to_vec(),
        br#"{"message":"a"} {}"#.to_vec(),
        deep(33).into_bytes(),
        deep(5_000).into_bytes(),
    ] {
        let refused = sender.post(body.clone()).await;
        let text = String::from_utf8_lossy(&body).chars().take(60).collect::<String>();
        assert_eq!((refused.status.as_u16(), refused.code()), (400, 40001), "{text}");
    }
    assert_eq!(sender.post(deep(32)).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_character_but_nul_is_kept() {
    let sender = Sender::start().await;
    for text in [
        "👩‍👩‍👧‍👦 😀",
        "e\u{301}\u{323}\u{308}",
        "שלום עולם \u{202e}abc\u{202c}",
        "  spaces stay  ",
        "\u{1}\u{7f}\u{ffff}\u{10ffff}",
        "ﬁ Å Å",
    ] {
        let sent = sender.say(text).await;
        assert_eq!((sent.status.as_u16(), sent.text("message")), (201, text.to_owned()));
    }
    let refused = sender.post(br#"{"message":"a\u0000b"}"#.to_vec()).await;
    assert_eq!((refused.code(), refused.detail()), (42201, ("message".into(), "nul".into())));
}

#[tokio::test(flavor = "multi_thread")]
async fn length_is_counted_in_characters() {
    let sender = Sender::start().await;
    for character in ["a", "é", "😀"] {
        assert_eq!(sender.say(&character.repeat(10_000)).await.status, 201);
        let refused = sender.say(&character.repeat(10_001)).await;
        assert_eq!((refused.code(), refused.detail()), (42201, ("message".into(), "too_long".into())));
    }
    for blank in ["", " ", "\n\t\u{3000}"] {
        let refused = sender.say(blank).await;
        assert_eq!(
            (refused.code(), refused.detail()),
            (42201, ("message".into(), "blank".into())),
            "{blank:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_has_a_limit() {
    let sender = Sender::start().await;
    let padded = |length: usize| {
        let frame = r#"{"message":"a","x":""}"#.len();
        format!(r#"{{"message":"a","x":"{}"}}"#, "x".repeat(length - frame))
    };
    assert_eq!(sender.post(padded(256 * 1024)).await.status, 201);
    for length in [256 * 1024 + 1, 3 * 1024 * 1024] {
        let refused = sender.post(padded(length)).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (413, 41300));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_json_by_its_type() {
    let sender = Sender::start().await;
    let path = format!("/api/v1/groups/{}/messages", sender.group);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin1", ""] {
        let call = sender.api.post(&path).by(&sender.owner).json(&json!({"message": "a"}));
        let refused = call.header("Content-Type", kind).send().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (415, 41500), "{kind}");
    }
    assert_eq!(sender.api.post(&path).by(&sender.owner).send().await.code(), 41500);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_has_one_type_and_every_required_one_is_missed() {
    let Sender { api, owner, group } = Sender::start().await;
    let message = format!("/api/v1/groups/{group}/messages");
    let (members, read, one) = (
        format!("/api/v1/groups/{group}/members"),
        format!("/api/v1/groups/{group}/read"),
        format!("/api/v1/groups/{group}"),
    );
    let membership = format!("{members}/{}", owner.id);
    let id = json!(api.id());
    // The root, a valid body, and which of its fields are required.
    let bodies: Vec<(&str, &str, &str, Value, &[&str])> = vec![
        (
            "POST",
            "/api/v1/users",
            "user",
            json!({"name": "A", "email": "a@example.com", "password": "long enough for this"}),
            &["name", "email", "password"],
        ),
        (
            "POST",
            "/api/v1/users/sign_in",
            "user",
            json!({"email": "a@example.com", "password": "p"}),
            &["email", "password"],
        ),
        (
            "PATCH",
            "/api/v1/users/me",
            "user",
            json!({"name": "A", "password": "long enough for this", "current_password": "p"}),
            &["current_password"],
        ),
        ("POST", "/api/v1/groups", "group", json!({"id": id, "name": "A", "description": "d"}), &["name"]),
        ("PATCH", &one, "group", json!({"name": "A", "description": "d"}), &[]),
        ("POST", &message, "message", json!({"id": id, "message": "m"}), &["message"]),
        (
            "POST",
            "/api/v1/group_messages",
            "group_message",
            json!({"group_id": group, "id": id, "message": "m"}),
            &["group_id", "message"],
        ),
        ("POST", &members, "member", json!({"user_id": id}), &["user_id"]),
        ("POST", &members, "member", json!({"email": "a@example.com"}), &[]),
        ("PATCH", &membership, "member", json!({"role": "owner"}), &["role"]),
        ("PUT", &read, "read", json!({"seq": 0}), &["seq"]),
    ];
    for (method, path, root, valid, required) in bodies {
        let send = |body: Value| api.call(method, path).by(&owner).json(&body).send();
        for field in valid.as_object().unwrap().keys() {
            let wrongs = [
                json!(null),
                json!(true),
                json!([]),
                json!({}),
                if field == "seq" { json!("0") } else { json!(1) },
            ];
            for wrong in wrongs {
                let mut fields = valid.clone();
                fields[field.as_str()] = wrong.clone();
                let refused = send(json!({root: fields})).await;
                assert_eq!(
                    (refused.code(), refused.detail()),
                    (42204, (field.clone(), "type".into())),
                    "{method} {path} {field} {wrong}"
                );
            }
        }
        for field in required {
            let mut fields = valid.clone();
            fields.as_object_mut().unwrap().remove(*field);
            let refused = send(json!({root: fields})).await;
            assert_eq!(
                (refused.code(), refused.detail()),
                (42202, ((*field).into(), "missing".into())),
                "{method} {path}"
            );
        }
        let refused = send(json!({"nothing": "known"})).await;
        assert_eq!((refused.code(), refused.detail().0), (42202, root.into()), "{method} {path}");
        assert_eq!(send(json!([valid])).await.code(), 42204, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_and_roles_have_their_forms() {
    let Sender { api, owner, group } = Sender::start().await;
    let path = format!("/api/v1/groups/{group}/messages");
    for id in ["", "1", "0197f0e0000070008000000000000001", "{0197f0e0-0000-7000-8000-000000000001}"] {
        let refused =
            api.post(&path).by(&owner).json(&json!({"message": {"id": id, "message": "a"}})).send().await;
        assert_eq!((refused.code(), refused.detail()), (42201, ("id".into(), "format".into())), "{id}");
    }
    let membership = format!("/api/v1/groups/{group}/members/{}", owner.id);
    for role in ["", "Owner", "king"] {
        let refused = api.patch(&membership).by(&owner).json(&json!({"role": role})).send().await;
        assert_eq!((refused.code(), refused.detail()), (42201, ("role".into(), "format".into())), "{role}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_calls_is_settled_before_what_they_say() {
    let api = Api::start().await;
    let refused = api.post("/api/v1/groups").body("{").send().await;
    assert_eq!(refused.code(), 40101);
    let refused = api.get("/api/v1/groups/nonsense?limit=0").send().await;
    assert_eq!(refused.code(), 40101);
}
