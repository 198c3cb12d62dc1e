//! Rules at their edges: patterns, the oldest version, which rule alone needs a look at the run, whose runner has a job.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::policy::run::{RefPattern, Reference};
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::ticket::Purpose;
use jitney::words::api_base::ApiBase;
use serde_json::{Value, json};

fn told(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn courses(given: &[(&str, &str)]) -> CoursesSettings {
    let given: Vec<_> = [("GITHUB_TOKEN", "ghp_canary")].iter().chain(given).copied().collect();
    CoursesSettings::read(&told(&given)).settings.expect("good settings")
}

#[test]
fn each_rule_by_itself_wants_to_know_the_run() {
    for rule in [
        ("ALLOWED_EVENTS", "push"),
        ("ALLOWED_BRANCHES", "main"),
        ("ALLOWED_ACTORS", "octocat"),
        ("ALLOWED_WORKFLOWS", ".github/workflows/ci.yml"),
    ] {
        assert!(courses(&[rule]).vetting.is_needed(Some(true), false), "{rule:?}");
    }
    assert!(!courses(&[]).vetting.is_needed(Some(true), false));
}

#[test]
fn the_pieces_of_a_pattern_come_one_behind_the_other() {
    let fits =
        |pattern: &str, branch: &str| RefPattern::new(pattern).matches(&format!("refs/heads/{branch}"));
    assert!(fits("*ab*b", "abb") && fits("*ab*b", "xabyb"));
    assert!(!fits("*ab*b", "ab"), "no text is used twice");
    assert!(fits("release/*/*", "release/1/2") && !fits("release/*/*", "release/1"));
}

#[test]
fn a_ref_is_told_as_people_know_it() {
    let text = |reference: Reference| reference.to_string();
    assert_eq!(text(Reference::Full("refs/heads/main".to_owned())), "main");
    assert_eq!(text(Reference::Full("refs/tags/v1".to_owned())), "refs/tags/v1");
    assert_eq!(text(Reference::Head("side".to_owned())), "side");
    assert_eq!(text(Reference::Untold), "an unknown branch");
}

#[test]
fn the_oldest_runner_that_github_takes_may_be_pinned() {
    let pinned = |version| courses(&[("RUNNER_VERSION", version)]).runner_version.is_some();
    assert!(pinned("2.329.0") && !pinned("2.328.9"));
}

#[test]
fn where_github_is_can_be_told_alone() {
    let base = ApiBase::of(&told(&[("GITHUB_ENTERPRISE_DOMAIN", "ghe.example.com")])).expect("a base");
    assert_eq!((base.authority.as_str(), base.prefix.as_str()), ("ghe.example.com", "/api/v3"));
    assert!(ApiBase::of(&told(&[("GITHUB_API_URL", "ftp://x")])).is_none());
}

/// What comes of a real delivery with this action, of a job on this runner.
fn verdict(action: &str, runner: &str) -> Result<Purpose, (&'static str, Option<String>)> {
    let mut payload: Value =
        serde_json::from_str(include_str!("payloads/workflow_job.in_progress.json")).expect("a payload");
    payload["action"] = json!(action);
    let job = &mut payload["workflow_job"];
    (job["id"], job["labels"]) = (json!(7), json!(["modal"]));
    (job["runner_id"], job["runner_name"]) = (json!(5), json!(runner));
    let settings = IntakeSettings::read(&told(&[("WEBHOOK_SECRET", "s")])).settings.expect("good settings");
    let head = "X-GitHub-Event: workflow_job";
    match decide(&settings.admission, head, &payload.to_string(), Trust::Unsigned).verdict {
        Verdict::Open(ticket) => Ok(ticket.purpose),
        Verdict::Unread(reply) | Verdict::Reply(reply) | Verdict::Refuse(reply, _) => {
            Err((reply.reason.code, reply.runner.map(|runner| runner.as_str().to_owned())))
        }
    }
}

#[test]
fn a_job_on_its_own_runner_is_fine_and_on_anothers_makes_a_pair() {
    let own = "jitney-7-abcdefgh";
    assert_eq!(verdict("in_progress", "jitney-8-abcdefgh"), Ok(Purpose::Pair));
    assert_eq!(verdict("in_progress", own), Err(("job-in-progress", Some(own.to_owned()))));
    assert_eq!(verdict("in_progress", "GitHub Actions 5"), Err(("job-in-progress", None)));
    // Nothing of ours has a job that waits for approval.
    assert_eq!(verdict("waiting", own), Err(("job-waiting", None)));
}

#[test]
fn a_log_line_is_ascii_and_says_the_same() {
    let settings = IntakeSettings::read(&told(&[("WEBHOOK_SECRET", "s")])).settings.expect("good settings");
    for event in ["püsh", "事件", "\u{1f600}", "plain"] {
        let head = format!("X-GitHub-Event: {event}");
        let verdict = decide(&settings.admission, &head, "{}", Trust::Unsigned).verdict;
        let reply = verdict.reply().expect("it is ignored");
        assert!(reply.log().is_ascii(), "{}", reply.log());
        let read: Value = serde_json::from_str(&reply.log()).expect("JSON");
        assert_eq!(read["why"], format!("jitney acts on workflow_job, not on {event}"));
    }
}
