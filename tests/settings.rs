//! Every setting: its default, what it takes, and how it says what is wrong without repeating a secret.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::github::{CredentialScope, Request};
use jitney::settings::{Checked, CoursesSettings, IntakeSettings, TABLE};
use jitney::words::duration::Duration;
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;

fn environment(given: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut all = vec![("GITHUB_TOKEN", "ghp_canary"), ("WEBHOOK_SECRET", "webhook-secret-canary")];
    all.retain(|(name, _)| given.iter().all(|(other, _)| name != other));
    all.extend(given.iter().filter(|(_, value)| *value != "<unset>"));
    all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn courses(given: &[(&str, &str)]) -> Checked<CoursesSettings> {
    CoursesSettings::read(&environment(given))
}

fn intake(given: &[(&str, &str)]) -> Checked<IntakeSettings> {
    IntakeSettings::read(&environment(given))
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let settings = courses(&[]).settings.expect("no problems");
    assert_eq!(settings.api.to_string(), "https://api.github.com");
    assert_eq!((settings.scope, settings.group), (Scope::Repository, 1));
    assert_eq!((settings.max_runners, settings.mints_per_minute), (100, 150));
    assert!(settings.image.is_none() && settings.runner_version.is_none() && settings.images().is_empty());
    let rules = intake(&[]).settings.expect("no problems").admission.rules;
    let labels: Vec<&str> = rules.labels.iter().map(jitney::words::label::Label::as_str).collect();
    assert_eq!(labels, ["self-hosted", "modal"]);
    assert_eq!(
        (rules.limits.cpu, rules.limits.memory, rules.limits.timeout),
        (16.0, 64.0, Duration::hours(6))
    );
    assert!(rules.limits.gpus.is_empty());
}

#[test]
fn what_is_malformed_is_named_with_fault_and_cure_and_a_secret_is_never_repeated() {
    for (name, value) in [
        ("GITHUB_TOKEN", "<unset>"),
        ("GITHUB_TOKEN", ""),
        ("GITHUB_TOKEN", "canary with spaces"),
        ("WEBHOOK_SECRET", "<unset>"),
        ("WEBHOOK_SECRET", "  "),
        ("WEBHOOK_SECRET", "your_webhook_secret_here"),
        ("WEBHOOK_SECRET", " <Your-Webhook-Secret> "),
        ("WEBHOOK_SECRET", "changeme"),
        ("WEBHOOK_SECRET_PREVIOUS", "your_webhook_secret_here"),
        ("ALLOWED_REPOS", ""),
        ("ALLOWED_REPOS", " , ,"),
        ("ALLOWED_REPOS", "canary"),
        ("ALLOWED_REPOS", "a/b/canary"),
        ("ALLOWED_REPOS", "*/canary"),
        ("ALLOWED_REPOS", "!octo/canary"),
        ("RUNNER_VERSION", "canary"),
        ("RUNNER_VERSION", "2.336"),
        ("RUNNER_VERSION", "2.336.0@sha256:canary"),
        ("REFUSALS_PER_HOUR", "canary"),
        ("STATUS_TOKEN", "canary"),
        ("ALLOW_FORKS", "canary"),
        ("ALLOWED_EVENTS", " , "),
        ("ALLOWED_BRANCHES", ""),
        ("ALLOWED_ACTORS", ","),
        ("RUNNER_PROFILES", r#"{"canary":{"region":"us east"}}"#),
        ("RUNNER_PROFILES", r#"{"canary":{"outbound_domains":["canary"]}}"#),
        ("RUNNER_PROFILES", r#"{"canary":{"outbound_domains":["https://canary.com"]}}"#),
        ("RUNNER_PROFILES", r#"{"canary":{"cache":"yes"}}"#),
        ("RUNNER_GROUP_ID", "canary"),
        ("RUNNER_GROUP_ID", "-1"),
        ("RUNNER_LABELS", "canary"),
        ("RUNNER_LABELS", "[]"),
        ("RUNNER_LABELS", r#"["canary\n"]"#),
        ("RUNNER_SCOPE", "canary"),
        ("RUNNER_PROFILES", "canary"),
        ("RUNNER_PROFILES", r#"{"canary":{"cpus":1}}"#),
        ("RUNNER_PROFILES", r#"{"canary":{"cpu":1000}}"#),
        ("MAX_RUNNERS", "0"),
        ("MAX_RUNNERS", "canary"),
        ("MAX_CPU", "0"),
        ("MAX_CPU", "NaN"),
        ("MAX_MEMORY_GIB", "canary"),
        ("MAX_JOB_HOURS", "25"),
        ("ALLOWED_GPUS", "H100:9"),
        ("ALLOWED_GPUS", "canary canary"),
        ("MINTS_PER_MINUTE", "181"),
        ("GITHUB_ENTERPRISE_DOMAIN", "https://canary.example.com"),
        ("GITHUB_ENTERPRISE_DOMAIN", "canary.example.com/path"),
        ("GITHUB_ENTERPRISE_DOMAIN", "canary@example.com"),
        ("GITHUB_ENTERPRISE_DOMAIN", "canary.example.com:8443"),
        ("GITHUB_ENTERPRISE_DOMAIN", "canary"),
        ("GITHUB_ENTERPRISE_DOMAIN", "github.com"),
        ("GITHUB_API_URL", "http://canary.example.com"),
        ("GITHUB_API_URL", "https://canary@example.com"),
        ("GITHUB_API_URL", "https://canary.example.com/?q"),
        ("GITHUB_API_URL", "https://canary.example.com/../x"),
        ("GITHUB_API_URL", "ftp://canary.example.com"),
        ("GITHUB_API_URL", "canary"),
    ] {
        let (intake, courses) = (intake(&[(name, value)]), courses(&[(name, value)]));
        let problems = [intake.problems.clone(), courses.problems.clone()].concat();
        let first = problems.first().unwrap_or_else(|| panic!("{name}={value} was taken"));
        assert_eq!(first.setting, name);
        assert!(!first.fault.is_empty() && !first.cure.is_empty());
        let shown = format!("{}{}", intake.public_report(), courses.public_report());
        assert!(!shown.contains("canary"), "{shown}");
        let is_secret = TABLE.iter().any(|row| row.name == name && row.is_secret());
        let told = format!("{problems:?}{:?}{:?}", intake.warnings, courses.warnings);
        assert!(!(is_secret && told.contains("canary")), "{told}");
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let checked = courses(&[("GITHUB_TOKEN", ""), ("MAX_RUNNERS", "x"), ("RUNNER_SCOPE", "y")]);
    let named: Vec<&str> = checked.problems.iter().map(|problem| problem.setting).collect();
    assert_eq!(named, ["GITHUB_TOKEN", "RUNNER_SCOPE", "MAX_RUNNERS"]);
    assert!(checked.settings.is_none());
}

#[test]
fn the_allowlist_takes_blanks_and_any_case_and_exclusions_win() {
    let admits = |list: &str, repository: &str| {
        let settings = intake(&[("ALLOWED_REPOS", list)]).settings.expect("a list");
        settings.admission.allowlist.admits(&Repository::parse(repository).expect("a repository"))
    };
    assert!(admits("octo/a, Octo/B ,", "OCTO/b"));
    assert!(!admits("octo/a", "octo/ab") && !admits("octo/a", "xocto/a"));
    assert!(admits("octo/*", "octo/anything") && !admits("octo/*", "octocat/anything"));
    assert!(
        !admits("octo/*,!octo/secret", "Octo/Secret") && !admits("!octo/secret,octo/secret", "octo/secret")
    );
    let unset = intake(&[]);
    assert_eq!(unset.warnings.first().map(|warning| warning.setting), Some("ALLOWED_REPOS"));
    assert!(
        unset.settings.expect("settings").admission.allowlist.admits(&Repository::parse("a/b").expect("one"))
    );
}

#[test]
fn githubs_api_is_where_the_domain_says() {
    let api = |given: &[(&str, &str)]| courses(given).settings.map(|settings| settings.api.to_string());
    let domain = |domain: &str| api(&[("GITHUB_ENTERPRISE_DOMAIN", domain)]);
    assert_eq!(domain("GitHub.Example.com").as_deref(), Some("https://github.example.com/api/v3"));
    assert_eq!(domain("octo.ghe.com").as_deref(), Some("https://api.octo.ghe.com"));
    let url = |url: &str| api(&[("GITHUB_API_URL", url), ("GITHUB_ENTERPRISE_DOMAIN", "octo.ghe.com")]);
    assert_eq!(url("https://proxy.example.com/github/").as_deref(), Some("https://proxy.example.com/github"));
    assert_eq!(url("http://127.0.0.1:8080").as_deref(), Some("http://127.0.0.1:8080"));
    assert_eq!(url("http://localhost:1/api/v3").as_deref(), Some("http://localhost:1/api/v3"));
    for trick in
        ["http://127.0.0.1.example.com", "http://localhost.example.com", "http://127.0.0.1@example.com"]
    {
        assert_eq!(url(trick), None);
    }
}

#[test]
fn githubs_pages_are_where_its_api_is_and_a_proxys_are_github_coms() {
    let pages = |name: &str, value: &str| courses(&[(name, value)]).settings.expect("no problem").api.pages();
    assert_eq!(pages("GITHUB_ENTERPRISE_DOMAIN", ""), "https://github.com");
    assert_eq!(pages("GITHUB_ENTERPRISE_DOMAIN", "github.example.com"), "https://github.example.com");
    assert_eq!(pages("GITHUB_ENTERPRISE_DOMAIN", "octo.ghe.com"), "https://octo.ghe.com");
    assert_eq!(pages("GITHUB_API_URL", "https://ghes.example.com/api/v3"), "https://ghes.example.com");
    for proxy in ["https://api.example.com", "https://proxy.example.com/github"] {
        assert_eq!(pages("GITHUB_API_URL", proxy), "https://github.com", "{proxy}");
    }
}

#[test]
fn the_guides_own_runner_version_works_and_newer_pins_are_kept() {
    let version = |given: &[(&str, &str)]| {
        let checked = courses(given);
        let warned = checked.warnings.iter().any(|warning| warning.setting == "RUNNER_VERSION");
        (
            checked.settings.expect("no problem").runner_version.map(|wanted| wanted.version.to_string()),
            warned,
        )
    };
    let old = ("RUNNER_VERSION", "2.311.0");
    assert_eq!(version(&[old]), (None, true));
    assert_eq!(version(&[old, ("GITHUB_ENTERPRISE_DOMAIN", "octo.ghe.com")]), (None, true));
    let server = ("GITHUB_ENTERPRISE_DOMAIN", "github.example.com");
    assert_eq!(version(&[old, server]), (Some("2.311.0".to_owned()), true));
    assert_eq!(version(&[("RUNNER_VERSION", "v2.336.0")]), (Some("2.336.0".to_owned()), true));
    assert_eq!(version(&[]), (None, false));
}

#[test]
fn releases_are_never_asked_for_with_an_enterprises_credential() {
    let whose = CredentialScope::Repository(Repository::parse("octo/x").expect("a name"), None);
    let asked = |given: &[(&str, &str)]| {
        let api = courses(given).settings.expect("no problem").api;
        let request = Request::runner_release(None, &api, whose.clone());
        (request.at_github_com, request.needs)
    };
    assert_eq!(asked(&[]), (false, whose.clone()));
    for domain in ["github.example.com", "octo.ghe.com"] {
        assert_eq!(asked(&[("GITHUB_ENTERPRISE_DOMAIN", domain)]), (true, CredentialScope::Nobody));
    }
}

#[test]
fn each_kind_of_instance_keeps_to_its_secrets() {
    for declared in TABLE {
        let credential = declared.name.starts_with("GITHUB_TOKEN") || declared.name.starts_with("GITHUB_APP");
        assert!(!(credential && declared.to.intake), "{} goes to an intake instance", declared.name);
        assert!(!(declared.name.starts_with("WEBHOOK_SECRET") && declared.to.courses), "{}", declared.name);
        let secret = credential && declared.name != "GITHUB_APP_ID";
        let holds_one =
            secret || declared.name.starts_with("WEBHOOK_SECRET") || declared.name == "STATUS_TOKEN";
        assert_eq!(declared.is_secret(), holds_one, "{}", declared.name);
        assert!(!(secret && declared.to.courses && declared.to.keys), "{} goes to two kinds", declared.name);
        assert!(declared.to.intake || declared.to.courses || declared.to.keys);
    }
    let shown = format!("{:?}{:?}", intake(&[]), courses(&[]));
    assert!(!shown.contains("canary"), "a secret shows in a debug print");
}

#[test]
fn a_webhook_secret_that_could_be_guessed_is_warned_of() {
    let warned = |name: &str, value: &str| {
        let checked = intake(&[(name, value)]);
        assert!(checked.problems.is_empty(), "{name}");
        checked.warnings.iter().any(|warning| warning.setting == name)
    };
    for name in ["WEBHOOK_SECRET", "WEBHOOK_SECRET_PREVIOUS"] {
        assert!(warned(name, "white space is part of it\n"));
        assert!(warned(name, "a") && warned(name, "fifteen-letters"));
        assert!(
            !warned(name, "sixteen-letters-") && !warned(name, "your_webhook_secret_here_is_not_this_one")
        );
    }
}
