//! The table of planted bugs: `simulator/planted_bugs.txt`, where each is written as what a diff of it would show.

use crate::mutant::{Edit, Mutant};
use anyhow::{Context, Result, bail, ensure};
use std::path::Path;

/// Where the table is.
pub(crate) const TABLE: &str = "simulator/planted_bugs.txt";

/// Reads the table, and finds each bug's place in the code of today.
pub(crate) fn read(root: &Path) -> Result<(Vec<Mutant>, Vec<String>)> {
    let text = std::fs::read_to_string(root.join(TABLE)).context(TABLE)?;
    let (mut bugs, mut stale) = (Vec::new(), Vec::new());
    for bug in parse(&text)? {
        match place(root, &bug) {
            Ok(mutant) => bugs.push(mutant),
            Err(why) => stale.push(format!("{}: {why:#}", bug.name)),
        }
    }
    Ok((bugs, stale))
}

/// A bug as it is written.
#[derive(Debug, Default, PartialEq, Eq)]
struct Written {
    name: String,
    /// File, old text, new text.
    hunks: Vec<(String, String, String)>,
}

fn parse(text: &str) -> Result<Vec<Written>> {
    let mut bugs: Vec<Written> = Vec::new();
    let mut file = String::new();
    for (at, line) in text.lines().enumerate() {
        let at = at + 1;
        let told = |what: &str| format!("{TABLE}:{at}: {what}");
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("== ") {
            ensure!(bugs.iter().all(|bug| bug.name != name), told("a second bug of this name"));
            bugs.push(Written { name: name.to_owned(), hunks: Vec::new() });
            file.clear();
            continue;
        }
        let bug = bugs.last_mut().with_context(|| told("a bug begins with `== NAME`"))?;
        if let Some(path) = line.strip_prefix("@ ") {
            path.clone_into(&mut file);
        } else if let Some(old) = line.strip_prefix("- ") {
            ensure!(!file.is_empty(), told("`@ FILE` comes first"));
            match bug.hunks.last_mut() {
                Some((of, text, new)) if new.is_empty() && *of == file && !text.is_empty() => {
                    text.push('\n');
                    text.push_str(old);
                }
                _ => bug.hunks.push((file.clone(), old.to_owned(), String::new())),
            }
        } else if let Some(new) = line.strip_prefix('+') {
            let (_, _, text) = bug.hunks.last_mut().with_context(|| told("`- OLD` comes first"))?;
            text.push_str(if text.is_empty() { "" } else { "\n" });
            text.push_str(new);
            text.push_str(if new.trim().is_empty() { " " } else { "" });
        } else {
            bail!(told("a line begins with `== `, `@ `, `- ` or `+`"));
        }
    }
    for bug in &bugs {
        ensure!(!bug.hunks.is_empty(), "{TABLE}: {}: changes nothing", bug.name);
    }
    Ok(bugs)
}

fn place(root: &Path, bug: &Written) -> Result<Mutant> {
    let mut edits = Vec::new();
    for (file, old, new) in &bug.hunks {
        let text = std::fs::read_to_string(root.join(file)).with_context(|| format!("there is no {file}"))?;
        let starts = occurrences(&text, old);
        match starts.as_slice() {
            [range] => {
                edits.push(Edit { file: file.clone(), range: range.clone(), text: new.trim().to_owned() });
            }
            [] => bail!("`{old}` is not in {file}"),
            more => bail!("`{old}` is {} times in {file}; write more of the line", more.len()),
        }
    }
    Ok(Mutant { name: bug.name.clone(), edits })
}

/// Where a text is, however its white space is laid out.
fn occurrences(text: &str, wanted: &str) -> Vec<core::ops::Range<usize>> {
    let words: Vec<&str> = wanted.split_whitespace().collect();
    let Some(first) = words.first() else { return Vec::new() };
    let fits = |start: usize| {
        let mut at = start;
        for (nth, word) in words.iter().enumerate() {
            let rest = text.get(at..)?;
            let blank = rest.len() - rest.trim_start().len();
            let skipped = if nth == 0 { 0 } else { blank };
            if nth > 0 && blank == 0 || !rest.get(skipped..)?.starts_with(word) {
                return None;
            }
            at += skipped + word.len();
        }
        Some(start..at)
    };
    text.match_indices(first).filter_map(|(start, _)| fits(start)).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;

    #[test]
    fn a_bug_is_read_as_it_is_written() {
        let bugs = parse("# so\n== One\n@ src/a.rs\n- old\n- text\n+ new\n- b\n+\n\n== Two\n@ c\n- d\n+ e\n")
            .unwrap();
        let hunk = |file: &str, old: &str, new: &str| (file.to_owned(), old.to_owned(), new.to_owned());
        assert_eq!(
            bugs.first().unwrap().hunks,
            [hunk("src/a.rs", "old\ntext", " new"), hunk("src/a.rs", "b", " ")]
        );
        assert_eq!(bugs.len(), 2);
    }

    #[test]
    fn a_table_that_cannot_be_read_says_where() {
        for (text, why) in [
            ("- a", "begins with `== NAME`"),
            ("== A\n- a", "`@ FILE` comes first"),
            ("== A\n@ f\n+ a", "`- OLD` comes first"),
            ("== A\n@ f\n- a\n+ b\n== A", ":5: a second bug"),
            ("== A\nwhat", ":2: a line begins with"),
            ("== A\n@ f", "changes nothing"),
        ] {
            assert!(parse(text).unwrap_err().to_string().contains(why), "{text}");
        }
    }

    #[test]
    fn white_space_may_differ_and_nothing_else() {
        assert_eq!(occurrences("x a\n   b y a b", "a b"), [2..8, 11..14]);
        assert_eq!(occurrences("ab", "a b"), []);
        assert_eq!(occurrences("a c", "a b"), []);
    }
}
