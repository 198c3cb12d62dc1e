//! The life of one job: from its ticket to a runner, whatever GitHub and Modal do meanwhile.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use jitney::course::{Command, Event, Report, Sandbox, Step};
mod granted;

use granted::Course;
use jitney::github::{Fault, Method, Request, Response};
use jitney::house::{Question, Ruling};
use jitney::reply::Outcome;
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn course(change: impl FnOnce(&mut Ticket)) -> Course {
    let text = r#"{"purpose":"launch","delivery":"d-1","repository":"octo/x","job":7,"run":3,
        "labels":["self-hosted","modal"],"created":1800000000000,"private":true,"runner":null}"#;
    let mut ticket = Ticket::read(text).expect("a ticket");
    change(&mut ticket);
    let settings = CoursesSettings::read(&[("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())]);
    Course::open(ticket, settings.settings.expect("good settings"), 42)
}

/// A course that is told this of its job.
fn claimed(course: Course, ruling: Ruling) -> Course {
    course.ruled(move |question| matches!(question, Question::Claim(_)).then(|| ruling.clone()))
}

fn told(course: &mut Course, outcome: Report) -> Step {
    course.next(Event::Report(outcome), NOW)
}

fn answered(course: &mut Course, status: u16, body: &str) -> Step {
    let answer = Response { status, body: body.into(), ..Response::default() };
    course.next(Event::Response(Ok(answer)), NOW)
}

fn asked(step: Step) -> Request {
    match step {
        Step::Ask(request) => request,
        other => panic!("{other:?}"),
    }
}

fn commanded(step: Step) -> Command {
    match step {
        Step::Tell(command) => command,
        other => panic!("{other:?}"),
    }
}

fn ended(step: Step) -> (Outcome, &'static str) {
    match commanded(step) {
        Command::Finish(answer) | Command::Reply(answer) | Command::Defer(_, _, answer) => {
            (answer.outcome, answer.reason.code)
        }
        other => panic!("not over: {other:?}"),
    }
}

const CONFIG: &str = r#"{"runner":{"id":9,"name":"n","os":"unknown","status":"offline","busy":false,"labels":[]},"encoded_jit_config":"anB0"}"#;

/// A course whose sandbox lives and whose mint was asked for.
fn minting() -> (Course, Request) {
    let mut course = course(|_| {});
    let start = commanded(told(&mut course, Report::Opened));
    assert!(matches!(&start, Command::Start(start) if start.name.as_str() == "job-7" && start.limit == 100));
    let mint = asked(told(&mut course, Report::Started("sb-1".into())));
    (course, mint)
}

#[test]
fn a_fresh_job_gets_its_sandbox_first_then_its_registration_then_its_config() {
    let (mut course, mint) = minting();
    assert_eq!(
        (mint.method, mint.path.as_str()),
        (Method::Post, "/repos/octo/x/actions/runners/generate-jitconfig")
    );
    let body: serde_json::Value = serde_json::from_str(mint.body.as_deref().expect("a body")).expect("JSON");
    assert_eq!(body.as_object().expect("an object").len(), 4);
    assert_eq!(body["labels"], serde_json::json!(["self-hosted", "modal"]));
    assert!(body["name"].as_str().expect("a name").starts_with("jitney-7-"));
    match commanded(answered(&mut course, 201, CONFIG)) {
        Command::HandOver { sandbox, line, tags } => {
            assert_eq!((sandbox.as_str(), line.expose()), ("sb-1", "anB0"));
            assert!(tags.contains(&("runner_id", "9".to_owned())) && tags.contains(&("job", "7".to_owned())));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(ended(told(&mut course, Report::Done)), (Outcome::Launched, "runner-started"));
}

#[test]
fn the_second_delivery_of_a_job_finds_its_name_taken_and_asks_github_for_nothing() {
    let mut course = course(|_| {});
    told(&mut course, Report::Opened);
    assert!(matches!(commanded(told(&mut course, Report::Taken)), Command::FindName(_)));
    assert_eq!(ended(told(&mut course, Report::Found(Vec::new()))), (Outcome::Duplicate, "job-claimed"));
}

#[test]
fn while_a_course_has_the_job_another_is_a_duplicate_or_comes_again() {
    let claim = |deferrals: u32, ruling: Ruling| {
        let course = course(|t| t.deferrals = deferrals);
        ended(told(&mut claimed(course, ruling), Report::Opened))
    };
    assert_eq!(claim(0, Ruling::Covered), (Outcome::Duplicate, "job-claimed"));
    assert_eq!(claim(1, Ruling::Taken), (Outcome::Deferred, "course-at-work"));
    assert_eq!(claim(0, Ruling::Over), (Outcome::Ignored, "no-longer-queued"));
}

#[test]
fn a_delivery_of_a_job_that_was_had_before_is_a_duplicate_unless_nobody_has_it() {
    let again = |found: Vec<Sandbox>| {
        let mut course = claimed(course(|_| {}), Ruling::Again);
        assert!(matches!(commanded(told(&mut course, Report::Opened)), Command::FindJob(_)));
        (told(&mut course, Report::Found(found)), course)
    };
    let living = Sandbox { id: "sb-1".into(), tags: Vec::new() };
    assert_eq!(ended(again(vec![living]).0), (Outcome::Duplicate, "job-claimed"));
    for (status, launched) in [("queued", true), ("in_progress", false), ("completed", false)] {
        let (step, mut course) = again(Vec::new());
        asked(step);
        let step = answered(&mut course, 200, &format!(r#"{{"status":"{status}"}}"#));
        if launched {
            assert!(matches!(commanded(step), Command::Start(_)));
        } else {
            assert_eq!(ended(step), (Outcome::Duplicate, "job-claimed"));
        }
    }
}

#[test]
fn a_late_delivery_is_checked_with_github_first() {
    let late = |status: u16, body: &str| {
        let mut course = course(|t| t.created = Some(Timestamp(1)));
        assert_eq!(asked(told(&mut course, Report::Opened)).path, "/repos/octo/x/actions/jobs/7");
        answered(&mut course, status, body)
    };
    assert_eq!(ended(late(200, r#"{"status":"completed"}"#)), (Outcome::Ignored, "no-longer-queued"));
    assert_eq!(ended(late(200, r#"{"status":"in_progress"}"#)).0, Outcome::Ignored);
    for doubtful in [late(200, r#"{"status":"queued"}"#), late(404, "{}"), late(200, "garbage")] {
        assert!(matches!(commanded(doubtful), Command::Start(_)));
    }
}

#[test]
fn a_launch_that_cannot_go_better_ends_its_sandbox_and_says_why() {
    for (status, code) in [
        (401, "github-token-refused"),
        (403, "github-permission-missing"),
        (404, "github-repository-hidden"),
        (422, "github-request-rejected"),
        (302, "github-redirects"),
    ] {
        let (mut course, _) = minting();
        assert!(
            matches!(commanded(answered(&mut course, status, "{}")), Command::Terminate(id) if id == "sb-1")
        );
        assert_eq!(ended(told(&mut course, Report::Done)), (Outcome::Unready, code));
    }
}

#[test]
fn a_lost_answer_means_a_fresh_name_and_the_ghost_is_deleted() {
    let (mut course, first) = minting();
    let name = |request: &Request| {
        let body: serde_json::Value =
            serde_json::from_str(request.body.as_deref().expect("a body")).expect("JSON");
        body["name"].as_str().expect("a name").to_owned()
    };
    let pause = commanded(course.next(Event::Response(Err(Fault::Broken)), NOW));
    assert!(matches!(pause, Command::Pause(500..=3000)));
    let second = asked(told(&mut course, Report::Done));
    assert_ne!(name(&first), name(&second));
    commanded(answered(&mut course, 201, CONFIG));
    let find = asked(told(&mut course, Report::Done));
    assert_eq!(find.path, format!("/repos/octo/x/actions/runners?name={}", name(&first)));
    let ghost = format!(r#"{{"total_count":1,"runners":[{{"id":8,"name":"{}"}}]}}"#, name(&first));
    let delete = asked(answered(&mut course, 200, &ghost));
    assert_eq!((delete.method, delete.path.as_str()), (Method::Delete, "/repos/octo/x/actions/runners/8"));
    assert_eq!(ended(answered(&mut course, 204, "")).0, Outcome::Launched);
}

#[test]
fn a_name_conflict_means_another_name_at_once() {
    let (mut course, first) = minting();
    let second = asked(answered(&mut course, 409, "{}"));
    assert_ne!(first.body, second.body);
}

#[test]
fn a_rate_limit_is_waited_out_without_a_sandbox() {
    let (mut course, _) = minting();
    let limited = Response { status: 403, retry_after: Some(90), ..Response::default() };
    let step = course.next(Event::Response(Ok(limited)), NOW);
    assert!(matches!(commanded(step), Command::Terminate(_)));
    match commanded(told(&mut course, Report::Done)) {
        Command::Defer(ticket, delay, answer) => {
            assert!(delay >= 90_000, "{delay}");
            assert_eq!((ticket.deferrals, ticket.starts, answer.outcome), (1, 1, Outcome::Deferred));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_github_that_stays_down_defers_the_job_and_leaves_nothing() {
    let (mut course, _) = minting();
    let mut step = answered(&mut course, 502, "<html>");
    for _ in 0..3 {
        assert!(matches!(commanded(step), Command::Pause(_)));
        asked(told(&mut course, Report::Done));
        step = answered(&mut course, 502, "<html>");
    }
    for _ in 0..4 {
        assert_eq!(asked(step).method, Method::Get);
        step = answered(&mut course, 502, "");
    }
    assert!(matches!(commanded(step), Command::Terminate(_)));
    assert_eq!(ended(told(&mut course, Report::Done)), (Outcome::Deferred, "github-failing"));
}

#[test]
fn a_sandbox_that_does_not_take_its_config_is_ended_and_its_runner_deleted() {
    let (mut course, _) = minting();
    commanded(answered(&mut course, 201, CONFIG));
    let delete = asked(told(&mut course, Report::Failed("ServiceError".into())));
    assert_eq!((delete.method, delete.path.as_str()), (Method::Delete, "/repos/octo/x/actions/runners/9"));
    assert!(matches!(commanded(answered(&mut course, 204, "")), Command::Terminate(_)));
    assert_eq!(ended(told(&mut course, Report::Done)), (Outcome::Deferred, "hand-over-failed"));
}

#[test]
fn a_hand_over_that_failed_although_its_runner_has_a_job_counts_as_a_launch() {
    let (mut course, _) = minting();
    commanded(answered(&mut course, 201, CONFIG));
    asked(told(&mut course, Report::Failed("ServiceError".into())));
    // GitHub deletes no runner that is busy.
    assert_eq!(ended(answered(&mut course, 422, "")), (Outcome::Launched, "runner-started"));
}

#[test]
fn after_an_ambiguous_start_only_a_sandbox_with_our_nonce_is_ours() {
    let mut course = course(|_| {});
    let Command::Start(start) = commanded(told(&mut course, Report::Opened)) else { panic!("no start") };
    assert!(matches!(
        commanded(told(&mut course, Report::Failed("ServiceError".into()))),
        Command::FindName(_)
    ));
    let tags = start.tags.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
    let ours = Sandbox { id: "sb-2".into(), tags };
    assert_eq!(asked(told(&mut course, Report::Found(vec![ours]))).method, Method::Post);
}

#[test]
fn a_deferred_job_is_launched_under_a_new_name_unless_a_runner_is_coming() {
    let again = |found: Vec<Sandbox>| {
        let mut course = course(|t| (t.deferrals, t.starts) = (1, 1));
        assert!(matches!(commanded(told(&mut course, Report::Opened)), Command::FindJob(job) if job == "7"));
        assert_eq!(asked(told(&mut course, Report::Found(found))).path, "/repos/octo/x/actions/jobs/7");
        (answered(&mut course, 200, r#"{"status":"queued"}"#), course)
    };
    let living = |runner: Option<&str>| {
        let tags = runner.map(|id| ("runner_id".to_owned(), id.to_owned())).into_iter().collect();
        Sandbox { id: "sb-1".into(), tags }
    };
    let (step, _) = again(vec![living(None)]);
    assert_eq!(ended(step), (Outcome::Deferred, "sandbox-waiting"));
    for (status, body, coming) in
        [(200, r#"{"busy":false}"#, true), (500, "", true), (200, r#"{"busy":true}"#, false)]
    {
        let (step, mut course) = again(vec![living(Some("9"))]);
        assert_eq!(asked(step).path, "/repos/octo/x/actions/runners/9");
        let step = answered(&mut course, status, body);
        if coming {
            assert_eq!(ended(step), (Outcome::Duplicate, "runner-coming"));
        } else {
            assert!(matches!(commanded(step), Command::Start(_)));
        }
    }
    let (step, mut course) = again(vec![living(Some("9")), living(Some("8"))]);
    asked(step);
    asked(answered(&mut course, 200, r#"{"busy":true}"#));
    let start = commanded(answered(&mut course, 200, r#"{"busy":true}"#));
    assert!(matches!(start, Command::Start(start) if start.name.as_str() == "job-7-3"));
    let four = ["1", "2", "3", "4"].map(|id| living(Some(id))).to_vec();
    let (mut step, mut course) = again(four);
    for _ in 0..3 {
        asked(step);
        step = answered(&mut course, 200, r#"{"busy":true}"#);
    }
    asked(step);
    assert_eq!(ended(answered(&mut course, 200, r#"{"busy":true}"#)), (Outcome::Refused, "runners-taken"));
    let (step, mut course) = again(vec![living(Some("9"))]);
    asked(step);
    assert_eq!(ended(answered(&mut course, 404, "")), (Outcome::Deferred, "sandbox-waiting"));
}

#[test]
fn a_name_that_is_taken_by_this_very_launch_is_its_own() {
    let mut course = course(|_| {});
    let start = commanded(told(&mut course, Report::Opened));
    let Command::Start(start) = start else { panic!("{start:?}") };
    told(&mut course, Report::Taken);
    let tags = start.tags.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let own = Sandbox { id: "sb-9".into(), tags };
    // Modal's client tries a create again by itself, and is told that the name is taken.
    assert!(asked(told(&mut course, Report::Found(vec![own]))).path.ends_with("/generate-jitconfig"));
}

#[test]
fn a_name_that_lingers_is_stepped_over_but_not_one_that_another_course_took() {
    let taken = |found: Vec<Sandbox>| {
        let mut course = course(|t| t.deferrals = 1);
        told(&mut course, Report::Opened);
        asked(told(&mut course, Report::Found(Vec::new())));
        assert!(matches!(commanded(answered(&mut course, 200, r#"{"status":"queued"}"#)), Command::Start(_)));
        assert!(matches!(commanded(told(&mut course, Report::Taken)), Command::FindName(_)));
        assert!(matches!(commanded(told(&mut course, Report::Found(Vec::new()))), Command::FindJob(_)));
        told(&mut course, Report::Found(found))
    };
    let start = commanded(taken(Vec::new()));
    assert!(matches!(start, Command::Start(start) if start.name.as_str() == "job-7-2"));
    let other = Sandbox { id: "sb-5".into(), tags: Vec::new() };
    assert_eq!(ended(taken(vec![other])), (Outcome::Deferred, "sandbox-waiting"));
}

#[test]
fn while_github_wants_to_be_left_alone_nothing_is_started() {
    let held = |question: &Question| matches!(question, Question::Room(_)).then_some(Ruling::Held(60_000));
    let mut course = course(|_| {}).ruled(held);
    assert_eq!(ended(told(&mut course, Report::Opened)), (Outcome::Deferred, "github-rate-limited"));
}

#[test]
fn a_job_that_github_will_not_show_for_now_is_not_launched() {
    let held = |question: &Question| matches!(question, Question::Send(_)).then_some(Ruling::Held(60_000));
    let mut course = course(|t| t.created = None).ruled(held);
    assert_eq!(ended(told(&mut course, Report::Opened)), (Outcome::Deferred, "github-rate-limited"));
}

#[test]
fn a_full_house_is_counted_and_whoever_waited_long_for_a_place_comes_again() {
    let mut rooms = 0;
    let rule = move |question: &Question| {
        let Question::Room(room) = question else { return None };
        assert_eq!((room.place, room.turn), (Some((100, 10_000)), Some(150)));
        rooms += 1;
        [None, None, Some(Ruling::Count), Some(Ruling::Held(0))][rooms].clone()
    };
    let mut course = course(|_| {}).ruled(rule);
    assert!(matches!(commanded(told(&mut course, Report::Opened)), Command::Start(_)));
    assert!(matches!(commanded(told(&mut course, Report::Full)), Command::FindAll));
    assert_eq!(ended(told(&mut course, Report::Found(Vec::new()))), (Outcome::Deferred, "at-capacity"));
}

/// A course whose runner has its config, and whose delivery is answered.
fn watching() -> Course {
    let (mut course, _) = minting();
    answered(&mut course, 201, CONFIG);
    assert_eq!(ended(told(&mut course, Report::Done)), (Outcome::Launched, "runner-started"));
    let watch = commanded(told(&mut course, Report::Done));
    assert!(matches!(&watch, Command::Watch { sandbox, .. } if sandbox == "sb-1"), "{watch:?}");
    course
}

const QUEUED: &str = r#"{"id":7,"run_id":3,"status":"queued","labels":["self-hosted","modal"]}"#;

#[test]
fn a_sandbox_that_lives_on_or_ends_after_its_job_is_watched_no_longer() {
    for outcome in [Report::Done, Report::Ended(0)] {
        let mut course = watching();
        assert_eq!(ended(told(&mut course, outcome)), (Outcome::Launched, "runner-started"));
    }
}

#[test]
fn a_sandbox_that_ends_before_its_job_started_is_replaced_and_its_registration_deleted() {
    let mut course = watching();
    assert_eq!(asked(told(&mut course, Report::Ended(65))).path, "/repos/octo/x/actions/jobs/7");
    let delete = asked(answered(&mut course, 200, QUEUED));
    assert_eq!((delete.method, delete.path.as_str()), (Method::Delete, "/repos/octo/x/actions/runners/9"));
    match commanded(answered(&mut course, 204, "")) {
        Command::Defer(ticket, _, answer) => {
            assert_eq!((ticket.deferrals, ticket.starts, answer.reason.code), (1, 1, "sandbox-ended"));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_runner_that_github_no_longer_takes_has_the_image_built_anew() {
    let mut course = watching();
    assert!(matches!(commanded(told(&mut course, Report::Ended(7))), Command::RefreshImage));
    asked(told(&mut course, Report::Done));
    asked(answered(&mut course, 200, QUEUED));
    assert_eq!(ended(answered(&mut course, 204, "")), (Outcome::Deferred, "runner-deprecated"));
}

#[test]
fn an_ended_sandbox_whose_job_has_a_runner_is_not_replaced() {
    let mut course = watching();
    asked(told(&mut course, Report::Ended(1)));
    asked(answered(&mut course, 200, r#"{"id":7,"run_id":3,"status":"in_progress","labels":[]}"#));
    assert_eq!(ended(answered(&mut course, 422, "")), (Outcome::Launched, "runner-started"));
}
