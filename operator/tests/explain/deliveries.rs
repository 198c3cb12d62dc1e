//! A webhook's log: which of its deliveries are looked into, and what they say.

use super::world::{World, delivered, delivery, says, world};
use jitney_operator::explain::Unexplained;
use serde_json::json;

#[test]
fn without_a_delivery_the_job_speaks_for_itself() {
    let explanation = world().ends("no-delivery", &["No delivery of it was found", "every 3 min"]);
    assert!(says(&explanation, "delivery", "none of the 0 deliveries"));
    let owner = || world().with(|w| w.settings[0].1 = "octo/*");
    owner().ends("no-delivery", &["no sweep looks into octo/demo"]);
    let explanation =
        world().with(|w| w.hooks = (403, json!({}))).ends("delivery-unknown", &["may not read"]);
    let hidden = explanation.timeline.iter().find(|moment| moment.what == "delivery").expect("a delivery");
    assert!(hidden.said.contains("403") && hidden.cure.contains("Webhooks"));
    world().with(|w| w.hooks.1 = json!([])).ends("no-webhook", &["Run setup", "WEBHOOK_URL"]);
}

#[test]
fn its_deliveries_are_found_among_many_and_those_of_others_are_not_looked_at_twice() {
    let busy = |own: u64| {
        world().with(move |w| {
            for id in (1..=60).rev() {
                let job = if id == own { 41 } else { 1000 + id };
                let time = format!("2026-11-24T12:00:{:02}Z", id % 60);
                w.log.push(delivery(id, job, "queued", &time, 201, "launched", "runner-started: x"));
            }
        })
    };
    let mut near = busy(4);
    assert!(near.explained("octo/demo 41").is_ok_and(|explanation| says(&explanation, "delivery", "guid-4")));
    assert!(near.asked < 15, "{}", near.asked);
    let mut far = busy(50);
    let explanation = far.explained("octo/demo 41").expect("an explanation");
    assert!(says(&explanation, "delivery", "none of the 20 deliveries") && far.asked < 30, "{}", far.asked);
    let mut remembered = busy(50);
    remembered.recent =
        vec![json!({ "at": 1000, "outcome": "launched", "reason": "runner-started", "why": "x",
        "delivery": "guid-50", "repository": "octo/demo", "job": 41 })];
    let explanation = remembered.explained("octo/demo 41").expect("an explanation");
    assert!(says(&explanation, "delivery", "guid-50") && remembered.asked < 8, "{}", remembered.asked);
}

#[test]
fn a_log_is_read_as_far_back_as_the_job_and_no_further() {
    let long = |page: (usize, usize)| {
        world().with(move |w| {
            w.page = page;
            w.log.push(delivery(9, 1009, "queued", "2026-11-24T12:00:20Z", 201, "launched", "x: x"));
            w.log.push(delivery(8, 41, "queued", "2026-11-24T12:00:01Z", 201, "launched", "x: x"));
            w.log.extend((1..8).rev().map(|id| {
                delivery(
                    id,
                    1000 + id,
                    "queued",
                    &format!("2026-11-24T11:0{id}:00Z"),
                    201,
                    "launched",
                    "x: x",
                )
            }));
        })
    };
    let explanation = |world: &mut World| world.explained("octo/demo 41").expect("an explanation");
    let mut whole = long((1, 100));
    assert!(says(&explanation(&mut whole), "delivery", "guid-8"));
    // The job, the hooks, three pages, one delivery, the run, the runners.
    assert_eq!(whole.asked, 8);
    assert!(says(&explanation(&mut long((2, 1))), "delivery", "guid-8"), "what came before a fault counts");
    let hidden = explanation(&mut long((2, 0)));
    assert!(says(&hidden, "delivery", "GitHub answers 502"));
}

#[test]
fn of_a_delivery_s_attempts_the_newest_counts() {
    let mut world = delivered(world(), 201, "launched", "runner-started: x");
    let mut failed = delivery(0, 41, "queued", "2026-11-24T12:00:00Z", 504, "", "");
    failed["guid"] = "guid-1".into();
    world.log.push(failed);
    let explanation = world.explanation();
    assert!(says(&explanation, "delivery", "answered 201, the last of 2 attempts"));
}

#[test]
fn a_delivery_leads_to_its_job() {
    let mut one = delivered(world(), 201, "launched", "runner-started: x");
    let explanation = one.explained("guid-1").expect("an explanation");
    assert_eq!(explanation.job.0, 41);
    assert!(says(&explanation, "delivery", "guid-1"));
    let unfound = one.explained("guid-9").expect_err("there is none");
    assert!(matches!(unfound, Unexplained::Misread(why) if why.contains("three days")));
    let hidden = one.with(|w| w.hooks = (403, json!({}))).explained("guid-1").expect_err("it is hidden");
    assert!(matches!(hidden, Unexplained::Misread(why) if why.contains("403") && why.contains("address")));
}

#[test]
fn an_app_s_deliveries_are_asked_for_without_a_listing_of_hooks() {
    let mut app = delivered(world(), 201, "launched", "runner-started: x");
    app.hooks = (403, json!({}));
    app.settings[1] = ("GITHUB_APP_ID", "Iv23liX");
    assert!(says(&app.explained("octo/demo 41").expect("an explanation"), "delivery", "guid-1"));
}
