//! Members.

use serde_json::json;

use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_added_by_id_or_by_address() {
    let api = Api::start().await;
    let (owner, one, two) = (api.caller().await, api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    let path = format!("/api/v1/groups/{group}/members");
    let add = |member| api.post(&path).by(&owner).json(&json!({"member": member})).send();

    let by_id = add(json!({"user_id": one.id})).await;
    assert_eq!(
        (by_id.status.as_u16(), by_id.text("name"), by_id.text("role")),
        (201, one.name.clone(), "member".into())
    );
    let by_address = add(json!({"email": two.email.to_uppercase()})).await;
    assert_eq!((by_address.status.as_u16(), by_address.text("user_id")), (201, two.id.clone()));
    let again = add(json!({"user_id": one.id})).await;
    assert_eq!((again.status.as_u16(), again.json()), (200, by_id.json()));

    let members = api.get(&path).by(&one).send().await.json();
    let names: Vec<&str> =
        members["members"].as_array().unwrap().iter().map(|m| m["name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 3);
    for name in [&owner.name, &one.name, &two.name] {
        assert!(names.contains(&name.as_str()));
    }
    assert!(!members.to_string().contains('@'), "addresses are nobody else's to see");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_account_is_told_only_to_those_who_may_add() {
    let api = Api::start().await;
    let (owner, member) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &member, "member").await;
    let path = format!("/api/v1/groups/{group}/members");
    for named in
        [json!({"user_id": api.id()}), json!({"email": "nobody@example.com"}), json!({"email": "no address"})]
    {
        let add = |caller| api.post(&path).by(caller).json(&json!({"member": named})).send();
        assert_eq!(add(&owner).await.code(), 40403, "{named}");
        assert_eq!(add(&member).await.code(), 40301, "{named}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_is_named_once() {
    let api = Api::start().await;
    let (owner, other) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    let path = format!("/api/v1/groups/{group}/members");
    let add = |member| api.post(&path).by(&owner).json(&json!({"member": member})).send();
    assert_eq!(add(json!({})).await.code(), 42202);
    assert_eq!(add(json!({"user_id": other.id, "email": other.email})).await.code(), 42201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_keeps_an_owner() {
    let api = Api::start().await;
    let (owner, member) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &member, "member").await;
    let of = |caller: &str| format!("/api/v1/groups/{group}/members/{caller}");
    let demoted =
        api.patch(&of(&owner.id)).by(&owner).json(&json!({"member": {"role": "member"}})).send().await;
    assert_eq!((demoted.status.as_u16(), demoted.code()), (409, 40901));
    assert_eq!(api.delete(&of(&owner.id)).by(&owner).send().await.code(), 40901);

    assert_eq!(
        api.patch(&of(&member.id)).by(&owner).json(&json!({"role": "owner"})).send().await.text("role"),
        "owner"
    );
    assert_eq!(api.delete(&of(&owner.id)).by(&owner).send().await.status, 204);
    assert_eq!(api.get(&format!("/api/v1/groups/{group}")).by(&owner).send().await.code(), 40401);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_member_is_not_found_among_them() {
    let api = Api::start().await;
    let (owner, stranger) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    for id in [stranger.id.as_str(), "nonsense"] {
        let path = format!("/api/v1/groups/{group}/members/{id}");
        assert_eq!(api.delete(&path).by(&owner).send().await.code(), 40403);
        assert_eq!(api.patch(&path).by(&owner).json(&json!({"role": "admin"})).send().await.code(), 40403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_listed_page_by_page_and_copies_are_good_until_they_change() {
    let api = Api::start().await;
    let (owner, one, two) = (api.caller().await, api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &one, "admin").await;
    let path = format!("/api/v1/groups/{group}/members");
    let first = api.get(&format!("{path}?limit=1")).by(&owner).send().await.json();
    assert_eq!((first["members"].as_array().unwrap().len(), &first["page"]["has_more"]), (1, &json!(true)));
    let next = first["page"]["next"].as_str().unwrap();
    let second = api.get(&format!("{path}?limit=1&cursor={next}")).by(&owner).send().await.json();
    assert_eq!(second["page"], json!({"has_more": false, "next": null}));
    assert_ne!(first["members"], second["members"]);

    let tag = api.get(&path).by(&owner).send().await.header("etag").unwrap().to_owned();
    assert_eq!(api.get(&path).by(&owner).header("If-None-Match", &tag).send().await.status, 304);
    api.join(&group, &owner, &two, "member").await;
    assert_eq!(api.get(&path).by(&owner).header("If-None-Match", &tag).send().await.status, 200);
}
