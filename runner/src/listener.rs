//! The Actions runner's listener: started with what it needs, and nothing that is not its business.
//!
//! It is started itself, because `run.sh` turns most of its statuses into 0 or a loop.

use crate::orders::{OWN, Orders};
use crate::stages::COUNTERS;
use crate::state::{self, State};
use nix::unistd::Pid;
use std::env;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What the listener's statuses ask for (`Constants.cs` of actions/runner).
pub(crate) const RETRY: i32 = 2;
pub(crate) const UPDATING: i32 = 3;
pub(crate) const UPDATING_ONE_JOB: i32 = 4;
pub(crate) const DEPRECATED: i32 = 7;

/// Where the image has the archives of actions: what lies here is not downloaded.
const ARCHIVES: &str = "/opt/jitney/actions";

/// A listener that can be started, again if it asks for that.
pub(crate) struct Listener {
    program: PathBuf,
    home: PathBuf,
    hook: PathBuf,
    counters: PathBuf,
    state: PathBuf,
    path: OsString,
}

impl Listener {
    pub(crate) fn prepare(orders: &Orders, state: &State) -> io::Result<Self> {
        let binary = env::current_exe()?;
        let mut path = env::var_os("PATH").unwrap_or_default();
        if !orders.docker {
            let first = state.without_docker(&binary)?;
            let rest: Vec<PathBuf> = env::split_paths(&path).collect();
            path = env::join_paths([first].iter().chain(&rest)).unwrap_or(path);
        }
        Ok(Self {
            program: orders.home.join("bin/Runner.Listener"),
            home: orders.home.clone(),
            hook: state.write_hook(&binary)?,
            counters: state.path().join(COUNTERS),
            state: state.path().to_owned(),
            path,
        })
    }

    /// Starts it. The config goes through its environment, because an argument would show in a process list.
    ///
    /// Its SIGINT has the default disposition, without which .NET would install no handler: this process handles
    /// SIGINT, and what a process handles is at its default again after `exec`.
    pub(crate) fn start(&self, config: &str) -> io::Result<Pid> {
        let mut command = Command::new(&self.program);
        command.arg("run").current_dir(&self.home).stdin(Stdio::null());
        for name in OWN {
            command.env_remove(name);
        }
        let child = command
            .env("PATH", &self.path)
            .env(state::VARIABLE, &self.state)
            .env("ACTIONS_RUNNER_INPUT_JITCONFIG", config)
            .env("ACTIONS_RUNNER_HOOK_JOB_STARTED", &self.hook)
            .env("ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE", "1")
            .env("RUNNER_ALLOW_RUNASROOT", "1")
            .env("RUNNER_PERFLOG", &self.counters)
            .env("ACTIONS_RUNNER_ACTION_ARCHIVE_CACHE", ARCHIVES)
            .env("ACTIONS_BATCH_ACTION_RESOLUTION", "1")
            .spawn()?;
        i32::try_from(child.id()).map(Pid::from_raw).map_err(io::Error::other)
    }

    /// By this file it says that it has replaced itself.
    pub(crate) fn update(&self) -> impl AsRef<Path> + use<> {
        self.home.join("update.finished")
    }
}
