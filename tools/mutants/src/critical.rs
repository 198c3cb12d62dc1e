//! The files where a hole costs something: how many of their mutants were made, and what became of them.

use crate::judge::Verdict;
use crate::kept::Row;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What they are for, and how their names begin.
const CRITICAL: &[(&str, &[&str])] = &[
    ("signature", &["src/delivery/signature.rs"]),
    ("policy", &["src/policy/"]),
    ("guard", &["guard/src/", "src/words/api_base.rs"]),
    ("instances", &["host/component.py", "host/linking.py", "host/intake.py", "host/values.py"]),
    ("requests to GitHub", &["component/src/http.rs"]),
    ("endpoint's bounds", &["host/endpoint.py", "host/reading.py", "host/connections.py"]),
    ("staying awake", &["host/awake.py"]),
    ("launcher", &["host/launcher.py", "host/modal/launcher.py", "host/local/launcher.py"]),
    (
        "credentials",
        &["host/credentials.py", "src/course/keys.rs", "src/github/app.rs", "src/github/credential.rs"],
    ),
    ("sandbox's entry", &["runner/src/"]),
];

/// How many of each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    /// All that compile.
    made: usize,
    /// Those that something noticed.
    caught: usize,
    /// Those that nothing noticed, and that have an excuse.
    excused: usize,
}

impl Count {
    /// Survivors without an excuse, and those that nobody looked at.
    fn open(self) -> usize {
        self.made - self.caught - self.excused
    }

    fn share(self) -> String {
        let tenths = self.caught * 1000 / self.made.max(1);
        format!("{}.{} %", tenths / 10, tenths % 10)
    }

    fn add(&mut self, other: Self) {
        self.made += other.made;
        self.caught += other.caught;
        self.excused += other.excused;
    }

    fn line(self, what: &str, file: &str) -> String {
        let Self { made, caught, excused } = self;
        format!("| {what} | {file} | {made} | {caught} | {excused} | {} | {} |\n", self.open(), self.share())
    }
}

fn count(rows: &[Row], excuses: &BTreeMap<(String, String), String>) -> Vec<(&'static str, String, Count)> {
    let mut counts = Vec::new();
    for (what, names) in CRITICAL {
        let mut files: BTreeMap<&str, Count> = BTreeMap::new();
        let here = |row: &&Row| names.iter().any(|name| row.file.starts_with(name));
        for row in rows.iter().filter(here).filter(|row| row.verdict != Verdict::Refused) {
            let harmless = excuses.contains_key(&(row.file.clone(), row.name.clone()));
            files.entry(&row.file).or_default().add(Count {
                made: 1,
                caught: usize::from(matches!(row.verdict, Verdict::Caught(_) | Verdict::Timeout(_))),
                excused: usize::from(row.survived() && harmless),
            });
        }
        counts.extend(files.into_iter().map(|(file, count)| (*what, file.to_owned(), count)));
    }
    counts
}

/// The table for docs, of the rows of all groups.
pub(crate) fn table(rows: &[Row], excuses: &BTreeMap<(String, String), String>) -> String {
    let mut text = String::from(
        "| What | File | Made | Caught | Excused | Open | Share |\n|---|---|---|---|---|---|---|\n",
    );
    let mut all = Count::default();
    for (what, file, count) in count(rows, excuses) {
        all.add(count);
        text.push_str(&count.line(what, &format!("`{file}`")));
    }
    let _ = write!(text, "{}", all.line("all", ""));
    text
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use crate::{kept, page};
    use std::path::Path;

    #[test]
    fn nine_tenths_are_caught_where_a_hole_costs_something_and_the_rest_is_excused() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let rows = page::all_rows(&root).unwrap();
        let counts = count(&rows, &kept::excuses(&root).unwrap());
        for (what, _) in CRITICAL {
            assert!(counts.iter().any(|(of, _, _)| of == what), "{what} has no mutant");
        }
        let mut all = Count::default();
        for (_, file, count) in &counts {
            assert_eq!(count.open(), 0, "{file}: {count:?}");
            all.add(*count);
        }
        assert!(all.caught * 10 >= all.made * 9, "{all:?}");
    }
}
