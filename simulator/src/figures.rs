//! Figures that must not grow: kept in `figures.txt` beside the code, compared by a tenth.

use crate::options::Options;
use crate::seen::Totals;
use std::fmt::Write;

const KEPT: &str = include_str!("../figures.txt");
/// The file, from the root of the checkout.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/figures.txt");
const COLUMNS: [&str; 5] = ["p50", "p99", "p99.9", "longest", "requests a job"];

/// What the figures are of: they are compared with the like alone.
fn head(options: &Options) -> String {
    format!("first {} seeds {} jobs {}", options.first, options.seeds, options.jobs)
}

/// Writes them down.
pub fn keep(options: &Options, totals: &Totals) -> std::io::Result<()> {
    let mut text = format!(
        "# made by `./build.sh simulate --keep-figures`; a figure may grow by a tenth\n{}\n",
        head(options)
    );
    for (name, row) in rows(totals) {
        let row: Vec<String> = row.iter().map(u64::to_string).collect();
        let _ = writeln!(text, "{name}: {}", row.join(" "));
    }
    std::fs::write(PATH, text)
}

/// What has grown by more than a tenth, or that there is nothing to compare with.
pub fn compare(options: &Options, totals: &Totals) -> Result<Vec<String>, String> {
    let plain = options.kind.is_none() && options.without.is_empty();
    if !plain || KEPT.lines().nth(1) != Some(head(options).as_str()) {
        return Err(
            "the figures are compared where it is played with --first 1 --seeds 1000 --jobs 100".to_owned()
        );
    }
    let mut grown = Vec::new();
    for (name, row) in rows(totals) {
        let kept = KEPT.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        let kept: Vec<u64> =
            kept.unwrap_or_default().split(' ').filter_map(|text| text.parse().ok()).collect();
        for ((now, was), column) in row.iter().zip(&kept).zip(COLUMNS) {
            // A second, or a tenth of a request, is nothing.
            let slack = (was / 10).max(if column == "requests a job" { 10 } else { 1 });
            if *now > was + slack {
                grown.push(format!("{name}: {column} grew from {was} to {now}"));
            }
        }
        if kept.len() != COLUMNS.len() {
            grown.push(format!("{name}: no figures are kept; see --keep-figures"));
        }
    }
    Ok(grown)
}

/// Waits in seconds, and hundredths of a request a job, by kind of world and over all.
fn rows(totals: &Totals) -> Vec<(&'static str, [u64; 5])> {
    let kinds = totals.kinds.iter().map(|(name, seen)| (*name, seen));
    kinds
        .chain([("all seeds", &totals.all)])
        .map(|(name, seen)| {
            let wait = |part| seen.wait(part) / 1000;
            let requests = seen.all_requests * 100 / seen.jobs.max(1);
            (name, [wait(5000), wait(9900), wait(9990), wait(10_000), requests])
        })
        .collect()
}
