//! Money.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::iter::Sum;

/// US dollars, in billionths, so that sums are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Usd(u64);

/// The billionths of a cent.
const CENT: u64 = 10_000_000;

impl Usd {
    /// So many billionths of a dollar.
    pub const fn from_nano(count: u64) -> Self {
        Self(count)
    }

    /// Dollars, to the nearest billionth. What is negative or no number is nothing.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates, NaN is 0")]
    pub fn from_dollars(dollars: f64) -> Self {
        Self((dollars * 1e9).round() as u64)
    }

    /// In billionths of a dollar.
    pub const fn as_nano(self) -> u64 {
        self.0
    }

    /// How many hundredths of `whole` this is. Of nothing, everything is more than all.
    pub fn percent_of(self, whole: Self) -> u128 {
        u128::from(self.0) * 100 / u128::from(whole.0.max(1))
    }
}

impl fmt::Display for Usd {
    /// With its cents where it has any, as `$12`, `$0.50`; what is less than a cent with all its digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if (1..CENT).contains(&self.0) {
            let digits = format!("{:09}", self.0);
            return write!(f, "$0.{}", digits.trim_end_matches('0'));
        }
        let cents = self.0.saturating_add(CENT / 2) / CENT;
        match cents % 100 {
            0 => write!(f, "${}", cents / 100),
            rest => write!(f, "${}.{rest:02}", cents / 100),
        }
    }
}

impl Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        Self(all.fold(0, |sum, one| sum.saturating_add(one.0)))
    }
}
