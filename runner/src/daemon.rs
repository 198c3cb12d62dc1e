//! Docker: the daemon for jobs that asked for it, and for all others a `docker` that says what to ask for.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

/// Starts the daemon; its log goes into `directory`.
pub(crate) fn start(directory: &Path) -> std::io::Result<Child> {
    let log = File::create(directory.join("dockerd.log"))?;
    let errors = log.try_clone()?;
    Command::new("dockerd").stdin(Stdio::null()).stdout(log).stderr(errors).spawn()
}

/// Whether the daemon takes commands.
pub(crate) fn is_up() -> bool {
    let mut info = Command::new("docker");
    info.arg("info").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    info.status().is_ok_and(|status| status.success())
}

/// What `docker` is in a sandbox without one.
pub(crate) fn stand_in() -> ExitCode {
    let reason = "this job needs Docker, which its sandbox does not have: add the label docker to runs-on";
    println!("::error title=jitney::{reason}");
    eprintln!("jitney: {reason}");
    ExitCode::FAILURE
}
