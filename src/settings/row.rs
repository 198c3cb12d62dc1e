//! What a setting is: one row, which says all that is said of it anywhere, and how its value is read.

use super::reader::Reader;

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

/// Declares settings, a row each: name, type, instances, default, purpose, and the function that reads it. Each
/// becomes a [`Setting`] of its name, and all of them `TABLE`.
macro_rules! rows {
    ($($name:ident: $type:ty, $to:ident, $default:expr, $purpose:literal, $reads:expr;)*) => {
        $(
            #[doc = $purpose]
            pub(super) static $name: Setting<$type> = Setting {
                row: Row { name: stringify!($name), to: Instances::$to, default: $default, purpose: $purpose },
                reads: $reads,
            };
        )*

        /// Every setting that there is, in the order of README's table.
        pub static TABLE: &[&Row] = &[$(&$name.row),*];
    };
}
pub(super) use rows;
