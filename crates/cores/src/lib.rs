//! Long work that leaves its core to whoever waits for one.
//!
//! A thread that is woken on a core where another computes may wait there until the kernel's clock ticks, every 4 ms or
//! 10. Niceness shortens that only within a session (`kernel.sched_autogroup_enabled`), and a database's processes are
//! sessions of their own. So whoever computes for long looks up now and then, and steps aside.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod unknown;

#[cfg(target_os = "linux")]
pub use linux::Cores;
#[cfg(not(target_os = "linux"))]
pub use unknown::Cores;
