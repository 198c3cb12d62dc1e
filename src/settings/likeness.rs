//! Names that are nearly one of ours: what somebody who misspelt one meant.

use super::checked::Problem;
use super::row::Row;

/// What `given` is likely to mean: the known name that is nearest, if it is near. Case does not count.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let given = given.to_ascii_lowercase();
    let near = known.into_iter().filter_map(|name| {
        let lower = name.to_ascii_lowercase();
        let edits = edits(&given, &lower);
        let most = if lower.len() < 4 { 1 } else { 2 };
        // `pull-request` is two words of ours, and `MAX_MEMORY` the beginning of a name.
        let begun = given.len() >= 6 && lower.starts_with(&format!("{given}_"));
        let longer =
            given.strip_prefix(&lower).is_some_and(|rest| lower.len() >= 6 && !rest.starts_with('_'));
        (edits <= most || begun || longer).then_some((edits, name))
    });
    near.min_by_key(|(edits, _)| *edits).map(|(_, name)| name)
}

/// The environment's variables that are no setting but look like a misspelt one.
pub(super) fn misspelt<'a>(names: impl Iterator<Item = &'a str>, table: &[&'static Row]) -> Vec<Problem> {
    let doubt = |name: &str| {
        if table.iter().any(|row| row.name == name) {
            return None;
        }
        let meant = nearest(name, table.iter().map(|row| row.name))?;
        let row = table.iter().find(|row| row.name == meant)?;
        Some(Problem {
            setting: row.name,
            is_secret: false,
            fault: "has a misspelt neighbour in the environment, which is ignored".into(),
            with_entry: Some(format!("is not {name}, which is set but is no setting")),
            cure: format!("rename it to {meant}, or remove it").into(),
        })
    };
    names.filter_map(doubt).collect()
}

/// How many letters are to be added, left out or replaced to make one of the other (Levenshtein).
fn edits(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (cell, b) in row.iter_mut().skip(1).zip(&other) {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = *cell;
            left = replaced.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
}
