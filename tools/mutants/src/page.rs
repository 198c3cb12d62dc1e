//! The tables in docs, between two marks, made of what is kept.

use crate::judge::Verdict;
use crate::kept::{self, EXCUSES, Row};
use crate::{critical, planted};
use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Mutants that are made and kept together.
#[derive(Debug)]
pub(crate) struct Group {
    /// What they are called on the command line and in the marks.
    pub name: &'static str,
    /// Where verdicts are kept.
    pub kept: &'static str,
    /// The page with their table.
    page: &'static str,
}

/// All of them.
pub(crate) const GROUPS: &[Group] = &[
    Group { name: "core", kept: "tools/mutants/core.tsv", page: "docs/reliability.md" },
    Group { name: "runner", kept: "tools/mutants/runner.tsv", page: "docs/mutants.md" },
    Group { name: "artifact", kept: "tools/mutants/artifact.tsv", page: "docs/mutants.md" },
    Group { name: "host", kept: "tools/mutants/host.tsv", page: "docs/mutants.md" },
];

/// The page with the planted bugs.
const PLANTED: (&str, &str) = ("planted", "docs/reliability.md");
/// The page with the files where a hole costs something.
const CRITICAL: (&str, &str) = ("critical", "docs/mutants.md");

/// The page with the planted bugs of the host, and what `./build.sh mutants bugs` keeps of them.
const HOST_BUGS: (&str, &str) = ("bugs", "docs/mutants.md");
const HOST_BUGS_KEPT: &str = "tools/mutants/host_bugs.tsv";

/// The table of the host's planted bugs: bug, file, and the test that fails for it.
fn host_bugs(root: &Path) -> Result<String> {
    let kept = std::fs::read_to_string(root.join(HOST_BUGS_KEPT)).context(HOST_BUGS_KEPT)?;
    let mut table = String::from("| Planted bug | File | Test that fails |\n|---|---|---|\n");
    for line in kept.lines().filter(|line| !line.starts_with('#')) {
        let [name, file, test] = line.split('\t').collect::<Vec<_>>()[..] else {
            bail!("{HOST_BUGS_KEPT}: must have three fields: {line}");
        };
        let _ = writeln!(table, "| {name} | `{file}` | `{}` |", test.trim_start_matches("tests/"));
    }
    Ok(table)
}

/// The rows of all groups.
pub(crate) fn all_rows(root: &Path) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for group in GROUPS {
        rows.extend(kept::rows(root, group.kept)?);
    }
    Ok(rows)
}

/// Writes every table; says which pages changed.
pub(crate) fn write(root: &Path) -> Result<Vec<String>> {
    let mut changed = Vec::new();
    for (path, text) in pages(root)? {
        if std::fs::read_to_string(root.join(&path))? != text {
            std::fs::write(root.join(&path), text)?;
            changed.push(path);
        }
    }
    Ok(changed)
}

/// The pages as they should be.
fn pages(root: &Path) -> Result<BTreeMap<String, String>> {
    let excuses = kept::excuses(root)?;
    let mut pages: BTreeMap<String, String> = BTreeMap::new();
    let mut put = |name: &str, path: &str, table: &str| -> Result<()> {
        let text = match pages.remove(path) {
            Some(text) => text,
            None => std::fs::read_to_string(root.join(path)).with_context(|| path.to_owned())?,
        };
        let (start, end) =
            (format!("<!-- mutants: {name} -->\n"), format!("<!-- end of mutants: {name} -->\n"));
        let Some((before, (_, after))) =
            text.split_once(&start).and_then(|(before, rest)| Some((before, rest.split_once(&end)?)))
        else {
            bail!("{path} has no `{}` with its end", start.trim());
        };
        pages.insert(path.to_owned(), format!("{before}{start}{table}{end}{after}"));
        Ok(())
    };
    put(PLANTED.0, PLANTED.1, &planted::table(&planted::rows(root)?))?;
    put(HOST_BUGS.0, HOST_BUGS.1, &host_bugs(root)?)?;
    put(CRITICAL.0, CRITICAL.1, &critical::table(&all_rows(root)?, &excuses))?;
    for group in GROUPS {
        put(group.name, group.page, &table(&kept::rows(root, group.kept)?, &excuses))?;
    }
    Ok(pages)
}

/// How many of each.
#[derive(Default)]
struct Count {
    caught: usize,
    timeouts: usize,
    survived: usize,
    refused: usize,
    not_run: usize,
}

impl Count {
    fn add(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Caught(_) => &mut self.caught,
            Verdict::Timeout(_) => &mut self.timeouts,
            Verdict::Missed => &mut self.survived,
            Verdict::Refused => &mut self.refused,
            Verdict::NotRun => &mut self.not_run,
        } += 1;
    }

    /// How many were tried.
    fn tried(&self) -> usize {
        self.caught + self.timeouts + self.survived
    }

    fn share(&self) -> String {
        let tried = self.tried().max(1);
        let tenths = (self.caught + self.timeouts) * 1000 / tried;
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

fn table(rows: &[Row], excuses: &BTreeMap<(String, String), String>) -> String {
    let mut files: BTreeMap<&str, Count> = BTreeMap::new();
    let mut all = Count::default();
    for row in rows {
        files.entry(&row.file).or_default().add(&row.verdict);
        all.add(&row.verdict);
    }
    let mut text = format!(
        "{} mutants: {} were run, of which {} were caught, {} did not end, and {} survived ({} noticed). {} do not \
         compile; {} were not run.\n\n",
        rows.len(),
        all.tried(),
        all.caught,
        all.timeouts,
        all.survived,
        all.share(),
        all.refused,
        all.not_run
    );
    text.push_str("| File | Run | Caught | Did not end | Survived | Not run |\n|---|---|---|---|---|---|\n");
    for (file, count) in &files {
        let Count { caught, timeouts, survived, not_run, .. } = count;
        let _ = writeln!(
            text,
            "| `{file}` | {} | {caught} | {timeouts} | {survived} | {not_run} |",
            count.tried()
        );
    }
    if all.survived > 0 {
        text.push_str("\n| Survivor | Why it is harmless |\n|---|---|\n");
    }
    for row in rows.iter().filter(|row| row.survived()) {
        let why = excuses.get(&(row.file.clone(), row.name.clone())).map_or("**no excuse**", String::as_str);
        let name = row.name.replace('|', "\\|");
        let _ = writeln!(text, "| `{}`: {name} | {why} |", row.file);
    }
    text
}

/// Survivors without an excuse, and excuses without a survivor.
pub(crate) fn unexcused(root: &Path) -> Result<Vec<String>> {
    let mut excuses = kept::excuses(root)?;
    let mut wrong = Vec::new();
    for row in all_rows(root)?.into_iter().filter(Row::survived) {
        if excuses.remove(&(row.file.clone(), row.name.clone())).is_none() {
            wrong.push(format!("survived, and has no excuse: {}: {}", row.file, row.name));
        }
    }
    let left = excuses.into_keys();
    wrong.extend(left.map(|(file, name)| format!("{EXCUSES}: no survivor is called {file}: {name}")));
    Ok(wrong)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    fn root() -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
    }

    #[test]
    fn docs_have_the_tables_that_would_be_written_now() {
        for (path, text) in pages(&root()).unwrap() {
            let written = std::fs::read_to_string(root().join(&path)).unwrap();
            assert!(written == text, "{path} is old; run `./build.sh mutants pages`");
        }
    }

    #[test]
    fn every_survivor_has_an_excuse_and_every_excuse_a_survivor() {
        assert_eq!(unexcused(&root()).unwrap(), [""; 0]);
    }
}
