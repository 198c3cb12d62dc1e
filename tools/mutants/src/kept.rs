//! What is kept in the repository: each mutant's verdict, and why a survivor does no harm.

use crate::judge::Verdict;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Why each survivor does no harm, one a line.
pub(crate) const EXCUSES: &str = "tools/mutants/excuses.tsv";

/// One mutant as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The file that it changes.
    pub file: String,
    /// What it changes there.
    pub name: String,
    /// What became of it.
    pub verdict: Verdict,
}

impl Row {
    /// Whether an excuse may be kept for it.
    pub(crate) fn survived(&self) -> bool {
        self.verdict == Verdict::Missed
    }
}

/// Reads the rows of a group: file, mutant, verdict and who noticed, with tabs between them.
pub(crate) fn rows(root: &Path, path: &str) -> Result<Vec<Row>> {
    let Ok(text) = std::fs::read_to_string(root.join(path)) else { return Ok(Vec::new()) };
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(at, line)| {
            let mut fields = line.split('\t');
            let mut field =
                || fields.next().with_context(|| format!("{path}:{}: a field is missing", at + 1));
            let (file, name, verdict, by) = (field()?, field()?, field()?, field()?);
            let by = by.to_owned();
            let verdict = match verdict {
                "caught" => Verdict::Caught(by),
                "timeout" => Verdict::Timeout(by),
                "survived" => Verdict::Missed,
                "refused" => Verdict::Refused,
                "not-run" => Verdict::NotRun,
                other => anyhow::bail!("{path}:{}: {other} is no verdict", at + 1),
            };
            Ok(Row { file: file.to_owned(), name: name.to_owned(), verdict })
        })
        .collect()
}

/// Writes the rows of a group.
pub(crate) fn write(root: &Path, path: &str, rows: &[Row]) -> Result<()> {
    let mut text =
        String::from("# Written by `./build.sh mutants`: file, mutant, verdict, who noticed it first.\n");
    for row in rows {
        let (verdict, by) = match &row.verdict {
            Verdict::Caught(by) => ("caught", by.as_str()),
            Verdict::Timeout(by) => ("timeout", by.as_str()),
            Verdict::Missed => ("survived", ""),
            Verdict::Refused => ("refused", ""),
            Verdict::NotRun => ("not-run", ""),
        };
        let _ = writeln!(text, "{}\t{}\t{verdict}\t{by}", row.file, row.name);
    }
    std::fs::write(root.join(path), text).with_context(|| path.to_owned())
}

/// The excuses, by file and mutant.
pub(crate) fn excuses(root: &Path) -> Result<BTreeMap<(String, String), String>> {
    let text = std::fs::read_to_string(root.join(EXCUSES)).context(EXCUSES)?;
    let mut excuses = BTreeMap::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
    {
        let fields: Vec<&str> = line.split('\t').collect();
        let [file, name, why] = fields.as_slice() else {
            anyhow::bail!("{EXCUSES}:{}: must be FILE, MUTANT and WHY with tabs between them", at + 1);
        };
        let old = excuses.insert(((*file).to_owned(), (*name).to_owned()), (*why).to_owned());
        ensure!(old.is_none(), "{EXCUSES}:{}: a second excuse for one mutant", at + 1);
    }
    Ok(excuses)
}
