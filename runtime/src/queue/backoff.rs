//! How long to wait before the next attempt.

use http::HeaderMap;
use http::header::RETRY_AFTER;
use std::time::Duration;

/// The longest pause of our own choice.
const LONGEST: Duration = Duration::from_secs(300);

/// The longest pause that a function may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// The pause after the attempt of this number, counted from 1: twice as long each time, and somewhere between half and
/// the whole of that, so that jobs that failed together do not come back together. `random` is between 0 and 1.
pub(super) fn pause(first: Duration, attempt: u16, random: f64) -> Duration {
    let doublings = u32::from(attempt.saturating_sub(1)).min(20);
    let whole = first.saturating_mul(1 << doublings).min(LONGEST);
    whole.mul_f64(0.5 + random.clamp(0.0, 1.0) / 2.0)
}

/// The pause that an answer asks for, in seconds; a date is not looked at.
pub(super) fn asked(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let whole: Vec<_> = [1, 2, 3, 4, 9, 10, 100].map(|n| pause(SECOND, n, 1.0).as_secs()).into();
        assert_eq!(whole, [1, 2, 4, 8, 256, 300, 300]);
    }

    #[test]
    fn chance_takes_up_to_half_of_a_pause() {
        assert_eq!(pause(SECOND, 3, 0.0), SECOND * 2);
        assert_eq!(pause(SECOND, 3, 0.5), SECOND * 3);
    }

    #[test]
    fn an_answer_may_ask_for_an_hour_at_most() {
        let asks = |value: &str| {
            let headers = HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
            asked(&headers).map(|pause| pause.as_secs())
        };
        assert_eq!(asks("7"), Some(7));
        assert_eq!(asks("86400"), Some(3600));
        assert_eq!(asks("Wed, 21 Oct 2026 07:28:00 GMT"), None);
        assert_eq!(asks("-1"), None);
    }
}
