//! The ring between processes: leases in Redis choose who tries to lead, terms in the store decide.

mod assignment;
mod lags;
mod scripts;
mod seat;
mod server;
mod source;

use std::sync::Arc;

use engine_interfaces::SweepShare;
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use super::{RedisSettings, link::Dialer};
use crate::rings::{Shared, leader::Leader, right::Right};

use self::{seat::Seat, server::keep, source::RedisSource};

pub use lags::StreamLag;
pub(super) use lags::lags;

/// This process's part in the rings between processes.
///
/// The topics are spread evenly over the processes that live; another leads within three seconds where one dies
/// or stalls. While Redis is away nothing is led.
///
/// # Example
/// ```
/// use broker::RedisRing;
/// use engine_interfaces::{Clock, SystemClock};
///
/// /// Until `stop`, a service's signal; returns once the topics are handed over.
/// async fn work(ring: RedisRing, stop: impl Future<Output = ()> + Send) {
///     let name = format!("worker-{}", SystemClock.new_id()); // in containers every process is number 1
///     ring.run(name, stop).await;
/// }
/// ```
pub struct RedisRing {
    pub(super) dialer: Arc<Dialer>,
    pub(super) redis: Arc<RedisSettings>,
    pub(super) shared: Arc<Shared>,
}

impl RedisRing {
    /// What of the sweep is this process's.
    #[must_use]
    pub fn share(&self) -> Arc<dyn SweepShare> {
        self.shared.clone()
    }

    /// Takes part under a name that no other process has, until `stop`; then finishes what is in hand and hands
    /// its topics over.
    pub async fn run(self, name: String, stop: impl Future<Output = ()> + Send) {
        let Self { dialer, redis, shared } = self;
        let (state, server) = watch::channel(None);
        let (commands, commanded) = mpsc::channel(8);
        let (left, leaving) = mpsc::unbounded_channel();
        let right = Right::default();
        right.extend(Instant::now());
        let source = RedisSource { server: server.clone(), redis: Arc::clone(&redis), name: name.clone() };
        let leader = Leader::new(Arc::clone(&shared), Arc::new(source), right.clone(), left).run(commanded);
        let seat = Seat::new(name, server, redis, shared, right, commands).run(leaving, stop);
        tokio::select! {
            never = keep(&dialer, state) => match never {},
            _ = async { tokio::join!(leader, seat) } => {}
        }
    }
}
