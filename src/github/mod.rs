//! What jitney asks of GitHub's REST API, and what the answers mean. Sans-IO: `component` carries them.

mod answer;
mod listing;
mod release;
mod request;

pub use answer::{
    Answer, Fault, JobState, Minted, QueuedJob, Refusal, RunnerState, is_limited, read_deleted, read_job,
    read_mint, read_queued_job, read_runner, read_runners,
};
pub use listing::{Registered, read_is_over, read_jobs, read_registered, read_runs};
pub use release::{RunnerRelease, read_release};
pub use request::{Method, Request};
