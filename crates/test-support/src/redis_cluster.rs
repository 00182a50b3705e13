//! A Redis Cluster for one test.

use std::{process::Stdio, time::Duration};

use engine_interfaces::{Clock, SystemClock};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::redis::listen;

/// As many masters, and as many replicas.
const MASTERS: usize = 3;
/// How long the nodes may take to agree with each other.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often they are asked whether they do.
const PAUSE: Duration = Duration::from_millis(50);
/// After how many milliseconds a node that says nothing is taken for dead.
const NODE_TIMEOUT: &str = "1000";

/// Three masters, each with a replica, that one test has for itself. Ends with the value.
pub struct RedisCluster {
    /// Masters first, as long as none has died.
    nodes: Vec<Node>,
}

struct Node {
    port: u16,
    child: Child,
    _folder: TempDir,
}

impl RedisCluster {
    /// Starts one, and waits until all of its nodes know all others.
    pub async fn start() -> Self {
        let mut nodes = Vec::new();
        while nodes.len() < 2 * MASTERS {
            nodes.push(Node::start().await);
        }
        let cluster = Self { nodes };
        let addresses = cluster.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port));
        let mut create = Command::new("redis-cli");
        create.args(["--cluster", "create"]).args(addresses);
        let created =
            create.args(["--cluster-replicas", "1", "--cluster-yes"]).output().await.expect("redis-cli runs");
        assert!(created.status.success(), "{}", String::from_utf8_lossy(&created.stdout));
        cluster.wait().await;
        cluster
    }

    /// All of its nodes.
    pub fn url(&self) -> String {
        let nodes: Vec<_> = self.nodes.iter().map(|node| format!("127.0.0.1:{}", node.port)).collect();
        format!("redis+cluster://{}", nodes.join(","))
    }

    /// Kills one of those that were masters at first, without a warning.
    pub async fn kill_master(&mut self, number: usize) {
        self.nodes[number % MASTERS].child.kill().await.expect("the node can be killed");
    }

    async fn wait(&self) {
        let agreed = async {
            for node in &self.nodes {
                while !node.is_ready().await {
                    tokio::time::sleep(PAUSE).await;
                }
            }
        };
        tokio::time::timeout(PATIENCE, agreed).await.expect("the nodes agree with each other");
    }
}

impl Node {
    async fn start() -> Self {
        loop {
            let folder = TempDir::new().expect("a temporary folder");
            let random = SystemClock.new_id().as_u128();
            // Below the ports that the system gives to connections.
            let (port, bus) = (10_000 + (random % 10_000) as u16, 20_000 + (random / 10_000 % 10_000) as u16);
            let bus = bus.to_string();
            let options = [
                "--cluster-enabled",
                "yes",
                "--cluster-port",
                &bus,
                "--cluster-node-timeout",
                NODE_TIMEOUT,
                // A replica that has never been synchronised is not elected.
                "--repl-diskless-sync-delay",
                "0",
            ];
            if let Some(child) = listen(port, &folder, &options).await {
                return Self { port, child, _folder: folder };
            }
        }
    }

    /// Does it know all others, and is it a replica with all that its master has, or a master with such a one?
    async fn is_ready(&self) -> bool {
        let (cluster, replication) =
            (self.ask(&["cluster", "info"]).await, self.ask(&["info", "replication"]).await);
        let all = format!("cluster_known_nodes:{}", 2 * MASTERS);
        let replicated = ["master_link_status:up", "state=online"];
        cluster.contains("cluster_state:ok")
            && cluster.contains(&all)
            && replicated.iter().any(|state| replication.contains(state))
    }

    async fn ask(&self, command: &[&str]) -> String {
        let mut cli = Command::new("redis-cli");
        cli.args(["-p", &self.port.to_string()]).args(command).stderr(Stdio::null());
        String::from_utf8(cli.output().await.expect("redis-cli runs").stdout).expect("an answer as text")
    }
}
