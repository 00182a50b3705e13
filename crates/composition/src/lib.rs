//! What every process of Parlour is put together from: which engine gets which store, broker, clock and
//! setting.
//!
//! | Module | Holds |
//! |---|---|
//! | [`settings`] | every setting, in groups: a process has the groups of what it runs |
//! | [`Stores`], [`Engines`] | the engines over their stores |
//! | [`shared`] | what `api`, `realtime` and `worker` have in common |
//! | [`operations`] | the port for whoever operates a process: metrics, `/readyz` |
//! | [`readiness`] | asking for the `/readyz` of another process |
//! | [`backup`] | a copy of the embedded default, and the way back |
//! | [`moves`] | a whole server, from one database to another |
//! | [`doctor`] | what is wrong with what the settings name, and the cure |
//! | [`process`], [`folders`], [`files`] | ports, signals, logs, errors, standard output; private folders and files |
//!
//! Adding a setting: a field in its group, and its use in the group's function that makes an engine's
//! `Settings`.

pub mod backup;
mod dependencies;
pub mod doctor;
mod engines;
pub mod files;
pub mod folders;
mod logs;
pub mod moves;
pub mod operations;
mod panics;
pub mod process;
mod process_meters;
pub mod readiness;
mod reports;
pub mod settings;
pub mod shared;
mod stores;
mod watch;

pub use engines::{Engines, HAS_PAGE};
pub use stores::Stores;
