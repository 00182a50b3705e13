//! What a setting can be.

use std::{convert::Infallible, fmt, str::FromStr};

use clap::builder::RangedU64ValueParser;
use secrecy::{ExposeSecret, SecretString};

/// A secret setting: `Debug` hides it.
#[derive(Clone)]
pub struct SecretText(SecretString);

impl SecretText {
    /// For who needs it as a secret.
    #[must_use]
    pub fn secret(&self) -> SecretString {
        self.0.clone()
    }

    /// For who needs to read it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

impl FromStr for SecretText {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.into()))
    }
}

/// A setting that can be turned off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switch<T> {
    /// `off`.
    Off,
    /// Its value.
    On(T),
}

impl<T: FromStr> FromStr for Switch<T> {
    type Err = T::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" { Ok(Self::Off) } else { text.parse().map(Self::On) }
    }
}

/// A setting that is on or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Toggle {
    /// `on`.
    On,
    /// `off`.
    Off,
}

impl Toggle {
    /// Whether it is on.
    #[must_use]
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

/// Reads a count that is no nought.
pub(super) fn at_least_one() -> RangedU64ValueParser<u64> {
    clap::value_parser!(u64).range(1..)
}

/// A count that was read as a setting: no machine has fewer bits than it needs.
pub(super) fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_off_is_off_or_a_value() {
        assert_eq!("off".parse::<Switch<u16>>(), Ok(Switch::Off));
        assert_eq!("7".parse::<Switch<u16>>(), Ok(Switch::On(7)));
        assert!("on".parse::<Switch<u16>>().is_err());
    }

    #[test]
    fn no_secret_is_shown() {
        let secret: SecretText = "hunter2".parse().unwrap();
        assert!(!format!("{secret:?}").contains("hunter2"));
        assert_eq!(secret.expose(), "hunter2");
    }
}
