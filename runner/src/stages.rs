//! When each stage on the way to a job's first step was over: by the counters that the Actions runner writes, and by the
//! marks of the hook.

use crate::state::{self, State};
use crate::usage::seconds;
use jitney::words::time::Timestamp;
use serde::Serialize;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The folder of the runner's counters, in the state directory: a file a process, a line a counter, `NAME:TIME`.
pub(crate) const COUNTERS: &str = "perflog";
/// Where the listener writes them, and where the job's worker does (`HostContext.cs` of actions/runner).
const LISTENER: &str = "Runner.perf";
const WORKER: &str = "Worker.perf";

/// Seconds from the sandbox's start; `None` where it did not come to that, or nothing tells of it.
#[derive(Clone, Debug, Default, Serialize)]
#[expect(clippy::struct_field_names, reason = "as the line has them")]
pub(crate) struct Stages {
    /// Until it had read its config.
    pub(crate) config_s: Option<f64>,
    /// Until the listener's process ran.
    pub(crate) listener_s: Option<f64>,
    /// Until its listener had a session at GitHub.
    pub(crate) listening_s: Option<f64>,
    /// Until GitHub gave it a job.
    pub(crate) message_s: Option<f64>,
    /// Until the job's worker ran.
    pub(crate) worker_s: Option<f64>,
    /// Until the worker had made the job ready: its actions are there, be it from an archive or from GitHub.
    pub(crate) prepared_s: Option<f64>,
    /// Until its job started, which it does with the hook.
    pub(crate) job_s: Option<f64>,
    /// Until the hook let the job go on to its first step.
    pub(crate) first_step_s: Option<f64>,
}

impl Stages {
    /// What the runner and the hook left of a life that began at `started`.
    pub(crate) fn read(state: &State, started: SystemTime) -> Self {
        let since = |at: SystemTime| at.duration_since(started).ok().map(seconds);
        let mark = |name| state.marked(name).and_then(since);
        let (listener, worker) = (text(state, LISTENER), text(state, WORKER));
        let counted = |text: &str, is: fn(&str) -> bool| counter(text, is).and_then(since);
        Self {
            config_s: None,
            listener_s: counted(&listener, |name| name == "RunnerProcessStarted"),
            listening_s: counted(&listener, is_session),
            message_s: counted(&listener, |name| {
                name.starts_with("MessageReceived_") && name.ends_with("JobRequest")
            }),
            worker_s: counted(&worker, |name| name == "WorkerProcessStarted"),
            prepared_s: counted(&worker, |name| name.starts_with("WorkerJobInitialized_")),
            job_s: mark(state::JOB_STARTED),
            first_step_s: mark(state::ADMITTED),
        }
    }
}

/// Whether the listener has a session at GitHub, by its own counters.
pub(crate) fn is_listening(state: &State) -> bool {
    counter(&text(state, LISTENER), is_session).is_some()
}

fn is_session(name: &str) -> bool {
    name == "SessionCreated"
}

fn text(state: &State, file: &str) -> String {
    std::fs::read_to_string(state.path().join(COUNTERS).join(Path::new(file))).unwrap_or_default()
}

/// When the first counter of such a name was written. A listener that starts again goes on in the same file.
fn counter(text: &str, is: fn(&str) -> bool) -> Option<SystemTime> {
    let (_, time) = text.lines().filter_map(|line| line.split_once(':')).find(|(name, _)| is(name))?;
    Some(UNIX_EPOCH + Duration::from_millis(Timestamp::parse_exactly(time.trim())?.0))
}
