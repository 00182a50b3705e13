//! The engine: mounted into an actix app, or served whole.

use std::{io, net::TcpListener, sync::Arc};

use actix_web::{
    App, HttpServer,
    middleware::{DefaultHeaders, from_fn},
    web::{self, Data, ServiceConfig},
};
use engine_interfaces::{Accounts, Authentication, Chat, Clock, Dependencies, Notifications, Webhooks};

use crate::{
    Page, Settings, cors, meters::Meters, observe, page::Site, readiness::Readiness, request_id, routes,
};

/// The HTTP API over the engines.
///
/// # Example
/// ```
/// use api_engine::{ApiEngine, Settings};
///
/// /// The same engines behind a second port, for neighbours who send more at once.
/// fn inner(api: &ApiEngine) -> ApiEngine {
///     let settings = Settings { body_limit: 4 * 1024 * 1024, ..api.settings.clone() };
///     ApiEngine { settings, page: &[], ..api.clone() }
/// }
/// ```
#[derive(Clone)]
pub struct ApiEngine {
    /// Who is calling.
    pub authentication: Arc<dyn Authentication>,
    /// What users may ask for about all that is held of them.
    pub accounts: Arc<dyn Accounts>,
    /// Groups, members and messages.
    pub chat: Arc<dyn Chat>,
    /// What users want to hear of their groups.
    pub notifications: Arc<dyn Notifications>,
    /// Where groups' messages are posted to.
    pub webhooks: Arc<dyn Webhooks>,
    /// What `/readyz` speaks of.
    pub dependencies: Arc<dyn Dependencies>,
    /// Where request ids come from.
    pub clock: Arc<dyn Clock>,
    /// The web client that is served at `/`.
    pub page: Page,
    /// Limits and addresses.
    pub settings: Settings,
}

impl ApiEngine {
    /// Puts all of the API into an app: routes, error bodies, request ids, CORS.
    ///
    /// # Example
    /// ```
    /// use actix_web::{App, HttpServer};
    /// use api_engine::ApiEngine;
    ///
    /// /// Beside routes of your own.
    /// async fn serve(api: ApiEngine) -> std::io::Result<()> {
    ///     HttpServer::new(move || App::new().configure(|app| api.mount(app))).bind("127.0.0.1:8080")?.run().await
    /// }
    /// ```
    pub fn mount(&self, app: &mut ServiceConfig) {
        self.mount_with(Readiness::default(), app);
    }

    fn mount_with(&self, readiness: Readiness, app: &mut ServiceConfig) {
        app.service(
            web::scope("")
                .app_data(Data::from(Arc::clone(&self.authentication)))
                .app_data(Data::from(Arc::clone(&self.accounts)))
                .app_data(Data::from(Arc::clone(&self.chat)))
                .app_data(Data::from(Arc::clone(&self.notifications)))
                .app_data(Data::from(Arc::clone(&self.webhooks)))
                .app_data(Data::from(Arc::clone(&self.dependencies)))
                .app_data(Data::from(Arc::clone(&self.clock)))
                .app_data(Data::new(self.settings.clone()))
                .app_data(Data::new(Site::new(self.page, &self.settings.realtime_url)))
                .app_data(Data::new(readiness))
                .app_data(Data::new(Meters::new()))
                .configure(routes::mount)
                .default_service(web::to(routes::not_found))
                .wrap(from_fn(cors::allow))
                .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")))
                .wrap(from_fn(observe::count))
                .wrap(from_fn(request_id::track)),
        );
    }

    /// Serves the API on `listener` until `shutdown` is over, then answers what has been asked and ends.
    ///
    /// Must run inside a tokio runtime; requests are answered on threads of their own.
    ///
    /// # Errors
    /// When the listener can't be used.
    ///
    /// # Example
    /// ```
    /// use std::{io, net::TcpListener};
    ///
    /// use api_engine::ApiEngine;
    ///
    /// async fn serve(api: ApiEngine) -> io::Result<()> {
    ///     let signal = async { drop(tokio::signal::ctrl_c().await) };
    ///     api.serve(TcpListener::bind("127.0.0.1:8080")?, signal).await // returns once all is answered
    /// }
    /// ```
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), io::Error> {
        let readiness = Readiness::default();
        let settings = self.settings.clone();
        let workers = settings.workers.max(1);
        let shared = readiness.clone();

        let server =
            HttpServer::new(move || App::new().configure(|app| self.mount_with(shared.clone(), app)))
                .workers(workers)
                .max_connections(settings.max_connections.div_ceil(workers))
                .client_request_timeout(settings.head_timeout)
                .keep_alive(settings.keep_alive)
                .shutdown_timeout(settings.drain_limit.as_secs())
                .disable_signals()
                .listen(listener)?
                .run();

        let handle = server.handle();
        let draining = async {
            shutdown.await;
            readiness.drain();
            tokio::time::sleep(settings.drain_notice).await;
            handle.stop(true).await;
        };
        let (served, ()) = tokio::join!(server, draining);
        served
    }
}
