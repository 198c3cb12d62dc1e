//! What a sandbox is told: how long to wait, and the rules by which it judges the job that comes.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::course::{Command, Event, Report, Start, Step};
mod granted;

use granted::Course;
use jitney::github::Response;
use jitney::house::Question;
use jitney::ledger::{Entry, REFUSAL};
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;
use std::cell::RefCell;
use std::rc::Rc;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Plays a launch up to its sandbox, whose run is this where it is asked for.
fn start(given: &[(&str, &str)], labels: &str, private: bool, head: &str) -> (Start, bool) {
    let text = format!(
        r#"{{"purpose":"launch","delivery":"d-1","repository":"octo/x","job":7,"run":3,
        "labels":{labels},"created":1800000000000,"private":{private},"runner":null}}"#
    );
    let token = [("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())];
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let environment: Vec<_> = token.into_iter().chain(given).collect();
    let settings = CoursesSettings::read(&environment).settings.expect("good settings");
    let mut course = Course::open(Ticket::read(&text).expect("a ticket"), settings, 42);
    let run = serde_json::json!({
        "event": "push", "head_branch": "main", "head_repository": {"full_name": head},
        "repository": {"full_name": "octo/x"}, "actor": {"login": "octocat"}, "path": ".github/workflows/ci.yml",
    });
    let mut asked = false;
    let mut event = Event::Report(Report::Opened);
    for _ in 0..9 {
        event = match course.next(event, NOW) {
            Step::Tell(Command::Start(start)) => return (*start, asked),
            Step::Tell(_) | Step::Consult(_) => Event::Report(Report::Done),
            Step::Ask(request) => {
                assert_eq!(request.path, "/repos/octo/x/actions/runs/3");
                asked = true;
                let body = run.to_string().into_bytes();
                Event::Response(Ok(Response { status: 200, body, ..Response::default() }))
            }
        };
    }
    panic!("no start")
}

const PLAIN: &str = r#"["self-hosted","modal"]"#;
const CACHED: &str = r#"["modal","cached"]"#;
const PROFILES: (&str, &str) = ("RUNNER_PROFILES", r#"{"cached":{"cache":true}}"#);

#[test]
fn a_sandbox_is_told_its_times_and_the_usual_rules() {
    let (start, asked) = start(&[], PLAIN, true, "octo/x");
    let told: Vec<(&str, &str)> =
        start.environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let expected = [
        ("JITNEY_HAND_OVER_WITHIN", "120"),
        ("JITNEY_START_WITHIN", "300"),
        ("JITNEY_END_WITHIN", "21540"),
        ("JITNEY_DOCKER", "0"),
        ("JITNEY_VETTING", r#"{"forks":false}"#),
    ];
    assert_eq!((told, asked), (expected.to_vec(), false));
    assert!(!Entry::of("sb-1", &start.tags).expect("an entry").refusal);
}

#[test]
fn a_sandbox_is_told_every_rule_and_whose_cache_it_has() {
    let rules = [
        PROFILES,
        ("ALLOW_FORKS", "yes"),
        ("ALLOWED_EVENTS", "push"),
        ("ALLOWED_BRANCHES", "main"),
        ("ALLOWED_ACTORS", "octocat"),
        ("ALLOWED_WORKFLOWS", ".github/workflows/*"),
    ];
    let (start, asked) = start(&rules, CACHED, false, "octo/x");
    let vetting = start.environment.iter().find(|(name, _)| *name == "JITNEY_VETTING").expect("rules");
    let expected = r#"{"forks":true,"events":["push"],"branches":["main"],"actors":["octocat"],"workflows":[".github/workflows/*"],"cache":"octo/x"}"#;
    assert_eq!(vetting.1, expected);
    assert!(asked && start.volume.is_some());
}

#[test]
fn a_fork_s_run_has_no_cache_whatever_the_visibility() {
    for (private, settings) in [(true, vec![PROFILES]), (false, vec![PROFILES, ("ALLOW_FORKS", "yes")])] {
        let (start, asked) = start(&settings, CACHED, private, "mallory/x");
        assert!(asked && start.volume.is_none(), "private: {private}");
        assert!(!start.environment.iter().any(|(_, value)| value.contains("cache")), "{start:?}");
    }
}

#[test]
fn a_cache_in_org_scope_is_a_problem_that_says_so() {
    let given = [
        ("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned()),
        ("RUNNER_SCOPE".to_owned(), "org".to_owned()),
        (PROFILES.0.to_owned(), PROFILES.1.to_owned()),
    ];
    let checked = CoursesSettings::read(&given);
    assert!(checked.settings.is_none());
    let report = checked.report();
    assert!(report.contains("RUNNER_PROFILES") && report.contains("RUNNER_SCOPE=org"), "{report}");
}

#[test]
fn a_branch_that_looks_like_a_tag_is_warned_of() {
    let read = |branches: &str| {
        let given = [
            ("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned()),
            ("ALLOWED_BRANCHES".to_owned(), branches.to_owned()),
        ];
        CoursesSettings::read(&given).warnings.iter().any(|warning| warning.setting == "ALLOWED_BRANCHES")
    };
    assert!(read("main,v*") && read("v1.2") && !read("main,tags/v*,vendor"));
}

/// What becomes of a launch of job 7 whose run started on `evil`, with these settings, and the environment of its
/// sandbox if it gets one.
fn refused(given: &[(&str, &str)], labels: &str, head: &str, ticket: &str) -> (Vec<String>, Option<Start>) {
    let text = format!(
        r#"{{"purpose":"launch","delivery":"d-1","repository":"octo/x","job":7,"run":3,
        "labels":{labels},"created":1800000000000,"private":false,"runner":null{ticket}}}"#
    );
    let rules = [("GITHUB_TOKEN", "ghp_canary"), ("ALLOWED_BRANCHES", "main"), ("ALLOWED_GPUS", "A10")];
    let environment: Vec<_> =
        rules.iter().chain(given).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let settings = CoursesSettings::read(&environment).settings.expect("good settings");
    let course = Course::open(Ticket::read(&text).expect("a ticket"), settings, 42);
    let body = format!(
        r#"{{"event":"push","head_branch":"evil","head_repository":{{"full_name":"{head}"}},"repository":{{"full_name":"octo/x"}}}}"#
    );
    let permits = Rc::new(RefCell::new(Vec::new()));
    let asked = permits.clone();
    let mut course = course.ruled(move |question| {
        if let Question::Permit { name, most, .. } = question {
            asked.borrow_mut().push(format!("{name} {most}"));
        }
        None
    });
    let mut event = Event::Report(Report::Opened);
    for _ in 0..12 {
        event = match course.next(event, NOW) {
            Step::Tell(Command::Start(start)) => return (permits.take(), Some(*start)),
            Step::Tell(Command::Finish(reply)) => {
                permits.borrow_mut().push(reply.reason.code.to_owned());
                return (permits.take(), None);
            }
            Step::Tell(Command::FindJob(_)) => Event::Report(Report::Found(Vec::new())),
            Step::Tell(_) | Step::Consult(_) => Event::Report(Report::Done),
            Step::Ask(request) if request.path.ends_with("/jobs/7") => {
                let body = br#"{"id":7,"run_id":3,"status":"queued","labels":[]}"#.to_vec();
                Event::Response(Ok(Response { status: 200, body, ..Response::default() }))
            }
            Step::Ask(_) => {
                let body = body.clone().into_bytes();
                Event::Response(Ok(Response { status: 200, body, ..Response::default() }))
            }
        };
    }
    panic!("it goes on and on: {permits:?}")
}

#[test]
fn a_run_that_may_not_run_here_is_told_so_on_the_machine_that_whoever_takes_its_runner_wants() {
    let (happened, start) = refused(&[], PLAIN, "octo/x", "");
    let start = start.expect("a sandbox");
    assert_eq!((happened, start.machine.memory), (vec!["refusals 20".to_owned()], 8192));
    let tag = start.tags.iter().find(|(name, _)| *name == REFUSAL).expect("it is marked as nobody's job");
    assert!(Entry::of("sb-1", &start.tags).expect("an entry").refusal && !tag.1.is_empty());
    let told = |name: &str| start.environment.iter().find(|one| one.0 == name).map(|one| one.1.as_str());
    assert!(told("JITNEY_REFUSAL").is_some_and(|text| text.contains("ALLOWED_BRANCHES")));
    assert_eq!(told("JITNEY_REFUSED_RUN"), Some("3"));
    assert!(told("JITNEY_VETTING").is_some_and(|rules| rules.contains("main")) && start.volume.is_none());
}

#[test]
fn a_refusal_that_waited_for_its_place_is_counted_once() {
    let (happened, start) = refused(&[], PLAIN, "octo/x", r#","deferrals":1,"permitted":true"#);
    assert!(happened.is_empty() && start.is_some(), "{happened:?}");
}

#[test]
fn strangers_gpus_and_silence_cost_nothing() {
    for (given, labels, head, code) in [
        (vec![], PLAIN, "mallory/x", "fork-not-allowed"),
        (vec![("ALLOW_FORKS", "yes")], PLAIN, "mallory/x", "branch-not-allowed"),
        (vec![("REFUSALS_PER_HOUR", "0")], PLAIN, "octo/x", "branch-not-allowed"),
        (vec![], r#"["modal","gpu=A10"]"#, "octo/x", "branch-not-allowed"),
    ] {
        let (happened, start) = refused(&given, labels, head, "");
        assert_eq!((happened, start.is_none()), (vec![code.to_owned()], true), "{given:?}");
    }
    let (_, start) = refused(&[("TELL_FORKS", "yes")], PLAIN, "mallory/x", "");
    assert!(start.is_some());
}
