//! What a sandbox is told: how long to wait, and the rules by which it judges the job that comes.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::course::{Command, Course, Event, Report, Start, Step};
use jitney::github::Response;
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;

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
            Step::Tell(_) => Event::Report(Report::Done),
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
