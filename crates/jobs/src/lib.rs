//! The apalis backend over the engines' jobs tables, and the runner.
