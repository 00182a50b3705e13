//! What a client says when it connects.

use engine_interfaces::Secret;
use serde_json::Value;

use crate::{
    errors::{ErrorCode, Refusal},
    memberships::Have,
    requests::{Fields, seq},
};

/// `auth: {token, have?}`.
#[derive(Debug)]
pub(crate) struct Hello {
    /// Says who it is.
    pub(crate) token: Secret,
    /// What it has of each group.
    pub(crate) have: Have,
}

impl Hello {
    /// Reads `auth`. `limit` is how many groups it may name.
    pub(crate) fn read(auth: Value, limit: usize) -> Result<Self, Refusal> {
        let Value::Object(_) = &auth else {
            return Err(ErrorCode::Unauthenticated.into());
        };
        let mut fields = Fields::of(auth)?;
        let token = match fields.take("token") {
            Some(Value::String(token)) => Secret::new(token),
            Some(_) => return Err(ErrorCode::TokenInvalid.into()),
            None => return Err(ErrorCode::Unauthenticated.into()),
        };
        let have = match fields.take("have") {
            None => Have::new(),
            Some(Value::Object(have)) if have.len() <= limit => have
                .into_iter()
                .map(|(group, at)| match (group.parse(), seq(&at, "have")) {
                    (Ok(group), Ok(at)) => Ok((group, at)),
                    _ => Err(Refusal::wrong_type("have")),
                })
                .collect::<Result<_, _>>()?,
            Some(_) => return Err(Refusal::wrong_type("have")),
        };
        Ok(Self { token, have })
    }
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{GroupId, Seq};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_client_names_its_token_and_what_it_has() {
        let group = GroupId(uuid::Uuid::nil());
        let hello = Hello::read(json!({"token": "t", "have": {group.to_string(): 3}, "x": 1}), 1).unwrap();
        assert_eq!(hello.token.expose(), "t");
        assert_eq!(hello.have, Have::from([(group, Seq(3))]));
    }

    #[test]
    fn what_it_has_is_well_formed_and_not_too_much() {
        let id = uuid::Uuid::nil().to_string();
        for have in [
            json!([]),
            json!("x"),
            json!({"x": 1}),
            json!({id.clone(): -1}),
            json!({id.clone(): 1.5}),
            json!({id.clone(): "1"}),
            json!({id: 1, uuid::Uuid::max().to_string(): 1}),
        ] {
            let refusal = Hello::read(json!({"token": "t", "have": have.clone()}), 1).unwrap_err();
            assert_eq!(refusal, Refusal::wrong_type("have"), "{have}");
        }
    }

    #[test]
    fn who_shows_no_token_is_not_signed_in() {
        for auth in [json!(null), json!({}), json!([]), json!({"token": null})] {
            let refusal = Hello::read(auth, 1).unwrap_err();
            assert_eq!(refusal, Refusal::from(ErrorCode::Unauthenticated));
        }
    }
}
