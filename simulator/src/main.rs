//! `./build.sh simulate`: the real `decide`, courses and sweep against a model of GitHub and Modal that fails at random,
//! on a virtual clock. A seed that breaks a promise is named, and `--trace --first SEED --seeds 1` plays it again.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a model, fed by nobody but its own dice")]

mod cloud;
mod hub;
mod world;

use std::process::ExitCode;
use world::{Options, World};

const USAGE: &str = "\
usage: simulate [--first S] [--seeds N] [--jobs N] [--faults all|none] [--trace]
       simulate --capacity JOBS_AN_HOUR [--credentials N]";

fn main() -> ExitCode {
    if std::env::args().skip(1).any(|argument| matches!(argument.as_str(), "--help" | "-h")) {
        println!("{USAGE}");
        return ExitCode::SUCCESS;
    }
    let options = match read_options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("simulate: {fault}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let (mut totals, mut broken) = (world::Totals::default(), Vec::new());
    for seed in options.first..options.first + options.seeds {
        let mut world = World::new(seed, options);
        match world.play() {
            Ok(seen) => totals.add(&seen),
            Err(promise) => {
                println!("seed {seed}: {promise}");
                broken.push(seed);
            }
        }
    }
    println!(
        "simulate: {} seeds, {} jobs, {} sandboxes, {} mints, {} stolen runners, {} kills of the host, {} faults; slowest launch {} s",
        options.seeds,
        totals.jobs,
        totals.sandboxes,
        totals.mints,
        totals.stolen,
        totals.kills,
        totals.faults,
        totals.slowest / 1000,
    );
    if options.capacity && broken.is_empty() {
        println!("{}", capacity(&mut totals, options.seeds));
    }
    if broken.is_empty() {
        println!("simulate: every promise held");
        return ExitCode::SUCCESS;
    }
    println!("simulate: FAILED for {} seeds, the first of them {}", broken.len(), broken[0]);
    ExitCode::FAILURE
}

/// How credentials fared with the jobs of an hour, shared out between them. They share nothing else.
fn capacity(totals: &mut world::Totals, credentials: u64) -> String {
    totals.waits.sort_unstable();
    let last = totals.waits.len().saturating_sub(1);
    let at =
        |hundredths: usize| totals.waits.get(last * hundredths / 100).copied().unwrap_or_default() / 1000;
    let jobs = totals.jobs.max(1);
    format!(
        "capacity: {} jobs in an hour on {} credentials; queued p50 {} s, p99 {} s, longest {} s; {}.{:02} requests a job; for each credential at most {} sandboxes at once and {} started in one second; ${}.{:02} a thousand jobs",
        totals.jobs,
        credentials,
        at(50),
        at(99),
        at(100),
        totals.requests / jobs,
        totals.requests * 100 / jobs % 100,
        totals.most,
        totals.burst,
        totals.cost / jobs / 1_000_000,
        totals.cost / jobs / 10_000 % 100,
    )
}

fn read_options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut credentials = 1;
    let mut options =
        Options { first: 1, seeds: 1000, jobs: 100, faults: true, trace: false, capacity: false };
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<u64, String> {
            let value = arguments.next().ok_or(format!("{argument} wants a number"))?;
            value.parse().map_err(|_| format!("{argument} wants a number"))
        };
        match argument.as_str() {
            "--first" => options.first = number()?,
            "--seeds" => options.seeds = number()?,
            "--jobs" => options.jobs = number()?,
            "--trace" => options.trace = true,
            "--credentials" => credentials = number()?.max(1),
            "--capacity" => {
                let jobs = number()?;
                options = Options { jobs, seeds: 1, faults: false, capacity: true, ..options };
            }
            "--faults" => match arguments.next().as_deref() {
                Some("all") => options.faults = true,
                Some("none") => options.faults = false,
                _ => return Err("--faults is all or none".to_owned()),
            },
            other => return Err(format!("{other} is unknown")),
        }
    }
    if options.capacity {
        options = Options { jobs: options.jobs / credentials, seeds: credentials, ..options };
    }
    Ok(options)
}
