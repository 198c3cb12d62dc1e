//! A mutant: one change to the code that a test should notice.

use anyhow::{Result, ensure};
use std::ops::Range;

/// One piece of text that is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The file, from the checkout's top.
    pub file: String,
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes.
    pub text: String,
}

/// One change, which may be made in several places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mutant {
    /// What it is known by from run to run: no line number is in it.
    pub name: String,
    /// Its replacements.
    pub edits: Vec<Edit>,
}

impl Mutant {
    /// The file that it is listed under.
    pub(crate) fn file(&self) -> &str {
        self.edits.first().map_or("", |edit| edit.file.as_str())
    }
}

/// The text between `inside` with those edits made that lie in it.
pub(crate) fn edited(text: &str, inside: &Range<usize>, edits: &[&Edit]) -> Result<String> {
    let mut edits = edits.to_vec();
    edits.sort_by_key(|edit| edit.range.start);
    let (mut at, mut made) = (inside.start, String::new());
    for edit in edits {
        ensure!(edit.range.start >= at && edit.range.end <= inside.end, "two edits of {} overlap", edit.file);
        made.push_str(text.get(at..edit.range.start).unwrap_or_default());
        made.push_str(&edit.text);
        at = edit.range.end;
    }
    made.push_str(text.get(at..inside.end).unwrap_or_default());
    Ok(made)
}
