//! What reading the settings comes to: the settings, or what is wrong with them.

use serde::Serialize;
use std::borrow::Cow;

/// What is wrong with a setting. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which variable.
    pub setting: &'static str,
    /// Whether its value is a secret: how weak one is only its operator is told.
    pub is_secret: bool,
    /// What is wrong with it, without any part of its value.
    pub fault: Cow<'static, str>,
    /// The same with the entry that is at fault, which only the operator sees.
    pub with_entry: Option<String>,
    /// What to do about it.
    pub cure: Cow<'static, str>,
}

impl Problem {
    /// What is wrong with it, for the operator.
    pub fn told(&self) -> &str {
        self.with_entry.as_deref().unwrap_or(&self.fault)
    }

    /// The whole of it in one line, for an operator.
    pub fn line(&self) -> String {
        format!("{} {}; {}", self.setting, self.told(), self.cure)
    }
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
    /// `problems` and `warnings` as a JSON object, for the operator.
    pub fn report(&self) -> String {
        report(&self.problems, &self.warnings, Problem::told)
    }

    /// The same for anybody: without entries, and without doubts about secrets.
    pub fn public_report(&self) -> String {
        let warnings: Vec<Problem> = self.warnings.iter().filter(|one| !one.is_secret).cloned().collect();
        report(&self.problems, &warnings, |problem| &problem.fault)
    }
}

/// Warnings alone, as [`Checked::report`] has them.
pub fn warnings(warnings: &[Problem]) -> String {
    report(&[], warnings, Problem::told)
}

#[derive(Serialize)]
struct Line<'a> {
    setting: &'static str,
    fault: &'a str,
    cure: &'a str,
}

fn report(problems: &[Problem], warnings: &[Problem], fault: fn(&Problem) -> &str) -> String {
    #[derive(Serialize)]
    struct Report<'a> {
        problems: Vec<Line<'a>>,
        warnings: Vec<Line<'a>>,
    }
    let report = Report { problems: lines(problems, fault), warnings: lines(warnings, fault) };
    serde_json::to_string(&report).unwrap_or_default()
}

fn lines(found: &[Problem], fault: fn(&Problem) -> &str) -> Vec<Line<'_>> {
    found.iter().map(|one| Line { setting: one.setting, fault: fault(one), cure: &one.cure }).collect()
}
