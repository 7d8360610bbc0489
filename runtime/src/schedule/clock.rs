//! The database's clock, by which all nodes fire.

use time::OffsetDateTime;
use tokio::time::Instant;

/// The time that the database told, and how long ago that was by a clock that nobody sets.
#[derive(Clone, Copy)]
pub(super) struct DatabaseClock {
    told: OffsetDateTime,
    at: Instant,
}

impl DatabaseClock {
    /// A clock that shows `told` now. An answer takes a moment to arrive, so that this clock is a little late and never
    /// early.
    pub(super) fn at(told: OffsetDateTime) -> Self {
        Self { told, at: Instant::now() }
    }

    /// What it shows now.
    pub(super) fn now(self) -> OffsetDateTime {
        self.told + self.at.elapsed()
    }

    /// When it shows `moment`.
    pub(super) fn instant(self, moment: OffsetDateTime) -> Instant {
        let ahead = (moment - self.told).max(time::Duration::ZERO);
        // A due time may be years away; a wait that long is as good as any that is as long as a process lives.
        self.at + ahead.unsigned_abs().min(std::time::Duration::from_secs(24 * 3600))
    }
}
