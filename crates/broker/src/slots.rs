//! The slots that a subscriber follows.

use std::sync::atomic::{AtomicBool, Ordering};

use engine_interfaces::Slot;

/// The slots that a subscriber follows.
pub(crate) struct Slots([AtomicBool; Slot::COUNT as usize]);

impl Slots {
    pub(crate) fn none() -> Self {
        Self(std::array::from_fn(|_| AtomicBool::new(false)))
    }

    pub(crate) fn all() -> Self {
        Self(std::array::from_fn(|_| AtomicBool::new(true)))
    }

    pub(crate) fn contains(&self, slot: Slot) -> bool {
        self.0.get(usize::from(slot.0)).is_some_and(|followed| followed.load(Ordering::Acquire))
    }

    /// All that are followed.
    #[cfg(feature = "redis")]
    pub(crate) fn followed(&self) -> impl Iterator<Item = Slot> {
        (0..Slot::COUNT).map(Slot).filter(|slot| self.contains(*slot))
    }

    pub(crate) fn set(&self, slot: Slot, followed: bool) {
        if let Some(entry) = self.0.get(usize::from(slot.0)) {
            entry.store(followed, Ordering::Release);
        }
    }
}
