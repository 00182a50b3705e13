//! What a copy is a copy of.

use std::{
    fmt::{self, Display, Formatter, Write},
    future::{Ready, ready},
};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{self, EntityTag, Header, IfNoneMatch},
};
use engine_interfaces::{GroupVersion, Limit, Range};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use crate::errors::{ErrorCode, ErrorHandler};

/// Copies may be kept by whoever asked, and are to be checked before each use.
const CACHE_CONTROL: &str = "private, no-cache";

/// Room for a page of 50 messages, or of groups, which would otherwise be copied each time that it grows.
const PAGE_BYTES: usize = 16 * 1024;

/// The state that an answer shows. Weak, because a proxy may compress what it names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ETag(EntityTag);

impl ETag {
    /// A group as one member sees it, with its newest messages.
    pub(crate) fn group(version: GroupVersion, limit: Limit) -> Self {
        let GroupVersion { last_seq, revision, role, read_seq } = version;
        Self::weak(format!("g.{last_seq}.{}.{role}.{read_seq}.{}", revision.0, limit.get()))
    }

    /// A page of a group's messages.
    pub(crate) fn page(version: GroupVersion, range: Range, limit: Limit) -> Self {
        let GroupVersion { last_seq, revision, role: _, read_seq: _ } = version;
        let range = match range {
            Range::Newest => "n".to_owned(),
            Range::Before(seq) => format!("b{seq}"),
            Range::After(seq) => format!("a{seq}"),
        };
        Self::weak(format!("p.{last_seq}.{}.{range}.{}", revision.0, limit.get()))
    }

    /// What has just these bytes.
    pub(crate) fn of(body: &[u8]) -> Self {
        let hash = Sha256::digest(body);
        let mut name = String::from("h.");
        for byte in hash.iter().take(16) {
            // Writing to a string can't fail.
            let _ = write!(name, "{byte:02x}");
        }
        Self::weak(name)
    }

    fn weak(name: String) -> Self {
        Self(EntityTag::new_weak(name))
    }
}

impl Display for ETag {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, formatter)
    }
}

/// The states that the caller has copies of.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub(crate) struct Copies {
    /// The `ETag` of a copy that the caller has; the answer is 304 when it is still good.
    #[param(rename = "If-None-Match", value_type = Option<String>, required = false, nullable = false)]
    copies: Option<IfNoneMatch>,
}

impl Copies {
    /// Says the caller to have any?
    pub(crate) fn are_named(&self) -> bool {
        self.copies.is_some()
    }

    /// Has the caller this state?
    pub(crate) fn include(&self, tag: &ETag) -> bool {
        match &self.copies {
            Some(IfNoneMatch::Any) => true,
            Some(IfNoneMatch::Items(items)) => items.iter().any(|item| item.weak_eq(&tag.0)),
            None => false,
        }
    }

    /// Answers `value`, or 304 when the caller has it already.
    pub(crate) fn answer(&self, value: &impl Serialize) -> Result<HttpResponse, ErrorHandler> {
        let body = json(value)?;
        let tag = ETag::of(&body);
        Ok(if self.include(&tag) { not_modified(&tag) } else { named(&tag, body) })
    }
}

impl FromRequest for Copies {
    type Error = ErrorHandler;
    type Future = Ready<Result<Self, ErrorHandler>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        // A header that can't be read names no copy.
        let copies =
            request.headers().contains_key(header::IF_NONE_MATCH).then(|| IfNoneMatch::parse(request).ok());
        ready(Ok(Self { copies: copies.flatten() }))
    }
}

/// Answers that the caller's copy is good.
pub(crate) fn not_modified(tag: &ETag) -> HttpResponse {
    not_modified_as(tag, CACHE_CONTROL)
}

/// The same, of what may be kept in another way.
pub(crate) fn not_modified_as(tag: &ETag, cache_control: &'static str) -> HttpResponse {
    HttpResponse::NotModified()
        .insert_header((header::CACHE_CONTROL, cache_control))
        .insert_header((header::ETAG, tag.to_string()))
        .finish()
}

/// Answers a state by its name.
pub(crate) fn tagged(tag: &ETag, value: &impl Serialize) -> Result<HttpResponse, ErrorHandler> {
    Ok(named(tag, json(value)?))
}

fn named(tag: &ETag, body: Vec<u8>) -> HttpResponse {
    private().insert_header((header::ETAG, tag.to_string())).content_type("application/json").body(body)
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, ErrorHandler> {
    let mut body = Vec::with_capacity(PAGE_BYTES);
    serde_json::to_writer(&mut body, value).map_err(|_| ErrorCode::Internal)?;
    Ok(body)
}

/// Answers what is nobody else's to see.
pub(crate) fn private() -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CACHE_CONTROL, CACHE_CONTROL));
    response
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use engine_interfaces::{Revision, Role, Seq};

    use super::*;

    const VERSION: GroupVersion =
        GroupVersion { last_seq: Seq(7), revision: Revision(3), role: Role::Member, read_seq: Seq(5) };

    async fn copies(value: &str) -> Copies {
        let request = TestRequest::default().insert_header((header::IF_NONE_MATCH, value)).to_http_request();
        Copies::extract(&request).await.unwrap()
    }

    #[test]
    fn everything_that_an_answer_shows_is_in_its_name() {
        let limit = Limit::default();
        let tag = ETag::group(VERSION, limit);
        assert_ne!(tag, ETag::group(GroupVersion { last_seq: Seq(8), ..VERSION }, limit));
        assert_ne!(tag, ETag::group(GroupVersion { revision: Revision(4), ..VERSION }, limit));
        assert_ne!(tag, ETag::group(GroupVersion { role: Role::Admin, ..VERSION }, limit));
        assert_ne!(tag, ETag::group(GroupVersion { read_seq: Seq(6), ..VERSION }, limit));
        assert_ne!(tag, ETag::group(VERSION, Limit::page(51).unwrap()));

        let page = ETag::page(VERSION, Range::Before(Seq(7)), limit);
        assert_eq!(
            page,
            ETag::page(GroupVersion { read_seq: Seq(6), ..VERSION }, Range::Before(Seq(7)), limit)
        );
        assert_ne!(page, ETag::page(VERSION, Range::After(Seq(7)), limit));
        assert_ne!(page, ETag::page(VERSION, Range::Newest, limit));
        assert_ne!(page, tag);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_copy_is_recognised_in_every_form_of_the_header() {
        let tag = ETag::weak("x".into());
        for good in ["W/\"x\"", "\"x\"", "\"a\", W/\"x\"", "*"] {
            assert!(copies(good).await.include(&tag), "{good}");
        }
        for bad in ["\"y\"", "x", "W/", "\"x"] {
            assert!(!copies(bad).await.include(&tag), "{bad}");
        }
    }
}
