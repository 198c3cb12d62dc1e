//! What a reply tells of that a host acts on: how far the job of a runner of ours has come, or what a sweep did.

use super::{Subject, Tally};
use crate::words::ids::{JobId, RunId, RunnerName};
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use serde::{Serialize, Serializer};

/// What a delivery says of its job.
#[derive(Clone, Copy, Debug)]
pub enum Stage {
    /// A runner has it.
    Running {
        /// When it was created.
        created: Option<Timestamp>,
    },
    /// It is over.
    Over,
}

/// What is new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A runner of ours took a job.
    Running(Running),
    /// The job of a runner of ours is over.
    Over {
        /// The runner.
        runner: RunnerName,
        /// Since when.
        at: Timestamp,
    },
    /// A sweep is over.
    Swept(Tally),
}

/// A runner of ours, and the job that it took, which need not be the one that it was meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// The runner.
    pub runner: RunnerName,
    /// The job's repository.
    pub repository: Repository,
    /// The job's run.
    pub run: RunId,
    /// The job.
    pub job: JobId,
    /// Since when.
    pub at: Timestamp,
    /// How long it waited, in milliseconds, where that is known.
    pub queued: Option<u64>,
}

impl News {
    /// News of `runner`, which is ours, at this time; `None` where the subject is no job.
    pub(super) fn of(runner: RunnerName, at: Timestamp, stage: Stage, subject: &Subject) -> Option<Self> {
        match stage {
            Stage::Over => Some(Self::Over { runner, at }),
            Stage::Running { created } => Some(Self::Running(Running {
                runner,
                repository: subject.repository.clone()?,
                run: subject.run?,
                job: subject.job?,
                at,
                queued: created.map(|created| at.since(created)),
            })),
        }
    }
}

/// As the log has it, beside the subject: `running_at` and `queued_ms`; or `over_at`; or the counts.
impl Serialize for News {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = match self {
            Self::Running(running) => [("running_at", Some(running.at.0)), ("queued_ms", running.queued)],
            Self::Over { at, .. } => [("over_at", Some(at.0)), ("queued_ms", None)],
            Self::Swept(tally) => return tally.serialize(serializer),
        };
        serializer.collect_map(fields.into_iter().filter_map(|(name, value)| Some((name, value?))))
    }
}
