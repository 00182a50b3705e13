//! What a client may ask for.

use std::{str::FromStr, sync::Arc};

use engine_interfaces::{Chat, Draft, GroupId, Limit, Range, Rule, Seq, UserId, Violation};
use serde_json::{Map, Value, json};

use crate::{
    errors::{ErrorCode, Refusal, refused},
    node::Node,
    repair::page,
    session::Session,
};

/// Does what an event asks for, and gives what its acknowledgement carries.
pub(crate) async fn answer(
    node: &Arc<Node>,
    session: &Arc<Session>,
    (event, payload): (String, Value),
) -> Result<Value, Refusal> {
    let (chat, user) = (node.chat.as_ref(), session.user_id);
    match event.as_str() {
        "send" => send(chat, user, Fields::of(payload)?).await,
        "catch_up" => {
            let bytes = node.settings.catch_up_answer_bytes;
            catch_up(chat, user, bytes, Fields::of(payload)?).await
        }
        "read" => read(chat, user, Fields::of(payload)?).await,
        "open" => node.open(session, Fields::of(payload)?.group()?).await.map(done),
        "close" => {
            session.close(Fields::of(payload)?.group()?);
            Ok(done(()))
        }
        "typing" => node.type_in(session, Fields::of(payload)?.group()?).await.map(done),
        _ => Err(ErrorCode::PathNotFound.into()),
    }
}

fn done((): ()) -> Value {
    json!({ "ok": true })
}

async fn send(chat: &dyn Chat, user: UserId, mut fields: Fields) -> Result<Value, Refusal> {
    let draft = Draft {
        user_id: user,
        group_id: fields.group()?,
        id: fields.id("id")?,
        message: fields.text("message")?,
    };
    let sent = chat.send_message(draft).await.map_err(refused)?;
    Ok(json!({ "ok": true, "message": sent.message, "replayed": sent.replayed }))
}

/// Oldest first. What does not fit the answer is for the next one.
async fn catch_up(
    chat: &dyn Chat,
    user: UserId,
    mut bytes: usize,
    mut fields: Fields,
) -> Result<Value, Refusal> {
    let group = fields.group()?;
    let mut after = fields.seq("after")?;
    let limit = fields.limit("limit")?.get();
    let mut messages = Vec::new();
    let mut has_more = true;
    while has_more && messages.len() < limit {
        let read = chat.list_messages(user, group, Range::After(after), page()).await.map_err(refused)?;
        let some = !read.messages.is_empty();
        for row in read.messages {
            let size = row.message.as_ref().map_or(0, String::len);
            if messages.len() == limit || (size > bytes && !messages.is_empty()) {
                return Ok(json!({ "ok": true, "messages": messages, "has_more": true }));
            }
            bytes = bytes.saturating_sub(size);
            after = row.seq;
            messages.push(row);
        }
        has_more = some && after < read.version.last_seq;
    }
    Ok(json!({ "ok": true, "messages": messages, "has_more": has_more }))
}

async fn read(chat: &dyn Chat, user: UserId, mut fields: Fields) -> Result<Value, Refusal> {
    let group = fields.group()?;
    let read_seq = chat.mark_read(user, group, fields.seq("seq")?).await.map_err(refused)?;
    Ok(json!({ "ok": true, "read_seq": read_seq }))
}

/// The fields of a payload. Those that nobody asks for are ignored.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// A payload is an object.
    pub(crate) fn of(payload: Value) -> Result<Self, Refusal> {
        match payload {
            Value::Object(fields) => Ok(Self(fields)),
            Value::Null => Err(Refusal::missing("payload")),
            _ => Err(Refusal::wrong_type("payload")),
        }
    }

    /// A field as it is; absent and null are the same.
    pub(crate) fn take(&mut self, field: &str) -> Option<Value> {
        self.0.remove(field).filter(|value| !value.is_null())
    }

    fn group(&mut self) -> Result<GroupId, Refusal> {
        self.id("group_id")?.ok_or(Refusal::missing("group_id"))
    }

    fn id<T: FromStr>(&mut self, field: &'static str) -> Result<Option<T>, Refusal> {
        match self.take(field) {
            None => Ok(None),
            Some(Value::String(text)) => {
                text.parse().map(Some).map_err(|_| Refusal::invalid(&[Violation::new(field, Rule::Format)]))
            }
            Some(_) => Err(Refusal::wrong_type(field)),
        }
    }

    fn text(&mut self, field: &'static str) -> Result<String, Refusal> {
        match self.take(field) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(Refusal::wrong_type(field)),
            None => Err(Refusal::missing(field)),
        }
    }

    fn seq(&mut self, field: &'static str) -> Result<Seq, Refusal> {
        let value = self.take(field).ok_or(Refusal::missing(field))?;
        seq(&value, field)
    }

    /// How many messages an answer may have; all that it can where nothing is said.
    fn limit(&mut self, field: &'static str) -> Result<Limit, Refusal> {
        let limit = match self.take(field) {
            None => Limit::catch_up(Limit::MAX_CATCH_UP),
            Some(value) => {
                let number = value.as_i64().ok_or(Refusal::wrong_type(field))?;
                u16::try_from(number).ok().and_then(Limit::catch_up)
            }
        };
        limit.ok_or_else(|| Refusal::bad_page(field))
    }
}

/// A position: a whole number, 0 is before the first.
pub(crate) fn seq(value: &Value, field: &'static str) -> Result<Seq, Refusal> {
    match value.as_i64() {
        Some(seq) if seq >= 0 => Ok(Seq(seq)),
        Some(_) => Err(Refusal::bad_page(field)),
        None => Err(Refusal::wrong_type(field)),
    }
}
