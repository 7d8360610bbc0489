//! Moments and spans of time, exact to the microsecond. Each is written as ISO 8601 writes it.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const MICROSECONDS_OF_DAY: i64 = 86_400_000_000;

/// Days since 1970-01-01. The smallest and the largest number are PostgreSQL's `-infinity` and `infinity`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Date(pub i32);

/// Microseconds since midnight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Time(pub i64);

/// Microseconds since 1970-01-01 00:00:00, in no time zone. Infinities as in [`Date`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct Timestamp(pub i64);

/// Microseconds since 1970-01-01 00:00:00 UTC. Infinities as in [`Date`].
///
/// ```
/// # use wasmforge_sdk::sql::TimestampTz;
/// assert_eq!(TimestampTz(1_500_000).to_string(), "1970-01-01T00:00:01.500000Z");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
pub struct TimestampTz(pub i64);

/// A span of time, whose parts PostgreSQL does not convert into each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub struct Interval {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub microseconds: i64,
}

impl From<SystemTime> for TimestampTz {
    fn from(time: SystemTime) -> Self {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self(micros(after)),
            Err(before) => Self(-micros(before.duration())),
        }
    }
}

impl From<Duration> for Interval {
    fn from(duration: Duration) -> Self {
        let microseconds = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self { microseconds, ..Self::default() }
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            i32::MAX => f.write_str("infinity"),
            i32::MIN => f.write_str("-infinity"),
            days => date(i64::from(days), f),
        }
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, fraction) = (self.0.div_euclid(1_000_000), self.0.rem_euclid(1_000_000));
        write!(f, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
        if fraction == 0 { Ok(()) } else { write!(f, ".{fraction:06}") }
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            i64::MAX => f.write_str("infinity"),
            i64::MIN => f.write_str("-infinity"),
            micros => {
                date(micros.div_euclid(MICROSECONDS_OF_DAY), f)?;
                write!(f, "T{}", Time(micros.rem_euclid(MICROSECONDS_OF_DAY)))
            }
        }
    }
}

impl fmt::Display for TimestampTz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Timestamp(self.0).fmt(f)?;
        if matches!(self.0, i64::MAX | i64::MIN) { Ok(()) } else { f.write_str("Z") }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { months, days, microseconds } = *self;
        let (sign, size) = (if microseconds < 0 { "-" } else { "" }, microseconds.unsigned_abs());
        write!(f, "P{months}M{days}DT{sign}{}", size / 1_000_000)?;
        match size % 1_000_000 {
            0 => f.write_str("S"),
            fraction => write!(f, ".{fraction:06}S"),
        }
    }
}

/// A number of days since 1970-01-01 as year, month and day. The year 0 is the one before the year 1.
fn date(days: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    // Counted from a first of March: then the leap day is the last of its year, and of its four hundred years.
    const FOUR_CENTURIES: i64 = 146_097;
    let days = days + 719_468;
    let (cycle, day) = (days.div_euclid(FOUR_CENTURIES), days.rem_euclid(FOUR_CENTURIES));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + cycle * 400 + i64::from(month <= 2);
    write!(f, "{year:04}-{month:02}-{day:02}")
}

macro_rules! written {
    ($($type:ty),+) => {$(
        /// As text, in ISO 8601.
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )+};
}

written!(Date, Time, Timestamp, TimestampTz, Interval);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_iso_8601() {
        assert_eq!(Date(-1).to_string(), "1969-12-31");
        assert_eq!(Date(11_016).to_string(), "2000-02-29");
        assert_eq!(Date(i32::MAX).to_string(), "infinity");
        assert_eq!(Time(86_399_000_001).to_string(), "23:59:59.000001");
        assert_eq!(Timestamp(-1).to_string(), "1969-12-31T23:59:59.999999");
        assert_eq!(TimestampTz(0).to_string(), "1970-01-01T00:00:00Z");
        let interval = Interval { months: 14, days: -3, microseconds: -1_500_000 };
        assert_eq!(interval.to_string(), "P14M-3DT-1.500000S");
    }
}
