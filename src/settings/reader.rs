//! One setting at a time: presence, form, bounds, and a problem where it fails.

use super::checked::{Checked, Problem};
use super::fault::Fault;
use super::row::{Fallback, Instances, Row};
use crate::words::secret::Secret;

/// Environment variables, name and value.
pub type Environment = [(String, String)];

/// Reads settings and collects what is wrong with them, so that all of it can be said at once.
pub(super) struct Reader<'a> {
    environment: &'a Environment,
    instance: Instances,
    problems: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// A reader for an instance of this kind.
    pub(super) fn new(instance: Instances, environment: &'a Environment) -> Self {
        Self { environment, instance, problems: Vec::new(), warnings: Vec::new() }
    }

    /// The settings that were read, if nothing was wrong, and what was found on the way.
    pub(super) fn check<T>(self, settings: Option<T>) -> Checked<T> {
        let Self { problems, warnings, .. } = self;
        Checked { settings: settings.filter(|_| problems.is_empty()), problems, warnings }
    }

    pub(super) fn problem(&mut self, row: &Row, fault: impl Into<Fault>, cure: &'static str) {
        self.problems.push(found(row, fault.into(), cure));
    }

    pub(super) fn warn(&mut self, row: &Row, fault: impl Into<Fault>, cure: &'static str) {
        self.warnings.push(found(row, fault.into(), cure));
    }

    /// The value as it stands; `None` where it is unset.
    pub(super) fn raw(&self, row: &Row) -> Option<&'a str> {
        debug_assert!(row.to.meet(self.instance), "{} is not given to this kind of instance", row.name);
        self.environment.iter().find(|(key, _)| key == row.name).map(|(_, value)| value.as_str())
    }

    /// The trimmed value; where it is unset or blank, the default, if that has a value.
    pub(super) fn text(&self, row: &Row) -> Option<&'a str> {
        let given = self.raw(row).map(str::trim).filter(|value| !value.is_empty());
        given.or(match row.default {
            Fallback::Reads(text) => Some(text),
            Fallback::Means(_) => None,
        })
    }

    /// What `parse` makes of the value, or of the default where it finds fault with the value. A fault that names no
    /// entry is one of all of it.
    pub(super) fn parsed<T, F: Into<Fault>>(
        &mut self,
        row: &Row,
        cure: &'static str,
        parse: impl Fn(&str) -> Result<T, F>,
    ) -> Option<T> {
        let text = self.text(row)?;
        match (parse(text), row.default) {
            (Ok(value), _) => Some(value),
            (Err(fault), default) => {
                let fault = fault.into();
                let whole = Fault { cure: fault.cure.clone(), ..Fault::of(text, fault.text.clone()) };
                self.problem(row, if fault.told.is_some() { fault } else { whole }, cure);
                match default {
                    Fallback::Reads(text) => parse(text).ok(),
                    Fallback::Means(_) => None,
                }
            }
        }
    }

    /// A secret that must be there, to the letter.
    pub(super) fn secret(&mut self, row: &Row, cure: &'static str) -> Secret {
        match self.raw(row) {
            Some(value) if !value.trim().is_empty() => {
                if value.trim() != value {
                    let fault = "begins or ends with white space";
                    self.warn(
                        row,
                        fault,
                        "paste it again without the white space, unless that is part of it",
                    );
                }
                Secret::new(value)
            }
            Some(_) => {
                self.problem(row, "is empty", cure);
                Secret::new("")
            }
            None => {
                self.problem(row, "is not set", cure);
                Secret::new("")
            }
        }
    }

    /// A whole number from `least` to `most`.
    pub(super) fn number<T: TryFrom<u64> + Default>(&mut self, row: &Row, least: u64, most: u64) -> T {
        let read = |text: &str| {
            let number = text.parse().ok().filter(|number| (least..=most).contains(number));
            number.and_then(|number| T::try_from(number).ok()).ok_or_else(|| match most {
                u64::MAX => format!("must be a whole number of at least {least}"),
                most => format!("must be a whole number from {least} to {most}"),
            })
        };
        self.parsed(row, "correct it, or unset it for the default", read).unwrap_or_default()
    }

    /// A number above 0, up to `most`.
    pub(super) fn quantity(&mut self, row: &Row, most: f64) -> Option<f64> {
        let read = |text: &str| {
            let number = text.parse().ok().filter(|number| *number > 0.0 && *number <= most);
            number.ok_or_else(|| format!("must be a number above 0 and up to {most}"))
        };
        self.parsed(row, "correct it, or unset it for the default", read)
    }
}

/// A fault of a setting's value. Of a secret's no part is kept.
fn found(row: &Row, fault: Fault, cure: &'static str) -> Problem {
    let is_secret = row.is_secret();
    Problem {
        setting: row.name,
        is_secret,
        fault: fault.text,
        with_entry: fault.told.filter(|_| !is_secret),
        cure: fault.cure.unwrap_or(cure.into()),
    }
}

/// A row and how a value of type `T` is read for it.
#[derive(Debug)]
pub(super) struct Setting<T> {
    pub(super) row: Row,
    pub(super) reads: fn(&mut Reader<'_>, &Row) -> T,
}

impl<T> Setting<T> {
    /// The value; where it is at fault, a problem, and what stands in for the value until that is solved.
    pub(super) fn read(&self, reader: &mut Reader<'_>) -> T {
        (self.reads)(reader, &self.row)
    }
}
