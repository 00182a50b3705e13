//! A whole PostgreSQL database for one test.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use engine_interfaces::{Clock, SystemClock};

use crate::database::{execute_apart, postgres_url};

/// A PostgreSQL database that one test has for itself, for processes that are given its URL and make schemas
/// of their own there. Empty at first; dropped with the value.
pub struct OwnDatabase {
    server: String,
    name: String,
    url: String,
}

impl OwnDatabase {
    /// On the server that `DATABASE_URL` names; `make specs` starts one.
    pub async fn create() -> Self {
        let server = postgres_url();
        let name = format!("test_{}", SystemClock.new_id().simple());
        let mut pg = AsyncPgConnection::establish(&server).await.expect("the server answers");
        pg.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("the role may create databases");
        let (host, parameters) = server.split_once('?').unwrap_or((&server, ""));
        let (host, _) = host.rsplit_once('/').expect("DATABASE_URL names a database");
        let url = format!("{host}/{name}?{parameters}");
        Self { server, name, url }
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for OwnDatabase {
    fn drop(&mut self) {
        // With force: a process that was killed a moment ago may still be connected.
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        execute_apart(self.server.clone(), statement);
    }
}
