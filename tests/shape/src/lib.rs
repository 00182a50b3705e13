//! The production shape, as `docker/up` runs it, in a folder and on ports of its own: for the programs that kill its
//! processes and for those that measure them.

mod process;
mod shape;
mod wait;

pub use process::Process;
pub use shape::Shape;
pub use wait::until;
