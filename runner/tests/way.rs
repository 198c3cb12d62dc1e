//! No interpreter starts on the way to a job's first step: each program that is executed from the sandbox's start until
//! the hook lets the job go on is seen by `ptrace`, and is one that is named here.
#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use nix::sys::ptrace::{self, Event, Options};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

const CONFIG: &str = "c29tZSBqaXQgY29uZmln";
/// A listener that does what the Actions runner does before a job's first step, as far as programs go: it runs the hook
/// as `JobHookProvider.cs` and `ScriptHandlerHelpers.cs` have it, with bash.
const LISTENER: &str = r#"#!/bin/sh
exec bash -e "$ACTIONS_RUNNER_HOOK_JOB_STARTED"
"#;

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(path, text).expect("a file");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("a file");
}

/// The program that a process has just become.
fn program(pid: Pid) -> String {
    let path = std::fs::read_link(format!("/proc/{pid}/exe")).expect("a process");
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

/// Lets the traced process go on, and all that it starts, to their end; the programs that were executed.
fn executed(main: Pid) -> Vec<String> {
    let mut programs = Vec::new();
    loop {
        let (pid, signal) = match waitpid(None, Some(WaitPidFlag::__WALL)).expect("a child") {
            WaitStatus::PtraceEvent(pid, _, event) => {
                // Its own start may be seen or not, as tracing begins about then.
                if event == Event::PTRACE_EVENT_EXEC as i32 && pid != main {
                    programs.push(program(pid));
                }
                (pid, None)
            }
            WaitStatus::Stopped(pid, signal) => (pid, Some(signal)),
            WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, _, _) if pid == main => return programs,
            _ => continue,
        };
        // It may be over by now.
        let _ = ptrace::cont(pid, signal);
    }
}

#[test]
fn only_the_runner_its_shell_for_the_hook_and_this_binary_run_before_the_first_step() {
    let home = std::env::temp_dir().join(format!("jitney-way-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&home);
    write(&home.join("runner/bin/Runner.Listener"), LISTENER);
    write(&home.join("event.json"), r#"{"repository":{"full_name":"octo/x","private":false}}"#);
    let at = |name: &str| home.join(name).display().to_string();
    let told = [
        ("PATH", "/usr/bin:/bin".to_owned()),
        ("JITNEY_STATE", at("state")),
        ("JITNEY_RUNNER_HOME", at("runner")),
        ("JITNEY_CGROUP", at("none")),
        ("JITNEY_VETTING", r#"{"forks":false}"#.to_owned()),
        ("GITHUB_REPOSITORY", "octo/x".to_owned()),
        ("GITHUB_EVENT_NAME", "push".to_owned()),
        ("GITHUB_EVENT_PATH", at("event.json")),
        ("GITHUB_REF", "refs/heads/main".to_owned()),
        ("GITHUB_ACTOR", "octocat".to_owned()),
        ("GITHUB_TRIGGERING_ACTOR", "octocat".to_owned()),
        ("GITHUB_WORKFLOW_REF", "octo/x/.github/workflows/ci.yml@refs/heads/main".to_owned()),
    ];
    let mut command = Command::new(env!("CARGO_BIN_EXE_jitney-runner"));
    command.env_clear().envs(told).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut sandbox = command.spawn().expect("the binary");
    let main = Pid::from_raw(i32::try_from(sandbox.id()).expect("a pid"));
    // It starts nothing before it has its config, so nothing is missed.
    let follow = Options::PTRACE_O_TRACEEXEC
        | Options::PTRACE_O_TRACEFORK
        | Options::PTRACE_O_TRACEVFORK
        | Options::PTRACE_O_TRACECLONE
        | Options::PTRACE_O_EXITKILL;
    ptrace::seize(main, follow).expect("leave to trace a child");
    let mut config = sandbox.stdin.take().expect("a pipe");
    writeln!(config, "{CONFIG}").expect("a reader");
    drop(config);
    let programs = executed(main);
    let admitted = home.join("state/admitted").exists();
    // It is over, and its status was had above.
    let _ = sandbox.wait();
    let _ = std::fs::remove_dir_all(&home);
    assert!(admitted, "the job did not get to its first step: {programs:?}");
    let (listener, rest) = programs.split_first().expect("the listener");
    assert!(["sh", "dash", "bash", "busybox"].contains(&listener.as_str()), "{programs:?}");
    assert_eq!(rest, ["bash", "jitney-runner"], "beside the listener, which is a script here: {programs:?}");
}
