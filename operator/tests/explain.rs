//! The story of a job, in each state that a job can be in, from what GitHub would answer and a host would have seen.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test"
)]

use jitney::course::Sandbox;
use jitney::github::{Cursor, Method, Request, Response};
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;
use jitney_operator::explain::{Failure, Inquiry, Row, Seen, Story, Subject, read_lines, tell};
use serde_json::{Value, json};

const CREATED: &str = "2026-11-24T12:00:00Z";
const HOOK: &str = "https://acme--jitney.modal.run";

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time")
}

/// A GitHub and a host, in which job 41 of octo/demo waits.
struct World {
    settings: Vec<(&'static str, &'static str)>,
    job: (u16, Value),
    hooks: (u16, Value),
    /// Attempts as the listing shows them, the newest first, each with what it carried and was answered.
    log: Vec<Value>,
    runners: (u16, Value),
    run: Value,
    others: Value,
    rows: Vec<Value>,
    entries: Vec<Value>,
    seen: Seen,
    /// How many deliveries a page of the log holds, and from which page on it cannot be read.
    page: (usize, usize),
    asked: usize,
}

fn world() -> World {
    World {
        settings: vec![
            ("ALLOWED_REPOS", "octo/demo"),
            ("GITHUB_TOKEN", "ghp_canary"),
            ("WEBHOOK_SECRET", "wh-canary"),
        ],
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
        rows: Vec::new(),
        entries: Vec::new(),
        seen: Seen { sandboxes: Some(Vec::new()), ..Seen::default() },
        page: (100, 100),
        asked: 0,
    }
}

fn delivery(id: u64, job: u64, action: &str, time: &str, status: u16, outcome: &str, reason: &str) -> Value {
    let payload = json!({ "action": action, "repository": { "full_name": "octo/demo", "private": false },
        "workflow_job": { "id": job, "run_id": 3, "labels": ["self-hosted", "modal"], "created_at": CREATED } });
    let said = json!({ "outcome": outcome, "reason": reason, "job": job }).to_string();
    let said = if outcome.is_empty() { Value::Null } else { Value::String(said) };
    json!({ "id": id, "guid": format!("guid-{id}"), "delivered_at": time, "event": "workflow_job", "action": action,
        "status": if status < 300 { "OK" } else { "timed out" }, "status_code": status,
        "request": { "headers": {}, "payload": payload }, "response": { "headers": {}, "payload": said } })
}

fn sandbox(tags: &[(&str, &str)]) -> Sandbox {
    let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Sandbox { id: "sb-1".to_owned(), tags: tags.chain([("job".to_owned(), "41".to_owned())]).collect() }
}

fn runner(name: &str, status: &str, busy: bool) -> Value {
    json!({ "id": 9, "name": name, "status": status, "busy": busy })
}

impl World {
    fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.job.1[name] = value.into();
        self
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn answer(&mut self, request: &Request) -> Response {
        assert_eq!(request.method, Method::Get, "it changes nothing");
        self.asked += 1;
        if request.path.contains("/deliveries?") {
            return self.listed(&request.path);
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
        Response { status, body: body.to_string().into_bytes(), ..Response::default() }
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

    fn story_of(&mut self, subject: &str) -> Result<Story, Failure> {
        let own: Vec<_> =
            self.settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let intake = IntakeSettings::read(&own).settings.expect("good settings");
        let courses = CoursesSettings::read(&own).settings.expect("good settings");
        let subject = Subject::parse(subject, &courses.api.pages()).map_err(Failure::Subject)?;
        let lines = |values: &[Value]| values.iter().map(Value::to_string).collect::<Vec<_>>();
        let mut inquiry = Inquiry::new(intake, courses, subject);
        let row = |row: &Value| Row::read(row["at"].as_u64()?, &row.to_string());
        inquiry.remember(self.rows.iter().filter_map(row).collect());
        let mut request = inquiry.next(None)?;
        while let Some(next) = request {
            let answer = self.answer(&next);
            request = inquiry.next(Some(Ok(&answer)))?;
        }
        let seen = Seen { entries: read_lines(&lines(&self.entries)), ..self.seen.clone() };
        let story = tell(&inquiry, &seen, at("2026-11-24T12:00:30Z")).expect("a story");
        assert!(!format!("{story:?}").contains("canary"), "a secret shows");
        Ok(story)
    }

    fn story(mut self) -> Story {
        self.story_of("octo/demo 41").expect("a story")
    }

    /// The state's code, after a look at the words that an operator needs.
    fn ends(self, state: &str, words: &[&str]) -> Story {
        let story = self.story();
        let text = &story.conclusion.text;
        assert_eq!(story.conclusion.state, state, "{text}");
        for word in words {
            assert!(text.contains(word), "`{word}` is not in: {text}");
        }
        story
    }
}

fn says(story: &Story, what: &str, words: &str) -> bool {
    story.events.iter().any(|event| event.what == what && event.said.contains(words))
}

fn delivered(world: World, status: u16, outcome: &str, reason: &str) -> World {
    world.with(|w| w.log = vec![delivery(1, 41, "queued", "2026-11-24T12:00:01Z", status, outcome, reason)])
}

#[test]
fn every_form_of_a_subject_is_read_and_no_other() {
    let pages = "https://github.com";
    let job = |text: &str| match Subject::parse(text, pages) {
        Ok(Subject::Job(repository, job)) => format!("{repository} {job}"),
        other => format!("{other:?}"),
    };
    for form in [
        "https://github.com/octo/demo/actions/runs/3/job/41",
        "https://github.com/octo/demo/actions/runs/3/job/41?pr=7#step:2:1",
        "https://github.com/octo/demo/actions/runs/3/attempts/2/job/41/",
        "https://github.com/octo/demo/runs/41",
        "octo/demo 41",
        "octo/demo#41",
        " octo/demo/41 ",
    ] {
        assert_eq!(job(form), "octo/demo 41", "{form}");
    }
    let guid = Subject::parse("72d3162e-cc78-11e3-81ab-4c9367dc0958", pages);
    assert!(matches!(guid, Ok(Subject::Delivery(_))));
    for (form, word) in [
        ("https://github.com/octo/demo/actions/runs/3", "that of a run"),
        ("https://github.com/octo/demo/actions/runs/3/attempts/2", "that of a run"),
        ("https://github.com/octo/demo/pull/3", "not that of a job's page"),
        ("https://github.com/octo", "not that of a job's page"),
        ("https://evil.example/octo/demo/actions/runs/3/job/41", "GITHUB_ENTERPRISE_DOMAIN"),
        ("https://github.com/octo/demo/actions/runs/3/job/0", "not that of a job's page"),
        ("41", "without its repository"),
        ("../.. 41", "no repository's name"),
        ("", "neither a job nor a delivery"),
        ("hello", "neither a job nor a delivery"),
    ] {
        let fault = Subject::parse(form, pages).expect_err(form);
        assert!(fault.contains(word), "{form}: {fault}");
    }
    assert_eq!(
        Subject::parse("https://octo.ghe.com/octo/demo/actions/runs/3/job/41", "https://octo.ghe.com"),
        Subject::parse("octo/demo 41", pages)
    );
}

#[test]
fn a_job_whose_sandbox_boots_waits_for_its_config() {
    let world = delivered(world(), 202, "deferred", "still-at-work: it goes on").with(|w| {
        w.seen.sandboxes = Some(vec![sandbox(&[("started", "1795521602000"), ("shape", "2-cores")])]);
    });
    let story = world.ends("sandbox-booting", &["sb-1", "the config follows", "120 s", "every 3 min"]);
    assert!(says(&story, "delivery", "answered 202"));
    assert!(says(&story, "check", "labels: ours"));
    assert!(says(&story, "verdict", "of that delivery, by the settings of now: launch"));
    assert!(says(&story, "run", "may run here"));
    assert!(says(&story, "sandbox", "no config yet"));
    assert_eq!(story.page, "https://github.com/octo/demo/actions/runs/3/job/41");
    let times: Vec<_> = story.events.iter().filter_map(|event| event.at).map(|at| at.0 / 1000).collect();
    assert!(times.is_sorted());
}

#[test]
fn a_runner_that_starts_and_one_that_idles_are_told_apart() {
    let begun = |status: &'static str| {
        delivered(world(), 201, "launched", "runner-started: x").with(move |w| {
            w.seen.sandboxes = Some(vec![sandbox(&[("runner", "jitney-41-abcdefgh")])]);
            w.runners.1 = json!({ "runners": [runner("jitney-41-abcdefgh", status, false), runner("other", "online", true)] });
        })
    };
    let story = begun("offline").ends("runner-starting", &["jitney-41-abcdefgh", "sb-1", "300 s"]);
    assert!(says(&story, "registration", "not connected yet") && !says(&story, "registration", "other"));
    begun("online").ends("runner-idle", &["online and idle", "300 s"]);
}

#[test]
fn a_runner_that_another_job_took_is_told_with_that_job() {
    let taken = || {
        delivered(world(), 201, "launched", "runner-started: x")
            .with(|w| w.runners.1 = json!({ "runners": [runner("jitney-41-abcdefgh", "online", true)] }))
    };
    let by_github = taken().with(|w| {
        w.others = json!({ "jobs": [{ "id": 42, "runner_name": "jitney-41-abcdefgh" }] });
        w.seen.sandboxes = Some(vec![sandbox(&[("runner", "jitney-41-abcdefgh")])]);
    });
    let story = by_github.ends("runner-taken", &["taken by job 42", "A new one is started"]);
    assert!(says(&story, "pairing", "job 42 has a runner that was started for this one"));
    taken()
        .with(|w| {
            w.entries =
                vec![json!({ "sandbox": "sb-9", "job": 77, "runner": "jitney-41-abcdefgh", "started": 1.0 })];
        })
        .ends("runner-taken", &["taken by job 77"]);
    taken().ends("runner-taken", &["another job"]);
    delivered(world(), 201, "launched", "runner-started: x")
        .with(|w| w.seen.sandboxes = Some(vec![sandbox(&[("runner", "jitney-41-abcdefgh")])]))
        .ends("runner-gone", &["sb-1", "registered no longer", "about to end"]);
}

#[test]
fn labels_that_are_not_ours_are_somebody_elses() {
    let story = world()
        .set("labels", json!(["self-hosted", "modal", "gpu-x"]))
        .ends("ignored", &["gpu-x", "Another runner"]);
    assert!(says(&story, "verdict", "made of the job"));
    let stopped: Vec<_> = story.events.iter().filter(|event| event.what == "check" && event.stops).collect();
    assert_eq!(stopped.len(), 1);
}

#[test]
fn who_is_kept_out_learns_by_which_setting() {
    let allowing = |repositories: &'static str| world().with(|w| w.settings[0].1 = repositories);
    allowing("octo/other").ends("repository-not-allowed", &["ALLOWED_REPOS", "Name the repository"]);
    let large = || world().set("labels", json!(["modal", "cpu=64"]));
    large().ends("refused-and-told", &["20 an hour", "MAX_CPU"]);
    large().with(|w| w.settings.push(("REFUSALS_PER_HOUR", "0"))).ends("refused", &["MAX_CPU", "24 hours"]);
    let story = world()
        .with(|w| w.run["head_repository"]["full_name"] = "mallory/demo".into())
        .ends("run-not-allowed", &["fork", "ALLOW_FORKS"]);
    assert!(story.events.iter().any(|event| event.what == "run" && event.stops));
}

#[test]
fn a_ticket_that_waits_says_when_it_is_due_and_why() {
    let ticket = r#"{"purpose":"launch","delivery":"guid-1","repository":"octo/demo","job":41,"run":3,"labels":["modal"],
        "created":null,"runner":null,"deferrals":2}"#;
    let world = delivered(world(), 202, "deferred", "at-capacity: MAX_RUNNERS (3) sandboxes are at work")
        .with(|w| {
            w.seen.waiting = vec![(Ticket::read(ticket).expect("a ticket"), at("2026-11-24T12:00:45Z"))];
        });
    let story = world.ends("ticket-waits", &["at-capacity", "in 15 s"]);
    assert!(says(&story, "ticket", "deferral no. 2"));
}

#[test]
fn what_was_said_last_decides_where_nothing_lives() {
    let said = |status: u16, outcome: &str, reason: &str| delivered(world(), status, outcome, reason);
    said(201, "launched", "runner-started: x").ends("sandbox-gone", &["its sandbox is gone", "every 3 min"]);
    said(202, "deferred", "github-rate-limited: x").ends("deferred", &["github-rate-limited", "by itself"]);
    said(401, "refused", "signature-mismatch: x").ends("not-signed", &["the same secret"]);
    said(403, "refused", "fork-not-allowed: x").ends("was-refused", &["Refused when it came"]);
    said(200, "ignored", "labels-not-ours: x").ends("was-ignored", &["Ignored when it came"]);
    said(200, "refused", "runners-taken: x").ends("runners-taken", &["id=${{ github.run_id }}"]);
    said(503, "unready", "settings: MAX_CPU is none").ends("unready", &["MAX_CPU", "mend"]);
    said(504, "", "").ends("delivery-failed", &["504", "timed out", "deliver it again"]);
}

#[test]
fn the_course_s_own_word_is_later_than_the_delivery_s_answer() {
    let world = delivered(world(), 202, "deferred", "still-at-work: it goes on").with(|w| {
        w.rows = vec![
            json!({ "at": 1_795_521_610_000_u64, "outcome": "deferred", "reason": "at-capacity", "why": "full",
            "delivery": "guid-1", "repository": "octo/demo", "job": 41 }),
        ];
    });
    let story = world.ends("deferred", &["at-capacity: full"]);
    assert!(says(&story, "course", "at-capacity: full") && says(&story, "delivery", "still-at-work"));
}

#[test]
fn without_a_delivery_the_job_speaks_for_itself() {
    let story = world().ends("no-delivery", &["No delivery of it was found", "every 3 min"]);
    assert!(says(&story, "delivery", "of the 0 looked into"));
    let owner = || world().with(|w| w.settings[0].1 = "octo/*");
    owner().ends("no-delivery", &["no sweep looks into octo/demo"]);
    let story = world().with(|w| w.hooks = (403, json!({}))).ends("delivery-unknown", &["may not be read"]);
    let hidden = story.events.iter().find(|event| event.what == "delivery").expect("a delivery");
    assert!(hidden.said.contains("403") && hidden.cure.contains("Webhooks"));
    world().with(|w| w.hooks.1 = json!([])).ends("no-webhook", &["README, step 4", "WEBHOOK_URL"]);
}

#[test]
fn where_modal_cannot_be_asked_it_says_so() {
    let unasked = |world: World| {
        world.with(|w| {
            w.seen.sandboxes = None;
            w.seen.unasked = "AuthError: x".to_owned();
        })
    };
    let story = unasked(delivered(world(), 201, "launched", "runner-started: x"))
        .ends("launched-unseen", &["Modal could not be asked"]);
    assert!(says(&story, "sandbox", "AuthError"));
    unasked(world()).ends("no-delivery", &["Modal could not be asked"]);
}

#[test]
fn a_job_at_work_is_told_with_whose_runner_it_has() {
    let at_work = |name: &str| {
        world()
            .set("status", "in_progress")
            .set("runner_name", name)
            .set("started_at", "2026-11-24T12:00:10Z")
    };
    let story = at_work("jitney-41-abcdefgh").ends("in-progress", &["its own runner", "for 20 s", "6 h"]);
    assert!(says(&story, "job", "took it after 10 s"));
    let story = at_work("jitney-77-abcdefgh").ends("in-progress-swapped", &["was started for job 77"]);
    assert!(says(&story, "pairing", "started for job 77"));
    at_work("a-pet")
        .with(|w| w.seen.sandboxes = Some(vec![sandbox(&[])]))
        .ends("in-progress-elsewhere", &["a-pet", "none of jitney's", "sb-1 was started in vain"]);
    world().set("status", "in_progress").ends("in-progress", &["does not say on which runner"]);
}

#[test]
fn a_job_that_is_over_is_told_with_its_times_and_its_cost() {
    let over = |conclusion: &str| {
        world()
            .set("status", "completed")
            .set("conclusion", conclusion)
            .set("completed_at", "2026-11-24T12:00:25Z")
    };
    let ran = |name: &str, conclusion: &str| {
        over(conclusion).set("runner_name", name).set("started_at", "2026-11-24T12:00:10Z")
    };
    let story = ran("jitney-41-abcdefgh", "success")
        .with(|w| {
            w.entries = vec![json!({ "sandbox": "sb-1", "job": 41, "runner": "jitney-41-abcdefgh",
                "started": 1_795_521_602.0, "ended": 1_795_521_625.0, "nano_usd": 1_234_000 })];
        })
        .ends("completed", &["success", "after 10 s in the queue and 15 s at work", "$0.001234"]);
    assert!(says(&story, "cost", "sb-1 ended; it lived 23 s and cost $0.001234"));
    assert!(says(&story, "job", "was over: success"));
    ran("jitney-77-abcdefgh", "failure").ends("completed-swapped", &["failure", "job 77"]);
    ran("a-pet", "success").ends("completed-elsewhere", &["a runner of somebody else"]);
    ran("jitney-41-abcdefgh", "failure")
        .set("labels", json!(["modal", "cpu=64"]))
        .ends("failed-with-reason", &["MAX_CPU", "author"]);
    over("cancelled").ends("cancelled", &["before a runner took it"]);
    over("skipped").ends("skipped", &["never wanted a runner"]);
    over("failure").ends("ended-without-runner", &["24 hours"]);
    world().set("status", "waiting").ends("held-back", &["approval"]);
}

#[test]
fn its_deliveries_are_found_among_many_and_those_of_others_are_not_looked_at_twice() {
    let busy = |own: u64| {
        world().with(move |w| {
            for id in (1..=60).rev() {
                let job = if id == own { 41 } else { 1000 + id };
                let time = format!("2026-11-24T12:00:{:02}Z", id % 60);
                w.log.push(delivery(id, job, "queued", &time, 201, "launched", "runner-started: x"));
            }
        })
    };
    let mut near = busy(4);
    assert!(near.story_of("octo/demo 41").is_ok_and(|story| says(&story, "delivery", "guid-4")));
    assert!(near.asked < 15, "{}", near.asked);
    let mut far = busy(50);
    let story = far.story_of("octo/demo 41").expect("a story");
    assert!(says(&story, "delivery", "of the 20 looked into") && far.asked < 30, "{}", far.asked);
    let mut remembered = busy(50);
    remembered.rows =
        vec![json!({ "at": 1000, "outcome": "launched", "reason": "runner-started", "why": "x",
        "delivery": "guid-50", "repository": "octo/demo", "job": 41 })];
    let story = remembered.story_of("octo/demo 41").expect("a story");
    assert!(says(&story, "delivery", "guid-50") && remembered.asked < 8, "{}", remembered.asked);
}

#[test]
fn a_log_is_read_as_far_back_as_the_job_and_no_further() {
    let long = |page: (usize, usize)| {
        world().with(move |w| {
            w.page = page;
            w.log.push(delivery(9, 1009, "queued", "2026-11-24T12:00:20Z", 201, "launched", "x: x"));
            w.log.push(delivery(8, 41, "queued", "2026-11-24T12:00:01Z", 201, "launched", "x: x"));
            w.log.extend((1..8).rev().map(|id| {
                delivery(
                    id,
                    1000 + id,
                    "queued",
                    &format!("2026-11-24T11:0{id}:00Z"),
                    201,
                    "launched",
                    "x: x",
                )
            }));
        })
    };
    let story = |world: &mut World| world.story_of("octo/demo 41").expect("a story");
    let mut whole = long((1, 100));
    assert!(says(&story(&mut whole), "delivery", "guid-8"));
    // The job, the hooks, three pages, one delivery, the run, the runners.
    assert_eq!(whole.asked, 8);
    assert!(says(&story(&mut long((2, 1))), "delivery", "guid-8"), "what came before a fault counts");
    let hidden = story(&mut long((2, 0)));
    assert!(says(&hidden, "delivery", "GitHub answers 502"));
}

#[test]
fn of_a_delivery_s_attempts_the_newest_counts() {
    let mut world = delivered(world(), 201, "launched", "runner-started: x");
    let mut failed = delivery(0, 41, "queued", "2026-11-24T12:00:00Z", 504, "", "");
    failed["guid"] = "guid-1".into();
    world.log.push(failed);
    let story = world.story();
    assert!(says(&story, "delivery", "answered 201, the last of 2 attempts"));
}

#[test]
fn a_delivery_leads_to_its_job() {
    let mut one = delivered(world(), 201, "launched", "runner-started: x");
    let story = one.story_of("guid-1").expect("a story");
    assert_eq!(story.job.0, 41);
    assert!(says(&story, "delivery", "guid-1"));
    let unfound = one.story_of("guid-9").expect_err("there is none");
    assert!(matches!(unfound, Failure::Subject(why) if why.contains("three days")));
    let hidden = one.with(|w| w.hooks = (403, json!({}))).story_of("guid-1").expect_err("it is hidden");
    assert!(matches!(hidden, Failure::Subject(why) if why.contains("403") && why.contains("address")));
}

#[test]
fn what_github_does_not_show_is_no_story() {
    let fails =
        |status: u16| world().with(|w| w.job.0 = status).story_of("octo/demo 41").expect_err("no story");
    assert!(matches!(fails(404), Failure::Subject(why) if why.contains("404") && why.contains("doctor")));
    assert!(matches!(fails(403), Failure::Unasked(why) if why.contains("Actions: read")));
    let own =
        [("GITHUB_TOKEN", "x"), ("WEBHOOK_SECRET", "y")].map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
    let (intake, courses) = (IntakeSettings::read(&own).settings, CoursesSettings::read(&own).settings);
    let subject = Subject::parse("octo/demo 41", "https://github.com").expect("a subject");
    let mut inquiry = Inquiry::new(intake.unwrap(), courses.unwrap(), subject);
    assert!(inquiry.next(None).is_ok_and(|request| request.is_some()));
    let failure = inquiry.next(Some(Err(jitney::github::Fault::Unreachable)));
    assert!(matches!(failure, Err(Failure::Unasked(why)) if why.contains("GITHUB_API_URL")));
}

#[test]
fn an_app_s_deliveries_are_asked_for_without_a_listing_of_hooks() {
    let mut app = delivered(world(), 201, "launched", "runner-started: x");
    app.hooks = (403, json!({}));
    app.settings[1] = ("GITHUB_APP_ID", "Iv23liX");
    assert!(says(&app.story_of("octo/demo 41").expect("a story"), "delivery", "guid-1"));
}

#[test]
fn what_others_have_named_cannot_move_an_operator_s_terminal() {
    let escape = "\u{1b}[2J\u{202e}\u{7}";
    let mut world = world()
        .set("status", format!("in_progress{escape}"))
        .set("conclusion", format!("success{escape}"))
        .set("runner_name", format!("jitney-41-{escape}"))
        .with(|w| w.run["event"] = format!("push{escape}").into())
        .with(|w| w.run["actor"]["login"] = format!("octo{escape}").into())
        .with(|w| w.runners.1 = json!({ "runners": [runner(&format!("jitney-41-{escape}"), escape, true)] }))
        .with(|w| w.seen.sandboxes = Some(vec![sandbox(&[("runner", escape), ("shape", escape)])]));
    world.settings.push(("ALLOWED_EVENTS", "push"));
    for status in ["queued", "in_progress", "completed", escape] {
        for said in ["launched", "refused", escape] {
            let reason = format!("x: {escape}");
            world.log = vec![delivery(1, 41, "queued", "2026-11-24T12:00:01Z", 201, said, &reason)];
            world.job.1["status"] = status.into();
            let story = world.story_of("octo/demo 41").expect("a story");
            let told = format!("{}{}", story.page, story.conclusion.text);
            let told = story.events.iter().fold(told, |all, one| format!("{all}{}{}", one.said, one.cure));
            assert!(!told.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{told:?}");
        }
    }
}
