//! Named points at which a test lets a process die, as `kill -9` would.
//!
//! Without the feature `failpoints` a point is nothing. With it, a point is armed by a file of its name in the
//! folder that `FAIL_POINTS` names; the first process to get there removes the file and dies, or panics where the
//! file says `panic`. Where `FAIL_POINTS`
//! names nothing, nothing is armed.

#[cfg(feature = "failpoints")]
mod armed;

#[cfg(feature = "failpoints")]
pub use armed::{reach, underway};

/// Dies here, when it is armed.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn reach(_: &str) {}

/// Dies while `future` is on its way, when it is armed: whoever was asked may do it all the same.
#[cfg(not(feature = "failpoints"))]
#[inline(always)]
pub const fn underway<F: Future>(_: &str, future: F) -> F {
    future
}
