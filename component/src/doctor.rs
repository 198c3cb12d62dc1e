//! `doctor`: the questions asked one after another, in an instance that is told all settings.

use super::{Jitney, bindings::exports::jitney::core::doctor as wit, http, keys, now};
use jitney::github::{Fault, Request, Response};
use jitney::settings::{CoursesSettings, Credential, IntakeSettings, KeysSettings};
use jitney_operator::doctor::{self, Finding, Level};
use wasi::cli::environment::get_environment;

impl wit::Guest for Jitney {
    fn examine() -> Vec<wit::Finding> {
        examine().into_iter().map(carry).collect()
    }
}

fn carry(finding: Finding) -> wit::Finding {
    let level = match finding.level {
        Level::Ok => "ok",
        Level::Warn => "warn",
        Level::Fail => "fail",
    };
    wit::Finding { level: level.to_owned(), what: finding.what, why: finding.why, cure: finding.cure }
}

fn examine() -> Vec<Finding> {
    let environment = get_environment();
    let (intake, courses, keys) = (
        IntakeSettings::read(&environment),
        CoursesSettings::read(&environment),
        KeysSettings::read(&environment),
    );
    let mut findings = Vec::new();
    for (problems, warnings) in [
        (&intake.problems, &intake.warnings),
        (&courses.problems, &courses.warnings),
        (&keys.problems, &keys.warnings),
    ] {
        for finding in doctor::of_settings(problems, warnings) {
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    let Some(settings) = courses.settings else { return findings };
    if matches!(settings.credential, Credential::App) && keys.settings.is_none() {
        return findings;
    }
    for question in doctor::questions(&settings) {
        let answer = ask(&settings, question.request(&settings));
        findings.extend(doctor::judge(&settings, &question, answer.as_ref().map_err(|fault| *fault), now()));
    }
    findings
}

/// Sends a request with the credential that the settings have.
pub(super) fn ask(settings: &CoursesSettings, request: Request) -> Result<Response, Fault> {
    let credential = match &settings.credential {
        Credential::Token(token) => token.clone(),
        Credential::App => match keys::grant(request.whose.clone()) {
            Ok(grant) => grant.token,
            Err(refused) => return refused,
        },
    };
    http::send(&settings.api, &Request { credential: Some(credential), ..request })
}
