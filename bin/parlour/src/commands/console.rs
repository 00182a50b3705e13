//! `parlour console`: the tools at a prompt.

mod completion;
mod history;
mod prompt;

use std::io::{self, BufRead, IsTerminal};

use clap::{Args, Parser, Subcommand};
use composition::process::{complain, say};
use engine_interfaces::BoxError;
use tokio::signal;

use self::prompt::Prompt;
use super::{
    form::Form,
    toolbox::{Tool, Toolbox},
};

/// What is asked at the console.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Runs this line alone.
    #[arg(long, value_name = "LINE")]
    command: Option<String>,
}

/// A line at the console.
#[derive(Parser)]
#[command(multicall = true, disable_help_flag = true)]
struct Line {
    #[command(subcommand)]
    word: Word,
}

#[derive(Subcommand)]
enum Word {
    #[command(flatten)]
    Tool(Tool),
    /// Ends the console; so does Ctrl-D.
    Exit,
}

/// What came of a line.
enum After {
    GoOn,
    End,
}

/// Runs one line, or all that are typed or come in.
pub(crate) async fn run(toolbox: &Toolbox, arguments: Arguments, form: Form) -> Result<(), BoxError> {
    match arguments.command {
        Some(line) => perform(toolbox, &line, form).await.map(drop),
        None if io::stdin().is_terminal() => typed(toolbox, form).await,
        None => piped(toolbox, form).await,
    }
}

/// The lines that somebody types: what goes wrong is said, and the next one is waited for.
async fn typed(toolbox: &Toolbox, form: Form) -> Result<(), BoxError> {
    form.note("help lists the tools, Tab completes, Ctrl-C cancels, Ctrl-D ends.")?;
    let mut prompt = Prompt::open()?;
    while let Some(line) = prompt.read().await? {
        let done = tokio::select! {
            done = perform(toolbox, &line, form) => done,
            _ = signal::ctrl_c() => Ok(After::GoOn),
        };
        match done {
            Ok(After::GoOn) => {}
            Ok(After::End) => break,
            Err(error) => complain(&*error)?,
        }
    }
    Ok(())
}

/// The lines of standard input; fails at the end where one of them did.
async fn piped(toolbox: &Toolbox, form: Form) -> Result<(), BoxError> {
    let mut failed = 0;
    for line in io::stdin().lock().lines() {
        match perform(toolbox, &line?, form).await {
            Ok(After::GoOn) => {}
            Ok(After::End) => break,
            Err(error) => {
                failed += 1;
                complain(&*error)?;
            }
        }
    }
    match failed {
        0 => Ok(()),
        1 => Err("one line failed".into()),
        lines => Err(format!("{lines} lines failed").into()),
    }
}

async fn perform(toolbox: &Toolbox, line: &str, form: Form) -> Result<After, BoxError> {
    let words = shlex::split(line).ok_or("a quote is not closed")?;
    if words.is_empty() {
        return Ok(After::GoOn);
    }
    match Line::try_parse_from(words) {
        Ok(Line { word: Word::Tool(tool) }) => toolbox.run(tool, form).await.map(|()| After::GoOn),
        Ok(Line { word: Word::Exit }) => Ok(After::End),
        // Help that was asked for is no error.
        Err(told) if !told.use_stderr() => say(told.to_string().trim_end()).map(|()| After::GoOn),
        Err(error) => Err(error.to_string().trim_end().into()),
    }
}
