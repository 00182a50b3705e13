//! A JSON body, read after the caller is known.

use std::{
    future::{Ready, ready},
    marker::PhantomData,
};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::header,
    web::{BytesMut, Data},
};
use engine_interfaces::parse_strictly;
use futures_util::StreamExt;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema},
};

use super::fields::Fields;
use crate::{
    Settings,
    errors::{ErrorCode, ErrorHandler},
};

/// How much of a body that is too large is read all the same, in bodies of the largest size: a client that
/// is still writing when the connection ends may never see why.
const PATIENCE: usize = 4;

/// What an action reads from its body.
pub(crate) trait Params: Sized {
    /// The key below which the fields are, as a rule.
    const ROOT: &'static str;
    /// The fields: one of them makes a body without the root a bare one.
    const FIELDS: &'static [&'static str];

    /// Takes the fields by their types.
    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler>;
}

/// The body of a request, not read yet: taking it costs nothing and refuses nothing, so that who calls is
/// settled before what they say.
pub(crate) struct Body<T> {
    payload: Payload,
    is_json: bool,
    settings: Option<Data<Settings>>,
    params: PhantomData<T>,
}

impl<T: Params> Body<T> {
    /// Reads the body.
    pub(crate) async fn read(self) -> Result<T, ErrorHandler> {
        let settings = self.settings.ok_or(ErrorCode::Internal)?;
        if !self.is_json {
            return Err(ErrorCode::UnsupportedMediaType.into());
        }
        let text = read_all(self.payload, settings.body_limit).await?;
        fail_points::reach("request.read");
        let body = parse_strictly(&text, settings.json_depth).ok_or(ErrorCode::Malformed)?;
        T::read(&mut Fields::of(body, T::ROOT, T::FIELDS)?)
    }
}

async fn read_all(mut payload: Payload, limit: usize) -> Result<BytesMut, ErrorHandler> {
    let mut text = BytesMut::new();
    let mut length: usize = 0;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| ErrorCode::Malformed)?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            text.extend_from_slice(&chunk);
        } else if length > limit.saturating_mul(PATIENCE) {
            break;
        }
    }
    if length > limit { Err(ErrorCode::TooLarge.into()) } else { Ok(text) }
}

/// `application/json`, in UTF-8 and as it is.
fn is_json(request: &HttpRequest) -> bool {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let plain =
        header(header::CONTENT_ENCODING).is_none_or(|encoding| encoding.eq_ignore_ascii_case("identity"));
    let mut parts = header(header::CONTENT_TYPE).unwrap_or_default().split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let utf8 = parts.filter_map(|parameter| parameter.split_once('=')).all(|(name, value)| {
        !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    plain && json && utf8
}

impl<T: Params> FromRequest for Body<T> {
    type Error = ErrorHandler;
    type Future = Ready<Result<Self, ErrorHandler>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        ready(Ok(Self {
            payload: payload.take(),
            is_json: is_json(request),
            settings: request.app_data::<Data<Settings>>().cloned(),
            params: PhantomData,
        }))
    }
}

impl<T: Params + ToSchema> PartialSchema for Body<T> {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property(T::ROOT, utoipa::openapi::Ref::from_schema_name(T::name()))
            .required(T::ROOT)
            .description(Some(format!("The object below `{}` may also stand alone.", T::ROOT)))
            .into()
    }
}

impl<T: Params + ToSchema> ToSchema for Body<T> {
    fn name() -> std::borrow::Cow<'static, str> {
        format!("{}Body", T::name()).into()
    }

    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn a_body_is_json_by_its_type_alone() {
        let is = |value: &str| {
            is_json(&TestRequest::default().insert_header(("content-type", value)).to_http_request())
        };
        for good in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
        ] {
            assert!(is(good), "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/json; charset=latin1",
            "application/jsonp",
            "application/x-www-form-urlencoded",
        ] {
            assert!(!is(bad), "{bad}");
        }
        assert!(!is_json(&TestRequest::default().to_http_request()));
    }

    #[test]
    fn a_compressed_body_is_none() {
        let request = TestRequest::default()
            .insert_header(("content-type", "application/json"))
            .insert_header(("content-encoding", "gzip"));
        assert!(!is_json(&request.to_http_request()));
    }
}
