//! Days and microseconds as PostgreSQL writes them, in the proleptic Gregorian calendar.

use std::fmt::Write as _;

const MICROSECONDS_OF_DAY: i64 = 86_400_000_000;

/// `2026-02-28`, `0044-03-15 BC`, `infinity`.
pub(super) fn date(days: i32) -> String {
    match days {
        i32::MAX => "infinity".to_owned(),
        i32::MIN => "-infinity".to_owned(),
        days => {
            let (date, era) = civil(i64::from(days));
            date + era
        }
    }
}

/// `23:59:59.000001`.
pub(super) fn time(microseconds: i64) -> String {
    let (seconds, fraction) = (microseconds.div_euclid(1_000_000), microseconds.rem_euclid(1_000_000));
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if fraction != 0 {
        let _ = write!(text, ".{fraction:06}");
    }
    text
}

/// `2026-02-28 23:59:59`, followed by `zone`.
pub(super) fn timestamp(microseconds: i64, zone: &str) -> String {
    match microseconds {
        i64::MAX => "infinity".to_owned(),
        i64::MIN => "-infinity".to_owned(),
        _ => {
            let (date, era) = civil(microseconds.div_euclid(MICROSECONDS_OF_DAY));
            format!("{date} {}{zone}{era}", time(microseconds.rem_euclid(MICROSECONDS_OF_DAY)))
        }
    }
}

/// Year, month and day of a number of days since 1970-01-01, and the era where it is not ours.
///
/// Counted from a first of March, so that the day that leap years have more is a year's last.
fn civil(days: i64) -> (String, &'static str) {
    const DAYS_OF_ERA: i64 = 146_097;
    let days = days + 719_468;
    let era = days.div_euclid(DAYS_OF_ERA);
    let day = days.rem_euclid(DAYS_OF_ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let day = day - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    let (year, suffix) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    (format!("{year:04}-{month:02}-{day:02}"), suffix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_dates() {
        let cases = [
            (0, "1970-01-01"),
            (-1, "1969-12-31"),
            (11_016, "2000-02-29"),
            (20_454, "2026-01-01"),
            (-719_162, "0001-01-01"),
            (-719_163, "0001-12-31 BC"),
            (i32::MAX, "infinity"),
            (i32::MIN, "-infinity"),
        ];
        for (days, text) in cases {
            assert_eq!(date(days), text);
        }
    }

    #[test]
    fn microseconds_are_times_and_timestamps() {
        assert_eq!(time(0), "00:00:00");
        assert_eq!(time(86_400_000_000), "24:00:00");
        assert_eq!(time(86_399_000_001), "23:59:59.000001");
        assert_eq!(timestamp(-1, "+00"), "1969-12-31 23:59:59.999999+00");
        assert_eq!(timestamp(i64::MIN, "+00"), "-infinity");
    }
}
