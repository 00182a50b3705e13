//! Turning mail off and on.

use serde_json::json;

use crate::support::{Api, Caller, unsubscribe_token};

const MINE: &str = "/api/v1/users/me/notifications";

async fn wants(api: &Api, caller: &Caller) -> bool {
    api.get(MINE).by(caller).send().await.json()["digests"].as_bool().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_click_turns_mail_off_and_its_user_turns_it_on_again() {
    let api = Api::start().await;
    let (alice, bob) = (api.caller().await, api.caller().await);
    let link = format!("/unsubscribe/{}", unsubscribe_token(&alice));
    assert!(wants(&api, &alice).await, "until somebody says no");

    let page = api.get(&link).send().await;
    assert_eq!(page.status, 200);
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'self'"));
    assert!(wants(&api, &alice).await, "looking at a link changes nothing");

    for _ in 0..2 {
        let click = api.post(&link).header("Content-Type", "application/x-www-form-urlencoded");
        assert_eq!(click.send().await.status, 200);
        assert!(!wants(&api, &alice).await);
        assert!(wants(&api, &bob).await);
    }

    let on = api.put(MINE).by(&alice).json(&json!({"notifications": {"digests": true}})).send().await;
    assert_eq!((on.status.as_u16(), on.json()), (200, json!({"digests": true})));
    assert!(wants(&api, &alice).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_none_of_ours_is_nothing_at_all() {
    let api = Api::start().await;
    let alice = api.caller().await;
    let good = unsubscribe_token(&alice);
    let other = format!("B{}", &good[1..]);
    for token in [other.as_str(), &good[1..], "x", "%20"] {
        for method in ["GET", "POST"] {
            let refused = api.call(method, &format!("/unsubscribe/{token}")).send().await;
            assert_eq!((refused.status.as_u16(), refused.code()), (404, 40400), "{method} {token}");
        }
    }
    assert!(wants(&api, &alice).await);
}
