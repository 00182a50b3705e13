//! What Redis says of itself: for the operator.

use redis::RedisResult;

use super::link::{Dialer, Heard};

/// What a Redis server says of itself.
///
/// # Example
/// ```
/// use broker::RedisFacts;
///
/// /// What an operator is told: only one policy refuses to write rather than to forget.
/// fn warning(facts: &RedisFacts) -> Option<String> {
///     let RedisFacts { version, maxmemory_policy, .. } = facts;
///     let keeps = maxmemory_policy == "noeviction";
///     (!keeps).then(|| format!("Redis {version} throws leases and streams away: {maxmemory_policy}"))
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RedisFacts {
    /// Its version, such as `7.2.4`.
    pub version: String,
    /// What it throws away where its memory is full.
    pub maxmemory_policy: String,
    /// How many bytes it may use; nought where nothing bounds it.
    pub maxmemory: u64,
}

impl RedisFacts {
    fn read(info: &str) -> Self {
        let value = |name: &str| {
            let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().trim().to_owned()
        };
        Self {
            version: value("redis_version"),
            maxmemory_policy: value("maxmemory_policy"),
            maxmemory: value("maxmemory").parse().unwrap_or_default(),
        }
    }
}

/// Of the server, or of each master of a Cluster.
pub(super) async fn facts(dialer: &Dialer) -> RedisResult<Vec<RedisFacts>> {
    let connection = dialer.dial(|_| Heard::Fine).await?.connection;
    let infos = connection.infos("default").await?;
    Ok(infos.iter().map(|info| RedisFacts::read(info)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_read_from_what_the_server_tells() {
        let info = "# Server\r\nredis_version:7.2.4\r\n# Memory\r\nmaxmemory:1048576\r\n\
                    maxmemory_human:1.00M\r\nmaxmemory_policy:noeviction\r\n";
        let facts = RedisFacts::read(info);
        assert_eq!((facts.version.as_str(), facts.maxmemory), ("7.2.4", 1_048_576));
        assert_eq!(facts.maxmemory_policy, "noeviction");
    }
}
