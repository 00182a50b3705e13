//! The fields of a body, each taken once and by its type.

use engine_interfaces::{GroupId, GroupMessageId, Role, Rule, Secret, Seq, UserId, Violation, WebhookId};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::errors::ErrorHandler;

/// The fields of a body. Those that nobody takes are ignored.
#[derive(Debug)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of `body`, below its key `root` when an object is there, else its own. A body that has
    /// neither the root nor any field of `known` lacks the root.
    pub(super) fn of(body: Value, root: &'static str, known: &[&str]) -> Result<Self, ErrorHandler> {
        let Value::Object(mut bare) = body else {
            return Err(ErrorHandler::wrong_type(root));
        };
        match bare.remove(root) {
            Some(Value::Object(wrapped)) => Ok(Self(wrapped)),
            Some(value) if known.contains(&root) => {
                bare.insert(root.to_owned(), value);
                Ok(Self(bare))
            }
            _ if known.iter().any(|field| bare.contains_key(*field)) => Ok(Self(bare)),
            Some(_) => Err(ErrorHandler::wrong_type(root)),
            None => Err(ErrorHandler::missing(root)),
        }
    }

    /// A field that has to be there.
    pub(crate) fn required<T: Field>(&mut self, name: &'static str) -> Result<T, ErrorHandler> {
        self.optional(name)?.ok_or_else(|| ErrorHandler::missing(name))
    }

    /// A field that may be absent. `null` is not absent, and of no field's type.
    pub(crate) fn optional<T: Field>(&mut self, name: &'static str) -> Result<Option<T>, ErrorHandler> {
        self.0.remove(name).map(|value| T::read(name, value)).transpose()
    }
}

/// What a field can be.
pub(crate) trait Field: Sized {
    /// Reads `value`, which was sent as `field`.
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler>;
}

/// A refusal of one field by one rule.
pub(super) fn violation(field: &'static str, rule: Rule) -> ErrorHandler {
    ErrorHandler::invalid(&[Violation::new(field, rule)])
}

/// A UUID in its common form: 36 characters. Its other forms would come back as other texts than were sent.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    (text.len() == 36).then(|| text.parse().ok()).flatten()
}

impl Field for String {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        match value {
            // No store of ours keeps NUL, so nothing behind this point sees one.
            Value::String(text) if text.contains('\0') => Err(violation(field, Rule::Nul)),
            Value::String(text) => Ok(text),
            _ => Err(ErrorHandler::wrong_type(field)),
        }
    }
}

impl Field for bool {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        value.as_bool().ok_or_else(|| ErrorHandler::wrong_type(field))
    }
}

impl Field for Secret {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        String::read(field, value).map(Self::new)
    }
}

impl Field for Uuid {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        uuid(&String::read(field, value)?).ok_or_else(|| violation(field, Rule::Format))
    }
}

impl Field for UserId {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        Uuid::read(field, value).map(Self)
    }
}

impl Field for GroupId {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        Uuid::read(field, value).map(Self)
    }
}

impl Field for GroupMessageId {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        Uuid::read(field, value).map(Self)
    }
}

impl Field for WebhookId {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        Uuid::read(field, value).map(Self)
    }
}

impl Field for Role {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        String::read(field, value)?.parse().map_err(|_| violation(field, Rule::Format))
    }
}

impl Field for Seq {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        let seq = integer(field, &value)?.filter(|seq| *seq >= 0);
        seq.map(Self).ok_or_else(|| violation(field, Rule::Format))
    }
}

impl Field for u32 {
    fn read(field: &'static str, value: Value) -> Result<Self, ErrorHandler> {
        let count = integer(field, &value)?.and_then(|count| count.try_into().ok());
        count.ok_or_else(|| violation(field, Rule::Range))
    }
}

/// A whole number, as far as there is an integer for it.
fn integer(field: &'static str, value: &Value) -> Result<Option<i64>, ErrorHandler> {
    // `3.0` is an integer to JSON, and `3.5` is none.
    let number = value.as_number().filter(|number| number.as_f64().is_some_and(|one| one.fract() == 0.0));
    let number = number.ok_or_else(|| ErrorHandler::wrong_type(field))?;
    Ok(number.as_i64().or_else(|| written_with_a_point(number.as_f64()?)))
}

/// A whole number that was written with a point; only as far as such numbers are exact.
fn written_with_a_point(number: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.abs() <= EXACT).then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(body: Value) -> Result<Fields, String> {
        Fields::of(body, "group", &["name", "description"]).map_err(|error| error.to_string())
    }

    #[test]
    fn a_body_is_wrapped_when_its_root_holds_an_object_else_bare() {
        let mut wrapped = fields(json!({"group": {"name": "in"}, "name": "out"})).unwrap();
        assert_eq!(wrapped.required::<String>("name").unwrap(), "in");
        let mut bare = fields(json!({"group": 5, "name": "out"})).unwrap();
        assert_eq!(bare.required::<String>("name").unwrap(), "out");
    }

    #[test]
    fn a_root_may_have_the_name_of_a_field() {
        let of = |body| Fields::of(body, "message", &["id", "message"]).unwrap();
        assert_eq!(of(json!({"message": {"message": "a"}})).required::<String>("message").unwrap(), "a");
        assert_eq!(of(json!({"message": "a"})).required::<String>("message").unwrap(), "a");
        assert!(of(json!({"message": 5})).required::<String>("message").is_err());
    }

    #[test]
    fn a_body_without_anything_known_lacks_its_root() {
        assert_eq!(fields(json!({})).unwrap_err(), "42202 Missing parameter");
        assert_eq!(fields(json!({"nmae": "a"})).unwrap_err(), "42202 Missing parameter");
        assert_eq!(fields(json!({"group": null})).unwrap_err(), "42204 Wrong type");
        assert_eq!(fields(json!([])).unwrap_err(), "42204 Wrong type");
    }

    #[test]
    fn null_is_of_no_type() {
        let mut fields = fields(json!({"name": null, "description": "d"})).unwrap();
        assert!(fields.optional::<String>("name").is_err());
        assert_eq!(fields.optional::<String>("description").unwrap().unwrap(), "d");
        assert_eq!(fields.optional::<String>("other").unwrap(), None);
    }

    #[test]
    fn a_seq_is_a_whole_number_from_zero() {
        let read = |value| Seq::read("seq", value).map(|seq| seq.0).map_err(|error| error.to_string());
        assert_eq!(read(json!(3)), Ok(3));
        assert_eq!(read(json!(3.0)), Ok(3));
        assert_eq!(read(json!(i64::MAX)), Ok(i64::MAX));
        for bad in [json!(-1), json!(u64::MAX), json!(1e300)] {
            assert_eq!(read(bad), Err("42201 Invalid parameters".into()));
        }
        for bad in [json!(3.5), json!("3"), json!(true), json!(null), json!([3]), json!({})] {
            assert_eq!(read(bad), Err("42204 Wrong type".into()));
        }
    }

    #[test]
    fn a_count_is_a_whole_number_within_its_range() {
        let read = |value| u32::read("uses", value).map_err(|error| error.to_string());
        assert_eq!(read(json!(3)), Ok(3));
        assert_eq!(read(json!(3.0)), Ok(3));
        assert_eq!(read(json!(u32::MAX)), Ok(u32::MAX));
        for bad in [json!(-1), json!(1_u64 << 32), json!(1e300)] {
            assert_eq!(read(bad), Err("42201 Invalid parameters".into()));
        }
        for bad in [json!(3.5), json!("3"), json!(null)] {
            assert_eq!(read(bad), Err("42204 Wrong type".into()));
        }
    }

    #[test]
    fn an_id_has_one_form() {
        assert!(uuid("0197f0e0-0000-7000-8000-000000000001").is_some());
        assert!(uuid("0197F0E0-0000-7000-8000-000000000001").is_some());
        for bad in [
            "",
            "0197f0e0000070008000000000000001",
            "{0197f0e0-0000-7000-8000-000000000001}",
            "urn:uuid:0197f0e0-0000-7000-8000-000000000001",
            "0197f0e0-0000-7000-8000-00000000000g",
        ] {
            assert_eq!(uuid(bad), None, "{bad}");
        }
    }
}
