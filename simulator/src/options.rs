//! The command line.

use crate::faults::{FAULTS, Fault, KINDS, Kind, Strengths, kind_of};
use crate::promises::{PROMISES, Promise};
use crate::world::Play;

/// How it is used.
pub const USAGE: &str = "\
usage: simulate [--first S] [--seeds N] [--jobs N] [--threads N] [--faults all|none] [--kind NAME]
                [--without FAULT]… [--promise NAME]… [--trace] [--shrink] [--keep-figures|--no-figures]
       simulate --table
       simulate --capacity JOBS_AN_HOUR [--credentials N]
       simulate --promises | --kinds";

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Play seeds.
    Play,
    /// Play seeds; of the first that fails, find a shorter case.
    Shrink,
    /// Print tables.
    Table,
    /// Print how credentials fare with an hour's jobs.
    Capacity,
    /// Print the promises.
    Promises,
    /// Print the kinds of world.
    Kinds,
    /// Print how it is used.
    Help,
}

/// The command line, read.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is asked for.
    pub wanted: Wanted,
    /// The first seed.
    pub first: u64,
    /// How many.
    pub seeds: u64,
    /// How many jobs each has.
    pub jobs: u64,
    /// How many threads play them.
    pub threads: usize,
    /// The kind of world, where it is said.
    pub kind: Option<&'static Kind>,
    /// Faults that are left out.
    pub without: Vec<Fault>,
    /// Promises that are held, those that wait for an issue only where they are named.
    pub promises: Vec<Promise>,
    /// Whether to say what happens.
    pub trace: bool,
    /// Whether to write down the figures, to be compared with from now on.
    pub keep_figures: bool,
    /// Whether to leave figures out.
    pub no_figures: bool,
    /// Over how many credentials an hour's jobs are shared out.
    pub credentials: u64,
}

impl Options {
    /// Reads it, or says what is wrong.
    pub fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let held = PROMISES.iter().filter(|row| row.broken_by.is_none()).map(|row| row.promise);
        let mut options = Self {
            wanted: Wanted::Play,
            first: 1,
            seeds: 1000,
            jobs: 100,
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            kind: None,
            without: Vec::new(),
            promises: held.collect(),
            trace: false,
            keep_figures: false,
            no_figures: false,
            credentials: 1,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let number = |text: String| text.parse::<u64>().map_err(|_| format!("{argument} needs a number"));
            match argument.as_str() {
                "--help" | "-h" => options.wanted = Wanted::Help,
                "--promises" => options.wanted = Wanted::Promises,
                "--kinds" => options.wanted = Wanted::Kinds,
                "--table" => options.wanted = Wanted::Table,
                "--shrink" => options.wanted = Wanted::Shrink,
                "--trace" => options.trace = true,
                "--keep-figures" => options.keep_figures = true,
                "--no-figures" => options.no_figures = true,
                "--first" => options.first = number(value()?)?,
                "--seeds" => options.seeds = number(value()?)?,
                "--jobs" => options.jobs = number(value()?)?,
                "--threads" => {
                    options.threads = usize::try_from(number(value()?)?).unwrap_or(1).clamp(1, 256);
                }
                "--credentials" => options.credentials = number(value()?)?.max(1),
                "--capacity" => (options.wanted, options.jobs) = (Wanted::Capacity, number(value()?)?),
                "--kind" => options.kind = Some(kind(&value()?)?),
                "--faults" => match value()?.as_str() {
                    "all" => options.kind = None,
                    "none" => options.kind = Some(kind("none")?),
                    _ => return Err("--faults must be all or none".to_owned()),
                },
                "--without" => {
                    let name = value()?;
                    let found = FAULTS.iter().find(|(_, text)| *text == name).map(|(fault, _)| *fault);
                    options.without.push(found.ok_or(format!("there is no fault {name}; see --kinds"))?);
                }
                "--promise" => {
                    let name = value()?;
                    options.promises.push(
                        Promise::named(&name).ok_or(format!("there is no promise {name}; see --promises"))?,
                    );
                }
                other => return Err(format!("{other} is unknown")),
            }
        }
        Ok(options)
    }

    /// What one seed plays.
    pub fn play(&self, seed: u64) -> Play {
        let kind = self.kind.unwrap_or_else(|| kind_of(seed));
        let mut strengths = kind.strengths();
        for fault in &self.without {
            strengths.set(*fault, 0);
        }
        Play {
            seed,
            jobs: self.jobs,
            kind,
            strengths,
            hour: false,
            trace: self.trace,
            promises: self.promises.clone(),
        }
    }

    /// An hour without faults, of so many jobs.
    pub fn hour(&self, seed: u64, jobs: u64) -> Play {
        let mut strengths = Strengths::default();
        if let Some(kind) = KINDS.first() {
            strengths = kind.strengths();
        }
        for (fault, _) in FAULTS {
            strengths.set(*fault, 0);
        }
        strengths.set(Fault::Boot, 5000);
        // How an hour goes is a figure, and no promise.
        let promises = vec![Promise::Busy, Promise::Twice, Promise::Limits, Promise::Rest];
        Play { jobs, hour: true, strengths, promises, ..self.play(seed) }
    }
}

fn kind(name: &str) -> Result<&'static Kind, String> {
    KINDS.iter().find(|kind| kind.name == name).ok_or(format!("there is no kind {name}; see --kinds"))
}
