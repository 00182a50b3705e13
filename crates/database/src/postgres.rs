//! PostgreSQL: an engine's schema, over a plain or an encrypted connection.

mod pool;

use std::str::FromStr;

use diesel::{ConnectionError, ConnectionResult};
use diesel_async::AsyncPgConnection;
use engine_interfaces::BoxError;
use outbound::is_this_machine;
use tokio_postgres::{
    Client, Config, NoTls,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::{LocationError, PoolSettings};

pub use pool::{PostgresConnection, PostgresPool};

/// Reads a connection URL. `verify-full` and `verify-ca` mean `require`, since certificates are always
/// verified; a URL that does not ask for encryption gets none.
pub(crate) fn parse(url: &str) -> Result<Config, LocationError> {
    let asks = url.contains("sslmode=");
    let url =
        url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    // The parser's message may quote the URL, and with it the password.
    let mut config = Config::from_str(&url).map_err(|_| LocationError::Malformed)?;
    if !asks {
        config.ssl_mode(SslMode::Disable);
    }
    Ok(config)
}

/// The first server that is not on this machine.
pub(crate) fn other_machine(config: &Config) -> Option<String> {
    // Where addresses are given, the names are for certificates alone.
    if !config.get_hostaddrs().is_empty() {
        return config.get_hostaddrs().iter().find(|address| !address.is_loopback()).map(ToString::to_string);
    }
    config.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) => (!is_this_machine(name)).then(|| name.trim_matches(['[', ']']).to_owned()),
        #[cfg(unix)]
        Host::Unix(_) => None,
    })
}

/// Puts the connection into an engine's schema.
///
/// Generic plans: the tables are skewed, and PostgreSQL would plan a deep page anew each time. Such a plan is kept while
/// its tables grow, and most are made while they are small: one that reads a table whole is none for us, and what that
/// seems to cost must not start the JIT.
pub(crate) fn in_schema(mut config: Config, schema: &str, settings: &PoolSettings) -> Config {
    let given = config.get_options().map(|options| format!("{options} ")).unwrap_or_default();
    config.options(format!(
        "{given}-c search_path={schema} -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off \
         -c statement_timeout={} -c lock_timeout={} -c timezone=UTC",
        settings.statement_timeout.as_millis(),
        settings.lock_timeout.as_millis(),
    ));
    config.application_name(format!("parlour-{schema}"));
    config.connect_timeout(settings.wait);
    config
}

pub(crate) async fn connect(config: &Config) -> ConnectionResult<AsyncPgConnection> {
    let bad = |error: BoxError| ConnectionError::BadConnection(chain(error.as_ref()));
    if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await.map_err(|error| bad(error.into()))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    } else {
        let tls = tls().map_err(bad)?;
        let (client, connection) = config.connect(tls).await.map_err(|error| bad(error.into()))?;
        AsyncPgConnection::try_from_client_and_connection(client, connection).await
    }
}

/// A connection without Diesel, which has no COPY; whoever uses it hears of its errors.
pub(crate) async fn client(config: &Config) -> Result<Client, BoxError> {
    if config.get_ssl_mode() == SslMode::Disable {
        let (client, connection) = config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    } else {
        let (client, connection) = config.connect(tls()?).await?;
        tokio::spawn(connection);
        Ok(client)
    }
}

fn tls() -> Result<MakeRustlsConnect, BoxError> {
    Ok(MakeRustlsConnect::new(outbound::tls_config()?))
}

/// An error with its causes: the reason why PostgreSQL refused lies in the source.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
