//! Messages.

use serde_json::{Value, json};

use crate::support::Api;

fn seqs(page: &Value) -> Vec<i64> {
    page["messages"].as_array().into_iter().flatten().filter_map(|message| message["seq"].as_i64()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sent_message_is_at_its_location() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let path = format!("/api/v1/groups/{group}/messages");
    let sent = api.post(&path).by(&owner).json(&json!({"message": {"message": "hello"}})).send().await;
    assert_eq!(sent.status, 201);
    let location = sent.header("location").unwrap();
    assert_eq!(location, format!("{path}/{}", sent.text("id")));
    let shown = api.get(location).by(&owner).send().await;
    assert_eq!(shown.json(), sent.json());
    assert_eq!((shown.text("user_id"), shown.text("group_id")), (owner.id, group));
}

#[tokio::test(flavor = "multi_thread")]
async fn both_paths_send_and_both_forms_of_a_body() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let nested = format!("/api/v1/groups/{group}/messages");
    let flat = "/api/v1/group_messages";
    for (path, body) in [
        (nested.as_str(), json!({"message": {"message": "a"}})),
        (nested.as_str(), json!({"message": "b"})),
        (flat, json!({"group_message": {"group_id": group, "message": "c"}})),
        (flat, json!({"group_id": group, "message": "d", "unknown": 1})),
    ] {
        assert_eq!(api.post(path).by(&owner).json(&body).send().await.status, 201, "{body}");
    }
    assert_eq!(seqs(&api.get(&nested).by(&owner).send().await.json()), [4, 3, 2, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_answers_the_first_message_and_another_text_is_refused() {
    let api = Api::start().await;
    let (owner, member) = (api.caller().await, api.caller().await);
    let group = api.group(&owner).await;
    api.join(&group, &owner, &member, "member").await;
    let path = format!("/api/v1/groups/{group}/messages");
    let id = api.id();
    let body = json!({"message": {"id": id, "message": "once"}});
    let first = api.post(&path).by(&owner).json(&body).send().await;
    let again = api.post(&path).by(&owner).json(&body).send().await;
    let by_key = api
        .post(&path)
        .by(&owner)
        .header("Idempotency-Key", &id)
        .json(&json!({"message": "once"}))
        .send()
        .await;

    assert_eq!((first.status.as_u16(), first.header("idempotent-replayed")), (201, None));
    for retry in [&again, &by_key] {
        assert_eq!((retry.status.as_u16(), retry.header("idempotent-replayed")), (200, Some("true")));
        assert_eq!(retry.body, first.body);
        assert_eq!(retry.header("location"), first.header("location"));
    }
    let other_text = json!({"message": {"id": id, "message": "twice"}});
    assert_eq!(api.post(&path).by(&owner).json(&other_text).send().await.code(), 40902);
    assert_eq!(api.post(&path).by(&member).json(&body).send().await.code(), 40902);
    assert_eq!(seqs(&api.get(&path).by(&owner).send().await.json()), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_and_a_key_that_differ_are_refused() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let path = format!("/api/v1/groups/{group}/messages");
    let body = json!({"message": {"id": api.id(), "message": "a"}});
    for key in [api.id().as_str(), "not a UUID"] {
        let refused = api.post(&path).by(&owner).header("Idempotency-Key", key).json(&body).send().await;
        assert_eq!((refused.code(), refused.detail()), (42201, ("id".into(), "format".into())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_back_and_forth_without_gaps() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    for number in 1..=5 {
        api.message(&group, &owner, &number.to_string()).await;
    }
    let page = |query: &str| api.get(&format!("/api/v1/groups/{group}/messages?{query}")).by(&owner).send();

    let newest = page("limit=2").await.json();
    assert_eq!(
        (seqs(&newest), &newest["page"]),
        (vec![5, 4], &json!({"has_more": true, "before": 4, "after": 5}))
    );
    let older = page("limit=2&before=4").await.json();
    assert_eq!(
        (seqs(&older), &older["page"]),
        (vec![3, 2], &json!({"has_more": true, "before": 2, "after": 3}))
    );
    let oldest = page("limit=2&before=2").await.json();
    assert_eq!(
        (seqs(&oldest), &oldest["page"]),
        (vec![1], &json!({"has_more": false, "before": null, "after": 1}))
    );

    let first = page("limit=3&after=0").await.json();
    assert_eq!((seqs(&first), &first["page"]["has_more"]), (vec![1, 2, 3], &json!(true)));
    let second = page("limit=3&after=3").await.json();
    assert_eq!((seqs(&second), &second["page"]["has_more"]), (vec![4, 5], &json!(false)));
    let nothing = page("after=5").await.json();
    assert_eq!(
        (seqs(&nothing), &nothing["page"]),
        (vec![], &json!({"has_more": false, "before": null, "after": 5}))
    );
    assert_eq!(seqs(&page("after=9223372036854775807").await.json()), Vec::<i64>::new());
    assert_eq!(seqs(&page("before=0").await.json()), Vec::<i64>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_page_is_good_for_that_page_until_a_message_comes() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    api.message(&group, &owner, "one").await;
    let path = format!("/api/v1/groups/{group}/messages");
    let tag = api.get(&path).by(&owner).send().await.header("etag").unwrap().to_owned();
    let ask = |path: String| api.get(&path).by(&owner).header("If-None-Match", &tag).send();
    assert_eq!(ask(path.clone()).await.status, 304);
    assert_eq!(ask(format!("{path}?limit=51")).await.status, 200);
    assert_eq!(ask(format!("{path}?after=0")).await.status, 200);
    api.message(&group, &owner, "two").await;
    assert_eq!(ask(path).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_there_is_missing() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    for id in [api.id().as_str(), "nonsense"] {
        let missing = api.get(&format!("/api/v1/groups/{group}/messages/{id}")).by(&owner).send().await;
        assert_eq!((missing.status.as_u16(), missing.code()), (404, 40402));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_pages_are_refused() {
    let api = Api::start().await;
    let owner = api.caller().await;
    let group = api.group(&owner).await;
    let base = format!("/api/v1/groups/{group}");
    for path in [
        format!("{base}/messages?limit=0"),
        format!("{base}/messages?limit=101"),
        format!("{base}/messages?limit=ten"),
        format!("{base}/messages?before=1&after=1"),
        format!("{base}/messages?before=-1"),
        format!("{base}/messages?after=x"),
        format!("{base}?limit=0"),
        format!("{base}/members?cursor=nonsense"),
        format!("{base}/members?limit=1000"),
        "/api/v1/groups?cursor=nonsense".into(),
        "/api/v1/groups?limit=".into(),
    ] {
        let refused = api.get(&path).by(&owner).send().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (422, 42205), "{path}");
    }
    for path in [
        format!("{base}/messages?limit=%zz"),
        format!("{base}/messages?limit=%ff"),
        "/api/v1/groups?cursor=%".into(),
    ] {
        let refused = api.get(&path).by(&owner).send().await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, 40002), "{path}");
    }
}
