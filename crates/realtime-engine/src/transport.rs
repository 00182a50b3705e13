//! Engine.IO 4: connections over websockets and long polling, and from the one to the other.
//!
//! A connection is a [`Connection`] in the [`Connections`]: a [`Client`](crate::client::Client), and a [`Carrier`] for
//! what is written to it. Requests are `http`'s and hyper's; once one has become a websocket its stream is ours alone,
//! written to by whoever has something for the client, and read by `websocket`. While nothing is said a connection
//! holds no buffer and no timer.

mod carrier;
mod connections;
mod decoder;
mod http;
mod websocket;

pub(crate) use carrier::{Carrier, NoPoll};
pub(crate) use connections::{Connection, Connections};
#[cfg(fuzzing)]
pub(crate) use decoder::{Decoder, Said, Violation};
pub(crate) use http::serve;
