//! What a queued job waits for: a runner that comes, one that another job took, a ticket, the settings that keep it out.

use super::world::{World, at, delivered, runner, sandbox, says, world};
use jitney::ticket::Ticket;
use serde_json::json;

#[test]
fn a_job_whose_sandbox_boots_waits_for_its_config() {
    let world = delivered(world(), 202, "deferred", "still-at-work: it goes on").with(|w| {
        w.host.sandboxes = Some(vec![sandbox(&[("started", "1795521602000"), ("shape", "2-cores")])]);
    });
    let explanation =
        world.ends("sandbox-booting", &["sb-1", "its turn to register a runner", "120 s", "every 3 min"]);
    assert!(says(&explanation, "delivery", "answered 202"));
    assert!(says(&explanation, "check", "labels: ours"));
    assert!(says(&explanation, "verdict", "with today's settings, that delivery starts a runner"));
    assert!(says(&explanation, "run", "is allowed"));
    assert!(says(&explanation, "sandbox", "no runner yet"));
    assert_eq!(explanation.page, "https://github.com/octo/demo/actions/runs/3/job/41");
    let times: Vec<_> =
        explanation.timeline.iter().filter_map(|moment| moment.at).map(|at| at.0 / 1000).collect();
    assert!(times.is_sorted());
}

#[test]
fn a_runner_that_starts_and_one_that_idles_are_told_apart() {
    let begun = |status: &'static str| {
        delivered(world(), 201, "launched", "runner-started: x").with(move |w| {
            w.host.sandboxes = Some(vec![sandbox(&[("runner", "jitney-41-abcdefgh")])]);
            w.runners.1 = json!({ "runners": [runner("jitney-41-abcdefgh", status, false), runner("other", "online", true)] });
        })
    };
    let explanation = begun("offline").ends("runner-starting", &["jitney-41-abcdefgh", "sb-1", "300 s"]);
    assert!(
        says(&explanation, "registration", "registered but offline")
            && !says(&explanation, "registration", "other")
    );
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
        w.host.sandboxes = Some(vec![sandbox(&[("runner", "jitney-41-abcdefgh")])]);
    });
    let explanation = by_github.ends("runner-taken", &["taken by job 42", "A new one is started"]);
    assert!(says(&explanation, "pairing", "job 42 took a runner that was started for this job"));
    taken()
        .with(|w| {
            w.entries =
                vec![json!({ "sandbox": "sb-9", "job": 77, "runner": "jitney-41-abcdefgh", "started": 1.0 })];
        })
        .ends("runner-taken", &["taken by job 77"]);
    taken().ends("runner-taken", &["another job"]);
    delivered(world(), 201, "launched", "runner-started: x")
        .with(|w| w.host.sandboxes = Some(vec![sandbox(&[("runner", "jitney-41-abcdefgh")])]))
        .ends("runner-gone", &["sb-1", "no longer registered", "about to end"]);
}

#[test]
fn labels_that_are_not_ours_are_somebody_elses() {
    let explanation = world()
        .set("labels", json!(["self-hosted", "modal", "gpu-x"]))
        .ends("ignored", &["gpu-x", "If jitney should run it"]);
    assert!(says(&explanation, "verdict", "the job as it is now is ignored"));
    let stopped: Vec<_> =
        explanation.timeline.iter().filter(|moment| moment.what == "check" && moment.stops).collect();
    assert_eq!(stopped.len(), 1);
}

#[test]
fn who_is_kept_out_learns_by_which_setting() {
    let allowing = |repositories: &'static str| world().with(|w| w.settings[0].1 = repositories);
    allowing("octo/other").ends("repository-not-allowed", &["ALLOWED_REPOS", "Add the repository"]);
    let large = || world().set("labels", json!(["modal", "cpu=64"]));
    large().ends("refused-and-told", &["20 an hour", "MAX_CPU"]);
    large().with(|w| w.settings.push(("REFUSALS_PER_HOUR", "0"))).ends("refused", &["MAX_CPU", "24 hours"]);
    let explanation = world()
        .with(|w| w.run["head_repository"]["full_name"] = "mallory/demo".into())
        .ends("run-not-allowed", &["fork", "ALLOW_FORKS"]);
    assert!(explanation.timeline.iter().any(|moment| moment.what == "run" && moment.stops));
}

#[test]
fn a_ticket_that_waits_says_when_it_is_due_and_why() {
    let ticket = r#"{"purpose":"launch","delivery":"guid-1","repository":"octo/demo","job":41,"run":3,"labels":["modal"],
        "created":null,"runner":null,"deferrals":2}"#;
    let world = delivered(world(), 202, "deferred", "at-capacity: MAX_RUNNERS (3) sandboxes are at work")
        .with(|w| {
            w.host.waiting = vec![(Ticket::read(ticket).expect("a ticket"), at("2026-11-24T12:00:45Z"))];
        });
    let explanation = world.ends("ticket-waits", &["at-capacity", "in 15 s"]);
    assert!(says(&explanation, "ticket", "deferred 2 times"));
}

#[test]
fn what_was_said_last_decides_where_nothing_lives() {
    let said = |status: u16, outcome: &str, reason: &str| delivered(world(), status, outcome, reason);
    said(201, "launched", "runner-started: x").ends("sandbox-gone", &["its sandbox is gone", "every 3 min"]);
    said(202, "deferred", "github-rate-limited: x").ends("deferred", &["github-rate-limited", "by itself"]);
    said(401, "refused", "signature-mismatch: x").ends("not-signed", &["to the same value"]);
    said(403, "refused", "fork-not-allowed: x").ends("was-refused", &["Refused when it arrived"]);
    said(200, "ignored", "labels-not-ours: x").ends("was-ignored", &["Ignored when it arrived"]);
    said(200, "refused", "runners-taken: x")
        .ends("runners-taken", &["id=${{ github.run_id }}-${{ github.run_attempt }}-NAME"]);
    said(503, "unready", "settings: MAX_CPU is none").ends("unready", &["MAX_CPU", "Fix that"]);
    said(504, "", "").ends("delivery-failed", &["504", "timed out", "deliver it again"]);
}

#[test]
fn the_course_s_own_word_is_later_than_the_delivery_s_answer() {
    let world = delivered(world(), 202, "deferred", "still-at-work: it goes on").with(|w| {
        w.recent = vec![
            json!({ "at": 1_795_521_610_000_u64, "outcome": "deferred", "reason": "at-capacity", "why": "full",
            "delivery": "guid-1", "repository": "octo/demo", "job": 41 }),
        ];
    });
    let explanation = world.ends("deferred", &["at-capacity: full"]);
    assert!(
        says(&explanation, "course", "deferred, at-capacity")
            && says(&explanation, "delivery", "still-at-work")
    );
}

#[test]
fn where_modal_cannot_be_asked_it_says_so() {
    let unasked = |world: World| {
        world.with(|w| {
            w.host.sandboxes = None;
            w.host.unasked = "AuthError: x".to_owned();
        })
    };
    let explanation = unasked(delivered(world(), 201, "launched", "runner-started: x"))
        .ends("launched-unseen", &["Modal could not be asked"]);
    assert!(says(&explanation, "sandbox", "AuthError"));
    unasked(world()).ends("no-delivery", &["Modal could not be asked"]);
}

#[test]
fn a_thing_is_said_once_and_the_conclusion_has_the_last_word() {
    let why = "MAX_RUNNERS (3) sandboxes are running";
    let mut world = delivered(world(), 202, "deferred", &format!("at-capacity: {why}"));
    let explanation = world.explained("octo/demo 41").expect("an explanation");
    let said: Vec<&str> = explanation.timeline.iter().map(|moment| moment.said.as_str()).collect();
    let all = said.join("\n");
    assert!(explanation.conclusion.text.contains(why) && !all.contains(why), "{all}");
    assert!(all.contains("answered 202: deferred, at-capacity"), "{all}");

    let mut foreign = super::world::world().set("labels", json!(["self-hosted", "modal", "gpu-x"]));
    let explanation = foreign.explained("octo/demo 41").expect("an explanation");
    let all: Vec<&str> = explanation.timeline.iter().map(|moment| moment.said.as_str()).collect();
    let told = |text: &str| text.contains("which is no label of ours");
    assert!(told(&explanation.conclusion.text) && !all.iter().any(|text| told(text)), "{all:?}");
}

#[test]
fn a_sandbox_of_modal_s_comes_with_the_commands_that_look_into_it() {
    let mut world = delivered(world(), 201, "launched", "runner-started: x")
        .with(|w| w.host.sandboxes = Some(vec![sandbox(&[])]));
    let explanation = world.explained("octo/demo 41").expect("an explanation");
    let moment = explanation.timeline.iter().find(|moment| moment.what == "sandbox").expect("a sandbox");
    assert_eq!(
        moment.cure,
        "open a shell in it: `modal shell sb-1`; show its output: `modal container logs sb-1`"
    );
    assert!(jitney_operator::inside::inside("31337").is_empty());
    assert!(jitney_operator::inside::inside("sb-x; rm -rf /").is_empty());
}
