//! Carries hints between the parts of Parlour.
//!
//! What is stored is the truth; a broker only says that there is something new to see. It may lose a
//! hint, and says [`Delivery::Gap`](engine_interfaces::Delivery::Gap) when it knows that it did.
//!
//! [`LocalBroker`] serves one process; `RedisBroker`, behind the feature `redis`, serves many.
//! `tests/broker_contract` is what every broker has to keep.
//!
//! Each has a ring of workers beside it, [`LocalRing`] and `RedisRing`: what follows from messages is done by the
//! leader of their author's topic. `tests/ring_contract` is what every ring has to keep.

mod inbox;
mod local;
mod meters;
#[cfg(feature = "redis")]
mod redis;
mod rings;
mod slots;

#[cfg(feature = "redis")]
pub use self::redis::{RedisBroker, RedisFacts, RedisRing, RedisSettings, RedisUrlError, StreamLag};
pub use local::{LocalBroker, Settings};
pub use rings::{Lag, LocalRing, RingParts, RingSettings};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
