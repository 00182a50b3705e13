//! Schemathesis over the OpenAPI description: no answer is a server's fault or other than described, and
//! everything that is described is answered. What input alone can't provoke has a server in trouble.

mod description;
mod known;
mod trial;

use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use tokio::time::{sleep, timeout};

use self::{
    description::Operation,
    known::Known,
    trial::{Trial, break_stores, stall_stores},
};
use crate::support::{Parlour, Person};

/// The fewest requests that say something.
const CASES: usize = 2_000;
/// How long something that is about to be is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest body that is read, in bytes.
const BODY_LIMIT: usize = 256 * 1024;
/// What goes wrong on purpose is nothing to report.
const QUIET: (&str, &str) = ("RUST_LOG", "off");
/// So that links in mail can be made that are good.
const KEY: (&str, &str) = ("PASSWORD_KEY", "a key for passwords that all of them know");

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_is_as_described_and_every_described_answer_is_given() {
    let trial = Trial::new();
    let parlour = start(&[
        ("SIGN_IN_FAILURES_PER_ADDRESS", "1000000"),
        ("SIGN_IN_FAILURES_PER_NETWORK", "1000000"),
        ("EXPORTS_PER_USER", "1000000"),
    ])
    .await;
    let operations = description::read(&parlour).await;
    // Schemathesis leaves out what it reads itself.
    trial.note("GET", "/openapi.json", 200);
    page(&trial, &parlour).await;

    let known = everybody(&trial, &parlour).await;
    unreadable(&trial, &parlour, &operations).await;
    limited(&trial).await;
    closed(&trial, &known).await;
    stalled(&trial).await;
    broken(&trial).await;

    assert!(trial.cases() >= CASES, "{} cases", trial.cases());
    let unseen = trial.unseen(&operations);
    assert!(unseen.is_empty(), "declared and never answered:\n{}", unseen.join("\n"));
}

async fn start(settings: &[(&str, &str)]) -> Parlour {
    Parlour::start_with(&[settings, &[QUIET, KEY]].concat()).await
}

/// Nobody, an owner, a member, and somebody who leaves ask whatever schemathesis can think of.
async fn everybody(trial: &Trial, parlour: &Parlour) -> Known {
    let (owner, member) = (Person::new(parlour).await, Person::new(parlour).await);
    let (leaver, stranger) = (Person::new(parlour).await, Person::new(parlour).await);

    let known = Known::of(&owner, &[&member], &[&stranger]).await;
    trial.explore(parlour, &known, &["--max-examples=10"]).await;
    let as_owner = &bearer(&owner);
    let all_but_the_ends =
        ["--max-examples=25", "--exclude-operation-id-regex=^(sign_out|erase_me)$", as_owner];
    trial.explore(parlour, &known, &all_but_the_ends).await;

    replay_webhook(trial, &owner).await;
    invite(trial, &owner, &stranger).await;
    refuse_guest(trial, parlour).await;

    let known = Known::of(&owner, &[&member], &[&stranger]).await;
    let as_member = &bearer(&member);
    let rights = "--include-operation-id-regex=^(update_group|delete_group|add_member|change_role|list_invitations|create_invitation|revoke_invitation|list_webhooks|create_webhook|delete_webhook|list_deliveries|redeliver)$";
    trial.explore(parlour, &known, &["--max-examples=10", rights, as_member]).await;
    let leaving = ["--include-operation-id=remove_member", as_member];
    trial.explore(parlour, &known, &leaving).await;
    for (end, person) in [("sign_out", Person::new(parlour).await), ("erase_me", leaver)] {
        let end = format!("--include-operation-id={end}");
        trial.explore(parlour, &known, &[&end, &bearer(&person)]).await;
    }
    known
}

/// Reads a file of the web client, and reads it again: nobody could guess its name.
async fn page(trial: &Trial, parlour: &Parlour) {
    let get = |path: &str| Client::new().get(format!("{}{path}", parlour.api));
    let page = get("/").send().await.unwrap().text().await.unwrap();
    let file = page.split('"').find(|text| text.starts_with("/assets/")).unwrap();
    let read = get(file).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK);
    let copy = read.headers()["etag"].clone();
    let again = get(file).header("if-none-match", copy).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
    for answer in [read, again] {
        trial.note("GET", "/assets/{file}", answer.status().as_u16());
    }
}

/// Makes a web hook twice and ends it, as cases of schemathesis do by luck alone.
async fn replay_webhook(trial: &Trial, owner: &Person) {
    let path = format!("/groups/{}/webhooks", owner.group_with(&[]).await);
    let webhook = json!({"webhook": {"id": owner.id, "url": "https://receiver.invalid/"}});
    for status in [StatusCode::CREATED, StatusCode::OK] {
        let answer = owner.request(Method::POST, &path).json(&webhook).send().await.unwrap();
        assert_eq!(answer.status(), status);
        trial.note("POST", "/api/v1/groups/{id}/webhooks", status.as_u16());
    }
    let ended = owner.request(Method::DELETE, &format!("{path}/{}", owner.id)).send().await.unwrap();
    assert_eq!(ended.status(), StatusCode::NO_CONTENT);
    trial.note("DELETE", "/api/v1/groups/{id}/webhooks/{webhook_id}", ended.status().as_u16());
}

/// Invites somebody, who comes twice, and invites no more; by luck alone, schemathesis would.
async fn invite(trial: &Trial, owner: &Person, guest: &Person) {
    const INVITATIONS: &str = "/api/v1/groups/{id}/invitations";
    let path = format!("/groups/{}/invitations", owner.group_with(&[]).await);
    let made = owner.post(&path, json!({"invitation": {"uses": 1}})).await["invitation"].clone();
    trial.note("POST", INVITATIONS, StatusCode::CREATED.as_u16());
    let (id, code) = (made["id"].as_str().unwrap(), made["code"].as_str().unwrap());
    for status in [StatusCode::CREATED, StatusCode::OK] {
        accept(trial, guest, code, status).await;
    }
    let revoked = owner.request(Method::DELETE, &format!("{path}/{id}")).send().await.unwrap();
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    trial.note("DELETE", &format!("{INVITATIONS}/{{invitation_id}}"), revoked.status().as_u16());
}

async fn accept(trial: &Trial, person: &Person, code: &str, status: StatusCode) {
    let accept = person.request(Method::POST, &format!("/invitations/{code}/accept"));
    let answered = accept.send().await.unwrap().status();
    assert_eq!(answered, status);
    trial.note("POST", "/api/v1/invitations/{code}/accept", answered.as_u16());
}

/// Asks for what a guest may not.
async fn refuse_guest(trial: &Trial, parlour: &Parlour) {
    let token = guest(parlour).await;
    let change = json!({"user": {"name": "Another", "current_password": "none"}});
    let change = Client::new().patch(format!("{}/api/v1/users/me", parlour.api)).json(&change);
    let refused = change.bearer_auth(token).send().await.unwrap().status();
    assert_eq!(refused, StatusCode::FORBIDDEN);
    trial.note("PATCH", "/api/v1/users/me", refused.as_u16());
}

/// Lets a guest in; the token.
async fn guest(parlour: &Parlour) -> String {
    let guest = Client::new().post(format!("{}/api/v1/users/guest", parlour.api)).send().await.unwrap();
    assert_eq!(guest.status(), StatusCode::CREATED);
    let guest: serde_json::Value = guest.json().await.unwrap();
    guest["token"].as_str().unwrap().to_owned()
}

/// Addresses that are no text, and bodies that are no JSON or have no end.
async fn unreadable(trial: &Trial, parlour: &Parlour, operations: &[Operation]) {
    let person = Person::new(parlour).await;
    let endless = " ".repeat(BODY_LIMIT + 1);
    for operation in operations {
        let undecodable = format!("{}?limit=%FF", operation.path_to("%FF"));
        let nowhere = operation.path_to(&person.id.to_string());
        for (path, body, status) in [
            (&undecodable, "{", StatusCode::BAD_REQUEST),
            (&nowhere, &*endless, StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            if !operation.statuses.contains(&status.as_u16()) {
                continue;
            }
            let method: Method = operation.method.parse().unwrap();
            let request = Client::new().request(method, format!("{}{path}", parlour.api));
            let request = request
                .bearer_auth(&person.token)
                .header("content-type", "application/json")
                .body(body.to_owned());
            let answered = request.send().await.unwrap().status();
            assert_eq!(answered, status, "{operation:?}");
            trial.note(&operation.method, &operation.path, answered.as_u16());
        }
    }
}

/// A server at its limits: of sign-ups, of guests, of failed sign-ins, of members, of invitations.
async fn limited(trial: &Trial) {
    let parlour = start(&[
        ("SIGN_IN_FAILURES_PER_NETWORK", "1"),
        ("SIGN_UPS_PER_NETWORK", "2"),
        ("GUESTS_PER_NETWORK", "1"),
        ("MAX_MEMBERS", "1"),
        ("MAX_INVITATIONS", "1"),
    ])
    .await;
    let (owner, stranger) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let known = Known::of(&owner, &[], &[&stranger]).await;
    guest(&parlour).await;
    let (group, code) = known.invitation();
    accept(trial, &stranger, code, StatusCode::CONFLICT).await;
    let another = owner.request(Method::POST, &format!("/groups/{group}/invitations"));
    let refused = another.json(&json!({"invitation": {}})).send().await.unwrap().status();
    assert_eq!(refused, StatusCode::CONFLICT);
    trial.note("POST", "/api/v1/groups/{id}/invitations", refused.as_u16());
    trial.probe(&parlour, &known, &["--auth=nobody@example.com:wrong"]).await;
    let adding = ["--max-examples=20", "--include-operation-id=add_member", &bearer(&owner)];
    trial.probe(&parlour, &known, &adding).await;
}

/// A server that takes nobody new.
async fn closed(trial: &Trial, known: &Known) {
    let parlour = start(&[("SIGN_UP", "closed"), ("GUESTS", "off")]).await;
    trial.probe(&parlour, known, &["--include-operation-id-regex=^(sign_up|sign_up_guest)$"]).await;
}

/// A server whose stores keep it waiting.
async fn stalled(trial: &Trial) {
    let parlour = start(&[("REQUEST_TIMEOUT", "500ms"), ("DATABASE_POOL", "1")]).await;
    let (owner, stranger) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let known = Known::of(&owner, &[], &[&stranger]).await;
    let _stall = stall_stores(&parlour).await;
    trial.probe(&parlour, &known, &[&bearer(&owner)]).await;
    // It needs no more than a connection, and somebody has the only one.
    let hold = owner.request(Method::GET, "/groups").send();
    let late = readiness(trial, &parlour.api, StatusCode::GATEWAY_TIMEOUT);
    let (held, ()) = tokio::join!(hold, late);
    assert_eq!(held.unwrap().status(), StatusCode::GATEWAY_TIMEOUT);
}

/// A server whose stores fail, and which ends.
async fn broken(trial: &Trial) {
    let parlour = start(&[]).await;
    let (owner, stranger) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let known = Known::of(&owner, &[], &[&stranger]).await;
    break_stores(&parlour).await;
    trial.probe(&parlour, &known, &[&bearer(&owner)]).await;
    let api = parlour.api.clone();
    let (ended, ()) = tokio::join!(parlour.stop(), readiness(trial, &api, StatusCode::SERVICE_UNAVAILABLE));
    assert_eq!(ended, Some(0));
}

/// Waits until `/readyz` answers `status`.
async fn readiness(trial: &Trial, api: &str, status: StatusCode) {
    let answers = async {
        while reqwest::get(format!("{api}/readyz")).await.unwrap().status() != status {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, answers).await.expect("/readyz answers as it should in time");
    trial.note("GET", "/readyz", status.as_u16());
}

fn bearer(person: &Person) -> String {
    format!("--header=Authorization: Bearer {}", person.token)
}
