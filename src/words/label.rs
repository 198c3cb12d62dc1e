//! Labels: what a job asks of a runner.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A label as it was written: 1 to 256 characters, none of them a control character. Compares without case, as
/// GitHub does (docs, "Using labels with self-hosted runners"; the length is `config.sh`'s rule).
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Label(String);

/// Why a text is not a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidLabel;

impl fmt::Display for InvalidLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a label is 1 to 256 characters with no control character")
    }
}

impl Label {
    /// Takes a label in.
    pub fn parse(text: &str) -> Result<Self, InvalidLabel> {
        let fits = !text.trim().is_empty() && text.chars().count() <= 256;
        if !fits || text.chars().any(char::is_control) {
            return Err(InvalidLabel);
        }
        Ok(Self(text.to_owned()))
    }

    /// The label as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is `other`, case apart.
    pub fn is(&self, other: &str) -> bool {
        self.0.eq_ignore_ascii_case(other)
    }

    /// The parts of `key=value`, the key in lower case.
    pub fn assignment(&self) -> Option<(String, &str)> {
        let (key, value) = self.0.split_once('=')?;
        Some((key.to_ascii_lowercase(), value))
    }
}

impl TryFrom<String> for Label {
    type Error = InvalidLabel;
    fn try_from(text: String) -> Result<Self, InvalidLabel> {
        Self::parse(&text)
    }
}

impl From<Label> for String {
    fn from(label: Label) -> Self {
        label.0
    }
}
