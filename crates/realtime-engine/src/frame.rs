//! What is written to a client: Engine.IO 4 packets, each built once, as the text frames of a websocket, and shared by
//! all who get it.

use std::str;

use axum::body::Bytes;
use serde::Serialize;
use serde_json::json;

use crate::errors::Refusal;

/// The first byte of a text in one piece, of a ping's answer, and of a good-bye.
const TEXT: u8 = 0x81;
const PONG: u8 = 0x8A;
const CLOSE: u8 = 0x88;
/// The longest head of a frame: its kind, 127, and eight bytes of length.
const HEAD: usize = 10;

/// One packet, or several that are written together. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame(Bytes);

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
        Self::engine("41")
    }

    /// `EVENT`.
    pub(crate) fn event(name: &str, payload: &impl Serialize) -> Self {
        Self::of("2", &(name, payload))
    }

    /// `ACK` to the client's event with this number.
    pub(crate) fn ack(number: u64, payload: &impl Serialize) -> Self {
        Self::of(&format!("3{number}"), &[payload])
    }

    /// A packet of Engine.IO itself.
    pub(crate) fn engine(packet: &str) -> Self {
        let mut frame = vec![0; HEAD];
        frame.extend_from_slice(packet.as_bytes());
        Self::text(frame)
    }

    /// The answer to a websocket's ping.
    pub(crate) fn pong(said: &[u8]) -> Self {
        let mut frame = vec![0; HEAD];
        frame.extend_from_slice(said);
        Self::finished(PONG, frame)
    }

    /// A websocket's last frame, with why.
    pub(crate) fn close(code: u16) -> Self {
        let mut frame = vec![0; HEAD];
        frame.extend_from_slice(&code.to_be_bytes());
        Self::finished(CLOSE, frame)
    }

    /// Several, to be written at once.
    pub(crate) fn joined<'a>(frames: impl IntoIterator<Item = &'a Self>) -> Self {
        let frames: Vec<&[u8]> = frames.into_iter().map(Self::bytes).collect();
        Self(frames.concat().into())
    }

    /// As a websocket has it.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Its size in bytes.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The Engine.IO packets of it, as polling has them.
    pub(crate) fn packets(&self) -> impl Iterator<Item = &str> {
        let mut rest = self.bytes();
        std::iter::from_fn(move || {
            let (kind, body, after) = split(rest)?;
            rest = after;
            Some((kind, body))
        })
        .filter(|(kind, _)| *kind == TEXT)
        .filter_map(|(_, body)| str::from_utf8(body).ok())
    }

    fn of(head: &str, body: &impl Serialize) -> Self {
        let mut frame = vec![0; HEAD];
        frame.push(b'4');
        frame.extend_from_slice(head.as_bytes());
        let start = frame.len();
        // Our own types have string keys and finite numbers only, so that this does not fail.
        if let Err(error) = serde_json::to_writer(&mut frame, body) {
            tracing::error!(%error, "a packet can't be written");
            frame.truncate(start);
            frame.extend_from_slice(b"[]");
        }
        Self::text(frame)
    }

    fn text(frame: Vec<u8>) -> Self {
        Self::finished(TEXT, frame)
    }

    /// Writes the head before the body, for which there is room.
    fn finished(kind: u8, mut frame: Vec<u8>) -> Self {
        let length = frame.len() - HEAD;
        let mut head = vec![kind];
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ ..=125), _) => head.push(short),
            (_, Ok(long)) => {
                head.push(126);
                head.extend_from_slice(&long.to_be_bytes());
            }
            _ => {
                head.push(127);
                head.extend_from_slice(&(length as u64).to_be_bytes());
            }
        }
        let start = HEAD - head.len();
        frame.splice(start..HEAD, head);
        Self(Bytes::from(frame).slice(start..))
    }
}

/// Kind, body and what comes after of a frame of ours.
fn split(frames: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[kind, short], rest) = frames.split_first_chunk()?;
    let (length, rest) = match short {
        126 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u16::from_be_bytes(*length).into(), rest)
        }
        127 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u64::from_be_bytes(*length).try_into().ok()?, rest)
        }
        short => (usize::from(short), rest),
    };
    let (body, after) = rest.split_at_checked(length)?;
    Some((kind, body, after))
}

#[cfg(test)]
impl Frame {
    /// The Socket.IO packet of it.
    pub(crate) fn as_str(&self) -> &str {
        self.packets().next().and_then(|packet| packet.strip_prefix('4')).unwrap_or_default()
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

    #[test]
    fn a_frame_has_the_shortest_head() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let text = "x".repeat(length);
            let frame = Frame::engine(&text);
            assert_eq!(frame.len(), head + length);
            assert_eq!(frame.packets().collect::<Vec<_>>(), [text]);
        }
        assert_eq!(Frame::engine("2").bytes(), [0x81, 1, b'2']);
        assert_eq!(Frame::close(1_009).bytes(), [0x88, 2, 3, 241]);
    }

    #[test]
    fn joined_frames_are_taken_apart_again() {
        let long = "long".repeat(100);
        let joined = Frame::joined(&[Frame::engine("2"), Frame::pong(b"x"), Frame::engine(&long)]);
        assert_eq!(joined.packets().collect::<Vec<_>>(), ["2", &long], "polling knows no pong");
    }
}
