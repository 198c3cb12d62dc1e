//! `doctor`: what is asked of GitHub, and what is said where it does not answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod script;

use jitney::github::Response;
use jitney_operator::doctor::{Level, examine};
use script::{Script, answer, play, settings};
use serde_json::json;

const APP: [(&str, &str); 2] = [("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "Iv23li")];
const DOWNLOADS: &str = "GET /repos/octo/demo/actions/runners/downloads";
const RUNS: &str = "GET /repos/octo/demo/actions/runs?status=queued&per_page=100&page=1";
const HOOKS: &str = "GET /repos/octo/demo/hooks?per_page=100";

#[test]
fn a_silence_is_said_once() {
    let settings = settings(&[]);
    let silent = [
        ("GET /rate_limit", Response::default()),
        (DOWNLOADS, Response::default()),
        (RUNS, Response::default()),
        (HOOKS, Response::default()),
    ];
    let found = play(&settings, |desk| examine(desk, settings.clone(), true), &silent).1;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].level == Level::Fail && found[0].cure.contains("GITHUB_API_URL"), "{found:?}");
}

#[test]
fn an_app_is_asked_about_itself_and_not_tried_where_nobody_can_sign_for_it() {
    let settings = settings(&APP);
    let permissions = json!({"administration": "write", "actions": "read"});
    let app = json!({"permissions": permissions, "events": ["workflow_job"]});
    let script: &Script<'_> = &[
        ("GET /app", answer(200, &app)),
        (DOWNLOADS, answer(200, &json!([]))),
        (RUNS, answer(200, &json!({"total_count": 0, "workflow_runs": []}))),
    ];
    let found = play(&settings, |desk| examine(desk, settings.clone(), true), script).1;
    assert!(found.len() == 6 && found.iter().all(|finding| finding.level == Level::Ok), "{found:?}");
    assert!(play(&settings, |desk| examine(desk, settings.clone(), false), &[]).1.is_empty());
}
