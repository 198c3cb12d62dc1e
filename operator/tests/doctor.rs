//! `doctor`: what is asked of GitHub, and what is said where it does not answer.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod script;

use jitney::github::Response;
use jitney_operator::doctor::{Finding, Level, examine};
use script::{Script, URL, answer, hook, play, settings};
use serde_json::json;

const APP: [(&str, &str); 2] = [("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "Iv23li")];
const TOKEN: [(&str, &str); 1] = [("GITHUB_TOKEN", "github_pat_x")];
const REGISTRATION: &str = "POST /repos/octo/demo/actions/runners/registration-token";
const DOWNLOADS: &str = "GET /repos/octo/demo/actions/runners/downloads";
const RUNS: &str = "GET /repos/octo/demo/actions/runs?status=queued&per_page=100&page=1";

fn token() -> Response {
    answer(201, &json!({"token": "AABF", "expires_at": "2026-11-24T13:00:00Z"}))
}

fn levels(found: &[Finding]) -> Vec<(Level, &str)> {
    found.iter().map(|one| (one.level, one.what.as_str())).collect()
}

#[test]
fn a_silence_is_one_row_and_another_says_what_was_not_checked_for_it() {
    let settings = settings(&TOKEN);
    for script in [
        &[("GET /rate_limit", Response::default())][..],
        &[("GET /rate_limit", answer(200, &json!({}))), (REGISTRATION, Response::default())][..],
    ] {
        let found = play(&settings, |desk| examine(desk, settings.clone(), true), script).1;
        let bad: Vec<_> = found.iter().filter(|one| one.level != Level::Ok).collect();
        assert_eq!(bad.len(), 2, "{found:?}");
        assert!(bad[0].level == Level::Fail && bad[0].cure.contains("GITHUB_API_URL"), "{found:?}");
        assert!(bad[0].why.contains("cannot be reached") && bad[1].level == Level::Unchecked, "{found:?}");
    }
}

#[test]
fn a_credential_that_is_refused_is_one_row_and_nothing_else_is_asked() {
    let settings = settings(&TOKEN);
    let script = [("GET /rate_limit", answer(401, &json!({})))];
    let found = play(&settings, |desk| examine(desk, settings.clone(), true), &script).1;
    let seen = [(Level::Fail, "credential"), (Level::Unchecked, "permissions, webhook, runner version")];
    assert_eq!(levels(&found), seen);
}

#[test]
fn a_repository_that_is_not_seen_is_one_row() {
    let settings = settings(&TOKEN);
    let missing = answer(404, &json!({}));
    let script = [
        ("GET /rate_limit", answer(200, &json!({}))),
        (REGISTRATION, missing.clone()),
        (DOWNLOADS, missing.clone()),
        (RUNS, missing),
    ];
    let found = play(&settings, |desk| examine(desk, settings.clone(), true), &script).1;
    assert_eq!(levels(&found), [(Level::Ok, "credential"), (Level::Fail, "octo/demo")]);
}

#[test]
fn what_is_not_checked_is_said_with_the_reason() {
    let all = settings(&[("ALLOWED_REPOS", "octo/*")]);
    let script = [("GET /rate_limit", answer(200, &json!({})))];
    let found = play(&all, |desk| examine(desk, all.clone(), true), &script).1;
    let last = found.last().expect("a finding");
    assert!(last.level == Level::Unchecked && last.why.contains("names no repository in full"), "{found:?}");
    assert!(last.what.contains("permissions, webhook, runner version") && last.cure.contains("owner/repo"));

    let names: Vec<String> = (0..12).map(|n| format!("octo/r{n}")).collect();
    let many = settings(&[("ALLOWED_REPOS", &names.join(","))]);
    let lines: Vec<String> = (0..10)
        .flat_map(|n| {
            [
                "POST runners/registration-token",
                "GET runners/downloads",
                "GET runs?status=queued&per_page=100&page=1",
            ]
            .map(|asked| asked.replace(' ', &format!(" /repos/octo/r{n}/actions/")))
        })
        .collect();
    let mut script = vec![("GET /rate_limit", answer(200, &json!({})))];
    script.extend(lines.iter().map(|line| (line.as_str(), answer(404, &json!({})))));
    let found = play(&many, |desk| examine(desk, many.clone(), true), &script).1;
    assert!(levels(&found).contains(&(Level::Unchecked, "octo/r10 and 1 more repositories")), "{found:?}");

    let blind = settings(&APP);
    let found = play(&blind, |desk| examine(desk, blind.clone(), false), &[]).1;
    assert_eq!(levels(&found), [(Level::Unchecked, "GitHub")]);
}

#[test]
fn an_app_is_asked_about_itself_and_its_own_webhook() {
    let settings = settings(&APP);
    let permissions = json!({"administration": "write", "actions": "read"});
    let app = json!({"permissions": permissions, "events": ["workflow_job"]});
    for (config, level, said) in [
        (json!({"url": URL, "secret": "********"}), Level::Ok, "has a secret"),
        (json!({"url": URL}), Level::Fail, "no secret"),
        (
            json!({"url": "https://smee.io/x", "secret": "********"}),
            Level::Fail,
            "leads to https://smee.io/x",
        ),
    ] {
        let script: &Script<'_> = &[
            ("GET /app", answer(200, &app)),
            ("GET /app/hook/config", answer(200, &config)),
            (REGISTRATION, token()),
            (DOWNLOADS, answer(200, &json!([]))),
            (RUNS, answer(200, &json!({"total_count": 0, "workflow_runs": []}))),
        ];
        let found = play(&settings, |desk| examine(desk, settings.clone(), true), script).1;
        let own = found.iter().find(|one| one.what == "App's webhook").expect("a row");
        assert!(own.level == level && own.why.contains(said), "{own:?}");
        assert!(found.iter().all(|one| one.level == Level::Ok || one == own), "{found:?}");
    }
}

#[test]
fn a_runner_group_is_looked_at_for_each_repository() {
    let settings = settings(&[
        ("RUNNER_SCOPE", "org"),
        ("RUNNER_GROUP_ID", "7"),
        ("ALLOWED_REPOS", "octo/demo,octo/other"),
    ]);
    let group = json!({"name": "cloud", "visibility": "selected", "allows_public_repositories": false});
    let members = json!({"repositories": [{"full_name": "Octo/Demo", "private": true}]});
    let runs = answer(200, &json!({"total_count": 0, "workflow_runs": []}));
    let hooks = answer(200, &json!([hook(&json!({}))]));
    let downloads = ("GET /orgs/octo/actions/runners/downloads", answer(200, &json!([])));
    let listed = "GET /orgs/octo/actions/runner-groups/7/repositories?per_page=100&page=1";
    let registration = ("POST /orgs/octo/actions/runners/registration-token", token());
    let of = |runs_of: &'static str| {
        [
            registration.clone(),
            downloads.clone(),
            (runs_of, runs.clone()),
            ("GET /orgs/octo/hooks?per_page=100", hooks.clone()),
            ("GET /orgs/octo/actions/runner-groups/7", answer(200, &group)),
            (listed, answer(200, &members)),
        ]
    };
    let mut script = vec![("GET /rate_limit", answer(200, &json!({})))];
    script.extend(of(RUNS));
    script.extend(of("GET /repos/octo/other/actions/runs?status=queued&per_page=100&page=1"));
    let found = play(&settings, |desk| examine(desk, settings.clone(), true), &script).1;
    let seen = levels(&found);
    assert!(seen.contains(&(Level::Ok, "octo: runner group 7")), "{found:?}");
    assert!(seen.contains(&(Level::Ok, "octo/demo: runner group")), "{found:?}");
    assert!(seen.contains(&(Level::Fail, "octo/other: runner group")), "{found:?}");
}

#[test]
fn who_may_only_read_runners_is_told_so_in_either_scope() {
    for (scope, home) in [("repo", "repos/octo/demo"), ("org", "orgs/octo")] {
        let settings = settings(&[("RUNNER_SCOPE", scope)]);
        let [token, downloads] = ["POST", "GET"].map(|method| {
            let rest = if method == "POST" { "registration-token" } else { "downloads" };
            format!("{method} /{home}/actions/runners/{rest}")
        });
        let hooks = format!("GET /{home}/hooks?per_page=100");
        let mut script = vec![
            ("GET /rate_limit", answer(200, &json!({}))),
            (
                token.as_str(),
                answer(403, &json!({"message": "Resource not accessible by personal access token"})),
            ),
            (downloads.as_str(), answer(200, &json!([]))),
            (RUNS, answer(200, &json!({"total_count": 0, "workflow_runs": []}))),
            (hooks.as_str(), answer(200, &json!([]))),
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
