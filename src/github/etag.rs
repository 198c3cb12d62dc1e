//! What GitHub calls a version of a listing. Asked for unless it is still that one, GitHub answers 304, which does not count
//! against the hour's quota (GitHub's docs, "Best practices for using the REST API", on conditional requests).

use serde::{Deserialize, Serialize};

/// The longest that is kept.
const LONGEST: usize = 200;

/// An entity tag, as it stands in its header: safe to be sent back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Etag(String);

impl Etag {
    /// Reads an `ETag` header.
    pub fn parse(text: &str) -> Option<Self> {
        let quoted = text.strip_prefix("W/").unwrap_or(text);
        let plain = quoted.bytes().all(|b| (0x21..=0x7e).contains(&b));
        let whole = quoted.len() >= 2 && quoted.starts_with('"') && quoted.ends_with('"');
        (whole && plain && text.len() <= LONGEST).then(|| Self(text.to_owned()))
    }

    /// As it goes into `If-None-Match`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Etag {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("no entity tag")
    }
}

impl From<Etag> for String {
    fn from(etag: Etag) -> Self {
        etag.0
    }
}
