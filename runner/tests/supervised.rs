//! What the binary gives the listener that it starts, and when it starts Docker. The listener, the daemon and the
//! client are shell scripts here.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Valid base64, as a JIT config is.
const CONFIG: &str = "c29tZSBqaXQgY29uZmln";

/// A sandbox's directory.
struct Sandbox(PathBuf);

impl Sandbox {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("jitney-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let sandbox = Self(folder);
        sandbox.script(
            "home/bin/Runner.Listener",
            "env >\"$HERE/listener\"; docker info >\"$HERE/docker\" 2>&1; exit 0",
        );
        sandbox.script("path/dockerd", "touch \"$HERE/daemon\"; exec sleep 60");
        sandbox.script("path/docker", "echo the real one; test -e \"$HERE/daemon\"");
        sandbox
    }

    fn script(&self, name: &str, text: &str) {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, format!("#!/bin/sh\nHERE={}\n{text}\n", self.0.display())).expect("a file");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("a file");
    }

    /// Runs the binary to its end, and returns what it says of it.
    fn live(&self, told: &[(&str, &str)]) -> String {
        let at = |name: &str| self.0.join(name).display().to_string();
        let mut command = Command::new(env!("CARGO_BIN_EXE_jitney-runner"));
        command.env_clear().env("PATH", format!("{}:/usr/bin:/bin", at("path")));
        command.env("JITNEY_STATE", at("state")).env("JITNEY_RUNNER_HOME", at("home"));
        command.env("JITNEY_CGROUP", at("none")).env("JITNEY_START_WITHIN", "60").envs(told.iter().copied());
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = piped.expect("the binary");
        let mut stdin = process.stdin.take().expect("a pipe");
        writeln!(stdin, "{CONFIG}").expect("a reader");
        drop(stdin);
        let output = process.wait_with_output().expect("an end");
        String::from_utf8(output.stdout).expect("text")
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }

    /// The environment that the listener had.
    fn listener(&self) -> BTreeMap<String, String> {
        let text = self.text("listener");
        text.lines()
            .filter_map(|line| line.split_once('='))
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .collect()
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_listener_gets_its_config_and_what_makes_it_say_that_it_is_too_old() {
    let sandbox = Sandbox::new("listener");
    let ending = sandbox.live(&[]);
    assert!(ending.contains("\"cause\":\"no-job\""), "{ending}");
    let told = sandbox.listener();
    let value = |name: &str| told.get(name).map(String::as_str);
    assert_eq!(value("ACTIONS_RUNNER_INPUT_JITCONFIG"), Some(CONFIG));
    // Without it GitHub's refusal of an old runner ends as any other failure does.
    assert_eq!(value("ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE"), Some("1"));
    assert_eq!(value("RUNNER_ALLOW_RUNASROOT"), Some("1"));
    // Without these it downloads what the image holds, and asks for each action by itself.
    assert_eq!(value("ACTIONS_RUNNER_ACTION_ARCHIVE_CACHE"), Some("/opt/jitney/actions"));
    assert_eq!(value("ACTIONS_BATCH_ACTION_RESOLUTION"), Some("1"));
    assert!(
        value("ACTIONS_RUNNER_HOOK_JOB_STARTED").is_some_and(|hook| Path::new(hook).extension().is_some())
    );
    assert_eq!((value("JITNEY_START_WITHIN"), value("JITNEY_RUNNER_HOME")), (None, None));
}

#[test]
fn a_job_that_asked_for_docker_has_the_daemon_and_the_real_client() {
    let sandbox = Sandbox::new("docker");
    sandbox.live(&[("JITNEY_DOCKER", "1")]);
    assert!(sandbox.0.join("daemon").exists(), "no daemon was started");
    assert_eq!(sandbox.text("docker"), "the real one\n");
}

#[test]
fn any_other_job_is_told_what_to_ask_for() {
    let sandbox = Sandbox::new("no-docker");
    sandbox.live(&[("JITNEY_DOCKER", "0")]);
    assert!(!sandbox.0.join("daemon").exists(), "a daemon was started");
    assert!(sandbox.text("docker").contains("add the label docker to runs-on"), "{}", sandbox.text("docker"));
}
