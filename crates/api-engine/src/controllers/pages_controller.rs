//! What the service says of itself, to people and to clients.

use std::sync::{Arc, LazyLock};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{Data, Path},
};
use utoipa_swagger_ui::Config;

use super::Answer;
use crate::{
    Settings,
    errors::{self, ErrorCode, Refusals},
    etag::Copies,
    openapi::openapi,
    page::Site,
    serializers::{ConfigSerializer, SignUpState},
};

/// What stands at `/` where there is no page.
const NO_PAGE: &str = "This is Parlour's API, built without its page. What can be called is at /docs.\n";
/// Swagger UI sets styles by itself, and loads nothing from elsewhere.
const DOCS_POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                           frame-ancestors 'none'; base-uri 'none'";

static OPENAPI: LazyLock<String> = LazyLock::new(openapi);
/// Without a validator, which would be another site's.
static SWAGGER: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::from("/openapi.json").validator_url("none")));

/// The web client
///
/// A build without it answers a line of text.
#[utoipa::path(
    get,
    path = "/",
    operation_id = "home",
    tag = "service",
    params(Copies),
    responses(
        (status = 200, description = "The page", body = String, content_type = "text/html"),
        (status = 304, description = "What the caller has is what is there"),
    ),
)]
pub(crate) async fn home(site: Data<Site>, request: HttpRequest, copies: Copies) -> HttpResponse {
    let no_page = || HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(NO_PAGE);
    site.home(&request, &copies).unwrap_or_else(no_page)
}

/// A file of the web client
#[utoipa::path(
    get,
    path = "/assets/{file}",
    operation_id = "asset",
    tag = "service",
    params(("file" = String, Path, description = "The file", example = "index.js"), Copies),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/javascript"),
        (status = 304, description = "What the caller has is what is there"),
        Refusals<(errors::Nothing,)>,
    ),
)]
pub(crate) async fn asset(
    site: Data<Site>,
    request: HttpRequest,
    file: Path<String>,
    copies: Copies,
) -> Answer {
    Ok(site.asset(&file, &request, &copies).ok_or(ErrorCode::PathNotFound)?)
}

/// What a client has to know before it begins
#[utoipa::path(
    get,
    path = "/config.json",
    operation_id = "config",
    tag = "service",
    responses((status = 200, description = "The configuration", body = ConfigSerializer<'_>)),
)]
pub(crate) async fn config(settings: Data<Settings>) -> HttpResponse {
    HttpResponse::Ok().json(ConfigSerializer {
        realtime_url: &settings.realtime_url,
        sign_up: if settings.sign_up_open { SignUpState::Open } else { SignUpState::Closed },
        guests: settings.guests,
    })
}

/// This description
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "openapi",
    tag = "service",
    responses((status = 200, description = "The description", body = serde_json::Value)),
)]
pub(crate) async fn description() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(OPENAPI.as_str())
}

/// Swagger UI
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "docs",
    tag = "service",
    responses((status = 302, description = "To the page", headers(("Location" = String)))),
)]
pub(crate) async fn docs() -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/docs/index.html")).finish()
}

/// A file of Swagger UI
#[utoipa::path(
    get,
    path = "/docs/{file}",
    operation_id = "docs_file",
    tag = "service",
    params(("file" = String, Path, description = "The file", example = "index.html")),
    responses(
        (status = 200, description = "The file", body = String, content_type = "text/html"),
        Refusals<(errors::Nothing,)>,
    ),
)]
pub(crate) async fn docs_file(file: Path<String>) -> Answer {
    let found = utoipa_swagger_ui::serve(&file, Arc::clone(&SWAGGER)).map_err(|error| {
        tracing::error!(error = &*error, "Swagger UI can't be read");
        ErrorCode::Internal
    })?;
    let found = found.ok_or(ErrorCode::PathNotFound)?;
    let mut response = HttpResponse::Ok();
    if found.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    Ok(response
        .insert_header((header::CONTENT_SECURITY_POLICY, DOCS_POLICY))
        .content_type(found.content_type)
        .body(found.bytes.into_owned()))
}
