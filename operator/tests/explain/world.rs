//! A GitHub and a host, and what is explained of a job in them.

use jitney::course::desk::{Next, Play};
use jitney::course::{Command, Event, Report, Sandbox, Step};
use jitney::github::Cursor;
use jitney::github::{Fault, Method, Request, Response};
use jitney::house::Ruling;
use jitney::settings::CoursesSettings;
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;
use jitney_operator::explain::{
    Explanation, HostFacts, RecentDelivery, Subject, Unexplained, ask, explain, read_lines,
};
use serde_json::{Value, json};

pub(crate) const CREATED: &str = "2026-11-24T12:00:00Z";
pub(crate) const HOOK: &str = "https://acme--jitney.modal.run";

pub(crate) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

/// A GitHub and a host, in which job 41 of octo/demo waits.
pub(crate) struct World {
    pub(crate) settings: Vec<(&'static str, &'static str)>,
    pub(crate) job: (u16, Value),
    pub(crate) hooks: (u16, Value),
    /// Attempts as the listing shows them, the newest first, each with what it carried and was answered.
    pub(crate) log: Vec<Value>,
    pub(crate) runners: (u16, Value),
    pub(crate) run: Value,
    pub(crate) others: Value,
    pub(crate) recent: Vec<Value>,
    pub(crate) entries: Vec<Value>,
    pub(crate) host: HostFacts,
    /// How many deliveries a page of the log holds, and from which page on it cannot be read.
    pub(crate) page: (usize, usize),
    pub(crate) asked: usize,
    /// Whether GitHub does not respond.
    pub(crate) down: bool,
}

pub(crate) fn world() -> World {
    World {
        settings: vec![("ALLOWED_REPOS", "octo/demo"), ("GITHUB_TOKEN", "ghp_canary")],
        job: (
            200,
            json!({ "id": 41, "run_id": 3, "status": "queued", "labels": ["self-hosted", "modal"], "runner_name": null,
                "created_at": CREATED, "started_at": CREATED }),
        ),
        hooks: (
            200,
            json!([{ "id": 5, "active": true, "events": ["workflow_job"], "config": { "url": HOOK } }]),
        ),
        log: Vec::new(),
        runners: (200, json!({ "runners": [] })),
        run: json!({ "event": "push", "head_branch": "main", "head_repository": { "full_name": "octo/demo" },
            "repository": { "full_name": "octo/demo", "private": false }, "actor": { "login": "octocat" } }),
        others: json!({ "jobs": [] }),
        recent: Vec::new(),
        entries: Vec::new(),
        host: HostFacts { sandboxes: Some(Vec::new()), ..HostFacts::default() },
        page: (100, 100),
        asked: 0,
        down: false,
    }
}

pub(crate) fn delivery(
    id: u64,
    job: u64,
    action: &str,
    time: &str,
    status: u16,
    outcome: &str,
    reason: &str,
) -> Value {
    let payload = json!({ "action": action, "repository": { "full_name": "octo/demo", "private": false },
        "workflow_job": { "id": job, "run_id": 3, "labels": ["self-hosted", "modal"], "created_at": CREATED } });
    let said = json!({ "outcome": outcome, "reason": reason, "job": job }).to_string();
    let said = if outcome.is_empty() { Value::Null } else { Value::String(said) };
    json!({ "id": id, "guid": format!("guid-{id}"), "delivered_at": time, "event": "workflow_job", "action": action,
        "status": if status < 300 { "OK" } else { "timed out" }, "status_code": status,
        "request": { "headers": {}, "payload": payload }, "response": { "headers": {}, "payload": said } })
}

pub(crate) fn sandbox(tags: &[(&str, &str)]) -> Sandbox {
    let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sandbox { id: "sb-1".to_owned(), tags: tags.chain([("job".to_owned(), "41".to_owned())]).collect() }
}

pub(crate) fn runner(name: &str, status: &str, busy: bool) -> Value {
    json!({ "id": 9, "name": name, "status": status, "busy": busy })
}

impl World {
    pub(crate) fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.job.1[name] = value.into();
        self
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn response(&mut self, request: &Request) -> Result<Response, Fault> {
        assert_eq!(request.method, Method::Get, "it changes nothing");
        self.asked += 1;
        if self.down {
            return Err(Fault::Unreachable);
        }
        if request.path.contains("/deliveries?") {
            return Ok(self.listed(&request.path));
        }
        let path = request.path.split('?').next().unwrap_or_default();
        let (status, body) = match path {
            "/repos/octo/demo/actions/jobs/41" => self.job.clone(),
            "/repos/octo/demo/hooks" => self.hooks.clone(),
            "/repos/octo/demo/actions/runners" => self.runners.clone(),
            "/repos/octo/demo/actions/runs/3" => (200, self.run.clone()),
            "/repos/octo/demo/actions/runs/3/jobs" => (200, self.others.clone()),
            path => match path.rsplit_once("/deliveries/") {
                Some((_, id)) => {
                    let found = self.log.iter().find(|one| one["id"].as_u64() == id.parse().ok());
                    (200, found.expect("a delivery that was listed").clone())
                }
                None => (404, json!({ "message": "Not Found" })),
            },
        };
        Ok(Response { status, body: body.to_string().into_bytes(), ..Response::default() })
    }

    fn listed(&self, path: &str) -> Response {
        assert!(path.starts_with("/repos/octo/demo/hooks/5/") || path.starts_with("/app/hook/"), "{path}");
        let page = path.split_once("cursor=").map_or(0, |(_, page)| page.parse().expect("a number"));
        let all: Vec<_> = self.log.chunks(self.page.0).collect();
        let body = Value::Array(all.get(page).copied().unwrap_or_default().to_vec()).to_string().into_bytes();
        let link = format!("<https://api.github.com/x?cursor={}>; rel=\"next\"", page + 1);
        let next = Cursor::of_link(&link).filter(|_| page + 1 < all.len());
        Response { status: if page < self.page.1 { 200 } else { 502 }, body, next, ..Response::default() }
    }

    /// What is explained; with what was asked of GitHub in `asked`.
    pub(crate) fn explained(&mut self, subject: &str) -> Result<Explanation, Unexplained> {
        let now = at("2026-11-24T12:00:30Z");
        let own: Vec<_> =
            self.settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let settings = CoursesSettings::read(&own).settings.expect("good settings");
        let subject = Subject::parse(subject, &settings.api.pages()).map_err(Unexplained::Misread)?;
        let lines = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>();
        let recent = |row: &Value| RecentDelivery::read(row["at"].as_u64()?, &row.to_string());
        let recent = self.recent.iter().filter_map(recent).collect();
        let mut play =
            Play::new(settings.credential.clone(), None, |desk| ask(desk, settings, subject, recent));
        let mut event = Event::Report(Report::Opened);
        let facts = loop {
            event = match play.next(event, now).expect("it is not over") {
                Next::Step(Step::Ask(request)) => Event::Response(self.response(&request)),
                Next::Step(Step::Tell(Command::Credential { .. })) => {
                    Event::Report(Report::Credential(Secret::new("app-canary")))
                }
                Next::Step(Step::Consult(_)) => Event::Ruling(Ruling::Go),
                Next::Step(Step::Tell(command)) => panic!("{command:?}"),
                Next::Over(facts) => break facts?,
            }
        };
        let host = HostFacts { entries: read_lines(&lines(&self.entries)), ..self.host.clone() };
        let explanation = explain(&facts, &host, now);
        assert!(!format!("{facts:?}{explanation:?}").contains("canary"), "a secret shows");
        Ok(explanation)
    }

    pub(crate) fn explanation(mut self) -> Explanation {
        self.explained("octo/demo 41").expect("an explanation")
    }

    /// The state's code, after a look at the words that an operator needs.
    pub(crate) fn ends(self, state: &str, words: &[&str]) -> Explanation {
        let story = self.explanation();
        let text = &story.conclusion.text;
        assert_eq!(story.conclusion.state, state, "{text}");
        for word in words {
            assert!(text.contains(word), "`{word}` is not in: {text}");
        }
        story
    }
}

pub(crate) fn says(story: &Explanation, what: &str, words: &str) -> bool {
    story.timeline.iter().any(|moment| moment.what == what && moment.said.contains(words))
}

pub(crate) fn delivered(world: World, status: u16, outcome: &str, reason: &str) -> World {
    world.with(|w| w.log = vec![delivery(1, 41, "queued", "2026-11-24T12:00:01Z", status, outcome, reason)])
}
