//! Which runs may run here, as GitHub's API tells of them; `runner/tests/cases.rs` has the table of all rules.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use jitney::github::Response;
use jitney::github::run::started_by;
use jitney::policy::run::{RefPattern, Run, Vetting};
use jitney::settings::CoursesSettings;
use jitney::words::repository::Repository;

fn vetting(given: &[(&str, &str)]) -> Vetting {
    let token = [("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())];
    let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let all: Vec<_> = token.into_iter().chain(given).collect();
    CoursesSettings::read(&all).settings.expect("good settings").vetting
}

fn run(change: impl FnOnce(&mut serde_json::Value)) -> Option<Run> {
    let mut body = serde_json::json!({
        "event": "push", "head_branch": "main", "head_repository": {"full_name": "Octo/X"},
        "repository": {"full_name": "octo/x", "private": false},
        "actor": {"login": "octocat"}, "triggering_actor": {"login": "Hubot"}
    });
    change(&mut body);
    started_by(&Ok(Response { status: 200, body: body.to_string().into_bytes(), ..Response::default() }))
}

fn judged(vetting: &Vetting, private: Option<bool>, run: &Run) -> Result<bool, &'static str> {
    let repository = Repository::parse("octo/x").expect("a name");
    vetting.judge(&repository, private, run).map_err(|reason| reason.code)
}

#[test]
fn a_fork_is_kept_out_of_a_public_repository_and_of_one_that_may_be() {
    let own = run(|_| {}).expect("a run");
    let fork = run(|run| run["head_repository"]["full_name"] = "mallory/x".into()).expect("a run");
    let deleted = run(|run| run["head_repository"] = serde_json::Value::Null).expect("a run");
    let unknown = Run { private: None, ..fork.clone() };
    let usual = vetting(&[]);
    assert_eq!(judged(&usual, Some(false), &own), Ok(false));
    for run in [&fork, &deleted, &unknown] {
        for private in [Some(false), None] {
            assert_eq!(judged(&usual, private, run), Err("fork-not-allowed"), "{run:?}");
        }
    }
    assert_eq!(judged(&usual, Some(true), &fork), Ok(true));
    assert_eq!(judged(&vetting(&[("ALLOW_FORKS", "yes")]), Some(false), &fork), Ok(true));
}

#[test]
fn events_branches_and_actors_are_looked_at_where_a_rule_names_them() {
    let own = run(|_| {}).expect("a run");
    let judged = |name: &str, value: &str| judged(&vetting(&[(name, value)]), Some(true), &own);
    assert_eq!(judged("ALLOWED_EVENTS", "push, workflow_dispatch"), Ok(false));
    assert_eq!(judged("ALLOWED_EVENTS", "schedule"), Err("event-not-allowed"));
    assert_eq!(judged("ALLOWED_BRANCHES", "release/*,main"), Ok(false));
    assert_eq!(judged("ALLOWED_BRANCHES", "release/*"), Err("branch-not-allowed"));
    assert_eq!(judged("ALLOWED_ACTORS", "OctoCat,hubot"), Ok(false));
    assert_eq!(judged("ALLOWED_ACTORS", "octocat"), Err("actor-not-allowed"));
}

#[test]
fn the_run_is_asked_for_only_where_it_matters() {
    let usual = vetting(&[]);
    assert!(usual.is_needed(Some(false), false) && usual.is_needed(None, false));
    assert!(!usual.is_needed(Some(true), false) && usual.is_needed(Some(true), true));
    let open = vetting(&[("ALLOW_FORKS", "yes")]);
    assert!(!open.is_needed(Some(false), false) && open.is_needed(Some(false), true));
    assert!(vetting(&[("ALLOWED_EVENTS", "push")]).is_needed(Some(true), false));
}

#[test]
fn a_pattern_names_branches_unless_it_says_tags() {
    let cases = [
        ("main", "refs/heads/main", true),
        ("main", "refs/heads/maine", false),
        ("main", "refs/tags/main", false),
        ("main", "refs/pull/1/merge", false),
        ("tags/v*", "refs/tags/v1", true),
        ("tags/v*", "refs/heads/v1", false),
        ("tags/v*", "refs/heads/tags/v1", false),
        ("refs/heads/tags/*", "refs/heads/tags/v1", true),
        ("release/*", "refs/heads/release/1/2", true),
        ("release/*", "refs/heads/xrelease/1", false),
        ("*", "refs/heads/", true),
        ("*", "refs/tags/v1", false),
        ("a*b*c", "refs/heads/abxbc", true),
        ("a*b*c", "refs/heads/ac", false),
        ("*-x", "refs/heads/-x", true),
        ("a*a", "refs/heads/a", false),
    ];
    for (pattern, full, is_so) in cases {
        assert_eq!(RefPattern::new(pattern).matches(full), is_so, "{pattern} {full}");
    }
}

#[test]
fn a_name_that_may_be_a_branch_s_or_a_tag_s_passes_here_and_is_looked_at_again_in_the_sandbox() {
    let either = run(|run| run["head_branch"] = "v1".into()).expect("a run");
    let told = run(|run| {
        run["head_branch"] = "v1".into();
        run["path"] = ".github/workflows/x.yml@refs/tags/v1".into();
    })
    .expect("a run");
    let judged = |value: &str, run: &Run| judged(&vetting(&[("ALLOWED_BRANCHES", value)]), Some(true), run);
    assert_eq!((judged("v1", &either), judged("tags/v1", &either)), (Ok(false), Ok(false)));
    assert_eq!((judged("v1", &told), judged("tags/v1", &told)), (Err("branch-not-allowed"), Ok(false)));
}

#[test]
fn the_rules_survive_the_way_into_a_sandbox_and_unknown_ones_are_not_taken_for_none() {
    let all = vetting(&[
        ("ALLOW_FORKS", "yes"),
        ("ALLOWED_EVENTS", "push"),
        ("ALLOWED_BRANCHES", "main,tags/v*"),
        ("ALLOWED_ACTORS", "octocat"),
        ("ALLOWED_WORKFLOWS", ".github/workflows/*@main"),
        ("ALLOWED_REPOS", "octo/*,!octo/secret"),
        ("RUNNER_SCOPE", "org"),
    ]);
    let cache = Repository::parse("octo/x").expect("a name");
    let sealed = all.sealed(Some(&cache));
    let expected = r#"{"forks":true,"events":["push"],"branches":["main","tags/v*"],"actors":["octocat"],"workflows":[".github/workflows/*@main"],"repositories":"octo/*,!octo/secret","cache":"octo/x"}"#;
    assert_eq!(sealed, expected);
    assert_eq!(Vetting::parse(&sealed).map(|read| read.sealed(Some(&cache))), Some(sealed));
    for unreadable in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"forks":"yes"}"#,
        r#"{"forks":true,"moons":[]}"#,
        r#"{"forks":true,"cache":"x"}"#,
    ] {
        assert!(Vetting::parse(unreadable).is_none(), "{unreadable}");
    }
}

#[test]
fn what_is_no_run_is_none() {
    for body in ["", "{}", "[]", r#"{"event":7}"#] {
        assert!(
            started_by(&Ok(Response { status: 200, body: body.into(), ..Response::default() })).is_none()
        );
    }
    assert!(started_by(&Ok(Response { status: 404, body: "{}".into(), ..Response::default() })).is_none());
}
