//! The prompt.

use engine_interfaces::BoxError;
use rustyline::{Config, Editor, error::ReadlineError, history::FileHistory};
use tokio::task;

use super::{completion::Completion, history};

/// Reads lines from a terminal, with history and completion.
pub(super) struct Prompt {
    editor: Editor<Completion, FileHistory>,
}

impl Prompt {
    pub(super) fn open() -> Result<Self, BoxError> {
        let settings = Config::builder().max_history_size(history::MOST)?.build();
        let mut editor = Editor::with_config(settings)?;
        editor.set_helper(Some(Completion::new()));
        if let Some(file) = history::file() {
            // There is none yet at the first time.
            let _ = editor.load_history(&file);
        }
        Ok(Self { editor })
    }

    /// The next line; nothing once the terminal ends.
    pub(super) async fn read(&mut self) -> Result<Option<String>, BoxError> {
        loop {
            // Waiting for somebody to type must not keep a thread of the engines'.
            let read = task::block_in_place(|| self.editor.readline("parlour> "));
            match read {
                Ok(line) => {
                    self.keep(&line);
                    return Ok(Some(line));
                }
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn keep(&mut self, line: &str) {
        if history::keeps(line)
            && self.editor.add_history_entry(line).is_ok()
            && let Some(file) = history::file()
            && let Err(error) = self.editor.append_history(&file)
        {
            tracing::warn!(%error, "the console's history is not kept");
        }
    }
}
