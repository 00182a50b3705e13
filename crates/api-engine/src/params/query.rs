//! What a query chooses.

use std::{
    borrow::Cow,
    future::{Ready, ready},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use engine_interfaces::{Cursor, Limit, Range, Rule, Seq, UserId};
use utoipa::IntoParams;

use super::fields::{uuid, violation};
use crate::errors::{ErrorCode, ErrorHandler};

/// How many users one question may name.
const MAX_USERS: usize = 100;

/// A page of a list.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListParams {
    /// How many entries.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50, required = false, nullable = false)]
    pub(crate) limit: Limit,
    /// The `next` of the page before.
    #[param(value_type = Option<String>, required = false, nullable = false)]
    pub(crate) cursor: Option<Cursor>,
}

/// How many of the newest messages.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct LatestParams {
    /// How many messages.
    #[param(value_type = Option<i32>, minimum = 1, maximum = 100, default = 50, required = false, nullable = false)]
    pub(crate) limit: Limit,
}

/// A page of messages.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MessagesParams {
    /// How many messages.
    pub(crate) limit: Limit,
    /// Which.
    pub(crate) range: Range,
}

/// What the OpenAPI file says of [`MessagesParams`], whose `range` is two parameters.
impl IntoParams for MessagesParams {
    fn into_params(
        _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        let mut params = LatestParams::into_params(|| None);
        params.extend(RangeParams::into_params(|| None));
        params
    }
}

#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes two parameters that are read as one range")]
struct RangeParams {
    /// Older than this `seq`, newest first. Not with `after`.
    #[param(minimum = 0, required = false, nullable = false)]
    before: Option<i64>,
    /// Newer than this `seq`, oldest first. Not with `before`.
    #[param(minimum = 0, required = false, nullable = false)]
    after: Option<i64>,
}

/// Which users.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct UsersParams {
    /// Their ids, separated by commas.
    #[param(value_type = Vec<Uuid>, style = Form, explode = false, min_items = 1, max_items = 100)]
    pub(crate) ids: Vec<UserId>,
}

/// The parameters of a query, decoded.
struct Query<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Query<'a> {
    fn of(text: &'a str) -> Result<Self, ErrorHandler> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode_form(name)?, decode_form(value)?))
        });
        pairs.collect::<Result<_, ErrorHandler>>().map(Self)
    }

    /// The one value of `name`. Two of them are one too many.
    fn one(&self, name: &'static str) -> Result<Option<&str>, ErrorHandler> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_ref());
        let value = values.next();
        if values.next().is_some() { Err(ErrorHandler::bad_page(name)) } else { Ok(value) }
    }

    fn limit(&self) -> Result<Limit, ErrorHandler> {
        let Some(text) = self.one("limit")? else {
            return Ok(Limit::default());
        };
        digits(text).and_then(Limit::page).ok_or_else(|| ErrorHandler::bad_page("limit"))
    }

    fn seq(&self, name: &'static str) -> Result<Option<Seq>, ErrorHandler> {
        let seq = self.one(name)?.map(|text| digits(text).map(Seq));
        seq.map(|seq| seq.ok_or_else(|| ErrorHandler::bad_page(name))).transpose()
    }
}

/// A number of nothing but digits: no sign, no space.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn decode_form(text: &str) -> Result<Cow<'_, str>, ErrorHandler> {
    if text.contains('+') {
        decode(&text.replace('+', " ")).map(|text| Cow::Owned(text.into_owned()))
    } else {
        decode(text)
    }
}

/// Takes percent signs out of `text`, which has to be UTF-8 then.
pub(super) fn decode(text: &str) -> Result<Cow<'_, str>, ErrorHandler> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let (byte, after) = match (byte, after) {
            (b'%', [high, low, after @ ..]) => (hex(*high)? << 4 | hex(*low)?, after),
            (b'%', _) => return Err(ErrorCode::Undecodable.into()),
            plain => plain,
        };
        bytes.push(byte);
        rest = after;
    }
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| ErrorCode::Undecodable.into())
}

fn hex(digit: u8) -> Result<u8, ErrorHandler> {
    let value = char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    value.ok_or_else(|| ErrorCode::Undecodable.into())
}

impl ListParams {
    fn of(query: &Query<'_>) -> Result<Self, ErrorHandler> {
        let cursor = query.one("cursor")?;
        if cursor.is_some_and(|cursor| cursor.is_empty() || cursor.contains('\0')) {
            return Err(ErrorHandler::bad_page("cursor"));
        }
        Ok(Self { limit: query.limit()?, cursor: cursor.map(|cursor| Cursor(cursor.to_owned())) })
    }
}

impl LatestParams {
    fn of(query: &Query<'_>) -> Result<Self, ErrorHandler> {
        Ok(Self { limit: query.limit()? })
    }
}

impl MessagesParams {
    fn of(query: &Query<'_>) -> Result<Self, ErrorHandler> {
        let range = match (query.seq("before")?, query.seq("after")?) {
            (None, None) => Range::Newest,
            (Some(seq), None) => Range::Before(seq),
            (None, Some(seq)) => Range::After(seq),
            (Some(_), Some(_)) => return Err(ErrorHandler::bad_page("after")),
        };
        Ok(Self { limit: query.limit()?, range })
    }
}

impl UsersParams {
    fn of(query: &Query<'_>) -> Result<Self, ErrorHandler> {
        let text = query.one("ids")?.ok_or_else(|| ErrorHandler::missing("ids"))?;
        let ids: Option<Vec<UserId>> = text.split(',').map(|id| uuid(id).map(UserId)).collect();
        let ids = ids.ok_or_else(|| violation("ids", Rule::Format))?;
        if ids.len() > MAX_USERS {
            return Err(violation("ids", Rule::TooLong));
        }
        Ok(Self { ids })
    }
}

macro_rules! from_query {
    ($($params:ident)+) => {$(
        impl FromRequest for $params {
            type Error = ErrorHandler;
            type Future = Ready<Result<Self, ErrorHandler>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                ready(Query::of(request.query_string()).and_then(|query| Self::of(&query)))
            }
        }
    )+};
}

from_query!(ListParams LatestParams MessagesParams UsersParams);

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str) -> Result<(usize, Range), String> {
        let params = Query::of(text).and_then(|query| MessagesParams::of(&query));
        params.map(|params| (params.limit.get(), params.range)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_page_has_a_size_and_at_most_one_end() {
        assert_eq!(messages(""), Ok((50, Range::Newest)));
        assert_eq!(messages("limit=1&before=7&other=x"), Ok((1, Range::Before(Seq(7)))));
        assert_eq!(messages("limit=100&after=0"), Ok((100, Range::After(Seq(0)))));
        for bad in [
            "limit=0",
            "limit=101",
            "limit=-1",
            "limit=",
            "limit=%2B5",
            "limit=1.0",
            "limit=5&limit=5",
            "limit=99999999999999999999",
            "before=x",
            "after=-1",
            "before=1&after=1",
            "before=9223372036854775808",
        ] {
            assert_eq!(messages(bad), Err("42205 Invalid page".into()), "{bad}");
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "%C0%80=1"] {
            assert_eq!(messages(bad), Err("40002 Malformed address".into()), "{bad}");
        }
        assert_eq!(decode("%E2%82%AC").unwrap(), "€");
        assert_eq!(decode_form("a+b%2Bc").unwrap(), "a b+c");
    }

    #[test]
    fn users_are_named_by_at_most_a_hundred_ids() {
        let users = |text: &str| {
            let params = Query::of(text).and_then(|query| UsersParams::of(&query));
            params.map(|params| params.ids.len()).map_err(|error| error.to_string())
        };
        let id = "0197f0e0-0000-7000-8000-000000000001";
        assert_eq!(users(&format!("ids={id}%2C{id}")), Ok(2));
        assert_eq!(users(&format!("ids={}", [id; 100].join(","))), Ok(100));
        assert_eq!(users(&format!("ids={}", [id; 101].join(","))), Err("42201 Invalid parameters".into()));
        assert_eq!(users("ids="), Err("42201 Invalid parameters".into()));
        assert_eq!(users(""), Err("42202 Missing parameter".into()));
    }
}
