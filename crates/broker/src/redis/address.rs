//! Where Redis is: one server, or a Cluster.

use std::slice;

use outbound::is_this_machine;
use redis::{
    ConnectionAddr, ConnectionInfo, ErrorKind, IntoConnectionInfo, ProtocolVersion, RedisError, RedisResult,
};

/// What the URL of a Cluster begins with, and that of each node then; the nodes follow, separated by commas, behind what
/// they all ask for: `redis+cluster://:password@10.0.0.1:6379,10.0.0.2:6379`.
const CLUSTERS: [(&str, &str); 2] = [("redis+cluster://", "redis://"), ("rediss+cluster://", "rediss://")];

/// Where Redis is.
#[derive(Debug)]
pub(super) enum Address {
    /// One server.
    Server(Box<ConnectionInfo>),
    /// Some nodes of a Cluster, of which one has to answer; the others are found through it.
    Cluster(Vec<ConnectionInfo>),
}

impl Address {
    /// Of a URL.
    pub(super) fn parse(url: &str) -> RedisResult<Self> {
        let cluster = CLUSTERS.iter().find_map(|(begin, node)| Some((url.strip_prefix(begin)?, node)));
        let Some((rest, scheme)) = cluster else {
            return server(url).map(|server| Self::Server(Box::new(server)));
        };
        let (credentials, nodes) = rest.rsplit_once('@').map_or(("", rest), |(who, nodes)| (who, nodes));
        let at = if credentials.is_empty() { "" } else { "@" };
        let nodes = nodes.trim_end_matches('/').split(',');
        nodes
            .map(|node| server(&format!("{scheme}{credentials}{at}{node}/")))
            .collect::<RedisResult<_>>()
            .map(Self::Cluster)
    }

    /// Another machine that is spoken to without TLS, as far as the URL says.
    pub(super) fn overheard(&self) -> Option<&str> {
        let nodes = match self {
            Self::Server(server) => slice::from_ref(server.as_ref()),
            Self::Cluster(nodes) => nodes,
        };
        nodes.iter().find_map(|node| match node.addr() {
            ConnectionAddr::Tcp(host, _) => (!is_this_machine(host)).then_some(host.as_str()),
            _ => None,
        })
    }
}

fn server(url: &str) -> RedisResult<ConnectionInfo> {
    let info = url.into_connection_info()?;
    if matches!(info.addr(), ConnectionAddr::TcpTls { insecure: true, .. }) {
        return Err(RedisError::from((ErrorKind::InvalidClientConfig, "a certificate is always verified")));
    }
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
    fn a_url_says_whether_others_may_listen() {
        for (url, overheard) in [
            ("redis://localhost", None),
            ("redis://127.0.0.1:6379/0", None),
            ("redis://[::1]", None),
            ("redis+unix:///run/redis.sock", None),
            ("redis://:secret@redis", Some("redis")),
            ("rediss://:secret@redis:6380/2", None),
            ("redis+cluster://localhost,10.0.0.2:6379", Some("10.0.0.2")),
            ("rediss+cluster://:secret@10.0.0.1:6379,10.0.0.2:6379", None),
        ] {
            assert_eq!(Address::parse(url).unwrap().overheard(), overheard, "{url}");
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "http://redis",
            "redis+cluster://",
            "redis+cluster://a:7000,,b:7000",
            "redis://",
            "rediss://redis/#insecure",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }
}
