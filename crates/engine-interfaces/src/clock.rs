//! The time, and the ids that are made from it.

use std::{fmt, str::FromStr, time::Duration};

use chrono::{DateTime, Datelike, SecondsFormat, SubsecRound, Timelike, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::{NoContext, Uuid};

/// An instant in UTC, in whole microseconds: what is written equals what is read, on every store.
///
/// # Example
/// ```
/// use std::time::Duration;
///
/// use engine_interfaces::Timestamp;
///
/// let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
/// let later = noon.plus(Duration::from_micros(1_500_000));
/// assert_eq!(later.to_string(), "2026-01-01T12:00:01.500000Z");
/// assert_eq!(later.since(noon), Duration::from_millis(1_500));
/// assert_eq!(noon.since(later), Duration::ZERO, "what lies ahead is no time ago");
/// assert_eq!(Timestamp::from_micros(later.micros()), Ok(later));
/// assert_eq!((later.minus(Duration::from_secs(1)).secs(), later.secs()), (noon.secs(), noon.secs() + 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(DateTime<Utc>);

/// The instant does not exist in the calendar.
///
/// # Example
/// ```
/// use engine_interfaces::{Timestamp, TimestampError};
///
/// assert_eq!("2026-02-30T12:00:00Z".parse::<Timestamp>(), Err(TimestampError));
/// assert_eq!(Timestamp::from_micros(i64::MAX), Err(TimestampError), "the calendar ends before");
/// assert_eq!(TimestampError.to_string(), "not a time");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a time")]
pub struct TimestampError;

impl Timestamp {
    /// The beginning of 1970.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::Timestamp;
    ///
    /// assert_eq!(Timestamp::EPOCH.to_string(), "1970-01-01T00:00:00.000000Z");
    /// assert_eq!(Timestamp::EPOCH.micros(), 0);
    /// ```
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    /// Cut to microseconds.
    ///
    /// # Example
    /// ```
    /// use chrono::DateTime;
    /// use engine_interfaces::Timestamp;
    ///
    /// assert_eq!(Timestamp::new(DateTime::from_timestamp_nanos(1_999)).micros(), 1, "not rounded");
    /// ```
    #[must_use]
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at.trunc_subsecs(6))
    }

    /// From microseconds since 1970.
    ///
    /// # Errors
    /// When the calendar has no such instant.
    pub fn from_micros(micros: i64) -> Result<Self, TimestampError> {
        DateTime::from_timestamp_micros(micros).map(Self).ok_or(TimestampError)
    }

    /// From whole seconds since 1970.
    ///
    /// # Errors
    /// When the calendar has no such instant.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::{Timestamp, TimestampError};
    ///
    /// assert_eq!(Timestamp::from_secs(1_767_225_600), "2026-01-01T00:00:00Z".parse());
    /// assert_eq!(Timestamp::from_secs(i64::MAX), Err(TimestampError));
    /// ```
    pub fn from_secs(secs: i64) -> Result<Self, TimestampError> {
        DateTime::from_timestamp(secs, 0).map(Self).ok_or(TimestampError)
    }

    /// Microseconds since 1970.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub fn secs(self) -> i64 {
        self.0.timestamp()
    }

    /// As chrono knows it.
    ///
    /// # Example
    /// ```
    /// use chrono::Datelike;
    /// use engine_interfaces::Timestamp;
    ///
    /// let noon: Timestamp = "2026-01-01T12:00:00Z".parse().unwrap();
    /// assert_eq!(noon.to_datetime().year(), 2026);
    /// assert_eq!(Timestamp::new(noon.to_datetime()), noon, "nothing is lost");
    /// ```
    #[must_use]
    pub fn to_datetime(self) -> DateTime<Utc> {
        self.0
    }

    /// Hands on how it is written.
    fn written<T>(self, to: impl FnOnce(&str) -> T) -> T {
        match self.digits().as_ref().map(|digits| str::from_utf8(digits)) {
            // Two for each message of a page: written in place, which costs a fraction of what the calendar asks.
            Some(Ok(text)) => to(text),
            _ => to(&self.0.to_rfc3339_opts(SecondsFormat::Micros, true)),
        }
    }

    /// As it is written; none outside the years of four digits, and within a leap second.
    fn digits(self) -> Option<[u8; 27]> {
        let (date, time) = (self.0.date_naive(), self.0.time());
        let year = u32::try_from(date.year()).ok().filter(|year| *year < 10_000)?;
        let micros = Some(time.nanosecond() / 1_000).filter(|micros| *micros < 1_000_000)?;
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        for (place, number) in [
            (0..4, year),
            (5..7, date.month()),
            (8..10, date.day()),
            (11..13, time.hour()),
            (14..16, time.minute()),
            (17..19, time.second()),
            (20..26, micros),
        ] {
            let mut rest = number;
            for digit in text[place].iter_mut().rev() {
                *digit += (rest % 10) as u8;
                rest /= 10;
            }
        }
        Some(text)
    }

    /// How long ago `earlier` was; zero when it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        (self.0 - earlier.0).to_std().unwrap_or(Duration::ZERO)
    }

    /// This much later; the calendar's last instant where there is none.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let later = chrono::Duration::from_std(duration).ok().and_then(|by| self.0.checked_add_signed(by));
        Self::new(later.unwrap_or(DateTime::<Utc>::MAX_UTC))
    }

    /// This much earlier; the calendar's first instant where there is none.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let earlier = chrono::Duration::from_std(duration).ok().and_then(|by| self.0.checked_sub_signed(by));
        Self::new(earlier.unwrap_or(DateTime::<Utc>::MIN_UTC))
    }
}

/// RFC 3339 with microseconds and `Z`, as the contract has it.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.written(|text| f.write_str(text))
    }
}

impl FromStr for Timestamp {
    type Err = TimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        DateTime::parse_from_rfc3339(text).map(|at| Self::new(at.to_utc())).map_err(|_| TimestampError)
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.written(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

/// Where the time comes from, and ids, which are made from it. Nothing else reads the real clock, so that
/// a test sets the time and everything follows.
///
/// # Example
/// ```
/// use engine_interfaces::{Clock, Timestamp};
///
/// /// A clock that stands still, for a test.
/// struct Noon;
///
/// impl Clock for Noon {
///     fn now(&self) -> Timestamp {
///         Timestamp::EPOCH
///     }
/// }
///
/// let (first, second) = (Noon.new_id(), Noon.new_id());
/// assert_ne!(first, second, "ids differ though the time does not");
/// assert_eq!(first.get_timestamp().unwrap().to_unix().0, 0, "and tell it");
/// ```
pub trait Clock: Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// A new id: a v7 UUID of this clock's time.
    fn new_id(&self) -> Uuid {
        let micros = self.now().micros();
        let secs = u64::try_from(micros.div_euclid(1_000_000)).unwrap_or(0);
        let nanos = u32::try_from(micros.rem_euclid(1_000_000) * 1_000).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, secs, nanos))
    }
}

/// The machine's clock.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use engine_interfaces::{Clock, SystemClock};
///
/// let clock: Arc<dyn Clock> = Arc::new(SystemClock); // a test gives its own to the same code
/// let began = clock.now();
/// println!("it took {:?}", clock.now().since(began));
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the real clock")]
    fn now(&self) -> Timestamp {
        Timestamp::new(Utc::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_microseconds_and_read_back() {
        let at = Timestamp::from_micros(1_767_225_600_000_001).unwrap();
        assert_eq!(at.to_string(), "2026-01-01T00:00:00.000001Z");
        assert_eq!(at.to_string().parse(), Ok(at));
        assert_eq!(serde_json::from_str::<Timestamp>(&serde_json::to_string(&at).unwrap()).unwrap(), at);
    }

    #[test]
    fn is_written_as_the_calendar_writes_it() {
        let leap = "2016-12-31T23:59:60.5Z".parse().unwrap();
        let ends = [Timestamp::EPOCH.minus(Duration::MAX), Timestamp::EPOCH.plus(Duration::MAX), leap];
        let seconds = (-62_200_000_000_i64..253_500_000_000).step_by(78_901_234);
        let moments =
            seconds.map(|secs| Timestamp::from_micros(secs * 1_000_000 + secs.rem_euclid(999_983)).unwrap());
        for at in moments.chain(ends) {
            assert_eq!(at.to_string(), at.0.to_rfc3339_opts(SecondsFormat::Micros, true));
        }
    }

    #[test]
    fn ids_carry_the_clocks_time() {
        struct Fixed;
        impl Clock for Fixed {
            fn now(&self) -> Timestamp {
                Timestamp::from_micros(1_767_225_600_123_000).unwrap()
            }
        }
        let (secs, nanos) = Fixed.new_id().get_timestamp().unwrap().to_unix();
        assert_eq!((secs, nanos), (1_767_225_600, 123_000_000));
    }

    #[test]
    fn sums_stay_in_the_calendar() {
        let at = Timestamp::from_micros(0).unwrap();
        assert!(at.plus(Duration::MAX) > at);
        assert!(at.minus(Duration::MAX) < at);
        assert_eq!(at.since(at.plus(Duration::from_secs(1))), Duration::ZERO);
    }
}
