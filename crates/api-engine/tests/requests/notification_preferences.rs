//! What users hear of their groups while they are away.

use serde_json::json;

use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn a_member_mutes_a_group_for_themselves_alone() {
    let api = Api::start().await;
    let (owner, member) = (api.caller().await, api.caller().await);
    let (group, other) = (api.group(&owner).await, api.group(&owner).await);
    api.join(&group, &owner, &member, "member").await;
    let path = format!("/api/v1/groups/{group}/notifications");
    let heard = json!({"group_id": group, "muted": false});
    assert_eq!(api.get(&path).by(&owner).send().await.json(), heard, "everything, at first");

    for muted in [true, true, false] {
        let said = json!({"group_id": group, "muted": muted});
        let changed =
            api.put(&path).by(&owner).json(&json!({"notifications": {"muted": muted}})).send().await;
        assert_eq!((changed.status.as_u16(), changed.json()), (200, said.clone()));
        assert_eq!(api.get(&path).by(&owner).send().await.json(), said);
        assert_eq!(api.get(&path).by(&member).send().await.json(), heard, "another member");
        let other = api.get(&format!("/api/v1/groups/{other}/notifications")).by(&owner).send().await;
        assert_eq!(other.json()["muted"], false, "another group");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_is_yes_or_no() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let path = format!("/api/v1/groups/{}/notifications", api.group(&owner).await);
    for (body, code) in [
        (json!({"notifications": {}}), 42202),
        (json!({}), 42202),
        (json!({"muted": "true"}), 42204),
        (json!({"muted": 1}), 42204),
        (json!({"muted": null}), 42204),
    ] {
        let refused = api.put(&path).by(&owner).json(&body).send().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, code), "{body}");
    }
}
