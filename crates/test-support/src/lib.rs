//! What tests share: databases and Redis servers of their own, and a clock that they set. A dev-dependency only.

mod clock;
mod database;
mod redis;

pub use clock::FixedClock;
pub use database::TestDatabase;
pub use redis::{RedisServer, redis_url};
