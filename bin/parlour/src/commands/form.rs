//! How results are told: as tables to people, as JSON to programs.

use std::{fmt::Write, mem};

use composition::process::say;
use engine_interfaces::BoxError;
use serde_json::{Map, Value};

/// How results are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Columns.
    Text,
    /// An object on each line.
    Json,
}

impl Form {
    /// JSON where it is asked for.
    pub(crate) fn json(asked: bool) -> Self {
        if asked { Self::Json } else { Self::Text }
    }

    /// Prints rows under the names of their columns.
    pub(crate) fn table<const N: usize>(
        self,
        names: [&str; N],
        rows: impl IntoIterator<Item = [Value; N]>,
    ) -> Result<(), BoxError> {
        self.pages(names).print(rows)
    }

    /// The same, of rows that are read page by page.
    pub(crate) fn pages<const N: usize>(self, names: [&str; N]) -> Pages<'_, N> {
        Pages { form: self, names, headed: false }
    }

    /// Prints one row of many that come one by one, without names.
    pub(crate) fn row<const N: usize>(self, cells: [Value; N]) -> Result<(), BoxError> {
        say(&cells.map(|cell| cell_text(&cell)).join("  "))
    }

    /// Prints lines of one kind.
    pub(crate) fn lines(self, name: &str, lines: Vec<String>) -> Result<(), BoxError> {
        match self {
            Self::Text => lines.iter().try_for_each(|line| say(line)),
            Self::Json => self.table([name], lines.into_iter().map(|line| [line.into()])),
        }
    }

    /// A word to people; programs have no use for it.
    pub(crate) fn note(self, text: &str) -> Result<(), BoxError> {
        if self == Self::Text { say(text) } else { Ok(()) }
    }
}

/// A table that is printed page by page.
pub(crate) struct Pages<'a, const N: usize> {
    form: Form,
    names: [&'a str; N],
    /// The names of the columns stand there already.
    headed: bool,
}

impl<const N: usize> Pages<'_, N> {
    /// Prints a page, the first one under the names of the columns.
    pub(crate) fn print(&mut self, rows: impl IntoIterator<Item = [Value; N]>) -> Result<(), BoxError> {
        match self.form {
            Form::Text => {
                let rows: Vec<_> = rows.into_iter().map(|row| row.map(|cell| cell_text(&cell))).collect();
                let lines = columns(self.names, &rows);
                let headed = mem::replace(&mut self.headed, true);
                lines.iter().skip(usize::from(headed)).try_for_each(|line| say(line))
            }
            Form::Json => rows.into_iter().try_for_each(|row| {
                let fields: Map<_, _> = self.names.iter().map(|name| (*name).to_owned()).zip(row).collect();
                say(&Value::Object(fields).to_string())
            }),
        }
    }
}

/// The names and the rows, each column as wide as its widest cell.
fn columns<const N: usize>(names: [&str; N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = names.map(|name| name.chars().count());
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let head = names.map(|name| name.to_uppercase().replace('_', " "));
    let line = |row: &[String; N]| {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            let _ = write!(line, "{cell:width$}  ");
        }
        line.truncate(line.trim_end().len());
        line
    };
    std::iter::once(&head).chain(rows).map(line).collect()
}

/// A cell for a terminal, which nothing in it can steer.
fn cell_text(cell: &Value) -> String {
    let text = match cell {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().fold(String::with_capacity(text.len()), |mut safe, c| {
        if c.is_control() {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
        safe
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [["1".to_owned(), "Ada".to_owned()], ["12".to_owned(), "Bo".to_owned()]];
        assert_eq!(columns(["seq", "written_by"], &rows), ["SEQ  WRITTEN BY", "1    Ada", "12   Bo"]);
    }

    #[test]
    fn nothing_in_a_cell_steers_the_terminal() {
        assert_eq!(cell_text(&Value::from("a\u{1b}[2Jb\nc")), "a\\u{1b}[2Jb\\nc");
        assert_eq!(cell_text(&Value::Null), "-");
    }
}
