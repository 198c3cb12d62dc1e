//! Points in time as GitHub writes them and as arithmetic wants them.

use crate::words::duration::Duration;
use serde::{Deserialize, Serialize};
use time::{
    OffsetDateTime, Time,
    format_description::well_known::{Rfc2822, Rfc3339},
};

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

    /// Reads the same, fractions of a second too.
    pub fn parse_exactly(text: &str) -> Option<Self> {
        let nanoseconds = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
        u64::try_from(nanoseconds / 1_000_000).ok().map(Self)
    }

    /// Reads a `Date` header (RFC 9110's preferred form), or `2026-12-01 08:00:00 UTC`, as GitHub writes a token's end.
    pub fn parse_header(text: &str) -> Option<Self> {
        let rfc2822 = text.replace(" GMT", " +0000");
        let at = OffsetDateTime::parse(&rfc2822, &Rfc2822).ok().or_else(|| {
            let rfc3339 = text.strip_suffix(" UTC")?.replacen(' ', "T", 1) + "Z";
            OffsetDateTime::parse(&rfc3339, &Rfc3339).ok()
        })?;
        u64::try_from(at.unix_timestamp()).ok()?.checked_mul(1000).map(Self)
    }

    /// The first moment of this one's month, by UTC.
    #[must_use]
    pub fn month(self) -> Self {
        let seconds = i64::try_from(self.0 / 1000).unwrap_or(0);
        let day = OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|at| at.replace_day(1).ok());
        let first = day.map_or(0, |at| at.replace_time(Time::MIDNIGHT).unix_timestamp());
        Self(u64::try_from(first).unwrap_or(0).saturating_mul(1000))
    }

    /// So long after this.
    #[must_use]
    pub fn after(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.as_milliseconds()))
    }

    /// So long before this, but not before 1970.
    #[must_use]
    pub fn before(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.as_milliseconds()))
    }

    /// Milliseconds from `earlier` to this; none if it lies ahead.
    pub fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}
