//! What is wrong with a value, before it is known which setting's it is.

use crate::words::printable::Shown;
use std::borrow::Cow;

/// What begins like this is a credential, wherever it was pasted.
const CREDENTIALS: [&str; 8] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "v1.", "-----BEGIN"];
/// Letters and digits in one piece that are a key or a hash rather than a name.
const LONG: usize = 32;

/// What is wrong, with and without the entry that is, and what to do if that depends on the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// Without the entry, so that anybody may read it.
    pub(super) text: Cow<'static, str>,
    /// With the part of the value that is at fault, for the operator.
    pub(super) told: Option<String>,
    /// What to do about it, where that is more than the setting's usual cure.
    pub(super) cure: Option<Cow<'static, str>>,
}

impl Fault {
    /// A fault of this part of the value.
    pub(super) fn of(entry: &str, text: impl Into<Cow<'static, str>>) -> Self {
        let text = text.into();
        let told = shown(entry).map(|entry| format!("{text}: `{entry}`"));
        Self { text, told, cure: None }
    }

    /// A fault of this key of this object.
    pub(super) fn of_key(key: &str, name: &str, text: &'static str) -> Self {
        let told = shown(key).zip(shown(name)).map(|(key, name)| format!("{text} {key} in profile {name}"));
        Self { text: text.into(), told, cure: None }
    }

    /// With this cure instead of the setting's usual one.
    pub(super) fn cured(self, cure: impl Into<Cow<'static, str>>) -> Self {
        Self { cure: Some(cure.into()), ..self }
    }

    /// With this cure, if there is one.
    pub(super) fn maybe_cured(self, cure: Option<String>) -> Self {
        match cure {
            Some(cure) => self.cured(cure),
            None => self,
        }
    }
}

impl From<Cow<'static, str>> for Fault {
    fn from(text: Cow<'static, str>) -> Self {
        Self { text, told: None, cure: None }
    }
}

impl From<&'static str> for Fault {
    fn from(text: &'static str) -> Self {
        Cow::Borrowed(text).into()
    }
}

impl From<String> for Fault {
    fn from(text: String) -> Self {
        Cow::<'static, str>::Owned(text).into()
    }
}

/// An entry as it is shown; none where it may be a secret that was put into the wrong variable.
fn shown(entry: &str) -> Option<String> {
    let is_credential = CREDENTIALS.iter().any(|prefix| entry.contains(prefix))
        || entry.split(|c: char| !c.is_ascii_alphanumeric()).any(|piece| piece.len() >= LONG);
    let is_url_with_more = entry.contains("://") && entry.contains(['@', '?']);
    let shows = !(entry.is_empty() || is_credential || is_url_with_more);
    shows.then(|| Shown(entry).to_string())
}
