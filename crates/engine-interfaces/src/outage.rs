//! What is said once, however often it is tried.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether something that is tried again and again is away: so that its going and its coming back are logged,
/// and not each attempt.
///
/// # Example
/// ```
/// use engine_interfaces::Outage;
///
/// let outage = Outage::default();
/// for works in [false, false, true] {
///     if works && outage.ends() {
///         println!("it is back"); // once
///     } else if !works && outage.begins() {
///         println!("it is away"); // once
///     }
/// }
/// ```
#[derive(Debug, Default)]
pub struct Outage(AtomicBool);

impl Outage {
    /// It failed; true the first time.
    pub fn begins(&self) -> bool {
        !self.0.swap(true, Ordering::Relaxed)
    }

    /// It works; true the first time after it failed.
    pub fn ends(&self) -> bool {
        self.0.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outage_begins_and_ends_once() {
        let outage = Outage::default();
        let told =
            [outage.ends(), outage.begins(), outage.begins(), outage.ends(), outage.ends(), outage.begins()];
        assert_eq!(told, [false, true, false, true, false, true]);
    }
}
