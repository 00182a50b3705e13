//! The web client: files that a binary brings along, and what browsers are told of them.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        Uri,
        header::{self, HeaderName},
    },
};

use crate::etag::{Copies, ETag, not_modified_as};

/// The web client's files. Without any there is no page.
///
/// # Example
/// ```
/// use api_engine::{Page, PageFile};
///
/// /// Files that are read at the start, and live for as long as the process.
/// fn page(files: Vec<PageFile>) -> Page {
///     files.leak()
/// }
/// const NONE: Page = &[]; // an API without a page
/// ```
pub type Page = &'static [PageFile];

/// A file of the web client.
///
/// # Example
/// ```
/// use api_engine::PageFile;
///
/// /// Browsers keep it for a year: a style that changes gets another name.
/// fn style(hash: &str, bytes: &'static [u8], packed: &'static [u8]) -> PageFile {
///     PageFile { path: format!("assets/style-{hash}.css").leak(), bytes, packed }
/// }
/// ```
#[derive(Clone, Copy)]
pub struct PageFile {
    /// `index.html`, or a path below `assets/` that names its content: it never changes.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// The same, as gzip packs it.
    pub packed: &'static [u8],
}

impl fmt::Debug for PageFile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("PageFile").field("path", &self.path).finish_non_exhaustive()
    }
}

const CROSS_ORIGIN_OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// The page may change with each start; its name stays.
const CHECKED: &str = "no-cache";
/// What names its content can be kept for ever.
const KEPT: &str = "public, max-age=31536000, immutable";

/// The files as they are served.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    files: Vec<(PageFile, ETag)>,
    policy: String,
}

impl Site {
    /// `realtime_url` is the one address beside its own that the page may connect to.
    pub(crate) fn new(page: Page, realtime_url: &str) -> Self {
        let files = page.iter().map(|file| (*file, ETag::of(file.bytes))).collect();
        Self { files, policy: policy(realtime_url) }
    }

    /// Answers the page; none where there is no page.
    pub(crate) fn home(&self, request: &HttpRequest, copies: &Copies) -> Option<HttpResponse> {
        let mut response = self.answer("index.html", CHECKED, request, copies)?;
        let headers = response.headers_mut();
        let policy = header::HeaderValue::from_str(&self.policy).ok()?;
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.insert(header::REFERRER_POLICY, header::HeaderValue::from_static("no-referrer"));
        headers.insert(CROSS_ORIGIN_OPENER_POLICY, header::HeaderValue::from_static("same-origin"));
        Some(response)
    }

    /// Answers a file that the page loads.
    pub(crate) fn asset(&self, name: &str, request: &HttpRequest, copies: &Copies) -> Option<HttpResponse> {
        self.answer(&format!("assets/{name}"), KEPT, request, copies)
    }

    fn answer(
        &self,
        path: &str,
        kept: &'static str,
        request: &HttpRequest,
        copies: &Copies,
    ) -> Option<HttpResponse> {
        let (file, tag) = self.files.iter().find(|(file, _)| file.path == path)?;
        if copies.include(tag) {
            return Some(not_modified_as(tag, kept));
        }
        let mut response = HttpResponse::Ok();
        response
            .insert_header((header::ETAG, tag.to_string()))
            .insert_header((header::CACHE_CONTROL, kept))
            .insert_header((header::VARY, "Accept-Encoding"))
            .content_type(content_type(path));
        Some(if takes_gzip(request) {
            response.insert_header((header::CONTENT_ENCODING, "gzip")).body(file.packed)
        } else {
            response.body(file.bytes)
        })
    }
}

/// What the page may do: load its own files, and talk to this API and to real time. No script, style or frame of
/// anybody else's, and nothing in it can become one.
fn policy(realtime_url: &str) -> String {
    let realtime =
        origins(realtime_url).map(|[http, socket]| format!(" {http} {socket}")).unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'{realtime}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'"
    )
}

/// The origin of an address of the web, and that of its websockets.
fn origins(url: &str) -> Option<[String; 2]> {
    let url: Uri = url.parse().ok()?;
    let authority = url.authority()?;
    let socket = match url.scheme_str()? {
        "http" => "ws",
        "https" => "wss",
        _ => return None,
    };
    Some([format!("{}://{authority}", url.scheme_str()?), format!("{socket}://{authority}")])
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("md") => "text/markdown; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// Browsers say so plainly; whoever says it in another way gets the file as it is.
fn takes_gzip(request: &HttpRequest) -> bool {
    let accepted = request.headers().get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.split(',').any(|coding| coding.trim() == "gzip"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_time_is_the_one_other_address_that_may_be_connected_to() {
        for (url, sources) in [
            ("http://127.0.0.1:8081", "'self' http://127.0.0.1:8081 ws://127.0.0.1:8081"),
            ("https://live.example.com/", "'self' https://live.example.com wss://live.example.com"),
            ("https://[::1]:8081/x?y", "'self' https://[::1]:8081 wss://[::1]:8081"),
            ("ftp://example.com", "'self'"),
            ("https://a.example; script-src *", "'self'"),
            ("", "'self'"),
        ] {
            let policy = policy(url);
            assert!(policy.contains(&format!("; connect-src {sources}; form-action")), "{url}: {policy}");
        }
    }
}
