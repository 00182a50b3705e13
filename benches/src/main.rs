//! `bench`: what Parlour costs, beside its floors and its peers, measured in one run.
//!
//! A figure counts only when what it was measured on was checked: every message stored, every delivery there, in
//! order. Machines are noisy, so that what is compared is measured in turns, and told as a ratio of medians.

mod client;
mod crowds;
mod embedded;
mod floor;
mod http;
mod kernel;
mod options;
mod parts;
mod peer;
mod people;
mod pgbench;
mod report;
mod work;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;
use engine_interfaces::BoxError;

use crate::{
    options::{Command, Options},
    report::Report,
};

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Run(options) => run(&options).await,
        Command::Floor { listen, redis } => floor::serve(listen, &redis).await,
        Command::Crowd { address } => crowds::serve(address).await,
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Where standard error is closed there is nobody to tell.
            let _ = writeln!(io::stderr(), "bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Result<(), BoxError> {
    let mut report = Report::new(options);
    let mut failed = Vec::new();
    for (name, part) in parts::PARTS {
        if options.wants(name) {
            say(&format!("{name} …"))?;
            // What the others have measured is not lost with one of them.
            match part(options).await {
                Ok(lines) => report.add(name, lines),
                Err(error) => failed.push(format!("{name}: {error}")),
            }
        }
    }
    say(&report.text())?;
    std::fs::create_dir_all(&options.report)?;
    std::fs::write(options.report.join("report.txt"), report.text())?;
    std::fs::write(options.report.join("report.html"), report.page())?;
    say(&format!("{}", options.report.join("report.html").display()))?;
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ").into()) }
}

pub(crate) fn say(line: &str) -> Result<(), BoxError> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
