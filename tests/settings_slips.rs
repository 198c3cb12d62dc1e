//! Slips that would refuse every job and say so nowhere: each is an error or a warning that names the entry and, where
//! it is plain, what was meant. What only looks like a slip is left alone.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::settings::{CoursesSettings, IntakeSettings, Problem, TABLE, misspelt};

/// What is said of one setting: problems, and warnings.
fn said(name: &str, value: &str) -> (Vec<String>, Vec<String>) {
    let all = [("GITHUB_TOKEN", "ghp_canary"), ("WEBHOOK_SECRET", "webhook-secret-canary"), (name, value)];
    let environment: Vec<(String, String)> = all
        .into_iter()
        .enumerate()
        .filter(|(at, (other, _))| *at == 2 || *other != name)
        .map(|(_, (name, value))| (name.to_owned(), value.to_owned()))
        .collect();
    let (intake, courses) = (IntakeSettings::read(&environment), CoursesSettings::read(&environment));
    let lines = |found: [Vec<Problem>; 2]| -> Vec<String> {
        found.concat().iter().filter(|one| one.setting == name).map(Problem::line).collect()
    };
    (lines([intake.problems, courses.problems]), lines([intake.warnings, courses.warnings]))
}

/// Setting, value, and what an error says.
const ERRORS: &[(&str, &str, &[&str])] = &[
    ("ALLOWED_EVENTS", "pushes", &["`pushes`", "did you mean push?"]),
    ("ALLOWED_EVENTS", "push,pull-request", &["`pull-request`", "did you mean pull_request?"]),
    ("ALLOWED_EVENTS", "push workflow_dispatch", &["`push workflow_dispatch`", "separated by commas"]),
    ("ALLOWED_EVENTS", r#"["push"]"#, &[r#"`["push"]`"#, "separated by commas"]),
    ("ALLOWED_EVENTS", "schedual", &["did you mean schedule?"]),
    ("ALLOWED_BRANCHES", "[main]", &["`[main]`", "main,release/*,tags/v*"]),
    ("ALLOWED_BRANCHES", "\"main\"", &["no branch"]),
    ("ALLOWED_BRANCHES", "main release", &["`main release`", "separated by commas"]),
    ("ALLOWED_BRANCHES", "/main", &["`/main`"]),
    ("ALLOWED_ACTORS", "@octocat", &["`@octocat`", "write it without the @: octocat"]),
    ("ALLOWED_ACTORS", "octocat hubot", &["`octocat hubot`", "separated by commas"]),
    ("ALLOWED_ACTORS", "octo/team", &["`octo/team`"]),
    ("ALLOWED_WORKFLOWS", "ci.yml", &["`ci.yml`", "write .github/workflows/ci.yml"]),
    ("ALLOWED_WORKFLOWS", "./.github/workflows/ci.yml", &["`./.github/workflows/ci.yml`"]),
    ("ALLOWED_GPUS", "A1000", &["`A1000`", "did you mean A100?"]),
    ("ALLOWED_GPUS", "A10,H1000:2", &["`H1000:2`", "did you mean H100?"]),
    ("ALLOWED_GPUS", "H100:99", &["`H100:99`", "8 is the most"]),
    ("ALLOWED_GPUS", "A10 H100", &["`A10 H100`"]),
    ("RUNNER_IMAGE", "not an image", &["`not an image`", "white space"]),
    ("RUNNER_IMAGE", "https://ghcr.io/octo/image", &["is a URL"]),
    ("RUNNER_IMAGE", "ghcr.io/Octo/image:1", &["capital letters"]),
    ("RUNNER_IMAGE", "debian:", &["a tag"]),
    ("RUNNER_IMAGE", "debian@sha256:12", &["a digest"]),
    ("ACTION_ARCHIVES", "docker", &["`docker`", "owner/repo@ref"]),
    ("ACTION_ARCHIVES", "octo/action@", &["`octo/action@`", "no action"]),
    ("ACTION_ARCHIVES", "octo/action@v1 octo/other", &["separated by commas"]),
    ("ACTION_ARCHIVES", "https://github.com/octo/action", &["no action"]),
    ("ACTION_ARCHIVES", "octo/action/sub@v1", &["`octo/action/sub@v1`", "write octo/action@v1"]),
    ("ACTION_ARCHIVES", " , ", &["names nothing"]),
    ("WEBHOOK_URL", "jitney", &["`jitney`", "https://HOST"]),
    ("WEBHOOK_URL", "https://…--jitney.modal.run", &["is not the URL of a webhook"]),
    ("WEBHOOK_URL", "https:// acme.example", &["is not the URL of a webhook"]),
    ("RUNNER_LABELS", r#"["gpu=H100"]"#, &["`gpu=H100`", "name labels that mark a job as yours"]),
    ("RUNNER_LABELS", r#"["self-hosted","docker"]"#, &["`docker`"]),
    ("RUNNER_LABELS", r#"["modal","id=1"]"#, &["`id=1`"]),
    ("RUNNER_PROFILES", r#"{"big":{"cpus":8}}"#, &["unknown key cpus in profile big; did you mean cpu?"]),
    (
        "RUNNER_PROFILES",
        r#"{"big":{"time_out":"2h"}}"#,
        &["time_out in profile big", "did you mean timeout?"],
    ),
    ("RUNNER_PROFILES", r#"{"big":{"cpu":"8"}}"#, &["wrong kind", "cpu in profile big"]),
    ("RUNNER_PROFILES", r#"{"big":{"image":"not one"}}"#, &["image contains white space", "`not one`"]),
    ("RUNNER_PROFILES", r#"{"huge":{"cpu":800}}"#, &["MAX_CPU", "`huge`"]),
    ("ALLOWED_REPOS", "octo/demo,octocat", &["`octocat`", "owner/*"]),
    ("MAX_RUNNERS", "ten", &["must be a whole number from 1 to 10000", "`ten`"]),
    ("RUNNER_SCOPE", "organisation", &["`organisation`"]),
    ("GITHUB_TOKEN", "your_pat_here", &["placeholder"]),
    ("GITHUB_TOKEN", "<your-github-token>", &["placeholder"]),
    ("GITHUB_TOKEN", "ghp_xxxxxxxxxxxxxxxxxxxx", &["placeholder"]),
    ("WEBHOOK_SECRET", "your_webhook_secret_here", &["placeholder"]),
    ("STATUS_TOKEN", "your_status_token_here", &["placeholder"]),
];

/// Setting, value, and what a warning says.
const WARNINGS: &[(&str, &str, &[&str])] = &[
    ("ALLOWED_EVENTS", "push,an_event_of_tomorrow", &["`an_event_of_tomorrow`", "does not know"]),
    ("ALLOWED_GPUS", "C900", &["`C900`", "does not know"]),
    ("ALLOWED_GPUS", "B300", &["`B300`", "does not know"]),
    ("ALLOWED_BRANCHES", "v1.*", &["tags/v*"]),
    ("ALLOWED_BRANCHES", "origin/main", &["`origin/main`", "write `main`"]),
    ("RUNNER_LABELS", r#"["self-hosted","linux"]"#, &["every self-hosted job"]),
];

/// Setting and value, which are as they should be.
const FINE: &[(&str, &str)] = &[
    ("ALLOWED_EVENTS", "push, Workflow_Dispatch,merge_group,dynamic"),
    ("ALLOWED_BRANCHES", "main,release/*,tags/v*,refs/heads/main,feature/a@b#1"),
    ("ALLOWED_ACTORS", "octocat,dependabot[bot],mona_acme"),
    ("ALLOWED_WORKFLOWS", ".github/workflows/ci.yml,*@main,octo/shared/.github/workflows/*.yml@refs/tags/v1"),
    ("ALLOWED_GPUS", "a10,H100:2,A100-80GB,B200+,RTX-PRO-6000:8"),
    ("RUNNER_IMAGE", "debian:12"),
    ("RUNNER_IMAGE", "localhost:5000/a/b_c:1.2-x"),
    (
        "RUNNER_IMAGE",
        "ghcr.io/octo/image@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
    ),
    ("WEBHOOK_URL", "https://acme--jitney.modal.run/"),
    ("WEBHOOK_URL", "http://127.0.0.1:8080/hook?x=1"),
    ("RUNNER_LABELS", r#"["self-hosted","modal","tier=gold"]"#),
    ("RUNNER_PROFILES", r#"{"big":{"cpu":8,"memory":32,"region":["us-east"],"timeout":"2h","docker":true}}"#),
    ("WEBHOOK_SECRET", "yours-truly-and-long-enough-for-all-that"),
];

#[test]
fn a_slip_is_an_error_or_a_warning_that_names_the_entry_and_the_cure() {
    for (name, value, parts) in ERRORS {
        let (problems, _) = said(name, value);
        let line = problems.first().unwrap_or_else(|| panic!("{name}={value} was taken"));
        assert!(parts.iter().all(|part| line.contains(part)), "{name}={value}: {line}");
    }
    for (name, value, parts) in WARNINGS {
        let (problems, warnings) = said(name, value);
        assert!(problems.is_empty(), "{name}={value}: {problems:?}");
        let fits = |line: &String| parts.iter().all(|part| line.contains(part));
        assert!(warnings.iter().any(fits), "{name}={value}: {warnings:?}");
    }
}

#[test]
fn what_only_looks_like_a_slip_is_left_alone() {
    for (name, value) in FINE {
        assert_eq!(said(name, value), (Vec::new(), Vec::new()), "{name}={value}");
    }
    assert!(TABLE.iter().all(|row| misspelt([row.name].into_iter()).is_empty()));
    let usual = [
        "PATH",
        "HOME",
        "LANG",
        "RUNNER_NAME",
        "RUNNER_OS",
        "GITHUB_RUN_ID",
        "GITHUB_ACTOR",
        "MODAL_TOKEN_ID",
    ];
    assert_eq!(misspelt(usual.into_iter()), []);
}

#[test]
fn a_full_ref_admits_the_branch_that_it_names() {
    use jitney::policy::run::{RefPattern, Reference};
    let pattern = RefPattern::new("refs/heads/main");
    for reference in [
        Reference::Full("refs/heads/main".to_owned()),
        Reference::Head("main".to_owned()),
        Reference::Named("main".to_owned()),
    ] {
        assert!(reference.is_one_of(&pattern, false), "{reference}");
    }
}

#[test]
fn a_misspelt_name_is_found_by_its_likeness() {
    for (given, meant) in [
        ("MAX_RUNNER", "MAX_RUNNERS"),
        ("ALLOWED_REPO", "ALLOWED_REPOS"),
        ("ALLOWED_REPOSITORIES", "ALLOWED_REPOS"),
        ("ALLOWED_FORKS", "ALLOW_FORKS"),
        ("GITHUB_TOKN", "GITHUB_TOKEN"),
        ("WEBHOOK_SECERT", "WEBHOOK_SECRET"),
        ("RUNNER_GROUP", "RUNNER_GROUP_ID"),
        ("MAX_MEMORY", "MAX_MEMORY_GIB"),
        ("runner_labels_", "RUNNER_LABELS"),
        ("PRICE", "PRICES"),
    ] {
        let found = misspelt([given].into_iter());
        let line = found.first().unwrap_or_else(|| panic!("{given} was not seen")).line();
        assert!(line.starts_with(meant) && line.contains(given) && line.contains("rename it"), "{line}");
    }
}

#[test]
fn a_secret_in_the_wrong_variable_is_not_shown_and_the_public_sees_no_entry_and_no_weak_secret() {
    let token = "github_pat_0123456789abcdefghij";
    for name in ["ALLOWED_REPOS", "ALLOWED_ACTORS", "MAX_RUNNERS", "RUNNER_SCOPE", "RUNNER_IMAGE"] {
        let value = format!("{token} x");
        let (problems, warnings) = said(name, &value);
        assert!(!problems.is_empty() && !format!("{problems:?}{warnings:?}").contains(token), "{problems:?}");
    }
    let (problems, _) = said("GITHUB_API_URL", "https://user:password-canary@example.com");
    assert!(!problems.is_empty() && !format!("{problems:?}").contains("canary"));
    let environment = [("WEBHOOK_SECRET", "short"), ("ALLOWED_GPUS", "A1000")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let checked = IntakeSettings::read(&environment);
    assert!(checked.report().contains("16 characters") && checked.report().contains("A1000"));
    let shown = checked.public_report();
    assert!(!shown.contains("16 characters") && !shown.contains("A1000"), "{shown}");
    assert!(
        shown.contains("names a GPU that Modal does not have") && shown.contains("ALLOWED_REPOS"),
        "{shown}"
    );
}
