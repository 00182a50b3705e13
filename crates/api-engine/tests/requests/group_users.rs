//! The names behind messages.

use crate::support::Api;

#[tokio::test(flavor = "multi_thread")]
async fn members_and_former_authors_are_named_and_strangers_are_not() {
    let api = Api::start().await;
    let (owner, author, stranger) = (api.caller().await, api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &author, "member").await;
    api.message(&group, &author, "hello").await;
    api.delete(&format!("/api/v1/groups/{group}/members/{}", author.id)).by(&author).send().await;

    let path = format!("/api/v1/groups/{group}/users?ids={},{},{}", owner.id, author.id, stranger.id);
    let users = api.get(&path).by(&owner).send().await.json();
    let mut named: Vec<(&str, &str)> = users["users"]
        .as_array()
        .unwrap()
        .iter()
        .map(|user| (user["id"].as_str().unwrap(), user["name"].as_str().unwrap()))
        .collect();
    named.sort_unstable();
    let mut expected =
        vec![(owner.id.as_str(), owner.name.as_str()), (author.id.as_str(), author.name.as_str())];
    expected.sort_unstable();
    assert_eq!(named, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_most_a_hundred_are_named() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let path = |ids: &str| format!("/api/v1/groups/{group}/users?ids={ids}");
    let many = |count| vec![owner.id.as_str(); count].join(",");
    assert_eq!(api.get(&path(&many(100))).by(&owner).send().await.status, 200);
    assert_eq!(api.get(&path(&many(101))).by(&owner).send().await.code(), 42201);
    assert_eq!(api.get(&path("nonsense")).by(&owner).send().await.code(), 42201);
    assert_eq!(api.get(&format!("/api/v1/groups/{group}/users")).by(&owner).send().await.code(), 42202);
}
