//! `./build.sh simulate`: the real `decide`, courses and sweep against a model of GitHub and Modal that fails at random,
//! on a virtual clock. A seed that breaks a promise is named, and `--trace --first SEED --seeds 1` plays it again.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a model, fed by nobody but its own dice")]

mod cloud;
mod hub;
mod world;

use std::process::ExitCode;
use world::{Options, World};

fn main() -> ExitCode {
    let options = match read_options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(fault) => {
            eprintln!(
                "simulate: {fault}\nusage: simulate [--first S] [--seeds N] [--jobs N] [--faults all|none] [--trace]"
            );
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
    if broken.is_empty() {
        println!("simulate: every promise held");
        return ExitCode::SUCCESS;
    }
    println!("simulate: FAILED for {} seeds, the first of them {}", broken.len(), broken[0]);
    ExitCode::FAILURE
}

fn read_options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { first: 1, seeds: 1000, jobs: 100, faults: true, trace: false };
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
            "--faults" => match arguments.next().as_deref() {
                Some("all") => options.faults = true,
                Some("none") => options.faults = false,
                _ => return Err("--faults is all or none".to_owned()),
            },
            other => return Err(format!("{other} is unknown")),
        }
    }
    Ok(options)
}
