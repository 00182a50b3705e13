//! The HTTP API over the engines.
