//! What trace a thing is a part of, as it travels between processes.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// A span that others may continue: W3C's `traceparent`.
///
/// # Example
/// ```
/// use engine_interfaces::Traceparent;
///
/// let parent: Traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".parse().unwrap();
/// assert_eq!(parent.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
/// let mut payload = serde_json::json!({ "name": "Ann" });
/// parent.put_into(&mut payload);
/// assert_eq!(payload[Traceparent::NAME], parent.to_string());
/// assert_eq!(Traceparent::of_payload(&payload), Some(parent));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Traceparent {
    /// The trace. Not zero.
    pub trace_id: [u8; 16],
    /// The span in it. Not zero.
    pub span_id: [u8; 8],
    /// Is the trace kept? If not, nothing is recorded of what follows.
    pub sampled: bool,
}

/// Not a `traceparent`.
///
/// # Example
/// ```
/// use engine_interfaces::{Traceparent, TraceparentError};
///
/// let no_trace = "00-00000000000000000000000000000000-00f067aa0ba902b7-01";
/// assert_eq!(no_trace.parse::<Traceparent>(), Err(TraceparentError));
/// assert_eq!(TraceparentError.to_string(), "not a traceparent");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct TraceparentError;

impl Traceparent {
    /// What the header is called, and the member of a job's payload or a hint.
    pub const NAME: &'static str = "traceparent";

    /// The trace's id, as logs have it.
    #[must_use]
    pub fn trace_id(&self) -> String {
        format!("{:032x}", u128::from_be_bytes(self.trace_id))
    }

    /// Puts it beside what a job's worker needs to know, which it does not touch.
    pub fn put_into(self, payload: &mut Value) {
        if payload.is_null() {
            *payload = Value::Object(serde_json::Map::new());
        }
        if let Value::Object(payload) = payload {
            payload.insert(Self::NAME.to_owned(), self.to_string().into());
        }
    }

    /// What [`Traceparent::put_into`] put there.
    #[must_use]
    pub fn of_payload(payload: &Value) -> Option<Self> {
        payload.get(Self::NAME)?.as_str()?.parse().ok()
    }
}

impl fmt::Display for Traceparent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (trace, span) = (u128::from_be_bytes(self.trace_id), u64::from_be_bytes(self.span_id));
        write!(f, "00-{trace:032x}-{span:016x}-{:02x}", u8::from(self.sampled))
    }
}

impl FromStr for Traceparent {
    type Err = TraceparentError;

    /// Later versions may have more to say at the end.
    fn from_str(text: &str) -> Result<Self, TraceparentError> {
        let mut parts = text.split('-');
        let mut hex = |digits| parts.next().and_then(|part| hex(part, digits)).ok_or(TraceparentError);
        let (version, trace, span, flags) = (hex(2)?, hex(32)?, hex(16)?, hex(2)?);
        let rest = parts.next();
        if version == 0xff || (version == 0 && rest.is_some()) || trace == 0 || span == 0 {
            return Err(TraceparentError);
        }
        let span = u64::try_from(span).map_err(|_| TraceparentError)?;
        let sampled = flags & 1 == 1;
        Ok(Self { trace_id: trace.to_be_bytes(), span_id: span.to_be_bytes(), sampled })
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let good = text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    good.then(|| u128::from_str_radix(text, 16).ok())?
}

impl Serialize for Traceparent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// None where there is none that can be read: nothing is refused because of its trace.
pub(crate) fn lenient<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Traceparent>, D::Error> {
    let told = Value::deserialize(deserializer)?;
    Ok(told.as_str().and_then(|text| text.parse().ok()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn read(text: &str) -> Result<Traceparent, TraceparentError> {
        text.parse()
    }

    #[test]
    fn a_traceparent_is_read_as_w3c_has_it() {
        let text = format!("00-{TRACE}-00f067aa0ba902b7-01");
        let parent = read(&text).unwrap();
        assert_eq!((parent.to_string(), parent.trace_id(), parent.sampled), (text, TRACE.to_owned(), true));
        assert!(!read(&format!("00-{TRACE}-00f067aa0ba902b7-02")).unwrap().sampled);
        assert!(read(&format!("cc-{TRACE}-00f067aa0ba902b7-01-what-is-new")).is_ok());
    }

    #[test]
    fn what_is_none_is_refused() {
        for bad in [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}"),
            format!("00-{TRACE}-00f067aa0ba902b7"),
            format!("00-{TRACE}-00f067aa0ba902b7-01-more"),
            format!("ff-{TRACE}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", TRACE.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-{TRACE}-+0f06711010902b7-01"),
            "00-secret-00f067aa0ba902b7-01".to_owned(),
        ] {
            assert_eq!(read(&bad), Err(TraceparentError), "{bad}");
        }
    }

    #[test]
    fn a_payload_has_it_beside_what_its_worker_needs() {
        let parent = read(&format!("00-{TRACE}-00f067aa0ba902b7-01")).unwrap();
        for (mut payload, kept) in [(json!({"a": 1}), json!({"a": 1})), (json!(null), json!({}))] {
            assert_eq!(Traceparent::of_payload(&payload), None);
            parent.put_into(&mut payload);
            assert_eq!(Traceparent::of_payload(&payload), Some(parent));
            payload.as_object_mut().unwrap().remove(Traceparent::NAME);
            assert_eq!(payload, kept);
        }
    }
}
