//! The streams of topics.

use std::sync::Arc;

use async_trait::async_trait;
use engine_interfaces::{BoxError, GroupMessage, Hint, Position, Topic};
use redis::{
    Cmd,
    streams::{StreamId, StreamMaxlen, StreamRangeReply},
};
use tokio::sync::watch;

use super::server::Server;
use crate::{
    meters::REDIS,
    redis::{RedisSettings, link::LinkError},
    rings::source::{Read, Source},
};

/// The streams of topics. A position is the entry that was handled last: while it is there, on the same run of
/// the server, nothing behind it was lost.
pub(super) struct RedisSource {
    pub(super) server: watch::Receiver<Option<Server>>,
    pub(super) redis: Arc<RedisSettings>,
    pub(super) name: String,
}

impl RedisSource {
    fn server(&self) -> Result<Server, LinkError> {
        self.server.borrow().clone().ok_or(LinkError::Away)
    }
}

#[async_trait]
impl Source for RedisSource {
    async fn read(
        &self,
        topics: &[(Topic, Option<Position>)],
        limit: usize,
    ) -> Result<Vec<(Topic, Read)>, BoxError> {
        let server = self.server()?;
        let (mut reads, mut asked, mut commands) = (Vec::new(), Vec::new(), Vec::new());
        for (topic, position) in topics {
            match position {
                Some(position) if position.server == *server.run => {
                    // The entry at the position, and what follows it.
                    commands.push(Cmd::xrange_count(
                        self.redis.stream(*topic),
                        &position.entry,
                        "+",
                        limit + 1,
                    ));
                    asked.push((*topic, position));
                }
                _ => reads.push((*topic, Read::Lost)),
            }
        }
        let found = server.connection.ask_each(commands).await;
        let found: Vec<StreamRangeReply> = found.map_err(LinkError::from)?;
        let found = asked.into_iter().zip(found);
        reads.extend(found.map(|((topic, position), reply)| (topic, read(position, &reply.ids, limit))));
        Ok(reads)
    }

    async fn begin(&self, topics: &[Topic]) -> Result<Vec<(Topic, Option<Position>)>, BoxError> {
        let server = self.server()?;
        let length = StreamMaxlen::Approx(self.redis.topic_length);
        let add = |topic: &Topic| {
            Cmd::xadd_maxlen(self.redis.stream(*topic), length, "*", &[("begun_by", &self.name)])
        };
        let entries = server.connection.ask_each(topics.iter().map(add).collect()).await;
        let entries: Vec<String> = entries.map_err(LinkError::from)?;
        let position = |entry| Some(Position { server: server.run.to_string(), entry });
        Ok(topics.iter().zip(entries).map(|(topic, entry)| (*topic, position(entry))).collect())
    }
}

fn read(position: &Position, entries: &[StreamId], limit: usize) -> Read {
    match entries {
        [first, rest @ ..] if first.id == position.entry => Read::Some {
            messages: rest.iter().filter_map(message).collect(),
            position: entries
                .last()
                .map(|last| Position { server: position.server.clone(), entry: last.id.clone() }),
            more: rest.len() == limit,
        },
        _ => Read::Lost,
    }
}

/// None where a leader began here, and where an entry can't be read.
fn message(entry: &StreamId) -> Option<Arc<GroupMessage>> {
    let hint: Vec<u8> = entry.get("hint")?;
    match serde_json::from_slice::<Hint>(&hint) {
        Ok(hint) => Some(hint.into_message()),
        // The error would quote the text.
        Err(_) => {
            REDIS.malformed.increment(1);
            None
        }
    }
}
