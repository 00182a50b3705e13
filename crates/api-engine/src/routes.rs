//! The route table: served, printed and described from one place.

use actix_web::{
    HttpRequest, Resource, Route as Handler,
    http::Method,
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use crate::{
    controllers::{
        exports_controller, group_messages_controller, group_users_controller, groups_controller,
        health_controller, invitations_controller, mail_preferences_controller, memberships_controller,
        notification_preferences_controller, pages_controller, profiles_controller, read_markers_controller,
        registrations_controller, sessions_controller, unsubscriptions_controller,
        webhook_deliveries_controller, webhooks_controller,
    },
    errors::{ErrorCode, ErrorHandler},
    guard,
};

/// One row of the table.
pub(crate) struct Route {
    /// `GET`, `POST`, ...
    pub(crate) method: &'static str,
    /// The path, with names in braces.
    pub(crate) path: &'static str,
    controller: &'static str,
    action: &'static str,
    handler: fn() -> Handler,
}

/// The path of the route that a request has come to, as the table has it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Template(&'static str);

impl Template {
    /// None: to a path that is not in the table. Actix would look for it anew.
    pub(crate) fn of(request: &HttpRequest) -> Option<&'static str> {
        request.app_data().map(|Self(path)| *path)
    }
}

macro_rules! routes {
    ($($method:ident $path:literal => $controller:ident::$action:ident,)+) => {
        /// Every route. Those of one path stand together.
        pub(crate) const ROUTES: &[Route] = &[$(
            Route {
                method: stringify!($method),
                path: $path,
                controller: stringify!($controller),
                action: stringify!($action),
                handler: || web::method(Method::$method).to($controller::$action),
            },
        )+];

        /// What the actions say of themselves.
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($controller::$action),+))]
        pub(crate) struct Described;
    };
}

// Every route of the API: what is served, what `make routes` prints, what the OpenAPI file lists.
routes! {
    POST   "/api/v1/users"                                                                => registrations_controller::create,
    POST   "/api/v1/users/guest"                                                          => registrations_controller::create_guest,
    POST   "/api/v1/users/sign_in"                                                        => sessions_controller::create,
    DELETE "/api/v1/users/sign_out"                                                       => sessions_controller::destroy,
    GET    "/api/v1/users/me"                                                             => profiles_controller::show,
    PATCH  "/api/v1/users/me"                                                             => profiles_controller::update,
    DELETE "/api/v1/users/me"                                                             => profiles_controller::destroy,
    POST   "/api/v1/users/me/export"                                                      => exports_controller::create,
    GET    "/api/v1/users/me/exports/{export_id}"                                         => exports_controller::show,
    GET    "/api/v1/users/me/exports/{export_id}/archive"                                 => exports_controller::archive,
    GET    "/api/v1/users/me/notifications"                                               => mail_preferences_controller::show,
    PUT    "/api/v1/users/me/notifications"                                               => mail_preferences_controller::update,
    GET    "/api/v1/groups"                                                               => groups_controller::index,
    POST   "/api/v1/groups"                                                               => groups_controller::create,
    GET    "/api/v1/groups/{id}"                                                          => groups_controller::show,
    PATCH  "/api/v1/groups/{id}"                                                          => groups_controller::update,
    DELETE "/api/v1/groups/{id}"                                                          => groups_controller::destroy,
    GET    "/api/v1/groups/{id}/messages"                                                 => group_messages_controller::index,
    POST   "/api/v1/groups/{id}/messages"                                                 => group_messages_controller::create_in_group,
    GET    "/api/v1/groups/{id}/messages/{message_id}"                                    => group_messages_controller::show,
    POST   "/api/v1/group_messages"                                                       => group_messages_controller::create,
    GET    "/api/v1/groups/{id}/members"                                                  => memberships_controller::index,
    POST   "/api/v1/groups/{id}/members"                                                  => memberships_controller::create,
    PATCH  "/api/v1/groups/{id}/members/{user_id}"                                        => memberships_controller::update,
    DELETE "/api/v1/groups/{id}/members/{user_id}"                                        => memberships_controller::destroy,
    GET    "/api/v1/groups/{id}/users"                                                    => group_users_controller::index,
    PUT    "/api/v1/groups/{id}/read"                                                     => read_markers_controller::update,
    GET    "/api/v1/groups/{id}/notifications"                                            => notification_preferences_controller::show,
    PUT    "/api/v1/groups/{id}/notifications"                                            => notification_preferences_controller::update,
    GET    "/api/v1/groups/{id}/invitations"                                              => invitations_controller::index,
    POST   "/api/v1/groups/{id}/invitations"                                              => invitations_controller::create,
    DELETE "/api/v1/groups/{id}/invitations/{invitation_id}"                              => invitations_controller::destroy,
    POST   "/api/v1/invitations/{code}/accept"                                            => invitations_controller::accept,
    GET    "/api/v1/groups/{id}/webhooks"                                                 => webhooks_controller::index,
    POST   "/api/v1/groups/{id}/webhooks"                                                 => webhooks_controller::create,
    DELETE "/api/v1/groups/{id}/webhooks/{webhook_id}"                                    => webhooks_controller::destroy,
    GET    "/api/v1/groups/{id}/webhooks/{webhook_id}/deliveries"                         => webhook_deliveries_controller::index,
    POST   "/api/v1/groups/{id}/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver" => webhook_deliveries_controller::redeliver,
    GET    "/unsubscribe/{token}"                                                         => unsubscriptions_controller::show,
    POST   "/unsubscribe/{token}"                                                         => unsubscriptions_controller::create,
    GET    "/livez"                                                                       => health_controller::livez,
    GET    "/readyz"                                                                      => health_controller::readyz,
    GET    "/config.json"                                                                 => pages_controller::config,
    GET    "/openapi.json"                                                                => pages_controller::description,
    GET    "/docs"                                                                        => pages_controller::docs,
    GET    "/docs/{file}"                                                                 => pages_controller::docs_file,
    GET    "/"                                                                            => pages_controller::home,
    GET    "/assets/{file}"                                                               => pages_controller::asset,
}

/// The routes of each path.
fn paths() -> impl Iterator<Item = &'static [Route]> {
    ROUTES.chunk_by(|one, other| one.path == other.path)
}

/// Mounts every route. A path refuses methods that it does not have, and says which it has.
pub(crate) fn mount(app: &mut ServiceConfig) {
    for routes in paths() {
        let Some(first) = routes.first() else { continue };
        let methods: Vec<&str> = routes.iter().map(|route| route.method).collect();
        let allow = methods.join(", ");
        let refuse = move || {
            let error = ErrorHandler::method_not_allowed(allow.clone());
            async move { Err::<&str, _>(error) }
        };
        let resource =
            Resource::new(first.path).app_data(Template(first.path)).default_service(web::to(refuse));
        let resource = routes.iter().fold(resource, |resource, route| resource.route((route.handler)()));
        app.service(resource.wrap(from_fn(guard::limit)));
    }
}

/// Answers every path that is not in the table.
pub(crate) async fn not_found(_: HttpRequest) -> Result<&'static str, ErrorHandler> {
    Err(ErrorCode::PathNotFound.into())
}

/// The table as text, a row a line: method, path and `Controller#action`.
///
/// # Example
/// ```
/// let table = api_engine::routes::draw();
/// let row = table.lines().find(|row| row.ends_with("GroupMessagesController#create_in_group")).unwrap();
/// assert!(row.starts_with("POST") && row.contains("/api/v1/groups/{id}/messages"));
/// ```
#[must_use]
pub fn draw() -> String {
    let width = ROUTES.iter().map(|route| route.path.len()).max().unwrap_or(0) + 2;
    let row = |route: &Route| {
        let Route { method, path, controller, action, .. } = route;
        format!("{method:<6} {path:<width$} {}#{action}\n", camel_case(controller))
    };
    ROUTES.iter().map(row).collect()
}

/// `groups_controller` as the design writes it: `GroupsController`.
fn camel_case(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn is_printed_as_a_table() {
        insta::assert_snapshot!(draw());
    }

    #[test]
    fn the_routes_of_one_path_stand_together() {
        let all: HashSet<&str> = ROUTES.iter().map(|route| route.path).collect();
        assert_eq!(paths().count(), all.len());
    }
}
