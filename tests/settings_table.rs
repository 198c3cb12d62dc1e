//! The table of settings: docs/settings.md shows it as it is, and its defaults are what applies while nothing is set.
#![allow(clippy::expect_used, reason = "a test")]

use jitney::settings::{CoursesSettings, Fallback, IntakeSettings, KeysSettings, Row, TABLE};
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../docs/settings.md");

/// A setting's line in the page's table.
fn line(row: &Row) -> String {
    let default = match row.default {
        Fallback::Reads(text) => format!("`{text}`"),
        Fallback::Means(text) => text.to_owned(),
    };
    format!("| `{}` | {default} | {} |", row.name, row.purpose)
}

/// The settings that must be there, and those of `more`.
fn environment(more: &[(&str, &str)]) -> Vec<(String, String)> {
    let must = [
        ("GITHUB_TOKEN", "ghp_canary"),
        ("WEBHOOK_SECRET", "secret-canary"),
        ("GITHUB_APP_PRIVATE_KEY", include_str!("standin/keys/app.pkcs8.pem")),
    ];
    must.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn the_page_shows_the_table_line_by_line() {
    let (_, rest) = PAGE.split_once("| Variable | Default | What it is |\n|---|---|---|\n").expect("a table");
    let (shown, _) = rest.split_once("\n\n").expect("the table's end");
    let table: Vec<String> = TABLE.iter().map(|row| line(row)).collect();
    for (shown, row) in shown.lines().zip(&table) {
        assert_eq!(shown, row, "the page's line is not the one of src/settings/table.rs");
    }
    assert_eq!(
        shown.lines().count(),
        table.len(),
        "the page's table ends early or goes on; the rows are {table:#?}"
    );
}

#[test]
fn a_default_that_is_written_out_changes_nothing() {
    let defaults: Vec<(&str, &str)> = TABLE
        .iter()
        .filter_map(|row| match row.default {
            Fallback::Reads(text) => Some((row.name, text)),
            Fallback::Means(_) => None,
        })
        .collect();
    assert!(defaults.len() >= 10);
    let (silent, told) = (environment(&[]), environment(&defaults));
    for environment in [&silent, &told] {
        assert!(IntakeSettings::read(environment).settings.is_some());
        assert!(CoursesSettings::read(environment).settings.is_some());
    }
    let shown = |environment: &[(String, String)]| {
        format!("{:?}{:?}", IntakeSettings::read(environment), CoursesSettings::read(environment))
    };
    assert_eq!(shown(&silent), shown(&told));
}

#[test]
fn every_setting_is_read_by_the_instances_that_get_it_and_by_no_other() {
    // What no setting can be: text of a control character reads as nothing anywhere, and is not blank.
    let nonsense = "\u{1}\u{1},";
    let free = ["WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS"];
    let lists = ["ALLOWED_EVENTS", "ALLOWED_BRANCHES", "ALLOWED_ACTORS", "ALLOWED_WORKFLOWS"];
    let mut names = BTreeSet::new();
    for row in TABLE {
        assert!(names.insert(row.name), "{} has two rows", row.name);
        assert!(!row.purpose.contains('\n') && !row.purpose.contains('|'), "{}", row.name);
        if free.contains(&row.name) {
            continue;
        }
        let value = if lists.contains(&row.name) { "," } else { nonsense };
        let mut given: Vec<_> = environment(&[]).into_iter().filter(|(name, _)| name != row.name).collect();
        given.push((row.name.to_owned(), value.to_owned()));
        let minds = |problems: &[jitney::settings::Problem]| problems.iter().any(|p| p.setting == row.name);
        let courses = CoursesSettings::read(&given);
        let reads = (
            minds(&IntakeSettings::read(&given).problems),
            // An App's id only decides how a courses instance signs in; the keys instance minds what it is.
            minds(&courses.problems) || minds(&courses.warnings) || row.name == "GITHUB_APP_ID",
            minds(&KeysSettings::read(&given).problems),
        );
        assert_eq!(reads, (row.to.intake, row.to.courses, row.to.keys), "{}", row.name);
    }
}
