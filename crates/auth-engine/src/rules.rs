//! What names, addresses and passwords must be. Nothing is trimmed or mended.

use engine_interfaces::{AuthError, Registration, Rule, Secret, Violation};

/// The most characters of a name.
///
/// # Example
/// ```
/// use auth_engine::MAX_NAME_CHARS;
///
/// let fits = |name: &str| !name.trim().is_empty() && name.chars().count() <= MAX_NAME_CHARS;
/// assert!(fits(&"é".repeat(100)), "characters are counted, not bytes");
/// ```
pub const MAX_NAME_CHARS: usize = 100;
/// The most characters of an address.
///
/// # Example
/// ```
/// use auth_engine::MAX_EMAIL_CHARS;
///
/// let field = format!(r#"<input type="email" maxlength="{MAX_EMAIL_CHARS}">"#);
/// assert!(field.contains("254"));
/// ```
pub const MAX_EMAIL_CHARS: usize = 254;
/// The fewest characters of a password.
///
/// # Example
/// ```
/// use auth_engine::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS};
///
/// let lengths = MIN_PASSWORD_CHARS..=MAX_PASSWORD_CHARS;
/// assert!(lengths.contains(&"a password of hers".chars().count())); // nor may it be a common one
/// ```
pub const MIN_PASSWORD_CHARS: usize = 8;
/// The most characters of a password.
///
/// # Example
/// ```
/// use auth_engine::MAX_PASSWORD_CHARS;
///
/// let longest = "🦀".repeat(MAX_PASSWORD_CHARS);
/// assert!(longest.len() > 72, "more than bcrypt takes, and none of it is cut off");
/// ```
pub const MAX_PASSWORD_CHARS: usize = 256;

/// Passwords that everybody tries first, in lower case, one a line.
const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

/// Gathers every rule that an input breaks.
#[derive(Debug, Default)]
pub(crate) struct Violations(Vec<Violation>);

impl Violations {
    pub(crate) fn of_registration(registration: &Registration) -> Self {
        let mut violations = Self::default();
        violations.name(&registration.name);
        violations.email(&registration.email);
        violations.password(&registration.password);
        violations
    }

    pub(crate) fn name(&mut self, name: &str) {
        self.add("name", Rule::Blank, name.trim().is_empty());
        self.add("name", Rule::TooLong, name.chars().count() > MAX_NAME_CHARS);
        self.nul("name", name);
    }

    pub(crate) fn email(&mut self, email: &Secret) {
        // Looked at and not kept.
        let email = email.expose();
        let blank = email.trim().is_empty();
        let too_long = email.chars().count() > MAX_EMAIL_CHARS;
        self.add("email", Rule::Blank, blank);
        self.add("email", Rule::TooLong, too_long);
        self.nul("email", email);
        let otherwise_good = !blank && !too_long && !email.contains('\0');
        self.add("email", Rule::Format, otherwise_good && !is_address(email));
    }

    pub(crate) fn password(&mut self, password: &Secret) {
        // Looked at and not kept.
        let password = password.expose();
        let chars = password.chars().count();
        self.add("password", Rule::Blank, chars == 0);
        self.add("password", Rule::TooShort, (1..MIN_PASSWORD_CHARS).contains(&chars));
        self.add("password", Rule::TooLong, chars > MAX_PASSWORD_CHARS);
        self.add("password", Rule::Common, chars <= MAX_PASSWORD_CHARS && is_common(password));
        self.nul("password", password);
    }

    /// What can be said of it without a hash.
    pub(crate) fn current_password(&mut self, current: &Secret) {
        // Looked at and not kept.
        let current = current.expose();
        self.add("current_password", Rule::Blank, current.is_empty());
        self.nul("current_password", current);
    }

    pub(crate) fn nul(&mut self, field: &'static str, text: &str) {
        self.add(field, Rule::Nul, text.contains('\0'));
    }

    pub(crate) fn add(&mut self, field: &'static str, rule: Rule, broken: bool) {
        if broken {
            self.0.push(Violation::new(field, rule));
        }
    }

    pub(crate) fn check(self) -> Result<(), AuthError> {
        if self.0.is_empty() { Ok(()) } else { Err(AuthError::Invalid(self.0)) }
    }
}

fn is_common(password: &str) -> bool {
    let password = password.to_lowercase();
    COMMON_PASSWORDS.lines().any(|common| common == password)
}

/// Whether `email` has the form of an address that mail can reach: RFC 5321's dot-string and domain, with
/// the letters that RFC 6531 adds. No quoted names and no address literals, which nobody has.
fn is_address(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let is_local =
        local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atext));
    let is_domain = domain.len() <= 253 && domain.split('.').all(is_label);
    is_local && is_domain
}

fn is_atext(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_beyond_ascii(c)
}

fn is_label(label: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || is_beyond_ascii(c);
    (1..=63).contains(&label.len())
        && label.chars().all(is_inner)
        && !label.starts_with('-')
        && !label.ends_with('-')
}

fn is_beyond_ascii(c: char) -> bool {
    !c.is_ascii() && !c.is_control() && !c.is_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn broken(check: impl FnOnce(&mut Violations)) -> Vec<Rule> {
        let mut violations = Violations::default();
        check(&mut violations);
        violations.0.iter().map(|violation| violation.rule).collect()
    }

    #[test]
    fn addresses_are_told_from_what_is_none() {
        let longest_label = format!("a@{}.example", "b".repeat(63));
        for good in [
            "a@example.com",
            "A.b+c@example.com",
            "o'neil@example.co.uk",
            "a@localhost",
            "1@2.example",
            "jürgen@müller.example",
            "用户@例子.example",
            "_@example.com",
            longest_label.as_str(),
        ] {
            assert!(is_address(good), "{good}");
        }
        let long_local = format!("{}@example.com", "a".repeat(65));
        let long_label = format!("a@{}.example", "b".repeat(64));
        for bad in [
            "",
            "a",
            "@",
            "a@",
            "@example.com",
            "a b@example.com",
            " a@example.com",
            "a@example.com ",
            "a@example.com\n",
            "a@@example.com",
            ".a@example.com",
            "a.@example.com",
            "a..b@example.com",
            "a@-example.com",
            "a@example-.com",
            "a@.com",
            "a@example..com",
            "a@example.com.",
            "a@exa_mple.com",
            "\"a\"@example.com",
            "a@[127.0.0.1]",
            "a,b@example.com",
            "<a@example.com>",
            "a@exam\u{a0}ple.com",
            long_local.as_str(),
            long_label.as_str(),
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
    }

    #[test]
    fn every_broken_rule_is_told_at_once() {
        let registration = Registration {
            name: " ".to_owned(),
            email: Secret::new("nobody"),
            password: Secret::new("short"),
        };
        let AuthError::Invalid(violations) = Violations::of_registration(&registration).check().unwrap_err()
        else {
            panic!("invalid");
        };
        assert_eq!(
            violations,
            [
                Violation::new("name", Rule::Blank),
                Violation::new("email", Rule::Format),
                Violation::new("password", Rule::TooShort),
            ]
        );
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let name = |n: usize| broken(|v| v.name(&"🦀".repeat(n)));
        assert_eq!(name(100), []);
        assert_eq!(name(101), [Rule::TooLong]);
        let password = |n: usize| broken(|v| v.password(&Secret::new("é".repeat(n))));
        assert_eq!(password(0), [Rule::Blank]);
        assert_eq!(password(7), [Rule::TooShort]);
        assert_eq!(password(8), []);
        assert_eq!(password(256), []);
        assert_eq!(password(257), [Rule::TooLong]);
        let longest = format!("a@{}.example", ["bcd"; 61].join("."));
        assert_eq!(longest.chars().count(), MAX_EMAIL_CHARS - 1);
        assert_eq!(broken(|v| v.email(&Secret::new(format!("a{longest}")))), []);
        assert_eq!(broken(|v| v.email(&Secret::new(format!("aa{longest}")))), [Rule::TooLong]);
    }

    #[test]
    fn nul_is_refused_everywhere() {
        assert_eq!(broken(|v| v.name("a\0")), [Rule::Nul]);
        assert_eq!(broken(|v| v.email(&Secret::new("a\0@example.com"))), [Rule::Nul]);
        assert_eq!(broken(|v| v.password(&Secret::new("long enough\0"))), [Rule::Nul]);
    }

    #[test]
    fn common_passwords_are_refused_in_any_case() {
        for common in ["password", "Password123", "QWERTYUIOP", "12345678"] {
            assert_eq!(broken(|v| v.password(&Secret::new(common))), [Rule::Common], "{common}");
        }
        for line in COMMON_PASSWORDS.lines() {
            assert!(line.chars().count() >= MIN_PASSWORD_CHARS && line == line.to_lowercase(), "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_for_an_address_has_one_name_and_one_domain(text in "\\PC{0,40}") {
            if is_address(&text) {
                prop_assert_eq!(text.matches('@').count(), 1);
                prop_assert!(!text.contains(char::is_whitespace));
            }
        }

        #[test]
        fn no_text_makes_the_rules_panic(text in any::<String>()) {
            let secret = Secret::new(text.as_str());
            let mut violations = Violations::default();
            violations.name(&text);
            violations.email(&secret);
            violations.password(&secret);
        }
    }
}
