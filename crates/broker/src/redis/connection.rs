//! One way to talk to a server and to a Cluster.

use std::collections::BTreeMap;

use futures_util::future::{join_all, try_join_all};
use redis::{
    Cmd, FromRedisValue, Pipeline, RedisFuture, RedisResult, Value,
    aio::{ConnectionLike, MultiplexedConnection},
    cluster_async::ClusterConnection,
};

/// A connection for commands and subscriptions. Clones share it.
#[derive(Clone)]
pub(super) enum Connection {
    /// To one server.
    Server(MultiplexedConnection),
    /// To all nodes of a Cluster. A channel is a sharded one: it is heard on the node of its slot.
    Cluster(ClusterConnection),
}

impl Connection {
    /// Hears `channels` from now on.
    pub(super) async fn subscribe(&self, channels: &[String]) -> RedisResult<()> {
        match self.clone() {
            Self::Server(mut server) => server.subscribe(channels).await,
            Self::Cluster(cluster) => {
                // One command can't name channels of several nodes.
                let each = channels.iter().map(|channel| {
                    let mut cluster = cluster.clone();
                    async move { cluster.ssubscribe(channel).await }
                });
                try_join_all(each).await.map(drop)
            }
        }
    }

    /// Hears `channel` no more.
    pub(super) async fn unsubscribe(&self, channel: &str) -> RedisResult<()> {
        match self.clone() {
            Self::Server(mut server) => server.unsubscribe(channel).await,
            Self::Cluster(mut cluster) => cluster.sunsubscribe(channel).await,
        }
    }

    /// What each of `commands` answers, in their order: from a server in one round trip, from a Cluster in one
    /// for each command.
    pub(super) async fn ask_each<T: FromRedisValue>(&self, commands: Vec<Cmd>) -> RedisResult<Vec<T>> {
        match self.clone() {
            Self::Server(mut server) => {
                let mut pipeline = Pipeline::with_capacity(commands.len());
                for command in commands {
                    pipeline.add_command(command);
                }
                if pipeline.is_empty() { Ok(Vec::new()) } else { pipeline.query_async(&mut server).await }
            }
            Self::Cluster(cluster) => {
                let each = commands.into_iter().map(|command| {
                    let mut cluster = cluster.clone();
                    async move { command.query_async(&mut cluster).await }
                });
                try_join_all(each).await
            }
        }
    }

    /// A section of what the server, or each master of a Cluster, says of itself.
    pub(super) async fn infos(&self, section: &str) -> RedisResult<Vec<String>> {
        let mut info = redis::cmd("INFO");
        info.arg(section);
        Ok(match self.clone() {
            Self::Server(mut server) => vec![info.query_async(&mut server).await?],
            Self::Cluster(mut cluster) => {
                let masters: BTreeMap<String, String> = info.query_async(&mut cluster).await?;
                masters.into_values().collect()
            }
        })
    }

    /// Which run of which servers this talks to: another one may have lost something.
    pub(super) async fn run(&self) -> RedisResult<String> {
        let infos = self.infos("server").await?;
        let ids = infos.iter().filter_map(|info| info.lines().find_map(|line| line.strip_prefix("run_id:")));
        let mut ids: Vec<_> = ids.map(str::trim).collect();
        ids.sort_unstable();
        Ok(ids.join("+"))
    }

    /// Does the other end answer? Of a Cluster: every master.
    pub(super) async fn ping(&self) -> RedisResult<()> {
        redis::cmd("PING").exec_async(&mut self.clone()).await
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Server(server) => server.req_packed_command(cmd),
            Self::Cluster(cluster) => cluster.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Server(server) => server.req_packed_commands(pipeline, offset, count),
            Self::Cluster(cluster) => cluster.req_packed_commands(pipeline, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Server(server) => server.get_db(),
            Self::Cluster(cluster) => cluster.get_db(),
        }
    }
}

/// Commands that go out together: to a server in one round trip, to a Cluster in one for each key, since keys
/// lie on several nodes.
pub(super) struct Batch {
    connection: Connection,
    pipelines: BTreeMap<String, Pipeline>,
}

impl Batch {
    /// Empty.
    pub(super) fn on(connection: &Connection) -> Self {
        Self { connection: connection.clone(), pipelines: BTreeMap::new() }
    }

    /// The commands for `key`, to add some.
    pub(super) fn of(&mut self, key: &str) -> &mut Pipeline {
        let pipeline = match self.connection {
            Connection::Server(_) => "",
            Connection::Cluster(_) => key,
        };
        self.pipelines.entry(pipeline.to_owned()).or_default()
    }

    /// Adds a message on `channel`.
    pub(super) fn publish(&mut self, channel: &str, message: &[u8]) {
        let command = match self.connection {
            Connection::Server(_) => "PUBLISH",
            Connection::Cluster(_) => "SPUBLISH",
        };
        self.of(channel).cmd(command).arg(channel).arg(message).ignore();
    }

    /// Has it all done: for each key in the order of adding. What one node refuses keeps nothing from another.
    pub(super) async fn execute(self) -> RedisResult<()> {
        let each = self.pipelines.values().map(|pipeline| {
            let mut connection = self.connection.clone();
            async move { pipeline.exec_async(&mut connection).await }
        });
        join_all(each).await.into_iter().collect()
    }
}
