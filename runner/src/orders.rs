//! What the launcher tells a sandbox through its environment.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// Variables that are the supervisor's alone; the listener, and so the job, does not see them.
pub(crate) const OWN: [&str; 6] = [
    "JITNEY_HAND_OVER_WITHIN",
    "JITNEY_START_WITHIN",
    "JITNEY_END_WITHIN",
    "JITNEY_DOCKER",
    "JITNEY_RUNNER_HOME",
    "JITNEY_CGROUP",
];

/// The orders of one sandbox.
pub(crate) struct Orders {
    /// `JITNEY_HAND_OVER_WITHIN`: how long to wait for the JIT config.
    pub(crate) hand_over_within: Duration,
    /// `JITNEY_START_WITHIN`: how long to wait for a job.
    pub(crate) start_within: Duration,
    /// `JITNEY_END_WITHIN`: when to end a job that still runs, so that GitHub hears of it before the machine is gone.
    pub(crate) end_within: Option<Duration>,
    /// `JITNEY_DOCKER`: whether to start a Docker daemon.
    pub(crate) docker: bool,
    /// `JITNEY_RUNNER_HOME`: where the Actions runner is.
    pub(crate) home: PathBuf,
    /// `JITNEY_CGROUP`: where the kernel counts what the sandbox uses.
    pub(crate) cgroup: PathBuf,
}

impl Orders {
    pub(crate) fn read() -> Self {
        let path = |name, default: &str| std::env::var_os(name).map_or_else(|| default.into(), PathBuf::from);
        Self {
            hand_over_within: seconds("JITNEY_HAND_OVER_WITHIN").unwrap_or(Duration::from_mins(2)),
            start_within: seconds("JITNEY_START_WITHIN").unwrap_or(Duration::from_mins(5)),
            end_within: seconds("JITNEY_END_WITHIN"),
            docker: std::env::var_os("JITNEY_DOCKER").is_some_and(|value| value == "1"),
            home: path("JITNEY_RUNNER_HOME", "/opt/actions-runner"),
            cgroup: path("JITNEY_CGROUP", "/sys/fs/cgroup"),
        }
    }
}

fn seconds(name: &str) -> Option<Duration> {
    let text = std::env::var(name).ok()?;
    f64::from_str(text.trim()).ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}
