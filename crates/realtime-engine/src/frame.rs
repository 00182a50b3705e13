//! What is written to a client: Socket.IO 5 packets as text, each built once and shared by all who get it.

use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use crate::errors::Refusal;

/// One packet. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame(Arc<str>);

impl Frame {
    /// `CONNECT`: the client is in.
    pub(crate) fn connected(sid: &str) -> Self {
        Self::of("0", &json!({ "sid": sid }))
    }

    /// `CONNECT_ERROR`: the client is not let in. The official client shows the refusal as `error.data`.
    pub(crate) fn refused(refusal: &Refusal) -> Self {
        Self::of("4", &json!({ "message": refusal.message, "data": refusal }))
    }

    /// `CONNECT_ERROR` for another namespace than `/`, which is the only one.
    pub(crate) fn refused_in(namespace: &str, refusal: &Refusal) -> Self {
        let body = json!({ "message": refusal.message, "data": refusal });
        Self::of(&format!("4{namespace},"), &body)
    }

    /// `DISCONNECT`: the client is put out.
    pub(crate) fn disconnected() -> Self {
        Self("1".into())
    }

    /// `EVENT`.
    pub(crate) fn event(name: &str, payload: &impl Serialize) -> Self {
        Self::of("2", &(name, payload))
    }

    /// `ACK` to the client's event with this number.
    pub(crate) fn ack(number: u64, payload: &impl Serialize) -> Self {
        Self::of(&format!("3{number}"), &[payload])
    }

    /// As it is sent.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its size in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    fn of(head: &str, body: &impl Serialize) -> Self {
        // Our own types have string keys and finite numbers only, so that this does not fail.
        let body = serde_json::to_string(body).unwrap_or_else(|error| {
            tracing::error!(%error, "a packet can't be written");
            "[]".to_owned()
        });
        Self(format!("{head}{body}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::ErrorCode;

    #[test]
    fn packets_are_written_as_socket_io_5_has_them() {
        assert_eq!(Frame::connected("a").as_str(), r#"0{"sid":"a"}"#);
        assert_eq!(Frame::event("x", &json!({"y": 1})).as_str(), r#"2["x",{"y":1}]"#);
        assert_eq!(Frame::ack(12, &json!({"ok": true})).as_str(), r#"312[{"ok":true}]"#);
        assert_eq!(Frame::disconnected().as_str(), "1");
        let refused = Frame::refused(&Refusal::from(ErrorCode::TokenInvalid));
        assert!(refused.as_str().starts_with(r#"4{"data":{"code":40102,"#));
        let elsewhere = Frame::refused_in("/admin", &Refusal::from(ErrorCode::PathNotFound));
        assert!(elsewhere.as_str().starts_with(r#"4/admin,{"data":{"code":40400"#));
    }
}
