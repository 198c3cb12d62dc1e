//! `doctor`: what is asked of GitHub, and what is said where it does not answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod script;

use jitney::github::Response;
use jitney_operator::doctor::{Level, examine};
use script::{Script, answer, play, settings};
use serde_json::json;

const APP: [(&str, &str); 2] = [("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "Iv23li")];
const TOKEN: &str = "POST /repos/octo/demo/actions/runners/registration-token";
const DOWNLOADS: &str = "GET /repos/octo/demo/actions/runners/downloads";
const RUNS: &str = "GET /repos/octo/demo/actions/runs?status=queued&per_page=100&page=1";
const HOOKS: &str = "GET /repos/octo/demo/hooks?per_page=100";

#[test]
fn a_silence_is_said_once() {
    let settings = settings(&[]);
    let silent = [
        ("GET /rate_limit", Response::default()),
        (TOKEN, Response::default()),
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
        (TOKEN, answer(201, &json!({"token": "AABF", "expires_at": "2026-11-24T13:00:00Z"}))),
        (DOWNLOADS, answer(200, &json!([]))),
        (RUNS, answer(200, &json!({"total_count": 0, "workflow_runs": []}))),
    ];
    let found = play(&settings, |desk| examine(desk, settings.clone(), true), script).1;
    assert!(found.len() == 6 && found.iter().all(|finding| finding.level == Level::Ok), "{found:?}");
    assert!(play(&settings, |desk| examine(desk, settings.clone(), false), &[]).1.is_empty());
}

#[test]
fn who_may_only_read_runners_is_told_so_in_either_scope() {
    for (scope, home) in [("repo", "repos/octo/demo"), ("org", "orgs/octo")] {
        let settings = settings(&[("RUNNER_SCOPE", scope)]);
        let [token, downloads] = ["POST", "GET"].map(|method| {
            let rest = if method == "POST" { "registration-token" } else { "downloads" };
            format!("{method} /{home}/actions/runners/{rest}")
        });
        let mut script = vec![
            ("GET /rate_limit", answer(200, &json!({}))),
            (
                token.as_str(),
                answer(403, &json!({"message": "Resource not accessible by personal access token"})),
            ),
            (downloads.as_str(), answer(200, &json!([]))),
            (RUNS, answer(200, &json!({"total_count": 0, "workflow_runs": []}))),
            (HOOKS, answer(200, &json!([]))),
        ];
        if scope == "org" {
            script.push(("GET /orgs/octo/actions/runner-groups/1", answer(200, &json!({}))));
        }
        let found = play(&settings, |desk| examine(desk, settings.clone(), true), &script).1;
        let failed = found.iter().find(|finding| finding.what == "octo/demo: Administration");
        let failed = failed.expect("it is looked at");
        assert!(failed.level == Level::Fail && failed.why.contains("403"), "{failed:?}");
        assert!(failed.cure.contains("Read and write"), "{failed:?}");
    }
}
