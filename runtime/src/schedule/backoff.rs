//! How long a run that failed waits before it is tried again.

use std::time::Duration;

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(300);

/// The pause after try number `attempt`, from 1: one second, then twice as long each time, up to five minutes. A quarter
/// more or less, by `chance` from 0 to 1, keeps schedules that failed together from coming back together.
pub(super) fn backoff(attempt: u32, chance: f64) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let pause = Duration::from_secs(1 << doublings).min(LONGEST);
    pause.mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pauses = [0, 1, 2, 3, 4, 8, 9, 10, 11, u32::MAX].map(|attempt| backoff(attempt, 0.5).as_secs());
        assert_eq!(pauses, [1, 1, 2, 4, 8, 128, 256, 300, 300, 300]);
    }

    #[test]
    fn chance_moves_a_pause_by_a_quarter() {
        assert_eq!(backoff(3, 0.0), Duration::from_secs(3));
        assert_eq!(backoff(3, 1.0), Duration::from_secs(5));
        assert_eq!(backoff(3, 7.0), Duration::from_secs(5));
    }
}
