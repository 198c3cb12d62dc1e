//! One table of runs, judged as admission judges them, by what GitHub's API tells, and as the sandbox's binary does, by
//! what the runner tells: case by case the same verdict.
//!
//! Where the API tells less than the runner, a case says so (`api`): such a run is admitted, and ended in the sandbox.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::github::Response;
use jitney::github::run::started_by;
use jitney::policy::run::Vetting;
use jitney::settings::CoursesSettings;
use jitney::words::repository::Repository;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    #[expect(dead_code, reason = "for people")]
    about: String,
    payloads: BTreeMap<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default = "repository")]
    repository: String,
    #[serde(default = "public")]
    private: Option<bool>,
    #[serde(default = "event")]
    event: String,
    #[serde(default = "main")]
    r#ref: Option<String>,
    #[serde(default)]
    head: Option<Head>,
    #[serde(default = "actors")]
    actors: Vec<String>,
    #[serde(default = "path")]
    path: Option<String>,
    /// Whether the API names the ref that the workflow file was read at.
    #[serde(default)]
    told: bool,
    #[serde(default)]
    rules: BTreeMap<String, String>,
    #[serde(default)]
    cache: Option<String>,
    verdict: String,
    /// Admission's verdict, where the API does not tell what the runner does.
    #[serde(default)]
    api: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    repository: Option<String>,
    branch: String,
}

fn repository() -> String {
    "octo/x".to_owned()
}
fn event() -> String {
    "push".to_owned()
}
#[expect(clippy::unnecessary_wraps, reason = "a default")]
fn public() -> Option<bool> {
    Some(false)
}
#[expect(clippy::unnecessary_wraps, reason = "a default")]
fn main() -> Option<String> {
    Some("refs/heads/main".to_owned())
}
fn actors() -> Vec<String> {
    vec!["octocat".to_owned(), "octocat".to_owned()]
}
#[expect(clippy::unnecessary_wraps, reason = "a default")]
fn path() -> Option<String> {
    Some(".github/workflows/ci.yml".to_owned())
}

fn table() -> Table {
    serde_json::from_str(include_str!("cases.json")).expect("a table")
}

impl Case {
    /// The rules of a sandbox in which this case has its cache.
    fn vetting(&self) -> Vetting {
        let token = [("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())];
        let rules = self.rules.iter().map(|(name, value)| (name.clone(), value.clone()));
        let settings: Vec<_> = token.into_iter().chain(rules).collect();
        let cache = self.cache.as_ref().map(|cache| Repository::parse(cache).expect("a name"));
        Vetting { cache, ..CoursesSettings::read(&settings).settings.expect("good settings").vetting }
    }

    fn is_pull(&self) -> bool {
        self.event.starts_with("pull_request")
    }

    /// `GITHUB_REF`: a pull request's is its merge, a target's the base.
    fn full_ref(&self) -> Option<String> {
        let merge = self.is_pull() && self.event != "pull_request_target";
        if merge { Some("refs/pull/7/merge".to_owned()) } else { self.r#ref.clone() }
    }

    fn own(&self) -> Value {
        match self.private {
            Some(private) => json!({"full_name": self.repository, "private": private}),
            None => json!({"full_name": self.repository}),
        }
    }

    fn head(&self) -> Value {
        let named = |name: &String| json!({"full_name": name});
        self.head.as_ref().and_then(|head| head.repository.as_ref()).map_or(Value::Null, named)
    }

    /// The run as "Get a workflow run" answers it.
    fn run(&self) -> Value {
        let pull = self.head.as_ref().filter(|_| self.is_pull());
        let bare = |full: &String| {
            full.trim_start_matches("refs/heads/").trim_start_matches("refs/tags/").to_owned()
        };
        let at = self.full_ref().filter(|_| self.told).map(|at| format!("@{at}")).unwrap_or_default();
        let actor = |at: usize| self.actors.get(at).map(|login| json!({"login": login}));
        json!({
            "event": self.event,
            "head_branch": pull.map(|head| head.branch.clone()).or_else(|| self.r#ref.as_ref().map(bare)),
            "head_repository": if pull.is_some() { self.head() } else { self.own() },
            "repository": self.own(),
            "actor": actor(0),
            "triggering_actor": actor(1),
            "path": self.path.as_ref().map(|path| format!("{path}{at}")),
        })
    }

    /// The event's payload, made of the table's.
    fn payload(&self, payloads: &BTreeMap<String, Value>) -> Value {
        let shape = payloads.get(&self.event).or_else(|| payloads.get("*")).expect("a payload");
        self.filled(shape)
    }

    fn filled(&self, shape: &Value) -> Value {
        let branch = self.head.as_ref().map(|head| head.branch.as_str());
        match shape.as_str() {
            Some("$repository") => self.own(),
            Some("$ref") => json!(self.r#ref),
            Some("$branch") => json!(branch),
            Some("$head") => self.head(),
            Some("$pull") => json!({"number": 7, "head": {"ref": branch, "repo": self.head()}}),
            Some(_) => shape.clone(),
            None => match shape.as_object() {
                Some(fields) => {
                    let filled = fields.iter().map(|(name, value)| (name.clone(), self.filled(value)));
                    Value::Object(filled.collect::<Map<_, _>>())
                }
                None => shape.clone(),
            },
        }
    }

    /// The hook's process, as the runner starts it: the code of its annotation, or that it let the job go on.
    fn hooked(&self, payloads: &BTreeMap<String, Value>, state: &Path) -> String {
        let event = state.join("event.json");
        std::fs::write(&event, self.payload(payloads).to_string()).expect("a file");
        let mut hook = Command::new(env!("CARGO_BIN_EXE_jitney-runner"));
        hook.arg("hook").env_clear().stdout(Stdio::piped());
        let at = self.full_ref().unwrap_or_default();
        let file = self.path.as_ref().map(|path| {
            let home =
                if path.starts_with(".github") { format!("{}/", self.repository) } else { String::new() };
            format!("{home}{path}@{at}")
        });
        let told = [
            ("JITNEY_STATE", Some(state.display().to_string())),
            ("JITNEY_VETTING", Some(self.vetting().sealed(self.vetting().cache.as_ref()))),
            ("GITHUB_REPOSITORY", Some(self.repository.clone())),
            ("GITHUB_EVENT_NAME", Some(self.event.clone())),
            ("GITHUB_EVENT_PATH", Some(event.display().to_string())),
            ("GITHUB_REF", Some(at)),
            ("GITHUB_ACTOR", self.actors.first().cloned()),
            ("GITHUB_TRIGGERING_ACTOR", self.actors.get(1).cloned()),
            ("GITHUB_WORKFLOW_REF", file),
        ];
        for (name, value) in told {
            hook.env(name, value.unwrap_or_default());
        }
        let mut hook = hook.spawn().expect("the binary");
        let mut said = String::new();
        BufReader::new(hook.stdout.take().expect("a pipe")).read_line(&mut said).expect("text");
        if said.is_empty() {
            assert!(hook.wait().expect("a status").success(), "{}", self.name);
            return "admitted".to_owned();
        }
        // A refusal does not return by itself.
        let pid = i32::try_from(hook.id()).expect("a pid");
        kill(Pid::from_raw(pid), Signal::SIGINT).expect("a process");
        assert!(!hook.wait().expect("a status").success(), "{}", self.name);
        let text = said.strip_prefix("::error title=jitney::").expect("an annotation");
        text.split(':').next().expect("a code").to_owned()
    }
}

#[test]
fn admission_and_the_sandbox_judge_alike() {
    let table = table();
    assert!(table.cases.len() >= 60, "{}", table.cases.len());
    let state = std::env::temp_dir().join(format!("jitney-cases-{}", std::process::id()));
    std::fs::create_dir_all(&state).expect("a directory");
    let mut wrong = Vec::new();
    for case in &table.cases {
        let body = case.run().to_string().into_bytes();
        let run = started_by(&Ok(Response { status: 200, body, ..Response::default() })).expect("a run");
        let repository = Repository::parse(&case.repository).expect("a name");
        let admitted = case.vetting().judge(&repository, case.private, &run);
        let admitted = admitted.map_or_else(|reason| reason.code.to_owned(), |_| "admitted".to_owned());
        let hooked = case.hooked(&table.payloads, &state);
        let expected = case.api.as_ref().unwrap_or(&case.verdict);
        if admitted != *expected || hooked != case.verdict {
            wrong.push(format!("{}: {admitted} at admission, {hooked} in the sandbox", case.name));
        }
    }
    std::fs::remove_dir_all(&state).expect("a directory");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
