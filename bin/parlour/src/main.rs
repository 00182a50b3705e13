//! `parlour`: all of Parlour in one process on the embedded default, and its tools.
//!
//! A composition, no logic: what processes are put together from is in the crate `composition`; what the
//! commands do is in the engines.

mod commands;
mod config;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use composition::{logs, process, settings};

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
    /// Says what is wrong with the stores, the secrets and the servers that the settings name, and the cure.
    Doctor(commands::doctor::Arguments),
    /// Copies the embedded default's files and keys into a folder, while a server goes on.
    Backup(commands::backup::Backup),
    /// Puts a backup back, where nothing is yet.
    Restore(commands::backup::Restore),
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
    logs::start(config.process.log_format);
    let done = match command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(config).await,
        Command::Migrate => commands::migrate(&config).await,
        Command::Doctor(arguments) => commands::doctor::run(&config, &arguments).await,
        Command::Backup(arguments) => commands::backup::make(&config, &arguments),
        Command::Restore(arguments) => commands::backup::restore(&config, &arguments),
        Command::Routes => commands::print(&api_engine::routes::draw()),
        Command::Openapi => commands::print(&api_engine::openapi()),
        Command::Seed(arguments) => commands::seed::run(&config, &arguments).await,
        Command::Users(command) => commands::users::run(&config, command).await,
        Command::Jobs(command) => commands::jobs::run(&config, command).await,
        Command::Rings(arguments) => commands::rings::run(&config, &arguments).await,
    };
    process::exit_code("parlour", done)
}
