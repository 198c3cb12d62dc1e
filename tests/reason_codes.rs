//! The reason codes: the table of `src/reply/codes.rs`, the page that shows it, and the code that gives them are one.
#![allow(clippy::expect_used, reason = "a test")]

use jitney::reply::{CODES, Code, Outcome, PAGE, Reason, Reply, Subject};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// Words between hyphens that are no reason.
const OTHERS: [&str; 6] =
    ["self-hosted", "kebab-case", "not-what-was-asked-for", "no-ruling", "content-type", "user-agent"];
/// Rooms where reasons are given.
const ROOMS: [&str; 6] =
    ["src/delivery", "src/policy", "src/machine", "src/course", "src/github", "component/src/lib.rs"];

fn all() -> impl Iterator<Item = &'static Code> {
    CODES.iter().flat_map(|(_, codes)| codes.iter())
}

fn page() -> String {
    let mut page = String::new();
    for (title, codes) in CODES {
        let _ = write!(page, "\n## {title}\n\n| Reason | Cause | What to do |\n|---|---|---|\n");
        for Code { code, cause, cure } in *codes {
            let cure = if cure.is_empty() { "Nothing" } else { cure };
            let _ = writeln!(page, "| <a id=\"{code}\"></a>`{code}` | {cause} | {cure} |");
        }
    }
    page
}

fn sources(at: &Path, found: &mut Vec<PathBuf>) {
    if at.is_file() {
        found.extend((at.extension().is_some_and(|e| e == "rs")).then(|| at.to_owned()));
        return;
    }
    for entry in std::fs::read_dir(at).expect("a folder") {
        sources(&entry.expect("an entry").path(), found);
    }
}

/// The codes that the sources give: what looks like one, and is no header and none of `OTHERS`.
fn given() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for room in ROOMS {
        sources(&root.join(room), &mut files);
    }
    let mut codes = BTreeSet::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("a text");
        for line in text.lines().map(|line| line.split("//").next().unwrap_or_default()) {
            for (at, literal) in line.split('"').enumerate() {
                let is_literal = at % 2 == 1;
                let words: Vec<&str> = literal.split('-').collect();
                let is_plain = |word: &&str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
                let header = literal.starts_with("x-")
                    || literal.starts_with("content-") && words.len() == 2
                    || literal == "if-none-match";
                if is_literal && words.len() > 1 && words.iter().all(is_plain) && !header {
                    codes.insert(literal.to_owned());
                }
            }
        }
    }
    codes.retain(|code| !OTHERS.contains(&code.as_str()));
    codes
}

#[test]
fn the_page_shows_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let shown = std::fs::read_to_string(&path).expect("the page");
    let (head, _) = shown.split_once("\n## ").unwrap_or((&shown, ""));
    let wanted = format!("{}\n{}", head.trim_end(), page());
    if std::env::var_os("JITNEY_WRITE_PAGES").is_some() {
        std::fs::write(&path, &wanted).expect("to write the page");
    } else {
        assert!(shown == wanted, "{PAGE} is stale: JITNEY_WRITE_PAGES=1 cargo test --test reason_codes");
    }
}

#[test]
fn every_code_that_is_given_is_in_the_table_and_no_other() {
    let table: BTreeSet<String> = all().map(|one| one.code.to_owned()).collect();
    assert_eq!(table.len(), all().count(), "a code stands twice");
    // One word each, or given in another crate.
    let beyond = ["ping", "settings", "busy", "method", "truncated", "swept", "vetting-unreadable"];
    let mut given = given();
    given.extend(beyond.map(str::to_owned));
    assert_eq!(given, table);
}

#[test]
fn a_row_says_something_and_fits_a_table() {
    for Code { code, cause, cure } in all() {
        assert!(cause.len() > 10 && !cause.ends_with('.') && !cure.ends_with('.'), "{code}");
        assert!(!cause.contains('|') && !cure.contains('|') && !cause.contains('\n'), "{code}");
    }
}

#[test]
fn an_answer_names_the_page_where_there_is_something_to_do() {
    let body = |code| Reply::new(Outcome::Refused, Reason::new(code, "x"), Subject::default()).body();
    assert!(body("signature-mismatch").contains(r#""see":"docs/answers.md#signature-mismatch""#));
    assert!(!body("runner-started").contains("see"));
}
