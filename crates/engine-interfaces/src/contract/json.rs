//! JSON from clients, read strictly: no key twice, no lone surrogate, no bottomless nesting.

use std::fmt;

use serde::{
    Deserializer,
    de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Number, Value};

/// Reads `text`, whose arrays and objects nest at most `depth` deep. `None` when it is deeper, is not JSON or
/// not UTF-8, or names a key twice.
///
/// # Example
/// ```
/// use engine_interfaces::parse_strictly;
///
/// assert_eq!(parse_strictly(br#"{"a": [1]}"#, 2).unwrap()["a"][0], 1);
/// assert_eq!(parse_strictly(br#"{"a": 1, "a": 2}"#, 2), None, "a key twice");
/// assert_eq!(parse_strictly(b"[[[]]]", 2), None, "too deep");
/// ```
#[must_use]
pub fn parse_strictly(text: &[u8], depth: usize) -> Option<Value> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Strict { depth }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    Some(value)
}

/// Builds a value that has room for `depth` more levels.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn below<E: de::Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1).ok_or_else(|| E::custom("too deep"))?;
        Ok(Self { depth })
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(entry) = entries.next_element_seed(below)? {
            list.push(entry);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(below)?;
            if object.insert(key, value).is_some() {
                return Err(de::Error::custom("a key is there twice"));
            }
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nested(depth: usize) -> Vec<u8> {
        [vec![b'['; depth], vec![b']'; depth]].concat()
    }

    #[test]
    fn nests_as_deep_as_allowed_and_no_deeper() {
        assert!(parse_strictly(&nested(32), 32).is_some());
        assert!(parse_strictly(&nested(33), 32).is_none());
        assert!(parse_strictly(&nested(100_000), 32).is_none());
        assert!(parse_strictly(br#"{"a":[{"b":1}]}"#, 3).is_some());
        assert!(parse_strictly(br#"{"a":[{"b":1}]}"#, 2).is_none());
    }

    #[test]
    fn refuses_what_others_read_in_two_ways() {
        for bad in [
            &b""[..],
            b"{",
            b"{}{}",
            b"{\"a\":1,}",
            b"{'a':1}",
            b"NaN",
            br#"{"a":1,"a":1}"#,
            br#"{"a":{"b":1,"\u0062":2}}"#,
            br#"{"a":"\ud83d"}"#,
            br#"{"a":"\ude00\ud83d"}"#,
            b"{\"a\":\"\xff\"}",
            b"{\"a\":\"\xc0\x80\"}",
            b"{\"a\":\"\xed\xa0\xbd\"}",
            b"\xef\xbb\xbf{}",
            b"{\"a\":\"\n\"}",
        ] {
            assert_eq!(parse_strictly(bad, 32), None, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn keeps_every_character() {
        let text = "\u{1f600} e\u{301} שלום \u{202e} \u{0} \u{10ffff}";
        let body = serde_json::to_vec(text).unwrap();
        assert_eq!(parse_strictly(&body, 32), Some(Value::String(text.into())));
        assert_eq!(parse_strictly(br#""\ud83d\ude00""#, 32), Some(Value::String("😀".into())));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Value::from),
                prop::collection::vec((any::<String>(), inner), 0..8)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_back_whatever_is_written(value in json()) {
            prop_assert_eq!(parse_strictly(&serde_json::to_vec(&value).unwrap(), 32), Some(value));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = parse_strictly(&bytes, 32);
        }
    }
}
