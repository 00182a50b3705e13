//! What keeps one request from hurting others: a time limit, and a stop for panics.

use std::panic::AssertUnwindSafe;

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;

use crate::{
    Settings,
    errors::{ErrorCode, ErrorHandler},
};

/// Answers 504 when the time is over, and 500 when a handler panics. What a handler has begun to write
/// goes on: engines write in tasks of their own.
pub(crate) async fn limit(
    settings: Data<Settings>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let asked = request.request().clone();
    let answer = AssertUnwindSafe(next.call(request)).catch_unwind();
    let code = match tokio::time::timeout(settings.request_timeout, answer).await {
        Ok(Ok(Ok(response))) => return Ok(response.map_into_left_body()),
        Ok(Ok(Err(error))) => return Ok(ServiceResponse::from_err(error, asked).map_into_right_body()),
        Ok(Err(_)) => {
            tracing::error!("a handler panicked");
            ErrorCode::Internal
        }
        Err(_) => ErrorCode::TimedOut,
    };
    Ok(ServiceResponse::from_err(ErrorHandler::from(code), asked).map_into_right_body())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::{
        App, Resource,
        http::StatusCode,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
    };

    use super::*;

    async fn panics() -> &'static str {
        panic!("on purpose")
    }

    async fn status(path: &str) -> StatusCode {
        let settings = Settings {
            request_timeout: Duration::from_millis(20),
            ..Settings::default()
        };
        let app = App::new()
            .app_data(Data::new(settings))
            .service(
                Resource::new("/good")
                    .to(|| async { "good" })
                    .wrap(from_fn(limit)),
            )
            .service(
                Resource::new("/slow")
                    .to(std::future::pending::<&str>)
                    .wrap(from_fn(limit)),
            )
            .service(Resource::new("/panics").to(panics).wrap(from_fn(limit)));
        let app = init_service(app).await;
        call_service(&app, TestRequest::with_uri(path).to_request())
            .await
            .status()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_handler_has_its_time_and_its_panic_is_an_answer() {
        assert_eq!(status("/good").await, StatusCode::OK);
        assert_eq!(status("/slow").await, StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(status("/panics").await, StatusCode::INTERNAL_SERVER_ERROR);
    }
}
