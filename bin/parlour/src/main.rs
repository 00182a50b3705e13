//! `parlour`: all of Parlour in one process on the embedded default, and its tools.
//!
//! A composition, no logic: what processes are put together from is in the crate `composition`; what the
//! commands do is in the engines.

mod commands;
mod config;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use composition::{process, settings};
use engine_interfaces::BoxError;

use crate::config::Config;

/// Group chat in one process.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the API, real time and the workers (the default).
    Serve,
    /// Brings the stores to this version's tables.
    Migrate,
    /// Prints every route: method, path and Controller#action.
    Routes,
    /// Prints the OpenAPI description of the API.
    Openapi,
    /// Makes Alice, Bob, a quiet group and a busy one.
    Seed(commands::seed::Arguments),
    /// Lists, creates, disables users and sets their passwords.
    #[command(subcommand)]
    Users(commands::users::Command),
    /// Lists jobs, and retries dead ones.
    #[command(subcommand)]
    Jobs(commands::jobs::Command),
    /// Shows who leads each topic, and how far the work is.
    Rings(commands::rings::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, config } = settings::parse();
    let process = config.process.clone();
    process::run("parlour", &process, perform(command.unwrap_or(Command::Serve), config)).await
}

async fn perform(command: Command, config: Config) -> Result<(), BoxError> {
    match command {
        Command::Serve => serve::run(config).await,
        Command::Migrate => commands::migrate(&config).await,
        Command::Routes => commands::print(&api_engine::routes::draw()),
        Command::Openapi => commands::print(&api_engine::openapi()),
        Command::Seed(arguments) => commands::seed::run(&config, &arguments).await,
        Command::Users(command) => commands::users::run(&config, command).await,
        Command::Jobs(command) => commands::jobs::run(&config, command).await,
        Command::Rings(arguments) => commands::rings::run(&config, &arguments).await,
    }
}
