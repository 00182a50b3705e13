//! The API's description, made of what the actions and serializers say of themselves.

use utoipa::{
    OpenApi,
    openapi::{
        Header, Info, ObjectBuilder, OpenApi as Description, RefOr, Response, Type,
        path::Operation,
        security::{Http, HttpAuthScheme, SecurityScheme},
        tag::TagBuilder,
    },
};

use crate::{errors::ErrorBody, routes::Described};

const ABOUT: &str = "Group chat. Bodies are JSON: the object below the root key, or the object alone. \
                     Unknown fields are ignored. Times are UTC, RFC 3339.";

/// The API as OpenAPI 3.1: pretty JSON with a line's end.
///
/// # Example
/// ```
/// let description: serde_json::Value = serde_json::from_str(&api_engine::openapi()).unwrap();
/// assert_eq!(description["openapi"], "3.1.0");
/// assert!(description["paths"]["/api/v1/groups"]["post"].is_object());
/// ```
#[must_use]
pub fn openapi() -> String {
    let mut text = description().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}

fn description() -> Description {
    let mut api = Described::openapi();
    api.info = Info::builder().title("Parlour").version("1").description(Some(ABOUT)).build();
    api.servers = None;
    api.tags = Some(
        [
            ("users", "Accounts and sessions"),
            ("groups", "Groups"),
            ("messages", "Messages and read markers"),
            ("members", "Members and their names"),
            ("invitations", "Links by which people join groups"),
            ("notifications", "What reaches users who are away"),
            ("webhooks", "Where groups' messages are posted to"),
            ("service", "The service itself"),
        ]
        .map(|(name, about)| TagBuilder::new().name(name).description(Some(about)).build())
        .into(),
    );
    let mut components = api.components.take().unwrap_or_default();
    add_schema::<ErrorBody<'_>>(&mut components);
    components.add_security_scheme("bearer", scheme(HttpAuthScheme::Bearer));
    components.add_security_scheme("basic", scheme(HttpAuthScheme::Basic));
    api.components = Some(components);
    for item in api.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(name_request_ids);
    }
    api
}

fn add_schema<T: utoipa::ToSchema>(components: &mut utoipa::openapi::Components) {
    let mut schemas = vec![(T::name().into_owned(), T::schema())];
    T::schemas(&mut schemas);
    components.schemas.extend(schemas);
}

fn scheme(scheme: HttpAuthScheme) -> SecurityScheme {
    SecurityScheme::Http(Http::new(scheme))
}

/// Every answer has the header.
fn name_request_ids(operation: &mut Operation) {
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(Response { headers, .. }) = response {
            let schema = ObjectBuilder::new().schema_type(Type::String).build();
            let mut header = Header::new(schema);
            header.description = Some("The caller's, when it was a sane one".into());
            headers.insert("X-Request-Id".into(), header.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, env, fs, path::Path};

    use serde_json::Value;

    use super::*;
    use crate::routes::ROUTES;

    /// `UPDATE=1 cargo test -p api-engine openapi` writes the file anew.
    #[test]
    fn the_file_in_docs_is_what_the_code_says() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
        if env::var_os("UPDATE").is_some() {
            fs::write(&file, openapi()).unwrap();
        }
        let told = fs::read_to_string(&file).unwrap_or_default();
        assert!(told == openapi(), "docs/openapi.json is old: UPDATE=1 cargo test -p api-engine openapi");
    }

    #[test]
    fn describes_every_route_and_nothing_else() {
        let api: Value = serde_json::from_str(&openapi()).unwrap();
        let described: BTreeSet<(String, String)> = api["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
                methods.map(|method| (method.to_uppercase(), path.clone())).collect::<Vec<_>>()
            })
            .collect();
        let served: BTreeSet<(String, String)> =
            ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
        assert_eq!(described, served);
    }

    #[test]
    fn every_name_it_uses_is_there() {
        let text = openapi();
        let api: Value = serde_json::from_str(&text).unwrap();
        assert!(api["openapi"].as_str().unwrap().starts_with("3.1"));
        for reference in text.split("\"$ref\": \"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(api.pointer(pointer).is_some(), "{pointer}");
        }
        let mut operations = BTreeSet::new();
        for operation in text.split("\"operationId\": \"").skip(1) {
            assert!(operations.insert(operation.split('"').next().unwrap()), "{operation}");
        }
        assert_eq!(operations.len(), ROUTES.len());
    }
}
