//! `parlour`: all of Parlour in one process on the embedded default, and its tools.
//!
//! A composition, no logic: what processes are put together from is in the crate `composition`; what the
//! commands do is in the engines.

mod commands;
mod config;
mod serve;

use std::{io, net::SocketAddr, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use clap_complete::Shell;
use composition::{
    process, readiness,
    settings::{self, SecretText},
};
use engine_interfaces::BoxError;

use crate::{
    commands::{
        form::Form,
        toolbox::{Tool, Toolbox},
    },
    config::Config,
};

/// Group chat in one process.
#[derive(Parser)]
#[command(version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    config: Config,

    /// For the tools: the Redis that `api`, `realtime` and `worker` share; none for one process with everything in it.
    #[arg(
        long,
        env = "REDIS_URL",
        value_name = "URL",
        hide_env_values = true,
        global = true,
        help_heading = "Redis"
    )]
    redis_url: Option<SecretText>,

    /// For the tools: results as JSON, an object on each line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the API, real time and the workers (the default).
    Serve,
    /// Brings the stores to this version's tables.
    Migrate,
    /// Says what is wrong with the stores, the secrets and the servers that the settings name, and the cure.
    Doctor,
    /// Copies the embedded default's files and keys into a folder, while a server goes on.
    Backup(commands::backup::Backup),
    /// Puts a backup back, where nothing is yet.
    Restore(commands::backup::Restore),
    /// Writes the whole server into a folder, in a form that every database reads; goes on where it was stopped.
    Export(commands::moves::Export),
    /// Puts an export into the stores that the settings name, in which nothing is yet; goes on where it was stopped.
    Import(commands::moves::Import),
    /// Prints every route: method, path and Controller#action.
    Routes,
    /// Prints the OpenAPI description of the API.
    Openapi,
    /// Makes Alice, Bob, a quiet group and a busy one.
    Seed(commands::seed::Arguments),
    #[command(flatten)]
    Tool(Tool),
    /// The tools, at a prompt: users, groups, messages, resources, jobs, rings, explain.
    Console(commands::console::Arguments),
    /// Prints what a shell completes `parlour` with.
    Completions {
        /// Which shell.
        shell: Shell,
    },
    /// Ends with 0 where the process that listens at an address answers well at /readyz: for health checks.
    Ready {
        /// API_LISTEN, REALTIME_LISTEN or METRICS_LISTEN of that process.
        address: SocketAddr,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { command, config, redis_url, json } = settings::parse();
    let process = config.process.clone();
    let toolbox = Toolbox::new(config, redis_url);
    let command = command.unwrap_or(Command::Serve);
    process::run("parlour", &process, perform(command, toolbox, Form::json(json))).await
}

async fn perform(command: Command, toolbox: Toolbox, form: Form) -> Result<(), BoxError> {
    let config = &toolbox.config;
    match command {
        Command::Serve => serve::run(config).await,
        Command::Migrate => commands::migrate(config).await,
        Command::Doctor => commands::doctor::run(&toolbox, form).await,
        Command::Backup(arguments) => commands::backup::make(config, &arguments),
        Command::Restore(arguments) => commands::backup::restore(config, &arguments),
        Command::Export(arguments) => commands::moves::export(config, &arguments).await,
        Command::Import(arguments) => commands::moves::import(config, &arguments).await,
        Command::Routes => commands::print(&api_engine::routes::draw()),
        Command::Openapi => commands::print(&api_engine::openapi()),
        Command::Seed(arguments) => commands::seed::run(config, &arguments).await,
        Command::Tool(tool) => {
            let done = toolbox.run(tool, form).await;
            toolbox.put_away().await;
            done
        }
        Command::Console(arguments) => {
            let done = commands::console::run(&toolbox, arguments, form).await;
            toolbox.put_away().await;
            done
        }
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "parlour", &mut io::stdout());
            Ok(())
        }
        Command::Ready { address } => readiness::ask(address).await,
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs, path::Path};

    use clap::{Command, CommandFactory};

    use super::*;

    /// Each setting that a variable has, and its default.
    fn settings(command: &Command) -> BTreeMap<String, String> {
        let settings = command.get_arguments().filter_map(|setting| {
            let name = setting.get_env()?.to_str()?.to_owned();
            let default = setting.get_default_values().first();
            Some((name, default.map(|value| value.to_string_lossy().into_owned()).unwrap_or_default()))
        });
        settings.collect()
    }

    #[test]
    fn the_operations_page_has_every_setting_with_its_default() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/operations.md");
        let page = fs::read_to_string(page).unwrap();
        let rows = page.lines().filter_map(|line| {
            let mut cells = line.strip_prefix("| `")?.split('|');
            let name = cells.next()?.trim_end().strip_suffix('`')?;
            let is_a_variable = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
            is_a_variable.then(|| (name.to_owned(), cells.next().unwrap_or_default().trim().replace('`', "")))
        });
        let told: BTreeMap<_, _> = rows.collect();

        let there = settings(&Cli::command());
        assert_eq!(told, there, "docs/operations.md is to have every setting, with its default");
    }

    /// `NAME=` and `NAME:` of a text, where NAME has an underscore.
    fn named(text: &str) -> impl Iterator<Item = &str> {
        let part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        text.match_indices(['=', ':']).filter_map(move |(end, _)| {
            let before = &text[..end];
            let name = &before[before.trim_end_matches(part).len()..];
            (name.contains('_') && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
        })
    }

    #[test]
    fn images_and_units_name_settings_that_there_are() {
        const OTHERS: [&str; 7] = [
            "API_1",
            "API_2",
            "REALTIME_1",
            "REALTIME_2",
            "MALLOC_ARENA_MAX",
            "SQLITE_TMPDIR",
            "RUSTUP_TOOLCHAIN",
        ];
        let there = settings(&Cli::command());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let mut found = 0;
        for folder in ["docker", "systemd", "systemd/parlour-.service.d"] {
            for entry in fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                let ending = path.extension().and_then(|ending| ending.to_str());
                if !matches!(ending, Some("yml" | "service" | "conf" | "Dockerfile"))
                    && !path.ends_with("Dockerfile")
                {
                    continue;
                }
                let text = fs::read_to_string(&path).unwrap();
                for name in
                    named(&text).filter(|name| !name.starts_with("POSTGRES_") && !OTHERS.contains(name))
                {
                    let setting = name.strip_suffix("_FILE").unwrap_or(name);
                    assert!(there.contains_key(setting), "{} sets {name}, which is none", path.display());
                    found += 1;
                }
            }
        }
        assert!(found > 0, "the files were read");
    }
}
