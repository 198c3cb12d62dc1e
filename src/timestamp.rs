//! Points in time as GitHub writes them and as arithmetic wants them.

use serde::{Deserialize, Serialize};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// Reads GitHub's `created_at` form (RFC 3339). `None` if it is no such date, or before 1970.
    pub fn parse(text: &str) -> Option<Self> {
        let seconds = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp();
        u64::try_from(seconds).ok()?.checked_mul(1000).map(Self)
    }

    /// Milliseconds from `earlier` to this; none if it lies ahead.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
