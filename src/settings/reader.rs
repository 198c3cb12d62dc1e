//! One setting at a time: presence, form, bounds, and a problem where it fails.

use crate::words::secret::Secret;
use serde::Serialize;
use std::borrow::Cow;

/// Environment variables, name and value.
pub type Environment = [(String, String)];

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

/// Reads settings and collects what is wrong with them, so that all of it can be said at once.
pub(super) struct Reader<'a> {
    environment: &'a Environment,
    pub(super) problems: Vec<Problem>,
    pub(super) warnings: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(environment: &'a Environment) -> Self {
        Self { environment, problems: Vec::new(), warnings: Vec::new() }
    }

    pub(super) fn problem(
        &mut self,
        setting: &'static str,
        fault: impl Into<Cow<'static, str>>,
        cure: &'static str,
    ) {
        self.problems.push(Problem { setting, fault: fault.into(), cure });
    }

    pub(super) fn warn(
        &mut self,
        setting: &'static str,
        fault: impl Into<Cow<'static, str>>,
        cure: &'static str,
    ) {
        self.warnings.push(Problem { setting, fault: fault.into(), cure });
    }

    /// The value as it stands; `None` where it is unset.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        self.environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The trimmed value; `None` where it is unset or blank.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.raw(name).map(str::trim).filter(|value| !value.is_empty())
    }

    /// A secret that must be there, to the letter.
    pub(super) fn secret(&mut self, name: &'static str, cure: &'static str) -> Secret {
        match self.raw(name) {
            Some(value) if !value.trim().is_empty() => {
                if value.trim() != value {
                    self.warn(
                        name,
                        "begins or ends with white space",
                        "check that it was pasted as it should be",
                    );
                }
                Secret::new(value)
            }
            Some(_) => {
                self.problem(name, "is empty", cure);
                Secret::new("")
            }
            None => {
                self.problem(name, "is not set", cure);
                Secret::new("")
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number(&mut self, name: &'static str, default: u64, least: u64, most: u64) -> u64 {
        let Some(text) = self.text(name) else { return default };
        if let Some(value) = text.parse().ok().filter(|n| (least..=most).contains(n)) {
            return value;
        }
        let fault = match most {
            u64::MAX => format!("is not a whole number from {least}"),
            most => format!("is not a whole number from {least} to {most}"),
        };
        self.problem(name, fault, "correct it, or unset it for the default");
        default
    }

    /// A number above 0, up to `most`.
    pub(super) fn quantity(&mut self, name: &'static str, default: f64, most: f64) -> f64 {
        let Some(text) = self.text(name) else { return default };
        if let Some(value) = text.parse().ok().filter(|n| *n > 0.0 && *n <= most) {
            return value;
        }
        self.problem(
            name,
            format!("is not a number above 0, up to {most}"),
            "correct it, or unset it for the default",
        );
        default
    }
}
