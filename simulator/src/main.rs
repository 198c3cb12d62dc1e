//! `./build.sh simulate`: plays seeds and says which broke a promise, how, and what else was seen.

use jitney_simulator::options::{Options, USAGE, Wanted};
use jitney_simulator::report::{self, Played, play_all};
use jitney_simulator::seen::Totals;
use jitney_simulator::world::{Play, World};
use jitney_simulator::{figures, shrink};
use std::process::ExitCode;

/// How much of a failing seed's trace is printed.
const SHOWN: usize = 60;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(fault) => {
            eprintln!("simulate: {fault}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match options.wanted {
        Wanted::Help => println!("{USAGE}"),
        Wanted::Promises => print!("{}", report::promises()),
        Wanted::Kinds => print!("{}", report::kinds()),
        Wanted::Capacity => return capacity(&options),
        Wanted::Table => return table(&options),
        Wanted::Play | Wanted::Shrink => return play(&options),
    }
    ExitCode::SUCCESS
}

fn play(options: &Options) -> ExitCode {
    let (plays, played) = play_seeds(options);
    let totals = totals(&played);
    let mut failed: Vec<(&Play, &Played)> =
        plays.iter().zip(&played).filter(|(_, (_, broken, _))| broken.is_some()).collect();
    for (play, (_, broken, _)) in &failed {
        let Some(broken) = broken else { continue };
        println!("seed {} ({}): {}: {}", play.seed, play.kind.name, broken.promise.row().name, broken.how);
    }
    println!("{}", report::summary(&totals, options.seeds));
    print!("{}", report::off(&totals));
    if options.trace && failed.is_empty() {
        played.iter().flat_map(|(_, _, trace)| trace).for_each(|line| println!("{line}"));
    }
    if failed.is_empty() {
        return look_at_figures(options, &totals);
    }
    failed.sort_by_key(|(play, _)| play.seed);
    if let Some((first, (_, Some(broken), _))) = failed.first() {
        let shown = match options.wanted {
            Wanted::Shrink => shrink::shrink(first, broken, options.threads),
            _ => (*first).clone(),
        };
        show_trace(&shown, options.trace);
    }
    println!("simulate: FAILED for {} seeds", failed.len());
    ExitCode::FAILURE
}

fn look_at_figures(options: &Options, totals: &Totals) -> ExitCode {
    if options.no_figures {
        println!("simulate: every promise held");
        return ExitCode::SUCCESS;
    }
    if options.keep_figures {
        if let Err(error) = figures::keep(options, totals) {
            eprintln!("simulate: the figures cannot be written: {error}");
            return ExitCode::FAILURE;
        }
        println!("simulate: every promise held; the figures are written");
        return ExitCode::SUCCESS;
    }
    match figures::compare(options, totals) {
        Ok(grown) if grown.is_empty() => println!("simulate: every promise held, and no figure grew"),
        Ok(grown) => {
            for line in &grown {
                println!("figure: {line}");
            }
            println!(
                "simulate: FAILED: every promise held, but {} figures grew by more than a tenth",
                grown.len()
            );
            return ExitCode::FAILURE;
        }
        Err(why) => println!("simulate: every promise held; {why}"),
    }
    ExitCode::SUCCESS
}

/// The end of a failing case, and the command that plays it again.
fn show_trace(play: &Play, all: bool) {
    let (_, broken, trace) = World::new(Play { trace: true, ..play.clone() }).play();
    let skipped = if all { 0 } else { trace.len().saturating_sub(SHOWN) };
    println!("--- seed {}, {} jobs, {}", play.seed, play.jobs, play.kind.name);
    if skipped > 0 {
        println!("… {skipped} lines before these");
    }
    trace.iter().skip(skipped).for_each(|line| println!("{line}"));
    if let Some(broken) = broken {
        println!("--- {}: {}", broken.promise.row().name, broken.how);
    }
    println!("again: {}", shrink::command(play));
}

fn play_seeds(options: &Options) -> (Vec<Play>, Vec<Played>) {
    let plays: Vec<Play> = (options.first..options.first + options.seeds)
        .map(|seed| Play { trace: options.trace && options.seeds == 1, ..options.play(seed) })
        .collect();
    let played = play_all(&plays, options.threads);
    (plays, played)
}

fn totals(played: &[Played]) -> Totals {
    let mut totals = Totals::default();
    for (seen, _, _) in played {
        totals.add(seen);
    }
    totals.sort();
    totals
}

fn table(options: &Options) -> ExitCode {
    let hours = [500, 2000, 5000];
    let plays: Vec<Play> = hours.iter().map(|jobs| options.hour(options.first, *jobs)).collect();
    let played = play_all(&plays, options.threads);
    let hours: Vec<_> = hours.into_iter().zip(played.iter().map(|(seen, _, _)| seen.clone())).collect();
    println!("{}", report::requests(&hours));
    let idle = play_all(&[options.hour(options.first, 0)], 1);
    for (seen, _, _) in &idle {
        println!("{}", report::idle(seen));
    }
    let (_, seeds) = play_seeds(options);
    print!("{}", report::waits(&totals(&seeds)));
    let broken: Vec<_> =
        played.iter().chain(&idle).chain(&seeds).filter_map(|(_, broken, _)| broken.as_ref()).collect();
    if !broken.is_empty() {
        for broken in broken {
            println!("simulate: FAILED: {}: {}", broken.promise.row().name, broken.how);
        }
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn capacity(options: &Options) -> ExitCode {
    let each = options.jobs / options.credentials;
    let plays: Vec<Play> =
        (0..options.credentials).map(|at| options.hour(options.first + at, each)).collect();
    let played = play_all(&plays, options.threads);
    println!("{}", report::capacity(&totals(&played), options.credentials));
    if let Some(at) = played.iter().position(|(_, broken, _)| broken.is_some()) {
        if let Some(play) = plays.get(at) {
            show_trace(play, options.trace);
        }
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
