//! How far users have read.

use serde_json::{Value, json};

use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn a_marker_moves_forward_and_never_back() {
    let api = Api::start().await;
    let (owner, member) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &member, "member").await;
    for text in ["one", "two", "three"] {
        api.message(&group, &owner, text).await;
    }
    let path = format!("/api/v1/groups/{group}");
    for (seq, unread) in [(json!(0), 3), (json!(2), 1), (json!(1), 1), (json!(3.0), 0)] {
        let marked =
            api.put(&format!("{path}/read")).by(&member).json(&json!({"read": {"seq": seq}})).send().await;
        assert_eq!(marked.status, 204, "{marked:?}");
        let shown = api.get(&path).by(&member).send().await.json();
        assert_eq!(shown["unread_count"], unread);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_has_read_what_is_not_there() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let mark = |seq: Value| {
        api.put(&format!("/api/v1/groups/{group}/read")).by(&owner).json(&json!({"seq": seq})).send()
    };
    for seq in [json!(1), json!(-1), json!(u64::MAX), json!(i64::MAX)] {
        let refused = mark(seq.clone()).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, 42201), "{seq}");
    }
}
