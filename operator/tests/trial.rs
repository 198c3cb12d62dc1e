//! `try`: what it asks and tells, in which order, and what it leaves behind when something fails.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod script;

use jitney::course::desk::{Next, Play};
use jitney::course::{Command, Event, Report, Step};
use jitney::github::{Fault, Response};
use jitney::house::Ruling;
use jitney::words::time::Timestamp;
use jitney_operator::trial::{Outcome, Plan, attempt};
use script::{answer, settings, spelled};
use serde_json::{Value, json};

/// GitHub and a host, as far as this needs them: what each step gets, in turn. A second passes with each.
struct World {
    mint: u16,
    online_after: u32,
    delete: u16,
    starts: Vec<Report>,
    hand_over: Report,
    done: Vec<String>,
}

impl World {
    fn new() -> Self {
        let starts = vec![Report::Started("sb-1".to_owned())];
        Self { mint: 201, online_after: 1, delete: 204, starts, hand_over: Report::Done, done: Vec::new() }
    }

    fn github(&mut self, asked: &str) -> Response {
        let runner = |status: &str| json!({"id": 9, "name": "jitney-try-x", "status": status, "busy": false});
        match asked.split_once(' ').expect("a method") {
            ("POST", path) if path.ends_with("/generate-jitconfig") => {
                answer(self.mint, &json!({"runner": runner("offline"), "encoded_jit_config": "abc"}))
            }
            ("GET", path) if path.contains("?name=") => {
                answer(200, &json!({"total_count": 0, "runners": []}))
            }
            ("GET", _) => {
                self.online_after = self.online_after.saturating_sub(1);
                answer(200, &runner(if self.online_after == 0 { "online" } else { "offline" }))
            }
            ("DELETE", _) => answer(self.delete, &Value::Null),
            _ => panic!("it asks {asked}"),
        }
    }

    fn play(&mut self, more: &[(&str, &str)]) -> Outcome {
        let settings = settings(more);
        let plan = Plan::new(&settings, None, 7).expect("a plan");
        let mut playing = Play::new(settings.credential.clone(), None, |desk| attempt(desk, settings, plan));
        let mut event = Event::Report(Report::Opened);
        for second in 0..2_000 {
            event = match playing.next(event, Timestamp(second * 1000)).expect("it goes on") {
                Next::Over(outcome) => return outcome,
                Next::Step(Step::Consult(_)) => Event::Ruling(Ruling::Go),
                Next::Step(Step::Ask(request)) => {
                    let asked = spelled(&request);
                    let response = self.github(&asked);
                    self.done.push(asked);
                    Event::Response(if response.status == 0 { Err(Fault::TimedOut) } else { Ok(response) })
                }
                Next::Step(Step::Tell(command)) => Event::Report(self.host(command)),
            };
        }
        panic!("it does not end");
    }

    fn host(&mut self, command: Command) -> Report {
        match command {
            Command::Start(start) => {
                assert!(start.name.as_str().starts_with("try-"), "{start:?}");
                self.done.push("start".to_owned());
                if self.starts.len() > 1 { self.starts.remove(0) } else { self.starts[0].clone() }
            }
            Command::HandOver { line, .. } => {
                assert_eq!(line.expose(), "abc");
                self.done.push("hand over".to_owned());
                self.hand_over.clone()
            }
            Command::Terminate(sandbox) => {
                self.done.push(format!("terminate {sandbox}"));
                Report::Done
            }
            Command::Pause(_) => Report::Done,
            command => panic!("it tells {command:?}"),
        }
    }
}

const MINT: &str = "POST /repos/octo/demo/actions/runners/generate-jitconfig";
const DELETE: &str = "DELETE /repos/octo/demo/actions/runners/9";

#[test]
fn it_goes_the_way_of_a_launch_and_back() {
    let mut world = World::new();
    let outcome = world.play(&[]);
    assert_eq!(outcome.faults, []);
    let look = "GET /repos/octo/demo/actions/runners/9";
    assert_eq!(world.done, ["start", MINT, "hand over", look, DELETE, "terminate sb-1"]);
    let stages: Vec<&str> = outcome.stages.iter().map(|stage| stage.what.as_str()).collect();
    let expected = [
        "sandbox started",
        "runner registered",
        "configuration handed over",
        "runner online at GitHub",
        "runner removed",
        "sandbox ended",
    ];
    assert_eq!(stages, expected);
    assert!(outcome.stages.iter().all(|stage| stage.took > 0));
    assert!(outcome.cost.as_nano() > 0 && outcome.cost.as_nano() < 10_000_000, "{}", outcome.cost);
}

#[test]
fn a_plan_says_where_and_with_which_label_that_no_other_run_has() {
    let plan = |seed| Plan::new(&settings(&[]), None, seed).expect("a plan").to_string();
    assert!(
        plan(1).contains("at octo/demo") && plan(1).contains("self-hosted and jitney-try-"),
        "{}",
        plan(1)
    );
    assert_ne!(plan(1), plan(2));
    assert!(!plan(1).contains("modal"), "a job of jitney's own labels could take it");
    let owners = settings(&[("ALLOWED_REPOS", "octo/*")]);
    assert!(Plan::new(&owners, None, 1).expect_err("no repository").contains("--repository"));
    assert!(Plan::new(&owners, Some("octo/x"), 1).is_ok());
    assert!(Plan::new(&owners, Some("other/x"), 1).is_err() && Plan::new(&owners, Some("x"), 1).is_err());
}

#[test]
fn whatever_fails_what_was_made_is_removed() {
    let mut world = World { mint: 403, ..World::new() };
    let outcome = world.play(&[]);
    assert!(outcome.faults[0].cure.contains("Administration"), "{:?}", outcome.faults);
    assert_eq!(world.done.last().expect("a deed"), "terminate sb-1");

    let mut world = World { mint: 0, ..World::new() };
    assert_eq!(world.play(&[]).faults.len(), 1);
    assert!(world.done.iter().any(|asked| asked.contains("?name=jitney-try-")), "{:?}", world.done);

    let mut world = World { hand_over: Report::Failed("TimeoutError".to_owned()), ..World::new() };
    assert!(world.play(&[]).faults[0].why.contains("TimeoutError"));
    assert_eq!(world.done[3..], [DELETE, "terminate sb-1"]);

    let mut world = World { online_after: 1_000_000, ..World::new() };
    assert!(world.play(&[]).faults[0].why.contains("two minutes"));
    assert_eq!(world.done[world.done.len() - 2..], [DELETE, "terminate sb-1"]);
}

#[test]
fn what_cannot_be_removed_is_said() {
    let mut world = World { delete: 422, ..World::new() };
    let outcome = world.play(&[]);
    assert!(outcome.faults.len() == 1 && outcome.faults[0].cure.contains("within a day"), "{outcome:?}");
    assert_eq!(world.done.last().expect("a deed"), "terminate sb-1");
}

#[test]
fn a_runner_image_that_is_being_built_is_waited_for() {
    let missing = Report::Failed("NotFoundError".to_owned());
    let starts = vec![missing.clone(), missing.clone(), Report::Started("sb-1".to_owned())];
    let outcome = World { starts, ..World::new() }.play(&[]);
    assert_eq!(outcome.faults, []);
    assert!(outcome.stages[0].what.contains("being built"));
    let outcome = World { starts: vec![missing], ..World::new() }.play(&[]);
    assert!(outcome.faults[0].cure.contains("refresh_runner_image") && outcome.cost.as_nano() == 0);
    let outcome = World { starts: vec![Report::Full], ..World::new() }.play(&[]);
    assert!(outcome.faults[0].why.contains("MAX_RUNNERS"));
}
