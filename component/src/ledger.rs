//! `ledger`: entries and what lives cost, carried across the boundary.

use super::{Jitney, bindings::exports::jitney::core::ledger as wit};
use jitney::ending::Ending;
use jitney::ledger::{Entry, cost};
use jitney::words::usd::Usd;

impl wit::Guest for Jitney {
    fn entries(sandboxes: Vec<(String, Vec<(String, String)>)>) -> Vec<wit::Entry> {
        sandboxes.iter().filter_map(|(sandbox, tags)| Entry::of(sandbox, tags)).map(carry).collect()
    }

    fn read_ending(output: String, status: i32) -> wit::Ending {
        let ending = Ending::read(&output, status);
        let carry = |(name, figure): (&str, f64)| (name.to_owned(), figure);
        wit::Ending {
            cause: ending.cause.word().to_owned(),
            figures: ending.figures.into_iter().map(carry).collect(),
            stages: ending.stages.into_iter().map(carry).collect(),
        }
    }

    fn costs(lives: Vec<wit::Life>) -> Vec<u64> {
        lives.into_iter().map(|life| cost(Usd::from_nano(life.rate), life.milliseconds).as_nano()).collect()
    }
}

pub(super) fn carry(entry: Entry) -> wit::Entry {
    wit::Entry {
        sandbox: entry.sandbox,
        job: entry.job.0,
        run: entry.run.map_or(0, |run| run.0),
        repository: entry.repository,
        runner: entry.runner,
        shape: entry.shape,
        rate: entry.rate.as_nano(),
        started: entry.started.0,
        refusal: entry.refusal,
    }
}
