//! Archives of what is held of the caller.

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    body::SizedStream,
    http::header,
    web::{Bytes, Data},
};
use engine_interfaces::{Accounts, ExportId, ExportState, UserId};
use futures_util::{Stream, stream};

use super::Answer;
use crate::{
    current_user::CurrentUser,
    errors::{self, ErrorCode, ErrorHandler, Refusals},
    etag,
    params::ExportPath,
    serializers::ExportSerializer,
};

/// Ask for my data
///
/// Makes an archive of all that is held of the caller, in the background. While one is being made, that one is
/// the answer.
#[utoipa::path(
    post,
    path = "/api/v1/users/me/export",
    operation_id = "request_export",
    tag = "users",
    security(("bearer" = []), ("basic" = [])),
    responses(
        (status = 202, description = "It is being made", body = ExportSerializer,
            headers(("Location" = String, description = "Where its state is found"))),
        Refusals<(errors::Authenticated, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn create(accounts: Data<dyn Accounts>, CurrentUser(user): CurrentUser) -> Answer {
    let export = accounts.request_export(user).await?;
    let location = ExportSerializer::location(export.id);
    Ok(HttpResponse::Accepted()
        .insert_header((header::LOCATION, location))
        .json(ExportSerializer::from(export)))
}

/// Show an export
#[utoipa::path(
    get,
    path = "/api/v1/users/me/exports/{export_id}",
    operation_id = "show_export",
    tag = "users",
    security(("bearer" = []), ("basic" = [])),
    params(ExportPath),
    responses(
        (status = 200, description = "The export", body = ExportSerializer),
        Refusals<(errors::Path, errors::Authenticated, errors::Export, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn show(
    accounts: Data<dyn Accounts>,
    CurrentUser(user): CurrentUser,
    ExportPath { export_id }: ExportPath,
) -> Answer {
    let export = accounts.show_export(user, export_id).await?;
    Ok(etag::private().json(ExportSerializer::from(export)))
}

/// Download an export
///
/// One JSON document: the profile, and a list for each kind of thing that is held.
#[utoipa::path(
    get,
    path = "/api/v1/users/me/exports/{export_id}/archive",
    operation_id = "download_export",
    tag = "users",
    security(("bearer" = []), ("basic" = [])),
    params(ExportPath),
    responses(
        (status = 200, description = "The archive", body = Object, content_type = "application/json",
            headers(("Content-Disposition" = String, description = "To be kept as a file"))),
        Refusals<(errors::Path, errors::Authenticated, errors::Export, errors::Limited, errors::Stored)>,
    ),
)]
pub(crate) async fn archive(
    accounts: Data<dyn Accounts>,
    CurrentUser(user): CurrentUser,
    ExportPath { export_id }: ExportPath,
) -> Answer {
    let ExportState::Ready { bytes } = accounts.show_export(user, export_id).await?.state else {
        return Err(ErrorCode::ExportNotFound.into());
    };
    let file = format!("attachment; filename=\"parlour-{export_id}.json\"");
    let parts = parts(accounts.into_inner(), user, export_id);
    Ok(etag::private()
        .insert_header((header::CONTENT_DISPOSITION, file))
        .content_type("application/json")
        .body(SizedStream::new(bytes, parts)))
}

/// The archive, a part at a time. Where it ends before its length, the connection ends with it.
fn parts(
    accounts: Arc<dyn Accounts>,
    user: UserId,
    export: ExportId,
) -> impl Stream<Item = Result<Bytes, actix_web::Error>> {
    stream::try_unfold((accounts, 0), move |(accounts, number)| async move {
        let part = accounts.read_archive(user, export, number).await.map_err(ErrorHandler::from)?;
        Ok(part.map(|part| (Bytes::from(part), (accounts, number.saturating_add(1)))))
    })
}
