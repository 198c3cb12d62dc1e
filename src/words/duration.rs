//! Spans of time with their unit in the type, so that nobody takes milliseconds for seconds.

use core::fmt;

/// A span of time, to the millisecond. `core::time::Duration` would do, but prints `21600s` for six hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    milliseconds: u64,
}

/// The units that a span is shown in, the largest first. A day is no unit here: a job's limit is `24 h`.
const UNITS: [(u64, &str); 4] = [(3_600_000, "h"), (60_000, "min"), (1_000, "s"), (1, "ms")];

impl Duration {
    /// So many milliseconds.
    pub const fn milliseconds(count: u64) -> Self {
        Self { milliseconds: count }
    }

    /// So many seconds.
    pub const fn seconds(count: u64) -> Self {
        Self::milliseconds(count.saturating_mul(1_000))
    }

    /// So many minutes.
    pub const fn minutes(count: u64) -> Self {
        Self::seconds(count.saturating_mul(60))
    }

    /// So many hours.
    pub const fn hours(count: u64) -> Self {
        Self::minutes(count.saturating_mul(60))
    }

    /// So many days.
    pub const fn days(count: u64) -> Self {
        Self::hours(count.saturating_mul(24))
    }

    /// Hours that need not be whole, cut to the second. What is negative or no number is no time.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, NaN is 0")]
    pub fn of_hours(hours: f64) -> Self {
        Self::seconds((hours * 3600.0) as u64)
    }

    /// Reads a whole number with its unit, as `90s`, `90m` or `2h`.
    pub fn parse(text: &str) -> Option<Self> {
        let unit = text.chars().last()?;
        let of = match unit.to_ascii_lowercase() {
            's' => 1,
            'm' => 60,
            'h' => 3600,
            _ => return None,
        };
        let count: u32 = text.get(..text.len() - unit.len_utf8())?.parse().ok()?;
        Some(Self::seconds(u64::from(count) * of))
    }

    /// In milliseconds.
    pub const fn as_milliseconds(self) -> u64 {
        self.milliseconds
    }

    /// In whole seconds; what is left over is cut off.
    pub const fn as_seconds(self) -> u64 {
        self.milliseconds / 1_000
    }

    /// In hours.
    #[expect(clippy::cast_precision_loss, reason = "exact below 2^53 ms, which is 285,000 years")]
    pub fn as_hours(self) -> f64 {
        self.milliseconds as f64 / 3_600_000.0
    }
}

impl fmt::Display for Duration {
    /// In the largest unit that it is a whole number of, as `6 h`, `15 min`, `90 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |length: u64| self.milliseconds != 0 && self.milliseconds.is_multiple_of(length);
        let found = UNITS.into_iter().find(|(length, _)| whole(*length));
        let (length, unit) = found.unwrap_or((1_000, "s"));
        write!(f, "{} {unit}", self.milliseconds / length)
    }
}
