//! Running processes, and people who use them.

mod listener;
mod person;
mod process;
mod server;
pub(crate) mod shape;

pub(crate) use listener::Listener;
pub(crate) use person::Person;
pub(crate) use process::Process;
pub(crate) use server::Parlour;
pub(crate) use shape::Shape;
