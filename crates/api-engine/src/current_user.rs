//! Who is calling: Bearer or Basic, by asking Authentication.

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header::{self, HeaderMap},
    web::Data,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use engine_interfaces::{Authentication, Credentials, Identity, Secret, Token, UserId};
use futures_util::future::LocalBoxFuture;
use tracing::{Span, field::display};

use crate::{
    client_address::ClientAddress,
    errors::{ErrorCode, ErrorHandler},
};

/// The user who calls. Taking it is what guards an action.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurrentUser(pub(crate) UserId);

/// The user who calls, and what they showed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurrentIdentity(pub(crate) Identity);

/// The bearer token of the caller; a password is not enough.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CurrentToken(pub(crate) Token);

/// What an `Authorization` header shows.
#[derive(Debug, PartialEq, Eq)]
enum Shown<'a> {
    Bearer(&'a str),
    Basic { email: String, password: String },
}

fn shown(headers: &HeaderMap) -> Option<Shown<'_>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ').unwrap_or((value, ""));
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Shown::Bearer(rest));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
    let (email, password) = pair.split_once(':')?;
    Some(Shown::Basic { email: email.to_owned(), password: password.to_owned() })
}

/// Who calls; the log lines of the request say so from here on.
async fn identify(request: HttpRequest) -> Result<Identity, ErrorHandler> {
    let identity = ask(request).await?;
    Span::current().record("user.id", display(identity.user_id));
    Ok(identity)
}

async fn ask(request: HttpRequest) -> Result<Identity, ErrorHandler> {
    let authentication = request.app_data::<Data<dyn Authentication>>().ok_or(ErrorCode::Internal)?;
    match shown(request.headers()).ok_or(ErrorCode::Unauthenticated)? {
        Shown::Bearer(token) => Ok(authentication.authenticate_token(token).await?),
        Shown::Basic { email, password } => {
            let credentials = Credentials { email: Secret::new(email), password: Secret::new(password) };
            let ClientAddress(from) = ClientAddress::extract(&request).await?;
            Ok(authentication.authenticate_password(credentials, from).await?)
        }
    }
}

impl FromRequest for CurrentIdentity {
    type Error = ErrorHandler;
    type Future = LocalBoxFuture<'static, Result<Self, ErrorHandler>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identity = identify(request.clone());
        Box::pin(async { identity.await.map(Self) })
    }
}

impl FromRequest for CurrentUser {
    type Error = ErrorHandler;
    type Future = LocalBoxFuture<'static, Result<Self, ErrorHandler>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let identity = identify(request.clone());
        Box::pin(async {
            let Identity { user_id, .. } = identity.await?;
            fail_points::reach("request.authenticated");
            Ok(Self(user_id))
        })
    }
}

impl FromRequest for CurrentToken {
    type Error = ErrorHandler;
    type Future = LocalBoxFuture<'static, Result<Self, ErrorHandler>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // Basic is refused here and not after it has cost a password hash.
        let bearer = matches!(shown(request.headers()), Some(Shown::Bearer(_)));
        let identity = bearer.then(|| identify(request.clone()));
        Box::pin(async {
            let identity = identity.ok_or(ErrorCode::Unauthenticated)?.await?;
            Ok(Self(identity.token.ok_or(ErrorCode::Unauthenticated)?))
        })
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(value: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(value).unwrap());
        shown(&headers).map(|shown| match shown {
            Shown::Bearer(token) => format!("bearer {token}"),
            Shown::Basic { email, password } => format!("basic {email} {password}"),
        })
    }

    #[test]
    fn schemes_are_read_without_regard_to_case() {
        assert_eq!(read("Bearer a.b.c").unwrap(), "bearer a.b.c");
        assert_eq!(read("bEARER  a.b.c").unwrap(), "bearer a.b.c");
        assert_eq!(read("BASIC YTpiOmM=").unwrap(), "basic a b:c");
    }

    #[test]
    fn what_is_neither_shows_nothing() {
        for bad in ["", "Digest x", "Basic", "Basic !!", "Basic YQ==", "Basic /w==", "Token a"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
