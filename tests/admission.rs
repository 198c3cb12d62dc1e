//! From real deliveries to verdicts: who is let in, who is not, and why.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use jitney::policy::delivery::{Decision, Trust, Verdict, decide};
use jitney::reply::Outcome;
use jitney::settings::IntakeSettings;
use jitney::ticket::{Purpose, Ticket};

const QUEUED: &str = include_str!("payloads/workflow_job.queued.json");
const COMPLETED: &str = include_str!("payloads/workflow_job.completed.json");
const IN_PROGRESS: &str = include_str!("payloads/workflow_job.in_progress.json");
const PING: &str = include_str!("payloads/ping.json");

fn replay(settings: &[(&str, &str)], event: &str, body: &str) -> Decision {
    let mut all = vec![("WEBHOOK_SECRET".to_owned(), "s".to_owned())];
    all.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let checked = IntakeSettings::read(&all);
    assert!(checked.problems.is_empty(), "{:?}", checked.problems);
    let head = format!("X-GitHub-Event: {event}\nX-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958\n");
    decide(&checked.settings.expect("no problems").admission, &head, body, Trust::Unsigned)
}

fn answered(decision: Decision) -> (Outcome, &'static str) {
    match decision.verdict {
        Verdict::Unread(answer) | Verdict::Reply(answer) | Verdict::Refuse(answer, _) => {
            (answer.outcome, answer.reason.code)
        }
        Verdict::Open(ticket) => panic!("opened {ticket:?}"),
    }
}

fn opened(decision: Decision) -> Ticket {
    match decision.verdict {
        Verdict::Open(ticket) => ticket,
        Verdict::Unread(answer) | Verdict::Reply(answer) | Verdict::Refuse(answer, _) => {
            panic!("answered {}", answer.body())
        }
    }
}

const K8S: (&str, &str) = ("RUNNER_LABELS", r#"["self-hosted","k8s"]"#);

/// The real queued delivery, with other labels.
fn queued(labels: &[&str]) -> String {
    let mut payload: serde_json::Value = serde_json::from_str(QUEUED).expect("a real payload");
    payload["workflow_job"]["labels"] = serde_json::json!(labels);
    payload.to_string()
}

#[test]
fn a_real_queued_job_of_ours_is_launched_though_its_status_says_waiting() {
    let ticket = opened(replay(&[K8S], "workflow_job", QUEUED));
    assert_eq!((ticket.purpose, ticket.job.0), (Purpose::Launch, 12_877_621_891));
    assert_eq!(ticket.repository.to_string(), "lineville/elastic-machines-testing");
    assert_eq!(ticket.created.map(|t| t.0), Some(1_681_938_732_000));
}

#[test]
fn real_deliveries_that_are_not_for_us_are_ignored_with_their_reason() {
    assert_eq!(answered(replay(&[], "workflow_job", QUEUED)), (Outcome::Ignored, "labels-not-ours"));
    assert_eq!(answered(replay(&[], "workflow_job", COMPLETED)), (Outcome::Ignored, "labels-not-ours"));
    assert_eq!(answered(replay(&[], "workflow_job", IN_PROGRESS)), (Outcome::Ignored, "job-in-progress"));
    assert_eq!(answered(replay(&[], "ping", PING)), (Outcome::Pong, "ping"));
    assert_eq!(answered(replay(&[], "push", "{}")), (Outcome::Ignored, "event-not-handled"));
}

#[test]
fn a_completed_job_of_ours_is_released() {
    let ours = ("RUNNER_LABELS", r#"["ubuntu-latest"]"#);
    let ticket = opened(replay(&[ours], "workflow_job", COMPLETED));
    assert_eq!((ticket.purpose, ticket.runner.as_deref()), (Purpose::Release, Some("GitHub Actions 5")));
}

#[test]
fn the_allowlist_admits_and_excludes() {
    let verdict = |list: &str| match replay(&[K8S, ("ALLOWED_REPOS", list)], "workflow_job", QUEUED).verdict {
        Verdict::Open(_) => "launch",
        Verdict::Unread(answer) | Verdict::Reply(answer) | Verdict::Refuse(answer, _) => answer.reason.code,
    };
    assert_eq!(verdict("octo/x, Lineville/Elastic-Machines-Testing,"), "launch");
    assert_eq!(verdict("lineville/*"), "launch");
    assert_eq!(verdict("lineville/*,!lineville/elastic-machines-testing"), "repository-not-allowed");
    assert_eq!(verdict("lineville/elastic-machines"), "repository-not-allowed");
    assert_eq!(verdict("line/*"), "repository-not-allowed");
}

#[test]
fn the_label_rule() {
    let verdict = |labels: &[&str]| match replay(&[], "workflow_job", &queued(labels)).verdict {
        Verdict::Open(_) => "launch",
        Verdict::Unread(answer) | Verdict::Reply(answer) | Verdict::Refuse(answer, _) => answer.reason.code,
    };
    for ours in [
        &["self-hosted", "modal"][..],
        &["modal"],
        &["MODAL", "Linux", "X64", "Self-Hosted"],
        &["modal", "cpu=4", "memory=16", "timeout=2h", "id=run-1"],
        &["modal", "docker"],
    ] {
        assert_eq!(verdict(ours), "launch", "{ours:?}");
    }
    for foreign in [&["self-hosted"][..], &["modal", "arm64"], &["ubuntu-latest"], &[], &["modal", "disk=4"]]
    {
        assert_eq!(verdict(foreign), "labels-not-ours", "{foreign:?}");
    }
    assert_eq!(verdict(&["modal", "cpu=17"]), "shape-over-limit");
    assert_eq!(verdict(&["modal", "cpu=0"]), "shape-too-small");
    assert_eq!(verdict(&["modal", "cpu=NaN"]), "shape-malformed");
    assert_eq!(verdict(&["modal", "timeout=7h"]), "shape-over-limit");
    assert_eq!(verdict(&["modal", "gpu=H100"]), "gpu-not-allowed");
    assert_eq!(verdict(&["modal", "image=evil"]), "image-not-allowed");
    assert_eq!(verdict(&["modal", "cpu=2", "cpu=4"]), "shape-repeated");
}

#[test]
fn a_job_that_asks_for_too_much_is_refused_and_a_course_tells_its_author_if_any_may_be_told() {
    let decided = |settings: &[(&str, &str)], body: &str| {
        let verdict = replay(settings, "workflow_job", body).verdict;
        (verdict.reply().map(|answer| answer.outcome), verdict.ticket().map(|ticket| ticket.purpose))
    };
    let (greedy, modest) = (queued(&["modal", "cpu=17"]), queued(&["modal"]));
    assert_eq!(decided(&[], &greedy), (Some(Outcome::Refused), Some(Purpose::Refuse)));
    assert_eq!(decided(&[("REFUSALS_PER_HOUR", "0")], &greedy), (Some(Outcome::Refused), None));
    assert_eq!(decided(&[("REFUSALS_PER_HOUR", "0")], &modest), (None, Some(Purpose::Launch)));
    assert_eq!(decided(&[], QUEUED), (Some(Outcome::Ignored), None));
}

#[test]
fn an_operator_can_allow_gpus_and_offer_profiles() {
    let settings = [
        ("ALLOWED_GPUS", "A10G,H100:2"),
        ("RUNNER_PROFILES", r#"{"Big":{"cpu":8,"memory":32,"image":"debian:12"}}"#),
    ];
    let verdict = |labels: &[&str]| match replay(&settings, "workflow_job", &queued(labels)).verdict {
        Verdict::Open(_) => "launch",
        Verdict::Unread(answer) | Verdict::Reply(answer) | Verdict::Refuse(answer, _) => answer.reason.code,
    };
    assert_eq!(verdict(&["modal", "gpu=h100:2"]), "launch");
    assert_eq!(verdict(&["modal", "gpu=H100:4"]), "gpu-not-allowed");
    assert_eq!(verdict(&["modal", "gpu=A10G", "docker"]), "docker-with-gpu");
    assert_eq!(verdict(&["modal", "big"]), "launch");
}

#[test]
fn what_cannot_be_read_is_malformed_and_says_where() {
    let head = "workflow_job";
    let broken = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut payload: serde_json::Value = serde_json::from_str(QUEUED).expect("a real payload");
        change(&mut payload);
        answered(replay(&[K8S], head, &payload.to_string()))
    };
    let malformed = (Outcome::Malformed, "payload-malformed");
    assert_eq!(answered(replay(&[], head, "")), malformed);
    assert_eq!(answered(replay(&[], head, &QUEUED[..2000])), malformed);
    assert_eq!(answered(replay(&[], head, &"[".repeat(100_000))), malformed);
    assert_eq!(broken(&|p| p["workflow_job"]["id"] = "1".into()), malformed);
    assert_eq!(broken(&|p| p["workflow_job"]["id"] = (-1).into()), malformed);
    assert_eq!(broken(&|p| p["workflow_job"]["labels"] = serde_json::Value::Null), malformed);
    assert_eq!(broken(&|p| p["repository"]["full_name"] = "octo/../../x".into()), malformed);
    assert_eq!(broken(&|p| p["repository"]["full_name"] = "octo/x?y".into()), malformed);
    assert_eq!(broken(&|p| p["workflow_job"]["labels"] = serde_json::json!(["k8s\u{1b}[2J"])), malformed);
}

#[test]
fn form_encoded_deliveries_mean_the_same() {
    let settings = [("WEBHOOK_SECRET".to_owned(), "s".to_owned()), (K8S.0.to_owned(), K8S.1.to_owned())];
    let settings = IntakeSettings::read(&settings).settings.expect("good settings");
    let head = "X-GitHub-Event: workflow_job\ncontent-type: application/x-www-form-urlencoded\n";
    let encode = |b: u8| if b == b' ' { "+".to_owned() } else { format!("%{b:02X}") };
    let body = format!("payload={}", QUEUED.bytes().map(encode).collect::<String>());
    assert_eq!(opened(decide(&settings.admission, head, &body, Trust::Unsigned)).job.0, 12_877_621_891);
    for bad in ["", "x=1", "payload=%ff", "payload={}&payload={}"] {
        assert_eq!(
            answered(decide(&settings.admission, head, bad, Trust::Unsigned)).0,
            Outcome::Malformed,
            "{bad}"
        );
    }
}

#[test]
fn hostile_headers_are_malformed() {
    let settings =
        IntakeSettings::read(&[("WEBHOOK_SECRET".to_owned(), "s".to_owned())]).settings.expect("good");
    for head in [
        "no colon",
        "X-GitHub-Event: a\nx-github-event: b",
        "X-GitHub-Delivery: <script>",
        "Content-Type: text/xml",
    ] {
        assert_eq!(
            answered(decide(&settings.admission, head, "{}", Trust::Signed(&settings.secrets))).0,
            Outcome::Malformed,
            "{head}"
        );
    }
}
