//! How a sandbox ended: the binary's own line, and nothing that a job could make of it.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use jitney::ending::{Cause, EVENT, Ending};
use jitney::ledger::Entry;
use serde_json::json;

/// A line as the binary writes it, with some of it changed.
fn line(changed: &serde_json::Value) -> String {
    let mut line = json!({ "event": EVENT, "cause": "refused", "exit": 0, "job_s": 1.5, "peak_memory": 7 });
    line["oom_kills"] = serde_json::Value::Null;
    for (name, value) in changed.as_object().cloned().unwrap_or_default() {
        line[name] = value;
    }
    line.to_string()
}

fn is(output: &str, status: i32, cause: Cause, figures: &[(&'static str, f64)]) {
    let ending = Ending { cause, figures: figures.to_vec(), stages: Vec::new() };
    assert_eq!(Ending::read(output, status), ending, "{output:.80}");
}

#[test]
fn a_stage_lasts_from_the_point_before_to_its_own_where_both_are_known_and_a_day_at_most() {
    let stages = |changed: serde_json::Value| Ending::read(&line(&changed), 0).stages;
    let way = json!({
        "config_s": 1, "listener_s": 1.5, "listening_s": 3.5, "message_s": 4.5, "worker_s": 4.75,
        "prepared_s": 8.75, "first_step_s": 8.875,
    });
    let all = [
        ("config", 1.0),
        ("listener", 0.5),
        ("session", 2.0),
        ("message", 1.0),
        ("worker", 0.25),
        ("prepare", 4.0),
        ("hook", 0.125),
    ];
    assert_eq!(stages(way.clone()), all);
    let without = |name: &str, value: serde_json::Value| {
        let mut way = way.clone();
        way[name] = value;
        stages(way).iter().map(|(stage, _)| *stage).collect::<Vec<_>>()
    };
    for value in [json!(null), json!(86_400), json!(-1), json!("1")] {
        assert_eq!(without("listening_s", value), ["config", "listener", "worker", "prepare", "hook"]);
    }
    // A clock that was set back.
    assert_eq!(
        without("worker_s", json!(4)),
        ["config", "listener", "session", "message", "prepare", "hook"]
    );
    assert_eq!(stages(json!({})), []);
}

#[test]
fn the_last_line_that_says_it_is_taken_and_only_known_words_and_figures_of_it() {
    let (own, both) = (line(&json!({})), [("job_s", 1.5), ("peak_memory", 7.0)]);
    let memory = [("peak_memory", 7.0)];
    is(&format!("Listening for Jobs\n{own}\n"), 0, Cause::Refused, &both);
    is(&format!("{own}\nnot JSON\n[]\n7\n{{}}"), 0, Cause::Refused, &both);
    is(&format!("{}\n{own}", line(&json!({ "cause": "done" }))), 0, Cause::Refused, &both);
    is(&format!("{own}\n{}", line(&json!({ "event": "other", "cause": "done" }))), 0, Cause::Refused, &both);
    is(&format!("{own}\n{}\n", "[".repeat(10_000)), 0, Cause::Refused, &both);
    for job_s in [json!("<script>"), json!(true), json!(-1), json!(1e18), json!([1])] {
        is(&line(&json!({ "job_s": job_s })), 0, Cause::Refused, &memory);
    }
    is(&line(&json!({ "reason": "\u{1b}[31m", "moons": 1 })), 0, Cause::Refused, &both);
}

#[test]
fn without_such_a_line_the_status_must_do() {
    for (status, cause) in [
        (0, Cause::Done),
        (7, Cause::Deprecated),
        (64, Cause::BadInput),
        (65, Cause::NoJob),
        (66, Cause::NoDocker),
        (124, Cause::TimedOut),
        (137, Cause::Killed),
        (-15, Cause::Killed),
        (3, Cause::Failed),
    ] {
        is("", status, cause, &[]);
        is(&line(&json!({ "cause": "banana" })), status, cause, &[]);
        is(&line(&json!({ "cause": ["done"] })), status, cause, &[]);
        is(&line(&json!({})).replace("1.5", "NaN"), status, cause, &[]);
        is(&line(&json!({})).replace("1.5", "1e999"), status, cause, &[]);
    }
}

#[test]
fn every_cause_has_one_word_which_the_binary_writes_and_the_ledger_keeps() {
    for cause in Cause::ALL {
        assert_eq!(serde_json::to_value(cause).expect("JSON"), cause.word());
        assert_eq!(Cause::of_word(cause.word()), Some(cause));
        let kept = json!({ "sandbox": "sb-1", "job": 7, "started": 1, "cause": cause.word() });
        assert_eq!(serde_json::from_value::<Entry>(kept).expect("an entry").cause, Some(cause));
    }
    let kept = json!({ "sandbox": "sb-1", "job": 7, "started": 1, "cause": "of another version" });
    assert_eq!(serde_json::from_value::<Entry>(kept).expect("an entry").cause, None);
}
