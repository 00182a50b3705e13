//! What text and numbers may be, and who may do what.

use std::time::Duration;

use engine_interfaces::{ChatError, Draft, GroupChange, GroupDraft, Role, Rule, UserId, Violation};

use crate::settings::Settings;

/// The most characters of a group's name.
const NAME: usize = 100;
/// The most characters of a group's description.
const DESCRIPTION: usize = 1_000;
/// The most characters of a message.
const MESSAGE: usize = 10_000;

/// What an input breaks of the rules; a character is a Unicode scalar value.
#[derive(Default)]
struct Checks(Vec<Violation>);

impl Checks {
    /// A text that says something.
    fn text(self, field: &'static str, text: &str, most: usize) -> Self {
        let blank = text.chars().all(char::is_whitespace);
        self.that(!blank, field, Rule::Blank).may_be_blank(field, text, most)
    }

    fn may_be_blank(self, field: &'static str, text: &str, most: usize) -> Self {
        let fits = text.len() <= most || text.chars().nth(most).is_none();
        self.that(fits, field, Rule::TooLong).that(!text.contains('\0'), field, Rule::Nul)
    }

    fn that(mut self, holds: bool, field: &'static str, rule: Rule) -> Self {
        if !holds {
            self.0.push(Violation::new(field, rule));
        }
        self
    }

    fn done(self) -> Result<(), ChatError> {
        if self.0.is_empty() { Ok(()) } else { Err(ChatError::Invalid(self.0)) }
    }
}

pub(crate) fn check_group(draft: &GroupDraft) -> Result<(), ChatError> {
    Checks::default()
        .text("name", &draft.name, NAME)
        .may_be_blank("description", &draft.description, DESCRIPTION)
        .done()
}

pub(crate) fn check_change(change: &GroupChange) -> Result<(), ChatError> {
    let mut checks = Checks::default();
    if let Some(name) = &change.name {
        checks = checks.text("name", name, NAME);
    }
    if let Some(description) = &change.description {
        checks = checks.may_be_blank("description", description, DESCRIPTION);
    }
    checks.done()
}

pub(crate) fn check_message(draft: &Draft) -> Result<(), ChatError> {
    Checks::default().text("message", &draft.message, MESSAGE).done()
}

pub(crate) fn check_invitation(life: Duration, uses: u32, settings: &Settings) -> Result<(), ChatError> {
    let good = !life.is_zero() && life <= settings.max_invitation_life;
    Checks::default()
        .that(good, "expires_in", Rule::Range)
        .that((1..=settings.max_invitation_uses).contains(&uses), "uses", Rule::Range)
        .done()
}

/// Owners and admins change the group, invite and add members.
pub(crate) fn at_least_admin(role: Role) -> Result<(), ChatError> {
    allowed(role >= Role::Admin)
}

/// Owners give roles and delete the group.
pub(crate) fn owner(role: Role) -> Result<(), ChatError> {
    allowed(role == Role::Owner)
}

/// Some things are for those who stay.
pub(crate) fn no_guest(user: UserId, guests: &[UserId]) -> Result<(), ChatError> {
    if guests.contains(&user) { Err(ChatError::NotForGuests) } else { Ok(()) }
}

/// Guests add guests, and others whom they like.
pub(crate) fn guests_add_guests(user: UserId, member: UserId, guests: &[UserId]) -> Result<(), ChatError> {
    if guests.contains(&member) { Ok(()) } else { no_guest(user, guests) }
}

pub(crate) fn allowed(it_is: bool) -> Result<(), ChatError> {
    if it_is { Ok(()) } else { Err(ChatError::Forbidden) }
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{GroupId, UserId};

    use super::*;

    fn broken(text: &str) -> Vec<Rule> {
        let draft = Draft::new(UserId::from_name("a"), GroupId(uuid::Uuid::nil()), text);
        match check_message(&draft) {
            Ok(()) => Vec::new(),
            Err(ChatError::Invalid(violations)) => violations.iter().map(|broken| broken.rule).collect(),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_message_has_1_to_10_000_characters() {
        assert_eq!(broken(""), [Rule::Blank]);
        assert_eq!(broken("a"), []);
        assert_eq!(broken(&"\u{1F37A}".repeat(10_000)), [], "four bytes are one character");
        assert_eq!(broken(&"a".repeat(10_001)), [Rule::TooLong]);
        assert_eq!(broken(&"e\u{301}".repeat(5_001)), [Rule::TooLong], "a mark is a character");
    }

    #[test]
    fn a_message_is_neither_blank_nor_holds_nul() {
        assert_eq!(broken(" \n\u{3000}"), [Rule::Blank]);
        assert_eq!(broken("a\0b"), [Rule::Nul]);
        assert_eq!(broken(" a "), [], "and is not trimmed");
    }

    #[test]
    fn every_broken_rule_is_named() {
        let draft =
            GroupDraft { id: None, name: " ".repeat(101), description: format!("{}\0", "a".repeat(1_000)) };
        let Err(ChatError::Invalid(violations)) = check_group(&draft) else {
            panic!("it is refused");
        };
        let named: Vec<_> = violations.iter().map(|v| (v.field, v.rule)).collect();
        assert_eq!(
            named,
            [
                ("name", Rule::Blank),
                ("name", Rule::TooLong),
                ("description", Rule::TooLong),
                ("description", Rule::Nul)
            ]
        );
    }
}
