//! What is said of a setting: one row, which says all that is said of it anywhere.

/// What is said of a setting: in README's table, to the host, and where its value is at fault.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The environment variable.
    pub name: &'static str,
    /// Which instances get it.
    pub to: Instances,
    /// What applies while it is unset.
    pub default: Fallback,
    /// What it is for: one line of Markdown.
    pub purpose: &'static str,
}

/// The settings whose values nobody is shown.
const SECRETS: [&str; 5] =
    ["GITHUB_TOKEN", "GITHUB_APP_PRIVATE_KEY", "WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS", "STATUS_TOKEN"];

impl Row {
    /// Whether the value is a secret, of which nothing is shown.
    pub fn is_secret(&self) -> bool {
        SECRETS.contains(&self.name)
    }
}

/// Kinds of instances.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instances {
    /// Those that read deliveries.
    pub intake: bool,
    /// Those that play courses.
    pub courses: bool,
    /// Those that hold the App's key.
    pub keys: bool,
}

impl Instances {
    pub(super) const INTAKE: Self = Self { intake: true, courses: false, keys: false };
    pub(super) const COURSES: Self = Self { intake: false, courses: true, keys: false };
    pub(super) const KEYS: Self = Self { intake: false, courses: false, keys: true };
    /// What decides on a job before and after GitHub is asked.
    pub(super) const INTAKE_AND_COURSES: Self = Self { intake: true, courses: true, keys: false };
    /// What a request to GitHub needs.
    pub(super) const COURSES_AND_KEYS: Self = Self { intake: false, courses: true, keys: true };

    /// Whether a kind is in both.
    pub(super) fn meet(self, other: Self) -> bool {
        (self.intake && other.intake) || (self.courses && other.courses) || (self.keys && other.keys)
    }
}

/// What applies while a setting is unset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fallback {
    /// It reads as if this had been written.
    Reads(&'static str),
    /// It has no value, and this is what that means.
    Means(&'static str),
}
