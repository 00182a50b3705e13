//! Which lines of the console are kept, and where.

use std::{env, path::PathBuf};

/// The most lines that are kept.
pub(super) const MOST: usize = 1_000;

/// A file in the operator's home, which they alone can read.
pub(super) fn file() -> Option<PathBuf> {
    Some(PathBuf::from(env::var_os("HOME")?).join(".parlour_history"))
}

/// Is the line kept? Not what people write to each other, nor what begins with a space.
pub(super) fn keeps(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let sends = words.next() == Some("messages") && words.next() == Some("send");
    !(sends || line.starts_with(' ') || line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_messages_are_not_kept() {
        assert!(keeps("users list"));
        assert!(keeps("messages list 7d444840-9dc0-11d1-b245-5ffdce74fad2"));
        assert!(!keeps("messages  send 7d444840-9dc0-11d1-b245-5ffdce74fad2 --as bob@example.com hello"));
        assert!(!keeps(" users list"));
    }
}
