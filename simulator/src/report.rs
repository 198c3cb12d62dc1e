//! Many seeds played, and what is printed of them.

use crate::faults::{FAULTS, KINDS};
use crate::promises::{Broken, PROMISES};
use crate::seen::{Seen, Totals};
use crate::world::{Play, World};
use std::fmt::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one play came to.
pub type Played = (Seen, Option<Broken>, Vec<String>);

/// Plays all of them, on several threads; the order of what comes back is that of the plays.
pub fn play_all(plays: &[Play], threads: usize) -> Vec<Played> {
    let next = AtomicUsize::new(0);
    let played: Mutex<Vec<(usize, Played)>> = Mutex::new(Vec::with_capacity(plays.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.min(plays.len()) {
            scope.spawn(|| {
                while let Some((at, play)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    plays.get(at).map(|play| (at, play))
                } {
                    let seen = World::new(play.clone()).play();
                    played.lock().expect("no thread panics").push((at, seen));
                }
            });
        }
    });
    let mut played = played.into_inner().expect("no thread panics");
    played.sort_unstable_by_key(|(at, _)| *at);
    played.into_iter().map(|(_, played)| played).collect()
}

/// The line that sums all up.
pub fn summary(totals: &Totals, seeds: u64) -> String {
    let all = &totals.all;
    let wait = |part| seconds(all.wait(part));
    format!(
        "simulate: {seeds} seeds, {} jobs, {} sandboxes, {} registrations, {} stolen runners, {} hosts killed or replaced, \
         {} faults, {} requests\nsimulate: created to running: p50 {}, p99 {}, p99.9 {}, longest {}",
        all.jobs,
        all.sandboxes,
        all.mints,
        all.stolen,
        all.kills,
        all.faults,
        all.all_requests,
        wait(5000),
        wait(9900),
        wait(9990),
        wait(10_000),
    )
}

/// Promises that are off, and in how many seeds they are broken.
pub fn off(totals: &Totals) -> String {
    let mut text = String::new();
    for (promise, seeds) in &totals.off {
        let row = promise.row();
        let by = row.broken_by.unwrap_or_default();
        let _ = writeln!(text, "simulate: off: {} ({}): broken in {seeds} seeds: {by}", row.name, row.says);
    }
    text
}

/// From created to running, by kind of world.
pub fn waits(totals: &Totals) -> String {
    let mut text = String::from(
        "| Kind of world | Jobs that ran | p50 | p99 | p99.9 | Longest | Requests a job | Most about one job | Most deferrals |\n|---|---|---|---|---|---|---|---|---|\n",
    );
    let named = KINDS.iter().filter_map(|kind| Some((kind.name, totals.kinds.get(kind.name)?)));
    for (name, seen) in named.chain([("**all seeds**", &totals.all)]) {
        let wait = |part| seconds(seen.wait(part));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
            seen.waits.len(),
            wait(5000),
            wait(9900),
            wait(9990),
            wait(10_000),
            hundredths(seen.all_requests, seen.jobs),
            seen.most_asked.0,
            seen.most_asked.1,
        );
    }
    text
}

/// What is asked of GitHub in an hour of so many jobs.
pub fn requests(hours: &[(u64, Seen)]) -> String {
    let mut text = String::from("| Requests a job, in an hour of |");
    for (jobs, _) in hours {
        let _ = write!(text, " {jobs} jobs |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(hours.len()));
    let mut endpoints: Vec<&String> = hours.iter().flat_map(|(_, seen)| seen.requests.keys()).collect();
    endpoints.sort_unstable();
    endpoints.dedup();
    for endpoint in endpoints {
        let _ = write!(text, "\n| `{endpoint}` |");
        for (_, seen) in hours {
            let count = seen.requests.get(endpoint).copied().unwrap_or(0);
            let _ = write!(text, " {} |", hundredths(count, seen.jobs));
        }
    }
    text.push_str("\n| of these, sweeps' |");
    for (_, seen) in hours {
        let _ = write!(text, " {} |", hundredths(seen.swept, seen.jobs));
    }
    text.push_str("\n| **all** |");
    for (_, seen) in hours {
        let _ = write!(text, " **{}** |", hundredths(seen.requests.values().sum(), seen.jobs));
    }
    text.push('\n');
    text
}

/// What an hour costs in which nothing happens.
pub fn idle(seen: &Seen) -> String {
    format!(
        "An hour in which ten repositories have no job: {} requests that GitHub counts, {} to which it says that nothing \
         changed.\n",
        seen.requests.values().sum::<u64>(),
        seen.unchanged,
    )
}

/// How credentials fared with the jobs of an hour, shared out between them. They share nothing else.
pub fn capacity(totals: &Totals, credentials: u64) -> String {
    let all = &totals.all;
    let jobs = all.jobs.max(1);
    format!(
        "capacity: {} jobs in an hour on {credentials} credentials; queued p50 {}, p99 {}, longest {}; {} requests a job; for each \
         credential at most {} sandboxes at once and {} started in one second; ${} a thousand jobs",
        all.jobs,
        seconds(all.wait(5000)),
        seconds(all.wait(9900)),
        seconds(all.wait(10_000)),
        hundredths(all.requests.values().sum(), jobs),
        all.most,
        all.burst,
        hundredths(all.cost / jobs, 1_000_000),
    )
}

/// The promises, as a table.
pub fn promises() -> String {
    let mut text = String::from("| Promise | What it says | |\n|---|---|---|\n");
    for row in PROMISES {
        let off = row.broken_by.map_or_else(String::new, |by| format!("off, broken now and then: {by}"));
        let _ = writeln!(text, "| `{}` | {} | {off} |", row.name, row.says);
    }
    text
}

/// The kinds of world, as a table.
pub fn kinds() -> String {
    let mut text = String::from("| Kind of world | Seeds in 100 | Bound | Faults |\n|---|---|---|---|\n");
    for kind in KINDS {
        let strengths = kind.strengths();
        let faults: Vec<String> = FAULTS
            .iter()
            .filter(|(fault, _)| strengths.get(*fault) > 0)
            .map(|(fault, name)| format!("{name} {}", strengths.get(*fault)))
            .collect();
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            kind.name,
            kind.share,
            seconds(kind.bound),
            faults.join(", ")
        );
    }
    text
}

/// Milliseconds as seconds.
pub fn seconds(milliseconds: u64) -> String {
    format!("{} s", milliseconds / 1000)
}

/// A ratio, to two digits.
pub fn hundredths(of: u64, by: u64) -> String {
    let by = by.max(1);
    format!("{}.{:02}", of / by, of * 100 / by % 100)
}
