//! Real time over Socket.IO: the messages of a user's groups on each of their open sockets, once and in
//! order.
//!
//! The store is the truth; what the broker brings are hints. A `Sequencer` puts the hints of a group into
//! the order of its log and reads from the log what is missing. A `Member` knows what one socket has, and
//! sends the next message and no other: so it does not matter who brings a message, the fan-out or a
//! catch-up. A comparison with the store, from time to time and whenever hints were lost, finds the rest.
//!
//! | Module | Holds |
//! |---|---|
//! | `engine` | what the host sees |
//! | `server`, `stall` | the port |
//! | `transport` | Engine.IO 4: websockets, polling, heartbeats |
//! | `frame`, `packet` | what is written, and Socket.IO 5 as it is read |
//! | `client`, `hello`, `requests` | one socket's life, and what it may ask for |
//! | `session`, `outbox` | one socket, as the others see it |
//! | `hub`, `group`, `sequencer` | who is here, and where this server is in each group's log |
//! | `watching`, `watch`, `online` | typing and presence, for those who have a group open |
//! | `memberships`, `catch_up`, `repair`, `reconcile` | what is asked of the store |
//! | `bus`, `control`, `events`, `presence` | what is heard, and what is told |

mod batcher;
mod bus;
mod catch_up;
mod client;
mod control;
#[cfg(test)]
mod doubles;
mod engine;
mod errors;
mod events;
mod fan_out;
mod frame;
#[cfg(fuzzing)]
pub mod fuzzing;
mod group;
mod hello;
mod hub;
mod memberships;
mod meters;
mod node;
mod online;
mod outbox;
mod pace;
mod packet;
mod pages;
mod presence;
mod questions;
mod reconcile;
mod repair;
mod requests;
mod sequencer;
mod server;
mod session;
mod settings;
mod stall;
#[cfg(test)]
mod tests;
mod transport;
mod watch;
mod watching;

pub use engine::{RealtimeEngine, ServeError};
pub use settings::Settings;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
