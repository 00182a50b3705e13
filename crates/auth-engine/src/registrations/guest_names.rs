//! What guests are called.

use engine_interfaces::UserId;

/// How they are.
const MANNERS: [&str; 32] = [
    "Amber", "Bold", "Brave", "Bright", "Calm", "Cheerful", "Clever", "Cosy", "Curious", "Daring", "Eager",
    "Gentle", "Golden", "Happy", "Honest", "Humble", "Jolly", "Kind", "Lively", "Lucky", "Merry", "Nimble",
    "Patient", "Polite", "Proud", "Quick", "Quiet", "Silver", "Sunny", "Swift", "Warm", "Witty",
];

/// Who they are.
const CREATURES: [&str; 32] = [
    "Badger", "Beaver", "Bee", "Crane", "Deer", "Dolphin", "Dove", "Falcon", "Finch", "Fox", "Hare",
    "Hedgehog", "Heron", "Ibis", "Koala", "Lark", "Lynx", "Magpie", "Marten", "Mole", "Moose", "Otter",
    "Owl", "Panda", "Puffin", "Raven", "Robin", "Seal", "Sparrow", "Swan", "Turtle", "Wren",
];

/// A name for a guest, made of the random part of their id: friendly, and not the only one.
pub(crate) fn name_of(guest: UserId) -> String {
    let [.., one, other] = guest.0.into_bytes();
    let word = |words: [&'static str; 32], byte: u8| words[usize::from(byte) % words.len()];
    format!("{} {}", word(MANNERS, one), word(CREATURES, other))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use engine_interfaces::{Clock, SystemClock};

    use super::*;
    use crate::rules::Violations;

    #[test]
    fn guests_have_good_names_and_many_of_them() {
        let names: BTreeSet<_> = (0..200).map(|_| name_of(UserId(SystemClock.new_id()))).collect();
        assert!(names.len() > 100, "{} of 1,024", names.len());
        for name in names {
            let mut violations = Violations::default();
            violations.name(&name);
            violations.check().unwrap();
        }
    }
}
