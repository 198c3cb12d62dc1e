//! What runs in a jitney sandbox, one static binary that goes by three names.
//!
//! Without arguments it is the sandbox's main process ([`supervisor`]): it reads one JIT config, starts the Actions
//! runner's listener, and says at the end how it ended. As `hook` it is the listener's job-started hook ([`hook`]),
//! which judges the job before its first step. As `docker` it stands in for a Docker that the sandbox does not have.

mod config;
mod daemon;
mod ending;
mod hook;
mod listener;
mod orders;
mod stages;
mod state;
mod supervisor;
mod usage;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let program = arguments.next().unwrap_or_default();
    if Path::new(&program).file_name().is_some_and(|name| name == "docker") {
        return daemon::stand_in();
    }
    match arguments.next() {
        None => supervisor::main(),
        Some(argument) if argument == "hook" => hook::main(),
        Some(_) => {
            eprintln!("usage: jitney-runner [hook]");
            ExitCode::from(2)
        }
    }
}
