//! The names of log lines.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime};

/// Names a line of a guest's log. The upper bits are the moment in microseconds, so that ids sort by time; the lower
/// twelve tell lines of one moment apart, and those of several nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(i64);

/// The last id that this process gave out.
static LAST_LINE: AtomicI64 = AtomicI64::new(0);

impl LineId {
    /// Bits below the moment.
    const SHIFT: u32 = 12;

    /// An id for a line of this moment, greater than every id before it.
    #[must_use]
    pub fn new(at: SystemTime) -> Self {
        static SALT: LazyLock<i64> =
            LazyLock::new(|| i64::from(rand::random::<u16>() >> (16 - LineId::SHIFT)));
        let now = Self::first_at(at).0 | *SALT;
        let next = |last: i64| Some(now.max(last.saturating_add(1)));
        let last = LAST_LINE.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next).unwrap_or_default();
        Self(now.max(last.saturating_add(1)))
    }

    /// The least id of a line of this moment.
    #[must_use]
    pub fn first_at(at: SystemTime) -> Self {
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let micros = i64::try_from(since.as_micros()).unwrap_or(i64::MAX);
        Self(micros.min(i64::MAX >> Self::SHIFT) << Self::SHIFT)
    }

    /// The moment that it was made of.
    #[must_use]
    pub fn moment(self) -> SystemTime {
        let micros = u64::try_from(self.0 >> Self::SHIFT).unwrap_or_default();
        SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
    }

    /// The same, so many microseconds later.
    #[must_use]
    pub fn later(self, micros: u64) -> Self {
        let micros = i64::try_from(micros).unwrap_or(i64::MAX).saturating_mul(1 << Self::SHIFT);
        Self(self.0.saturating_add(micros))
    }

    /// As the database holds it.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

impl From<i64> for LineId {
    fn from(number: i64) -> Self {
        Self(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_lines_only_grow_and_know_their_moment() {
        let at = SystemTime::now();
        let (first, second) = (LineId::new(at), LineId::new(at));
        assert!(first < second && first >= LineId::first_at(at));
        let earlier = LineId::new(at - Duration::from_secs(5));
        assert!(earlier > second, "a clock that was set back must not reorder a log");
        let moment = LineId::first_at(SystemTime::UNIX_EPOCH + Duration::from_micros(7)).moment();
        assert_eq!(moment, SystemTime::UNIX_EPOCH + Duration::from_micros(7));
    }
}
