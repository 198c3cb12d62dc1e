//! Versions of the Actions runner, and what vouches for the archive that one comes in.

use serde::Serialize;
use std::fmt;

/// A runner's version: three numbers, and so safe in a path and in a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunnerVersion(pub [u32; 3]);

impl RunnerVersion {
    /// The oldest version that GitHub registers (GitHub's changelog, 2026-06-12, "Minimum version enforcement"). An
    /// Enterprise Server enforces none.
    pub const LEAST: Self = Self([2, 329, 0]);

    /// Reads `2.336.0` or `v2.336.0`.
    pub fn parse(text: &str) -> Option<Self> {
        let numbers: Option<Vec<u32>> =
            text.strip_prefix('v').unwrap_or(text).split('.').map(|n| n.parse().ok()).collect();
        <[u32; 3]>::try_from(numbers?).ok().map(Self)
    }
}

impl fmt::Display for RunnerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.0;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl Serialize for RunnerVersion {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A SHA-256 as 64 characters of lower-case hex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Sha256Hex(String);

impl Sha256Hex {
    /// Takes 64 hex digits of either case.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        fits.then(|| Self(text.to_ascii_lowercase()))
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<Sha256Hex> for String {
    fn from(hash: Sha256Hex) -> Self {
        hash.0
    }
}

/// Which runner goes into the image: its version, and its archive's checksum as far as somebody vouches for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerPin {
    /// The version.
    pub version: RunnerVersion,
    /// What the archive must hash to.
    pub sha256: Option<Sha256Hex>,
}
