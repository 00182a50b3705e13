//! Posts to receivers, whoever they are.

use std::{error::Error, io, iter, sync::Arc};

use engine_interfaces::{BoxError, DeliveryFault, DeliveryId, Secret, Timestamp};
use outbound::TlsError;
use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
    redirect::Policy,
};

use super::{
    WebhookSettings,
    addresses::Addresses,
    resolver::{Guard, Resolver, Unresolved},
    secret::{self, Malformed},
    target::Target,
};

/// Posts to receivers, whoever they are: to no address that may not be reached, for no longer than the limits,
/// and reading nothing but the answer's head.
pub(crate) struct Client {
    http: reqwest::Client,
}

/// What came of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer {
    /// The status, where one came.
    pub(crate) status: Option<u16>,
    /// What was wrong.
    pub(crate) fault: Option<DeliveryFault>,
}

impl Answer {
    /// No answer, for this reason.
    pub(crate) fn none(fault: DeliveryFault) -> Self {
        Self { status: None, fault: Some(fault) }
    }

    fn of(status: StatusCode) -> Self {
        let fault = match status {
            _ if status.is_success() => None,
            _ if status.is_redirection() => Some(DeliveryFault::Redirect),
            _ => Some(DeliveryFault::Status),
        };
        Self { status: Some(status.as_u16()), fault }
    }
}

impl Client {
    pub(crate) fn new(
        settings: &WebhookSettings,
        addresses: Addresses,
        resolver: Arc<dyn Resolver>,
    ) -> Result<Self, BoxError> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("Parlour/", env!("CARGO_PKG_VERSION")))
            // A proxy would resolve names itself.
            .no_proxy()
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .dns_resolver(Guard::new(resolver, addresses))
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            .tls_backend_preconfigured(outbound::tls_config()?)
            .build()?;
        Ok(Self { http })
    }

    /// Posts `body` to `target`, signed; the answer's body is not read.
    pub(crate) async fn post(
        &self,
        target: &Target,
        secret: &Secret,
        id: DeliveryId,
        now: Timestamp,
        body: Vec<u8>,
    ) -> Result<Answer, Malformed> {
        let id = id.to_string();
        let signature = secret::sign(secret, &id, now, &body)?;
        let request = self
            .http
            .post(target.url().clone())
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .header("webhook-id", id)
            .header("webhook-timestamp", now.secs())
            .header("webhook-signature", signature)
            .body(body);
        Ok(match request.send().await {
            Ok(response) => Answer::of(response.status()),
            Err(error) => Answer::none(fault(&error)),
        })
    }
}

/// What went wrong, as far as it can be told from an error's causes.
fn fault(error: &reqwest::Error) -> DeliveryFault {
    let causes = || iter::successors(Some(error as &(dyn Error + 'static)), |&error| error.source());
    let unresolved = causes().find_map(|cause| cause.downcast_ref::<Unresolved>());
    match unresolved {
        Some(Unresolved::Unknown(_)) => DeliveryFault::Name,
        Some(Unresolved::Refused) => DeliveryFault::Address,
        None if error.is_timeout() => DeliveryFault::Timeout,
        None if causes().any(is_tls) => DeliveryFault::Tls,
        None => DeliveryFault::Connection,
    }
}

/// rustls hands its errors on inside those of reading and writing, which leave themselves out of their causes.
fn is_tls(cause: &(dyn Error + 'static)) -> bool {
    let inner = cause.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    cause.is::<TlsError>() || inner.is_some_and(|inner| is_tls(inner))
}
