//! What is read out of a delivery, at the edges of what it may say.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use jitney::delivery::Headers;
use jitney::delivery::signature::SignatureError;
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::reply::{Outcome, Reply};
use jitney::settings::IntakeSettings;
use jitney::ticket::Ticket;
use jitney::words::ids::{JobId, RunId};
use jitney::words::repository::Repository;
use serde_json::{Value, json};

const QUEUED: &str = include_str!("payloads/workflow_job.queued.json");
const COMPLETED: &str = include_str!("payloads/workflow_job.completed.json");

/// What comes of a payload with a change, where these headers come with it.
fn decided(head: &str, payload: &str, change: &dyn Fn(&mut Value)) -> Result<Ticket, Reply> {
    let settings = [("WEBHOOK_SECRET", "s"), ("RUNNER_LABELS", r#"["self-hosted","modal"]"#)];
    let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = IntakeSettings::read(&settings).settings.expect("good settings");
    let mut payload: Value = serde_json::from_str(payload).expect("a real payload");
    payload["workflow_job"]["labels"] = json!(["modal"]);
    change(&mut payload);
    let head = format!("X-GitHub-Event: workflow_job\n{head}");
    match decide(&settings.admission, &head, &payload.to_string(), Trust::Unsigned).verdict {
        Verdict::Open(ticket) => Ok(ticket),
        Verdict::Unread(reply) | Verdict::Reply(reply) | Verdict::Refuse(reply, _) => Err(reply),
    }
}

/// What is malformed about it.
fn fault(change: &dyn Fn(&mut Value)) -> String {
    let reply = decided("", QUEUED, change).expect_err("malformed");
    assert_eq!(reply.outcome, Outcome::Malformed);
    reply.reason.text
}

#[test]
fn headers_that_are_none_of_ours_are_left_alone() {
    let head = "Accept: */*\nContent-Type: application/json; charset=utf-8\nUser-Agent: GitHub-Hookshot/1";
    assert!(decided(head, QUEUED, &|_| ()).is_ok());
}

#[test]
fn what_is_wrong_with_a_payload_is_said() {
    assert!(fault(&|payload| payload["action"] = json!(7)).contains("one of the wrong type"));
    assert!(fault(&|payload| payload["workflow_job"]["id"] = json!(0)).contains("an id is never 0"));
    assert!(fault(&|payload| payload["workflow_job"]["run_id"] = json!(0)).contains("an id is never 0"));
    let settings = IntakeSettings::read(&[("WEBHOOK_SECRET".to_owned(), "s".to_owned())]).settings;
    let admission = settings.expect("good settings").admission;
    for (body, text) in [(r#"{"action":"#, "ends in the middle"), ("{]", "is not JSON")] {
        match decide(&admission, "X-GitHub-Event: workflow_job", body, Trust::Unsigned).verdict {
            Verdict::Reply(reply) => assert!(reply.reason.text.contains(text), "{}", reply.reason.text),
            other => panic!("{other:?}"),
        }
    }
    let headers = Headers::parse("no colon").expect_err("malformed");
    assert_eq!(headers.to_string(), "header-malformed: a header line has no colon");
}

#[test]
fn a_job_has_a_hundred_labels_at_most() {
    let labels =
        |count: usize| move |payload: &mut Value| payload["workflow_job"]["labels"] = json!(vec!["x"; count]);
    assert_eq!(decided("", QUEUED, &labels(100)).expect_err("not ours").reason.code, "labels-not-ours");
    assert!(fault(&labels(101)).contains("more than 100"));
}

#[test]
fn a_ticket_says_when_its_job_began_or_was_over() {
    let times = |payload: &mut Value| {
        payload["workflow_job"]["started_at"] = json!("2027-01-15T08:00:00Z");
        payload["workflow_job"]["completed_at"] = json!("2027-01-15T09:00:00Z");
        payload["workflow_job"]["runner_name"] = json!("jitney-8-abcdefgh");
        payload["workflow_job"]["runner_id"] = json!(5);
    };
    let at = |action: &'static str| {
        let change = move |payload: &mut Value| {
            times(payload);
            payload["action"] = json!(action);
        };
        decided("", COMPLETED, &change).expect("a ticket").at.map(|at| at.0 / 3_600_000 % 24)
    };
    assert_eq!((at("in_progress"), at("completed"), at("queued")), (Some(8), Some(9), None));
}

#[test]
fn a_runner_has_a_name_and_an_id_that_is_not_0() {
    let runner = |id: Value, name: &'static str| {
        let change = move |payload: &mut Value| {
            payload["workflow_job"]["runner_id"] = id.clone();
            payload["workflow_job"]["runner_name"] = json!(name);
        };
        decided("", COMPLETED, &change).expect("a ticket").runner
    };
    assert_eq!(runner(json!(5), "one").as_deref(), Some("one"));
    assert_eq!(
        (runner(json!(0), "one"), runner(Value::Null, "one"), runner(json!(5), "")),
        (None, None, None)
    );
}

#[test]
fn only_a_sweeps_ticket_is_found() {
    let head = "X-GitHub-Delivery: 72d3162e-cc78-11e3-81ab-4c9367dc0958";
    assert!(!decided(head, QUEUED, &|_| ()).expect("a ticket").is_found());
    let repository = Repository::parse("octo/x").expect("a name");
    assert!(Ticket::found(repository, JobId(7), RunId(3), Vec::new(), None).is_found());
}

#[test]
fn each_fault_of_a_signature_says_what_to_do() {
    for (fault, text) in [
        (SignatureError::Missing, "set the webhook's secret"),
        (SignatureError::Malformed, "64 hex digits"),
        (SignatureError::Mismatch, "was not made with WEBHOOK_SECRET"),
    ] {
        assert!(fault.to_string().contains(text), "{fault}");
    }
}
