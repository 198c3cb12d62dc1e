//! What jitney asks of GitHub's REST API, and what the answers mean. Sans-IO: `component` carries them.

pub mod app;
mod hook_edit;
mod hooks;
mod listing;
mod log;
mod release;
mod request;
mod response;
mod run;

pub use app::Whose;
pub use hook_edit::{EVENTS, Pinged, read_pings};
pub use hooks::{Attempt, Cursor, Hook, HookHome, read_attempts, read_hooks};
pub use listing::{Page, Registered, read_is_over, read_jobs, read_registered, read_runs};
pub use log::{Carried, Listed, Said, read_log, read_logged};
pub use release::{RunnerRelease, alarms, read_downloads, read_release};
pub use request::{Method, Request};
pub use response::{
    Fault, JobState, Minted, QueuedJob, Refusal, Response, RunnerState, is_limited, read_deleted, read_job,
    read_mint, read_queued_job, read_runner, read_runners, refusal,
};
pub use run::read_run;
