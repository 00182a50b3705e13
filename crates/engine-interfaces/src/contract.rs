//! What HTTP and sockets have in common: the error codes, the error body, and how JSON is read.

mod code;
mod json;
mod refusal;

pub use code::ErrorCode;
pub use json::parse_strictly;
pub use refusal::{Detail, Refusal};
