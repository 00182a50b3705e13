//! Who may do what: every route, as everybody.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{
    support::{Answer, Api, Call, Caller, unsubscribe_token},
    webhooks,
};

/// The statuses for: anonymous, outsider, member, former member, admin, owner.
type Statuses = [u16; 6];

struct Row {
    method: &'static str,
    path: &'static str,
    body: fn(&Scene) -> Value,
    statuses: Statuses,
}

/// A group, and everybody who may or may not be in it.
struct Scene {
    group: String,
    message: String,
    webhook: String,
    delivery: String,
    invitation: String,
    code: String,
    bystander: Caller,
    newcomer: Caller,
    fresh: String,
    /// An export of the owner's.
    export: String,
}

const ALL: Statuses = [200; 6];
const SIGNED_IN: Statuses = [401, 200, 200, 200, 200, 200];
const MEMBERS: Statuses = [401, 404, 200, 404, 200, 200];
const STAFF: Statuses = [401, 404, 403, 404, 200, 200];
/// What is the owner's alone.
const OWNER: Statuses = [401, 404, 404, 404, 404, 200];
const SENDERS: Statuses = [401, 404, 201, 404, 201, 201];

fn nothing(_: &Scene) -> Value {
    Value::Null
}

fn rows() -> Vec<Row> {
    let row = |method, path, body, statuses| Row { method, path, body, statuses };
    vec![
        row(
            "POST",
            "/api/v1/users",
            |scene| json!({"user": {"name": "New", "email": format!("{}@example.com", scene.fresh), "password": "long enough for this"}}),
            [201; 6],
        ),
        row("POST", "/api/v1/users/guest", nothing, [201; 6]),
        row(
            "POST",
            "/api/v1/users/sign_in",
            |scene| json!({"user": {"email": scene.bystander.email, "password": auth_engine::factories::PASSWORD}}),
            ALL,
        ),
        row("GET", "/api/v1/users/me", nothing, SIGNED_IN),
        row(
            "PATCH",
            "/api/v1/users/me",
            |_| json!({"user": {"name": "Other", "current_password": auth_engine::factories::PASSWORD}}),
            SIGNED_IN,
        ),
        row(
            "DELETE",
            "/api/v1/users/me",
            |_| json!({"user": {"current_password": auth_engine::factories::PASSWORD}}),
            [401, 202, 202, 202, 202, 202],
        ),
        row("POST", "/api/v1/users/me/export", nothing, [401, 202, 202, 202, 202, 202]),
        row("GET", "/api/v1/users/me/exports/{export_id}", nothing, OWNER),
        row("GET", "/api/v1/users/me/exports/{export_id}/archive", nothing, OWNER),
        row("GET", "/api/v1/users/me/notifications", nothing, SIGNED_IN),
        row(
            "PUT",
            "/api/v1/users/me/notifications",
            |_| json!({"notifications": {"digests": true}}),
            SIGNED_IN,
        ),
        row("GET", "/api/v1/groups", nothing, SIGNED_IN),
        row("POST", "/api/v1/groups", |_| json!({"group": {"name": "Mine"}}), [401, 201, 201, 201, 201, 201]),
        row("GET", "/api/v1/groups/{id}", nothing, MEMBERS),
        row(
            "PATCH",
            "/api/v1/groups/{id}",
            |_| json!({"group": {"name": "Renamed"}}),
            [401, 404, 403, 404, 200, 200],
        ),
        row("DELETE", "/api/v1/groups/{id}", nothing, [401, 404, 403, 404, 403, 204]),
        row("GET", "/api/v1/groups/{id}/messages", nothing, MEMBERS),
        row("POST", "/api/v1/groups/{id}/messages", |_| json!({"message": {"message": "hello"}}), SENDERS),
        row("GET", "/api/v1/groups/{id}/messages/{message_id}", nothing, MEMBERS),
        row(
            "POST",
            "/api/v1/group_messages",
            |scene| json!({"group_message": {"group_id": scene.group, "message": "hello"}}),
            SENDERS,
        ),
        row("GET", "/api/v1/groups/{id}/members", nothing, MEMBERS),
        row(
            "POST",
            "/api/v1/groups/{id}/members",
            |scene| json!({"member": {"user_id": scene.newcomer.id}}),
            [401, 404, 403, 404, 201, 201],
        ),
        row(
            "PATCH",
            "/api/v1/groups/{id}/members/{user_id}",
            |_| json!({"member": {"role": "admin"}}),
            [401, 404, 403, 404, 403, 200],
        ),
        row("DELETE", "/api/v1/groups/{id}/members/{user_id}", nothing, [401, 404, 403, 404, 204, 204]),
        row("GET", "/api/v1/groups/{id}/users", nothing, MEMBERS),
        row(
            "PUT",
            "/api/v1/groups/{id}/read",
            |_| json!({"read": {"seq": 1}}),
            [401, 404, 204, 404, 204, 204],
        ),
        row("GET", "/api/v1/groups/{id}/notifications", nothing, MEMBERS),
        row(
            "PUT",
            "/api/v1/groups/{id}/notifications",
            |_| json!({"notifications": {"muted": true}}),
            MEMBERS,
        ),
        row("GET", "/api/v1/groups/{id}/invitations", nothing, STAFF),
        row(
            "POST",
            "/api/v1/groups/{id}/invitations",
            |_| json!({"invitation": {"uses": 1}}),
            [401, 404, 403, 404, 201, 201],
        ),
        row(
            "DELETE",
            "/api/v1/groups/{id}/invitations/{invitation_id}",
            nothing,
            [401, 404, 403, 404, 204, 204],
        ),
        row("POST", "/api/v1/invitations/{code}/accept", nothing, [401, 201, 200, 201, 200, 200]),
        row("GET", "/api/v1/groups/{id}/webhooks", nothing, STAFF),
        row(
            "POST",
            "/api/v1/groups/{id}/webhooks",
            |_| json!({"webhook": {"url": "https://example.com/"}}),
            [401, 404, 403, 404, 201, 201],
        ),
        row("DELETE", "/api/v1/groups/{id}/webhooks/{webhook_id}", nothing, [401, 404, 403, 404, 204, 204]),
        row("GET", "/api/v1/groups/{id}/webhooks/{webhook_id}/deliveries", nothing, STAFF),
        row(
            "POST",
            "/api/v1/groups/{id}/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver",
            nothing,
            [401, 404, 403, 404, 202, 202],
        ),
        row("GET", "/unsubscribe/{token}", nothing, ALL),
        row("POST", "/unsubscribe/{token}", nothing, ALL),
        row("GET", "/livez", nothing, ALL),
        row("GET", "/readyz", nothing, ALL),
        row("GET", "/config.json", nothing, ALL),
        row("GET", "/openapi.json", nothing, ALL),
        row("GET", "/docs", nothing, [302; 6]),
        row("GET", "/docs/{file}", nothing, ALL),
        row("GET", "/", nothing, ALL),
        row("GET", "/assets/{file}", nothing, ALL),
        // The last: afterwards who asked is not signed in.
        row("DELETE", "/api/v1/users/sign_out", nothing, [401, 204, 204, 204, 204, 204]),
    ]
}

impl Scene {
    async fn set(
        api: &Api,
        [_, member, former, admin, owner]: [&Caller; 5],
        bystander: &Caller,
        newcomer: &Caller,
    ) -> Self {
        let group = api.group(owner).await;
        for (caller, role) in
            [(member, "member"), (former, "member"), (admin, "admin"), (bystander, "member")]
        {
            api.join(&group, owner, caller, role).await;
        }
        let message =
            api.message(&group, former, "first").await["id"].as_str().unwrap_or_default().to_owned();
        let (webhook, delivery) = webhooks::delivered(api, &group, owner).await;
        let (invitation, code) = api.invite(&group, owner).await;
        let left =
            api.delete(&format!("/api/v1/groups/{group}/members/{}", former.id)).by(former).send().await;
        assert_eq!(left.status, 204);
        Self {
            group,
            message,
            webhook,
            delivery,
            invitation,
            code,
            bystander: bystander.clone(),
            newcomer: newcomer.clone(),
            fresh: api.id(),
            export: String::new(),
        }
    }

    fn call<'a>(&self, api: &'a Api, row: &Row, group: &str) -> Call<'a> {
        let path = row
            .path
            .replace("{id}", group)
            .replace("{message_id}", &self.message)
            .replace("{webhook_id}", &self.webhook)
            .replace("{delivery_id}", &self.delivery)
            .replace("{invitation_id}", &self.invitation)
            .replace("{code}", &self.code)
            .replace("{export_id}", &self.export)
            .replace("{user_id}", &self.bystander.id)
            .replace("{token}", &unsubscribe_token(&self.bystander))
            .replace("{file}", "index.html");
        let path = if path.ends_with("/users") && row.method == "GET" {
            format!("{path}?ids={}", self.bystander.id)
        } else {
            path
        };
        let call = api.call(row.method, &path);
        match (row.body)(self) {
            Value::Null => call,
            body => call.json(&body),
        }
    }
}

/// An outsider, a member, a former member, an admin and an owner to be.
async fn cast(api: &Api) -> [Caller; 5] {
    [api.caller().await, api.caller().await, api.caller().await, api.caller().await, api.caller().await]
}

/// Who asks: the place of their statuses in a row.
#[derive(Debug, Clone, Copy)]
enum Who {
    Anonymous,
    Outsider,
    Member,
    FormerMember,
    Admin,
    Owner,
}

/// Asks for every route as `who`, each time about another group.
async fn every_route_answers(who: Who) {
    let auth = auth_engine::Settings { guests: true, ..auth_engine::factories::settings() };
    let api = Api::with(auth, api_engine::Settings::default()).await;
    let everybody = cast(&api).await;
    let [bystander, newcomer] = [api.caller().await, api.caller().await];
    let export = api.post("/api/v1/users/me/export").by(&everybody[4]).send().await.text("id");
    api.work().await;

    for row in rows() {
        // Who ends their account is not there for the next row.
        let ends = row.method == "DELETE" && row.path == "/api/v1/users/me";
        let cast = if ends { cast(&api).await } else { everybody.clone() };
        let mut scene = Scene::set(&api, cast.each_ref(), &bystander, &newcomer).await;
        scene.export.clone_from(&export);
        let call = scene.call(&api, &row, &scene.group);
        let call = match (who as usize).checked_sub(1) {
            None => call,
            Some(caller) => call.by(&cast[caller]),
        };
        let answer = call.send().await;
        let expected = row.statuses[who as usize];
        assert_eq!(answer.status.as_u16(), expected, "{} {} as {who:?}: {answer:?}", row.method, row.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_who_is_anonymous_as_the_table_says() {
    every_route_answers(Who::Anonymous).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_an_outsider_as_the_table_says() {
    every_route_answers(Who::Outsider).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_a_member_as_the_table_says() {
    every_route_answers(Who::Member).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_a_former_member_as_the_table_says() {
    every_route_answers(Who::FormerMember).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_an_admin_as_the_table_says() {
    every_route_answers(Who::Admin).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_the_owner_as_the_table_says() {
    every_route_answers(Who::Owner).await;
}

#[test]
fn the_table_has_a_row_for_every_route() {
    let drawn = api_engine::routes::draw();
    let words = |line: &str| line.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let served: BTreeSet<String> = drawn.lines().map(words).collect();
    let told: BTreeSet<String> = rows().iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    assert_eq!(served, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_and_a_missing_group_answer_byte_for_byte_alike() {
    let api = Api::start().await;
    let [outsider, member, former, admin, owner] = cast(&api).await;
    let [bystander, newcomer] = [api.caller().await, api.caller().await];
    let scene = Scene::set(&api, [&outsider, &member, &former, &admin, &owner], &bystander, &newcomer).await;
    let missing = api.id();

    for row in rows().iter().filter(|row| row.path.contains("{id}")) {
        for caller in [&outsider, &former] {
            let private =
                scene.call(&api, row, &scene.group).by(caller).header("X-Request-Id", "same").send().await;
            for absent in [missing.as_str(), "not-an-id"] {
                let absent =
                    scene.call(&api, row, absent).by(caller).header("X-Request-Id", "same").send().await;
                assert_eq!(private.status, 404, "{} {}", row.method, row.path);
                assert_eq!(private.body, absent.body, "{} {}", row.method, row.path);
                let headers = |answer: &Answer| format!("{:?}", answer.headers);
                assert_eq!(headers(&private), headers(&absent), "{} {}", row.method, row.path);
            }
        }
    }
}
