//! pgbench: what PostgreSQL itself can do with the statements that the engines use.

use std::{io::Write, time::Duration};

use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::process::Command;

use crate::work;

/// What it measured.
pub(crate) struct Floor {
    /// Transactions in a second.
    pub(crate) rate: f64,
    /// PostgreSQL's processor time for each.
    pub(crate) cpu: Duration,
}

/// Runs a script on a database from so many clients, for so long.
pub(crate) async fn run(
    shape: &Shape,
    database: &str,
    script: &str,
    clients: usize,
    time: Duration,
) -> Result<Floor, BoxError> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(script.as_bytes())?;
    let before = work::of(shape, "postgres")?;
    let ran = Command::new("pgbench")
        .args(["--no-vacuum", "--protocol=prepared", "--jobs=2"])
        .arg(format!("--file={}", file.path().display()))
        .arg(format!("--client={clients}"))
        .arg(format!("--time={}", time.as_secs()))
        .arg(database)
        .env("PGOPTIONS", "-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off")
        .output()
        .await?;
    let said = String::from_utf8_lossy(&ran.stdout);
    let figure = |name: &str| said.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let (Some(rate), Some(count)) = (figure("tps ="), figure("number of transactions actually processed:"))
    else {
        return Err(format!("pgbench got nothing done: {}", String::from_utf8_lossy(&ran.stderr)).into());
    };
    let count: u32 = count.split(['/', ' ']).next().unwrap_or_default().parse()?;
    let cpu = (work::of(shape, "postgres")? - before) / count.max(1);
    Ok(Floor { rate: rate.split(' ').next().unwrap_or_default().parse()?, cpu })
}
