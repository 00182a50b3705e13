//! Every limit of web hooks, by name.

use std::time::Duration;

use ipnet::IpNet;

/// Every limit of web hooks, by name.
///
/// # Example
/// ```
/// use notification_engine::WebhookSettings;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // Receivers in the company's own network, which by default nobody may reach through this server.
/// let inside = WebhookSettings { allowed_networks: vec!["10.1.0.0/16".parse()?], ..WebhookSettings::default() };
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct WebhookSettings {
    /// Whether there are web hooks. Where not, none is made and nothing is sent.
    pub enabled: bool,
    /// Networks that web hooks may reach beside the public internet.
    pub allowed_networks: Vec<IpNet>,
    /// The most web hooks of a group.
    pub per_group: usize,
    /// How many deliveries of the rings', and as many redeliveries, run at once in a process.
    pub concurrency: usize,
    /// How many deliveries to one web hook run at once in a process; one, while it fails.
    pub per_webhook: usize,
    /// How long a name may take to resolve and a connection to be made, encryption and all.
    pub connect_timeout: Duration,
    /// How long an attempt may take in all, up to the answer's status.
    pub timeout: Duration,
    /// The shortest that a delivery waits after a failure. It waits for as long as it has been on its way, so
    /// each time about twice as long.
    pub backoff: Duration,
    /// The longest that a delivery waits after a failure.
    pub backoff_limit: Duration,
    /// How long a delivery is tried before it is dead.
    pub give_up_after: Duration,
    /// How long a web hook that failed is left alone by all of its deliveries; twice as long after each
    /// further failure.
    pub hold: Duration,
    /// The longest that a web hook is left alone.
    pub hold_limit: Duration,
    /// How many web hooks' pace a process remembers.
    pub remembered: usize,
    /// How long a delivery is listed after it last changed.
    pub keep: Duration,
    /// How many rows one statement deletes or changes.
    pub chunk: u16,
}

impl Default for WebhookSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            allowed_networks: Vec::new(),
            per_group: 10,
            concurrency: 64,
            per_webhook: 4,
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            backoff: Duration::from_secs(5),
            backoff_limit: Duration::from_secs(2 * 60 * 60),
            give_up_after: Duration::from_secs(24 * 60 * 60),
            hold: Duration::from_secs(1),
            hold_limit: Duration::from_secs(60),
            remembered: 10_000,
            keep: Duration::from_secs(14 * 24 * 60 * 60),
            chunk: 1_000,
        }
    }
}

impl WebhookSettings {
    /// How long a delivery waits that has been on its way for `age`.
    pub(crate) fn wait(&self, age: Duration) -> Duration {
        age.max(self.backoff).min(self.backoff_limit)
    }

    /// How long a web hook is left alone after its `failure`th failure in a row.
    pub(crate) fn hold_after(&self, failure: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failure.saturating_sub(1));
        self.hold.saturating_mul(doubled).min(self.hold_limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivery_is_tried_some_twenty_times_within_its_day() {
        let settings = WebhookSettings::default();
        let ages = std::iter::successors(Some(Duration::ZERO), |age| Some(*age + settings.wait(*age)));
        let ages: Vec<_> = ages.take_while(|age| *age < settings.give_up_after).collect();
        assert_eq!(ages[..5], [0, 5, 10, 20, 40].map(Duration::from_secs));
        assert_eq!(ages.len(), 23);
    }
}
