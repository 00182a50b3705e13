//! `chaos`: the fault proof. It runs the production shape with load on it, kills and stalls its processes by plan,
//! and compares all that was acknowledged and all that was delivered with what is stored.

mod blows;
mod history;
mod load;
mod options;
mod person;
mod reader;
mod report;
mod scenarios;
mod socket;
mod stage;
mod store;
mod town;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use engine_interfaces::BoxError;

use crate::{blows::BLOWS, options::Options, report::Row, stage::Stage};

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "chaos: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Plays every scenario; true when nothing went wrong.
async fn run(options: Options) -> Result<bool, BoxError> {
    let seed = options.seed;
    let mut stage = Stage::set(options).await?;
    let mut rows = Vec::new();
    let played = play(&mut stage, &mut rows).await;
    let told = stage.town.groups.history.told();
    let well = played.is_ok() && rows.iter().all(Row::is_well);
    let kept = stage.shape.end(!well).await?;
    say(&format!("\nseed {seed}\n{}", report::table(&rows)))?;
    told.iter().try_for_each(|fault| say(fault))?;
    if let Some(folder) = kept {
        say(&format!("logs and data are kept in {}", folder.display()))?;
    }
    played.map(|()| well)
}

async fn play(stage: &mut Stage, rows: &mut Vec<Row>) -> Result<(), BoxError> {
    for blow in &BLOWS {
        if stage.options.wants(blow.name) && (blow.is_short() || !stage.options.short) {
            say(&format!("{} …", blow.name))?;
            rows.push(blow.strike(stage).await?);
        }
    }
    for name in scenarios::NAMES {
        if stage.options.wants(name) && (name == scenarios::FAIL_POINTS || !stage.options.short) {
            say(&format!("{name} …"))?;
            rows.push(scenarios::play(name, stage).await?);
        }
    }
    Ok(())
}

fn say(line: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
