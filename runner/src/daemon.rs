//! Docker: the daemon for jobs that asked for it, and for all others a `docker` that says what to ask for.

use std::fs::File;
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How often it is looked whether a command is over.
const LOOK: Duration = Duration::from_millis(20);

/// Starts the daemon; its log goes into `directory`.
pub(crate) fn start(directory: &Path) -> std::io::Result<Child> {
    let log = File::create(directory.join("dockerd.log"))?;
    let errors = log.try_clone()?;
    Command::new("dockerd").stdin(Stdio::null()).stdout(log).stderr(errors).spawn()
}

/// Whether the daemon takes commands, and answers within this time: one that hangs leaves its client waiting for ever.
pub(crate) fn is_up(within: Duration) -> bool {
    let mut info = Command::new("docker");
    info.arg("info").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut client) = info.spawn() else { return false };
    let until = Instant::now() + within;
    loop {
        match client.try_wait() {
            Ok(Some(status)) => return status.success(),
            Ok(None) if Instant::now() < until => thread::sleep(LOOK),
            _ => {
                // It may be over by now.
                let _ = client.kill();
                let _ = client.wait();
                return false;
            }
        }
    }
}

/// What `docker` is in a sandbox without one.
pub(crate) fn stand_in() -> ExitCode {
    let reason = "this job needs Docker, which its sandbox does not have: add the label docker to runs-on";
    println!("::error title=jitney::{reason}");
    eprintln!("jitney: {reason}");
    ExitCode::FAILURE
}
