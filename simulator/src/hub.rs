//! The model of GitHub: jobs, runners that take them by labels alone, limits, and answers that get lost.

use jitney::github::{Method, Request, Response};
use std::collections::{BTreeMap, VecDeque};

/// GitHub's limit of POSTs in a minute.
const POSTS: usize = 180;

/// How far a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Queued,
    Running,
    Over,
}

/// A job.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) stage: Stage,
    pub(crate) labels: Vec<&'static str>,
    pub(crate) created: u64,
    pub(crate) seconds: u64,
}

/// A registered runner.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub(crate) name: String,
    pub(crate) labels: Vec<String>,
    pub(crate) job: Option<u64>,
    pub(crate) online: bool,
}

/// All of it.
#[derive(Default)]
pub(crate) struct Hub {
    pub(crate) jobs: BTreeMap<u64, Job>,
    pub(crate) runners: BTreeMap<u64, Runner>,
    pub(crate) mints: u64,
    pub(crate) limited: u64,
    next: u64,
    posts: VecDeque<u64>,
}

impl Hub {
    /// Answers a request, which takes effect now. The caller may lose the answer.
    pub(crate) fn answer(&mut self, request: &Request, now: u64) -> Response {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let rest = path.strip_prefix("/repos/octo/demo/actions/").unwrap_or_default();
        let parts: Vec<&str> = rest.split('/').collect();
        match (request.method, parts.as_slice()) {
            (Method::Post, ["runners", "generate-jitconfig"]) => self.mint(request, now),
            (Method::Get, ["runners"]) => reply(200, self.list_runners(query)),
            (Method::Get, ["runners", id]) => match self.runners.get(&number(id)) {
                Some(runner) => reply(200, show(number(id), runner)),
                None => reply(404, serde_json::json!({})),
            },
            (Method::Delete, ["runners", id]) => match self.runners.get(&number(id)) {
                Some(runner) if runner.job.is_some() => reply(422, serde_json::json!({})),
                Some(_) => {
                    self.runners.remove(&number(id));
                    reply(204, serde_json::json!({}))
                }
                None => reply(404, serde_json::json!({})),
            },
            (Method::Get, ["jobs", id]) => reply(200, self.show_job(number(id))),
            (Method::Get, ["runs"]) => {
                let wanted = if query.contains("status=queued") { Stage::Queued } else { Stage::Running };
                let runs: Vec<_> = self.jobs.iter().filter(|(_, job)| job.stage == wanted).collect();
                let runs: Vec<_> =
                    runs.iter().map(|(id, _)| serde_json::json!({"id": *id + 1_000_000})).collect();
                reply(200, serde_json::json!({"total_count": runs.len(), "workflow_runs": runs}))
            }
            (Method::Get, ["runs", _]) => reply(
                200,
                serde_json::json!({"event": "push", "head_branch": "main",
                                   "head_repository": {"full_name": "octo/demo"}}),
            ),
            (Method::Get, ["runs", run, "jobs"]) => {
                let job = self.show_job(number(run) - 1_000_000);
                reply(200, serde_json::json!({"total_count": 1, "jobs": [job]}))
            }
            _ => reply(404, serde_json::json!({})),
        }
    }

    fn mint(&mut self, request: &Request, now: u64) -> Response {
        self.posts.push_back(now);
        while self.posts.front().is_some_and(|at| now - at >= 60_000) {
            self.posts.pop_front();
        }
        if self.posts.len() > POSTS {
            self.limited += 1;
            return Response { status: 429, retry_after: Some(60), ..Response::default() };
        }
        let asked: serde_json::Value =
            serde_json::from_str(request.body.as_deref().expect("a body")).expect("JSON");
        let name = asked["name"].as_str().expect("a name").to_owned();
        if self.runners.values().any(|runner| runner.name == name) {
            return reply(409, serde_json::json!({}));
        }
        self.mints += 1;
        self.next += 1;
        let labels = asked["labels"].as_array().expect("labels");
        let labels = labels.iter().map(|label| label.as_str().expect("text").to_owned()).collect();
        self.runners.insert(self.next, Runner { name, labels, job: None, online: false });
        let config = format!("config-{}", self.next);
        reply(201, serde_json::json!({"runner": {"id": self.next}, "encoded_jit_config": config}))
    }

    fn list_runners(&self, query: &str) -> serde_json::Value {
        let named = query.strip_prefix("name=");
        let shown: Vec<_> =
            self.runners.iter().filter(|(_, r)| named.is_none_or(|name| r.name == name)).collect();
        let shown: Vec<_> = shown.iter().take(100).map(|(id, runner)| show(**id, runner)).collect();
        serde_json::json!({"total_count": shown.len(), "runners": shown})
    }

    fn show_job(&self, id: u64) -> serde_json::Value {
        let Some(job) = self.jobs.get(&id) else { return serde_json::json!({}) };
        let status = match job.stage {
            Stage::Queued => "queued",
            Stage::Running => "in_progress",
            Stage::Over => "completed",
        };
        let created = time_text(job.created);
        serde_json::json!({"id": id, "run_id": id + 1_000_000, "status": status, "labels": job.labels,
                           "created_at": created})
    }

    /// Gives a connected runner one of the queued jobs whose labels it has; `pick` chooses among them.
    pub(crate) fn assign(&mut self, runner: u64, pick: u64) -> Option<u64> {
        let has = &self.runners.get(&runner)?.labels;
        let fits = |job: &Job| job.labels.iter().all(|label| has.iter().any(|own| own == label));
        let queued: Vec<u64> = self
            .jobs
            .iter()
            .filter(|(_, j)| j.stage == Stage::Queued && fits(j))
            .map(|(id, _)| *id)
            .collect();
        let count = u64::try_from(queued.len()).ok().filter(|&count| count > 0)?;
        let job = queued[usize::try_from(pick % count).ok()?];
        self.jobs.get_mut(&job)?.stage = Stage::Running;
        self.runners.get_mut(&runner)?.job = Some(job);
        Some(job)
    }
}

fn show(id: u64, runner: &Runner) -> serde_json::Value {
    let status = if runner.online { "online" } else { "offline" };
    serde_json::json!({"id": id, "name": runner.name, "status": status, "busy": runner.job.is_some()})
}

#[expect(clippy::needless_pass_by_value, reason = "made on the spot")]
fn reply(status: u16, body: serde_json::Value) -> Response {
    let body = body.to_string().into_bytes();
    Response { status, body, limit: Some(5000), remaining: Some(4000), ..Response::default() }
}

fn number(text: &str) -> u64 {
    text.parse().expect("a number")
}

/// GitHub's form of a time, of which the simulation's days are few.
pub(crate) fn time_text(at: u64) -> String {
    let seconds = at / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    format!("1970-01-{:02}T{:02}:{:02}:{:02}Z", days + 1, rest / 3600, rest / 60 % 60, rest % 60)
}
