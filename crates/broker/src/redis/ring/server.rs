//! The server, or the Cluster, that the ring talks to.

use std::{convert::Infallible, sync::Arc};

use redis::RedisResult;
use tokio::sync::watch;

use crate::redis::{
    connection::Connection,
    link::{Dialer, Heard, Link},
};

/// A run of a server, or of those of a Cluster, and a connection to it.
#[derive(Clone)]
pub(super) struct Server {
    pub(super) connection: Connection,
    /// Another run may have lost something.
    pub(super) run: Arc<str>,
    /// Another connection has another.
    pub(super) number: u64,
}

/// Keeps a connection.
pub(super) async fn keep(dialer: &Dialer, state: watch::Sender<Option<Server>>) -> Infallible {
    let mut number = 0;
    loop {
        let (link, server) = dialer.insist(|| connect(dialer, number)).await;
        number += 1;
        state.send_replace(Some(server));
        link.lost().await;
        state.send_replace(None);
        tracing::warn!("Redis is away: no topic is led until it is back");
    }
}

async fn connect(dialer: &Dialer, number: u64) -> RedisResult<(Link, Server)> {
    let link = dialer.dial(|_| Heard::Fine).await?;
    let run = link.connection.run().await?;
    let server = Server { connection: link.connection.clone(), run: run.into(), number };
    Ok((link, server))
}
