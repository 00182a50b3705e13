//! Is this process alive, and does it want work?

use actix_web::{HttpResponse, http::header, web::Data};
use engine_interfaces::{Dependencies, Health};

use crate::{
    errors::{self, Refusals},
    readiness::Readiness,
    serializers::{HealthSerializer, NotReadySerializer, ReadinessSerializer},
};

/// Alive?
///
/// Asks nothing but this process.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = "service",
    responses((status = 200, description = "Alive", body = HealthSerializer)),
)]
pub(crate) async fn livez() -> HttpResponse {
    HttpResponse::Ok().json(HealthSerializer::OK)
}

/// Ready for work?
///
/// What the process depends on, as it is now. 503 while something that it needs is away, and while it drains; the
/// body then is an error's, and names the dependencies too.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "service",
    responses(
        (status = 200, description = "Ready", body = ReadinessSerializer),
        (status = 503, description = "50301: Unavailable", body = NotReadySerializer<'_>, headers(
            ("Retry-After" = i64, description = "When to try again, in seconds"),
        )),
        Refusals<(errors::Slow,)>,
    ),
)]
pub(crate) async fn readyz(dependencies: Data<dyn Dependencies>, readiness: Data<Readiness>) -> HttpResponse {
    let health = Health::new(readiness.is_draining(), dependencies.states().await);
    if health.is_ready() {
        return HttpResponse::Ok().json(health);
    }
    let mut answer = HttpResponse::ServiceUnavailable();
    answer.insert_header((header::RETRY_AFTER, "1")).json(NotReadySerializer::new(&health))
}
