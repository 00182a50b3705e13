//! Is this process alive, and does it want work?

use actix_web::{HttpResponse, web::Data};
use engine_interfaces::{Authentication, Chat};

use super::Answer;
use crate::{
    errors::{self, ErrorCode, Refusals},
    readiness::Readiness,
    serializers::HealthSerializer,
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
/// Asks the stores; red also while the server drains.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "service",
    responses((status = 200, description = "Ready", body = HealthSerializer), Refusals<(errors::Stored,)>),
)]
pub(crate) async fn readyz(
    authentication: Data<dyn Authentication>,
    chat: Data<dyn Chat>,
    readiness: Data<Readiness>,
) -> Answer {
    if readiness.is_draining() {
        return Err(ErrorCode::Unavailable.into());
    }
    authentication.ready().await?;
    chat.ready().await?;
    Ok(HttpResponse::Ok().json(HealthSerializer::OK))
}
