//! Every limit of the exporter.

use std::time::Duration;

use engine_interfaces::Secret;

/// Where spans go, what they say of this process, and every limit.
#[derive(Debug, Clone)]
pub struct TraceSettings {
    /// Where OTLP is taken; `/v1/traces` is put at its end.
    pub endpoint: String,
    /// Headers of each call, such as a key. Their values are secret.
    pub headers: Vec<(String, Secret)>,
    /// Which process this is: `api`.
    pub process: String,
    /// Of which installation: `deployment.environment.name` and the like.
    pub resource: Vec<(String, String)>,
    /// How many of the requests that continue no trace begin one: from 0 to 1.
    pub ratio: f64,
    /// How many spans wait at once; what comes on top is dropped.
    pub queue: usize,
    /// The most spans of a call.
    pub batch: usize,
    /// How long they are gathered.
    pub gather: Duration,
    /// How long a call may take.
    pub timeout: Duration,
}

impl TraceSettings {
    /// One in a hundred.
    pub const RATIO: f64 = 0.01;

    /// The default limits.
    #[must_use]
    pub fn new(endpoint: String, process: String) -> Self {
        Self {
            endpoint,
            headers: Vec::new(),
            process,
            resource: Vec::new(),
            ratio: Self::RATIO,
            queue: 2_048,
            batch: 512,
            gather: Duration::from_secs(1),
            timeout: Duration::from_secs(10),
        }
    }
}
