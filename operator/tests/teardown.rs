//! `teardown`: what is removed at GitHub, and what is left alone.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod script;

use jitney_operator::setup::{Standing, remove_hooks, remove_registrations};
use script::{LIST, Script, URL, answer, hook, one, play, settings, target};
use serde_json::{Value, json};

#[test]
fn every_webhook_that_leads_to_the_endpoint_is_removed_and_no_other() {
    let settings = settings(&[]);
    let listed = json!([
        hook(&json!({})),
        hook(&json!({"id": 6})),
        hook(&json!({"id": 7, "config": {"url": "https://elsewhere.example"}}))
    ]);
    let script = [
        (LIST, answer(200, &listed)),
        ("DELETE /repos/octo/demo/hooks/6", answer(204, &json!(null))),
        ("DELETE /repos/octo/demo/hooks/5", answer(404, &json!(null))),
    ];
    let remove = |url, look, script: &Script<'_>| {
        let target = target(&settings, url);
        one(play(&settings, |desk| remove_hooks(desk, target, look), script)).1
    };
    assert_eq!(remove(Some(URL), false, &script).standing, Standing::Done);
    let looked = remove(Some(URL), true, &script[..1]);
    assert_eq!(looked.standing, Standing::Wanted);
    assert!(looked.why.contains(URL), "{}", looked.why);
    // Without a URL, what looks like jitney's may be another installation's.
    for look in [true, false] {
        let left = remove(None, look, &script[..1]);
        assert_eq!(left.standing, Standing::Failed);
        assert!(left.why.contains(URL) && left.cure.contains("--url"), "{left:?}");
        assert_eq!(remove(None, look, &[(LIST, answer(200, &json!([])))]).standing, Standing::Kept);
    }
}

#[test]
fn registrations_of_jitney_s_making_are_removed_to_the_last_page() {
    let settings = settings(&[]);
    let runner = |id: u64, name: &str| json!({"id": id, "name": name, "status": "offline", "busy": false});
    let mut first: Vec<Value> = (10..109).map(|id| runner(id, "somebody-elses")).collect();
    first.push(runner(1, "jitney-5-abcdefgh"));
    let page = |number: u32| format!("GET /repos/octo/demo/actions/runners?per_page=100&page={number}");
    let (first_page, second_page) = (page(1), page(2));
    let listed = |runners: &Value| answer(200, &json!({"total_count": 0, "runners": runners}));
    let script = |last: u16| {
        [
            (first_page.as_str(), listed(&json!(first))),
            (second_page.as_str(), listed(&json!([runner(2, "jitney-6-abcdefgh")]))),
            ("DELETE /repos/octo/demo/actions/runners/2", answer(204, &json!(null))),
            ("DELETE /repos/octo/demo/actions/runners/1", answer(last, &json!(null))),
        ]
    };
    let remove = |look, script: &Script<'_>| {
        one(play(&settings, |desk| remove_registrations(desk, settings.clone(), look), script)).1
    };
    let step = remove(false, &script(204));
    assert_eq!((step.standing, step.why.as_str()), (Standing::Done, "2 are removed"));
    assert_eq!(remove(false, &script(422)).standing, Standing::Failed);
    assert_eq!(remove(true, &script(204)[..2]).standing, Standing::Wanted);
}

#[test]
fn a_listing_that_never_ends_is_read_for_so_many_pages_only() {
    let settings = settings(&[]);
    let full: Vec<Value> =
        (1..=100).map(|id| json!({"id": id, "name": "somebody-elses", "busy": false})).collect();
    let path = |number: u32| format!("GET /repos/octo/demo/actions/runners?per_page=100&page={number}");
    let pages: Vec<String> = (1..=100).map(path).collect();
    let page = answer(200, &json!({"total_count": 0, "runners": full}));
    let script: Vec<_> = pages.iter().map(|path| (path.as_str(), page.clone())).collect();
    let step = one(play(&settings, |desk| remove_registrations(desk, settings.clone(), false), &script)).1;
    assert_eq!(step.standing, Standing::Failed);
    assert!(step.why.contains("first 10000") && step.cure.contains("again"), "{step:?}");
}
