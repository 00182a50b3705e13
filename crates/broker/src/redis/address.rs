//! Where Redis is: one server, or a Cluster.

use redis::{ConnectionInfo, IntoConnectionInfo, ProtocolVersion, RedisResult};

/// What the URL of a Cluster begins with; its nodes follow, separated by commas, behind what they all ask for:
/// `redis+cluster://:password@10.0.0.1:6379,10.0.0.2:6379`.
const CLUSTER: &str = "redis+cluster://";

/// Where Redis is.
#[derive(Debug)]
pub(super) enum Address {
    /// One server.
    Server(ConnectionInfo),
    /// Some nodes of a Cluster, of which one has to answer; the others are found through it.
    Cluster(Vec<ConnectionInfo>),
}

impl Address {
    /// Of a URL.
    pub(super) fn parse(url: &str) -> RedisResult<Self> {
        let Some(rest) = url.strip_prefix(CLUSTER) else {
            return server(url).map(Self::Server);
        };
        let (credentials, nodes) = rest.rsplit_once('@').map_or(("", rest), |(who, nodes)| (who, nodes));
        let at = if credentials.is_empty() { "" } else { "@" };
        let nodes = nodes.trim_end_matches('/').split(',');
        nodes
            .map(|node| server(&format!("redis://{credentials}{at}{node}/")))
            .collect::<RedisResult<_>>()
            .map(Self::Cluster)
    }
}

fn server(url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    // Only RESP3 carries what is heard and what is asked on one connection.
    let resp3 = info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3);
    // A hint never waits for the next one to fill a packet.
    let prompt = info.tcp_settings().clone().set_nodelay(true);
    Ok(info.set_redis_settings(resp3).set_tcp_settings(prompt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_server_or_the_nodes_of_a_cluster() {
        assert!(matches!(Address::parse("redis://:secret@redis:6380/2"), Ok(Address::Server(_))));
        let Ok(Address::Cluster(nodes)) =
            Address::parse("redis+cluster://me:se@cret@a:7000,b:7001,[::1]:7002")
        else {
            panic!("the nodes of a cluster");
        };
        let told: Vec<_> = nodes.iter().map(|node| node.addr().to_string()).collect();
        assert_eq!(told, ["a:7000", "b:7001", "::1:7002"]);
        for node in nodes {
            assert_eq!(node.redis_settings().username(), Some("me"));
            assert_eq!(node.redis_settings().password(), Some("se@cret"));
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in ["", "http://redis", "redis+cluster://", "redis+cluster://a:7000,,b:7000", "redis://"] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }
}
