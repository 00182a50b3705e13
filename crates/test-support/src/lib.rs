//! What tests share: databases and Redis servers of their own, and a clock that they set. A dev-dependency only.

mod clock;
mod database;
mod dump;
mod expand;
mod otlp;
mod own_database;
mod redis;
mod redis_cluster;
mod rollbar;
mod smtp;

pub use clock::FixedClock;
pub use database::TestDatabase;
pub use dump::dump;
pub use expand::expand;
pub use otlp::{OtlpServer, OtlpSpan};
pub use own_database::OwnDatabase;
pub use redis::{RedisServer, redis_url};
pub use redis_cluster::RedisCluster;
pub use rollbar::{RollbarCall, RollbarServer};
pub use smtp::SmtpServer;
