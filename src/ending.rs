//! How a sandbox ended: the line of JSON that its binary writes last, or else what its exit status says.
//!
//! A job is root in its sandbox and could write such a line too, so nothing is decided by it, and nothing of it is
//! passed on but words and figures that are known.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The line's `event`.
pub const EVENT: &str = "sandbox-ended";
/// What the line may measure besides [`WAY`]: seconds until the job started and the sandbox ended, CPU seconds, bytes, a
/// count.
const FIGURES: [&str; 5] = ["job_s", "ended_s", "cpu_s", "peak_memory", "oom_kills"];
/// No figure is as much as this.
const MOST: f64 = 1e18;
/// The way to a job's first step: the line's figure, in seconds since the sandbox's start, and the stage that ends there.
const WAY: [(&str, &str); 7] = [
    ("config_s", "config"),
    ("listener_s", "listener"),
    ("listening_s", "session"),
    ("message_s", "message"),
    ("worker_s", "worker"),
    ("prepared_s", "prepare"),
    ("first_step_s", "hook"),
];
/// No sandbox lives for more seconds than there are in a day.
const LONGEST: f64 = 86_400.0;

/// Why a sandbox ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// Its job is over, however it went.
    Done,
    /// It was handed no config, or one that cannot be right.
    BadInput,
    /// The Docker daemon that the job asked for did not start.
    NoDocker,
    /// No job came.
    NoJob,
    /// GitHub no longer takes the runner's version.
    Deprecated,
    /// The job that came may not run here.
    Refused,
    /// The job ran for as long as it may.
    TimedOut,
    /// The kernel ended one of its processes for want of memory.
    OutOfMemory,
    /// Somebody ended it.
    Killed,
    /// The listener failed.
    Failed,
}

impl Cause {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::BadInput,
        Self::NoDocker,
        Self::NoJob,
        Self::Deprecated,
        Self::Refused,
        Self::TimedOut,
        Self::OutOfMemory,
        Self::Killed,
        Self::Failed,
    ];

    /// Stable, in kebab case: as the line, the ledger and the metrics have it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::BadInput => "bad-input",
            Self::NoDocker => "no-docker",
            Self::NoJob => "no-job",
            Self::Deprecated => "deprecated",
            Self::Refused => "refused",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::Killed => "killed",
            Self::Failed => "failed",
        }
    }

    /// The cause of this word, if there is one.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.word() == word)
    }

    /// For people.
    pub fn said(self) -> &'static str {
        match self {
            Self::Done => "its runner was done",
            Self::BadInput => "it was handed no valid JIT config",
            Self::NoDocker => "its Docker daemon did not start",
            Self::NoJob => "no job came",
            Self::Deprecated => "GitHub no longer accepts this version of the runner",
            Self::Refused => "the job that its runner took may not run there",
            Self::TimedOut => "its time limit was reached",
            Self::OutOfMemory => "it ran out of memory",
            Self::Killed => "it was killed",
            Self::Failed => "its runner failed",
        }
    }

    /// What its operator or its workflow's author can do; empty if nothing.
    pub fn cure(self) -> &'static str {
        match self {
            Self::Deprecated => "wait for the runner image to be rebuilt, which has been asked for",
            Self::TimedOut => "ask for more time with a label such as `timeout=4h`",
            Self::OutOfMemory => "ask for more memory with a label such as `memory=16`",
            Self::NoDocker | Self::Failed => "look at the sandbox's output in Modal's dashboard",
            Self::Done | Self::BadInput | Self::NoJob | Self::Refused | Self::Killed => "",
        }
    }

    /// The binary's own statuses, then those that Modal gives, and those of a process that a signal ended.
    fn of_status(status: i32) -> Self {
        match status {
            0 => Self::Done,
            7 => Self::Deprecated,
            64 => Self::BadInput,
            65 => Self::NoJob,
            66 => Self::NoDocker,
            124 => Self::TimedOut,
            137 | ..0 => Self::Killed,
            _ => Self::Failed,
        }
    }
}

/// What is known of a sandbox that ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ending {
    /// Why.
    pub cause: Cause,
    /// What its binary measured.
    pub figures: Vec<(&'static str, f64)>,
    /// What each stage of the way to the job's first step took, in seconds: those whose beginning and end are known.
    pub stages: Vec<(&'static str, f64)>,
}

impl Ending {
    /// By the last line of its output that says how it ended; where none does, by its exit status.
    pub fn read(output: &str, status: i32) -> Self {
        let told = output.lines().rev().find_map(told);
        told.unwrap_or_else(|| Self {
            cause: Cause::of_status(status),
            figures: Vec::new(),
            stages: Vec::new(),
        })
    }
}

fn told(line: &str) -> Option<Ending> {
    let told: Map<String, Value> = serde_json::from_str(line).ok()?;
    if told.get("event")?.as_str()? != EVENT {
        return None;
    }
    let cause = Cause::of_word(told.get("cause")?.as_str()?)?;
    let figure = |name, most| {
        let figure = told.get(name)?.as_f64()?;
        (0.0..most).contains(&figure).then_some((name, figure))
    };
    let way = WAY.map(|(name, _)| figure(name, LONGEST));
    let figures = FIGURES.into_iter().filter_map(|name| figure(name, MOST));
    let reached = way.map(|figure| figure.map(|(_, at)| at));
    Some(Ending {
        cause,
        figures: way.into_iter().flatten().chain(figures).collect(),
        stages: stages(&reached),
    })
}

/// The time from each point of the way to the next.
fn stages(reached: &[Option<f64>]) -> Vec<(&'static str, f64)> {
    let before = std::iter::once(&Some(0.0)).chain(reached);
    let took = before.zip(reached).map(|(before, at)| Some((*at)? - (*before)?));
    let known = WAY.iter().zip(took).filter_map(|((_, stage), took)| Some((*stage, took?)));
    known.filter(|(_, took)| *took >= 0.0).collect()
}
