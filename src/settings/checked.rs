//! What reading the settings comes to: the settings, or what is wrong with them.

use serde::Serialize;
use std::borrow::Cow;

/// What is wrong with a setting. Never holds its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Which variable.
    pub setting: &'static str,
    /// What is wrong with it.
    pub fault: Cow<'static, str>,
    /// What to do about it.
    pub cure: &'static str,
}

/// Settings, and what was found on the way.
#[derive(Clone, Debug)]
pub struct Checked<T> {
    /// The settings, unless there is a problem.
    pub settings: Option<T>,
    /// What must be fixed before jitney works.
    pub problems: Vec<Problem>,
    /// What the operator should know.
    pub warnings: Vec<Problem>,
}

impl<T> Checked<T> {
    /// `problems` and `warnings` as a JSON object.
    pub fn report(&self) -> String {
        #[derive(Serialize)]
        struct Report<'a> {
            problems: &'a [Problem],
            warnings: &'a [Problem],
        }
        let report = Report { problems: &self.problems, warnings: &self.warnings };
        serde_json::to_string(&report).unwrap_or_default()
    }
}
