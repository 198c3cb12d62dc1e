//! A job that a runner has, or had.

use super::world::{sandbox, says, world};
use serde_json::json;

#[test]
fn a_job_at_work_is_told_with_whose_runner_it_has() {
    let at_work = |name: &str| {
        world()
            .set("status", "in_progress")
            .set("runner_name", name)
            .set("started_at", "2026-11-24T12:00:10Z")
    };
    let explanation =
        at_work("jitney-41-abcdefgh").ends("in-progress", &["its own runner", "for 20 s", "6 h"]);
    assert!(says(&explanation, "job", "took it after 10 s"));
    let explanation = at_work("jitney-77-abcdefgh").ends("in-progress-swapped", &["was started for job 77"]);
    assert!(says(&explanation, "pairing", "started for job 77"));
    at_work("a-pet")
        .with(|w| w.host.sandboxes = Some(vec![sandbox(&[])]))
        .ends("in-progress-elsewhere", &["a-pet", "not one of jitney's", "sb-1 is not needed"]);
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
    let explanation = ran("jitney-41-abcdefgh", "success")
        .with(|w| {
            w.entries = vec![json!({ "sandbox": "sb-1", "job": 41, "runner": "jitney-41-abcdefgh",
                "started": 1_795_521_602.0, "ended": 1_795_521_625.0, "nano_usd": 1_234_000 })];
        })
        .ends("completed", &["success", "after 10 s in the queue and a run of 15 s", "$0.001234"]);
    assert!(says(&explanation, "cost", "sb-1 ended after 23 s; it cost $0.001234"));
    assert!(says(&explanation, "job", "finished: success"));
    ran("jitney-77-abcdefgh", "failure").ends("completed-swapped", &["failure", "job 77"]);
    ran("a-pet", "success").ends("completed-elsewhere", &["not one of jitney's runners"]);
    ran("jitney-41-abcdefgh", "failure")
        .set("labels", json!(["modal", "cpu=64"]))
        .ends("failed-with-reason", &["MAX_CPU", "author"]);
    let dead = |cause: &str| {
        ran("jitney-41-abcdefgh", "failure").with(|w| {
            w.entries =
                vec![json!({ "sandbox": "sb-1", "job": 41, "runner": "jitney-41-abcdefgh", "cause": cause,
                "started": 1_795_521_602.0, "ended": 1_795_521_625.0, "nano_usd": 1_234_000 })];
        })
    };
    let explanation = dead("out-of-memory").ends("completed", &["failure", "because it ran out of memory"]);
    assert!(says(
        &explanation,
        "cost",
        "sb-1 ended after 23 s (out-of-memory: it ran out of memory); it cost"
    ));
    assert!(explanation.timeline.iter().any(|one| one.what == "cost" && one.cure.contains("`memory=16`")));
    let explanation = dead("done").ends("completed", &["Finished"]);
    assert!(!explanation.conclusion.text.contains("because"));
    over("cancelled").ends("cancelled", &["before a runner took it"]);
    let told = |refusal: bool| {
        ran("jitney-41-abcdefgh", "failure").with(|w| {
            w.settings.push(("ALLOWED_EVENTS", "release"));
            w.entries = vec![
                json!({ "sandbox": "sb-1", "job": 41, "runner": "jitney-41-abcdefgh", "refusal": refusal,
                "started": 1_795_521_602.0, "ended": 1_795_521_625.0, "nano_usd": 1_234_000 }),
            ];
        })
    };
    let explanation =
        told(true).ends("failed-with-reason", &["event-not-allowed", "its author sees the reason"]);
    assert!(says(&explanation, "cost", "it only showed the refusal and cost"));
    told(false).ends("completed", &["it cost $0.001234"]);
    over("skipped").ends("skipped", &["never needed a runner"]);
    over("failure").ends("ended-without-runner", &["24 hours"]);
    world().set("status", "waiting").ends("held-back", &["approval"]);
}
