//! What a half-typed word at the console may become.

use clap::{Command, CommandFactory};
use rustyline::{
    Context, Helper, Result,
    completion::{Completer, Pair},
    highlight::Highlighter,
    hint::Hinter,
    validate::Validator,
};

use super::Line;

/// Completes from what the tools say of themselves.
pub(super) struct Completion {
    tools: Command,
}

impl Completion {
    pub(super) fn new() -> Self {
        let mut tools = Line::command();
        tools.build();
        Self { tools }
    }

    /// Where the last word of `line` begins, and what it may become.
    fn candidates(&self, line: &str) -> (usize, Vec<String>) {
        let start = line.rfind(char::is_whitespace).map_or(0, |space| space + 1);
        let (before, word) = line.split_at(start);
        let mut tool = &self.tools;
        for named in before.split_whitespace() {
            tool = tool.find_subcommand(named).unwrap_or(tool);
        }
        let tools = tool.get_subcommands().map(|tool| tool.get_name().to_owned());
        let options = tool.get_arguments().filter(|option| !option.is_hide_set());
        let options = options.filter_map(|option| Some(format!("--{}", option.get_long()?)));
        let options = options.filter(|option| word.starts_with('-') && !before.contains(option.as_str()));
        let values = tool.get_arguments().flat_map(clap::Arg::get_possible_values);
        let values = values.map(|value| value.get_name().to_owned());
        let mut found: Vec<_> =
            tools.chain(options).chain(values).filter(|found| found.starts_with(word)).collect();
        found.sort_unstable();
        found.dedup();
        (start, found)
    }
}

impl Completer for Completion {
    type Candidate = Pair;

    fn complete(&self, line: &str, position: usize, _: &Context<'_>) -> Result<(usize, Vec<Pair>)> {
        let (start, found) = self.candidates(line.get(..position).unwrap_or(line));
        let pair = |text: String| Pair { display: text.clone(), replacement: format!("{text} ") };
        Ok((start, found.into_iter().map(pair).collect()))
    }
}

impl Hinter for Completion {
    type Hint = String;
}

impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_becomes_what_the_tools_have() {
        let completion = Completion::new();
        let after = |line: &str| completion.candidates(line).1;
        assert_eq!(after("us"), ["users"]);
        assert_eq!(after("users s"), ["set-password", "show"]);
        assert_eq!(after("jobs list d"), ["dead", "done", "due"]);
        assert_eq!(after("groups list --l"), ["--limit"]);
        assert_eq!(after("groups list --limit 5 --l"), [""; 0]);
        assert_eq!(completion.candidates("groups mem").0, "groups ".len());
    }
}
