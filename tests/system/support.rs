//! A running `parlour`, and people who use it over HTTP.

mod person;
mod server;

pub(crate) use person::Person;
pub(crate) use server::Parlour;
