//! What a client sends: Socket.IO 5 packets as text.

use engine_interfaces::parse_strictly;
use serde_json::Value;

use crate::errors::{ErrorCode, Refusal};

/// A packet from a client.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Packet {
    /// Asks to be let in.
    Connect(Result<Value, Refusal>),
    /// Says good-bye.
    Disconnect,
    /// An event; with a number when it wants an answer.
    Event {
        /// What the answer is to be given with.
        ack: Option<u64>,
        /// Its name and payload, or why they can't be read.
        event: Result<(String, Value), Refusal>,
    },
    /// Asks to be let into another namespace than `/`.
    ConnectElsewhere(String),
    /// Means nothing here.
    Other,
}

impl Packet {
    /// Reads `<type>[<attachments>-][<namespace>,][<ack>][<JSON>]`.
    pub(crate) fn parse(text: &str, depth: usize) -> Self {
        let Some((kind, rest)) = text.split_at_checked(1) else {
            return Self::Other;
        };
        let binary = matches!(kind, "5" | "6");
        let rest = match rest.split_once('-') {
            Some((count, rest)) if binary && is_number(count) => rest,
            _ => rest,
        };
        let (namespace, rest) =
            if rest.starts_with('/') { rest.split_once(',').unwrap_or((rest, "")) } else { ("/", rest) };
        // A query after the namespace is allowed and means nothing.
        if namespace.split('?').next() != Some("/") {
            return match kind {
                "0" => Self::ConnectElsewhere(namespace.to_owned()),
                _ => Self::Other,
            };
        }
        match kind {
            "0" if rest.is_empty() => Self::Connect(Ok(Value::Null)),
            "0" => Self::Connect(parse(rest, depth)),
            "1" => Self::Disconnect,
            "2" | "5" => {
                let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
                let (number, body) = rest.split_at(digits);
                let event = if binary {
                    Err(Refusal::saying(ErrorCode::WrongType, "Binary is not taken here"))
                } else {
                    parse(body, depth + 1).and_then(named)
                };
                Self::Event { ack: number.parse().ok(), event }
            }
            _ => Self::Other,
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn parse(text: &str, depth: usize) -> Result<Value, Refusal> {
    parse_strictly(text.as_bytes(), depth).ok_or_else(|| ErrorCode::Malformed.into())
}

/// `[name, payload]`; what comes after the payload is ignored, as unknown fields are.
fn named(body: Value) -> Result<(String, Value), Refusal> {
    let Value::Array(arguments) = body else {
        return Err(Refusal::from(ErrorCode::Malformed));
    };
    let mut arguments = arguments.into_iter();
    match arguments.next() {
        Some(Value::String(name)) => Ok((name, arguments.next().unwrap_or(Value::Null))),
        Some(_) => Err(Refusal::wrong_type("event")),
        None => Err(Refusal::missing("event")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Packet {
        Packet::parse(text, 32)
    }

    #[test]
    fn what_the_official_client_writes_is_read() {
        assert_eq!(read("0"), Packet::Connect(Ok(Value::Null)));
        assert_eq!(read(r#"0{"token":"a"}"#), Packet::Connect(Ok(json!({"token": "a"}))));
        assert_eq!(
            read(r#"212["send",{"a":1}]"#),
            Packet::Event { ack: Some(12), event: Ok(("send".into(), json!({"a": 1}))) }
        );
        assert_eq!(
            read(r#"2["send"]"#),
            Packet::Event { ack: None, event: Ok(("send".into(), Value::Null)) }
        );
        assert_eq!(read("1"), Packet::Disconnect);
        assert_eq!(read(r#"0/admin,{"a":1}"#), Packet::ConnectElsewhere("/admin".into()));
        assert_eq!(read(r#"2/admin,["x"]"#), Packet::Other);
    }

    #[test]
    fn an_event_that_can_not_be_read_still_knows_its_answer() {
        for bad in [
            "27[",
            "27",
            "27{}",
            "27[]",
            "27[1]",
            r#"27["x",{"a":1,"a":1}]"#,
            r#"51-7["x",{"_placeholder":true,"num":0}]"#,
        ] {
            let Packet::Event { ack, event } = read(bad) else {
                panic!("{bad} is an event");
            };
            assert_eq!(ack, Some(7), "{bad}");
            assert!(event.is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in any::<String>()) {
            read(&text);
        }

        #[test]
        fn nothing_after_a_type_is_too_strange(kind in "[0-9]", text in ".{0,40}") {
            read(&format!("{kind}{text}"));
        }
    }
}
