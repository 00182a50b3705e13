//! What keeps one request from hurting others: a time limit, and a stop for panics.

use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};

use crate::{
    Settings,
    errors::{ErrorCode, ErrorHandler},
    request_id,
};

/// Answers 504 when the time is over, and 500 when a handler panics.
///
/// The handler is a task of its own: neither the limit nor a caller who hangs up ends it half-way. A
/// statement on SQLite that is dropped under way would panic on the single thread of a worker.
pub(crate) async fn limit(
    settings: Data<Settings>,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let asked = request.request().clone();
    let answer = request_id::spawn(next.call(request));
    let code = match tokio::time::timeout(settings.request_timeout, answer).await {
        Ok(Ok(Ok(response))) => return Ok(response.map_into_left_body()),
        Ok(Ok(Err(error))) => return Ok(ServiceResponse::from_err(error, asked).map_into_right_body()),
        Ok(Err(_)) => {
            // The panic itself was told where it was.
            tracing::warn!("a handler panicked");
            ErrorCode::Internal
        }
        Err(_) => ErrorCode::TimedOut,
    };
    Ok(ServiceResponse::from_err(ErrorHandler::from(code), asked).map_into_right_body())
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, time::Duration};

    use actix_web::{
        App, Resource,
        http::StatusCode,
        middleware::from_fn,
        test::{TestRequest, call_service, init_service},
    };
    use tokio::{sync::Notify, task::LocalSet, time::timeout};

    use super::*;

    const LIMIT: Duration = Duration::from_millis(20);

    async fn panics() -> &'static str {
        panic!("on purpose")
    }

    async fn status(path: &str) -> StatusCode {
        let settings = Settings { request_timeout: LIMIT, ..Settings::default() };
        let app = App::new()
            .app_data(Data::new(settings))
            .service(Resource::new("/good").to(|| async { "good" }).wrap(from_fn(limit)))
            .service(Resource::new("/slow").to(std::future::pending::<&str>).wrap(from_fn(limit)))
            .service(Resource::new("/panics").to(panics).wrap(from_fn(limit)));
        let answer = async {
            let app = init_service(app).await;
            call_service(&app, TestRequest::with_uri(path).to_request()).await
        };
        LocalSet::new().run_until(answer).await.status()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_handler_has_its_time_and_its_panic_is_an_answer() {
        assert_eq!(status("/good").await, StatusCode::OK);
        assert_eq!(status("/slow").await, StatusCode::GATEWAY_TIMEOUT);
        assert_eq!(status("/panics").await, StatusCode::INTERNAL_SERVER_ERROR);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_handler_goes_on_when_its_time_is_over() {
        let (go, gone) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (going, leaving) = (Arc::clone(&go), Arc::clone(&gone));
        let handler = move || {
            let (going, leaving) = (Arc::clone(&going), Arc::clone(&leaving));
            async move {
                going.notified().await;
                leaving.notify_one();
                "late"
            }
        };
        let settings = Settings { request_timeout: LIMIT, ..Settings::default() };
        let late = Resource::new("/").to(handler).wrap(from_fn(limit));
        let story = async {
            let app = init_service(App::new().app_data(Data::new(settings)).service(late)).await;
            let answer = call_service(&app, TestRequest::with_uri("/").to_request()).await;
            assert_eq!(answer.status(), StatusCode::GATEWAY_TIMEOUT);
            go.notify_one();
            timeout(Duration::from_secs(10), gone.notified()).await
        };
        LocalSet::new().run_until(story).await.expect("the handler went on");
    }
}
