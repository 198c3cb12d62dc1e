//! A keys instance: what it asks GitHub for with the App's key, and what is made of the answers.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use jitney::course::desk::Next;
use jitney::course::keys::{Refused, credential, unauthorized};
use jitney::course::{Event, Report, Step};
use jitney::github::app::{Credential, read_installations, read_repositories};
use jitney::github::{CredentialScope, Fault, Method, Response};
use jitney::house::Ruling;
use jitney::settings::KeysSettings;
use jitney::words::ids::InstallationId;
use jitney::words::repository::Repository;
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;

const PKCS1: &str = include_str!("standin/keys/app.pkcs1.pem");
const NOW: Timestamp = Timestamp(1_800_000_000_000);
const TOKEN: &str = r#"{"token":"ghs_1","expires_at":"2027-01-15T09:00:00Z"}"#;
const LOOK_UP: &str = "GET /repos/octo/x/installation";
const GET_TOKEN: &str = "POST /app/installations/77/access_tokens";

fn octo() -> Repository {
    Repository::parse("octo/x").expect("a name")
}

fn answer(status: u16, body: &str) -> Response {
    Response { status, body: body.into(), ..Response::default() }
}

/// What `wanted` comes to where these requests, and no others, get these answers.
fn got(wanted: CredentialScope, scope: &str, script: &[(&str, u16, &str)]) -> Result<Credential, Refused> {
    let given = [("GITHUB_APP_ID", "12345"), ("GITHUB_APP_PRIVATE_KEY", PKCS1), ("RUNNER_SCOPE", scope)];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = KeysSettings::read(&given).settings.expect("good settings");
    let mut way = credential(&settings, wanted, NOW, 7)?;
    let (mut script, mut event) = (script.iter(), Event::Report(Report::Opened));
    loop {
        event = match way.next(event, NOW).expect("it is not over") {
            Next::Over(over) => {
                assert_eq!(script.next(), None, "this was not asked for");
                return over;
            }
            Next::Step(Step::Consult(_)) => Event::Ruling(Ruling::Go),
            Next::Step(Step::Ask(request)) => {
                let (expected, status, body) = script.next().expect("no further request");
                let method = if request.method == Method::Get { "GET" } else { "POST" };
                assert_eq!(format!("{method} {}", request.path), *expected);
                let signed = request.credential.as_ref().map_or("", Secret::expose);
                assert_eq!(signed.split('.').count(), 3, "the App asks with its JWT");
                Event::Response(Ok(answer(*status, body)))
            }
            Next::Step(step) => panic!("{step:?}"),
        };
    }
}

fn refusal(got: Result<Credential, Refused>) -> Result<u16, Fault> {
    got.expect_err("no credential").map(|response| response.status)
}

fn token(got: &Result<Credential, Refused>) -> &str {
    got.as_ref().expect("a credential").token.expose()
}

#[test]
fn a_repository_s_credential_is_a_token_of_its_installation_which_is_looked_up_where_nobody_named_it() {
    let own = CredentialScope::Repository(octo(), None);
    let found = (LOOK_UP, 200, r#"{"id":77}"#);
    assert_eq!(token(&got(own.clone(), "repo", &[found, (GET_TOKEN, 201, TOKEN)])), "ghs_1");
    let organization = ("GET /orgs/octo/installation", 200, r#"{"id":77}"#);
    assert_eq!(token(&got(own, "org", &[organization, (GET_TOKEN, 201, TOKEN)])), "ghs_1");
    let named = CredentialScope::Repository(octo(), Some(InstallationId(77)));
    assert_eq!(token(&got(named, "repo", &[(GET_TOKEN, 201, TOKEN)])), "ghs_1");
    let installation = CredentialScope::Installation(InstallationId(77));
    assert_eq!(token(&got(installation, "repo", &[(GET_TOKEN, 201, TOKEN)])), "ghs_1");
}

#[test]
fn the_app_s_own_credential_costs_no_request_and_nobody_gets_none() {
    let jwt = got(CredentialScope::App, "repo", &[]);
    assert_eq!(token(&jwt).split('.').count(), 3);
    assert_eq!(refusal(got(CredentialScope::Nobody, "repo", &[])), Ok(401));
    assert_eq!(unauthorized().status, 401);
}

#[test]
fn a_refusal_is_handed_on_and_a_good_status_without_what_was_asked_for_is_no_answer() {
    let got = |script: &[(&str, u16, &str)]| {
        refusal(got(CredentialScope::Repository(octo(), None), "repo", script))
    };
    let found = (LOOK_UP, 200, r#"{"id":77}"#);
    assert_eq!(got(&[(LOOK_UP, 404, "{}")]), Ok(404), "the App is not installed there");
    assert_eq!(got(&[found, (GET_TOKEN, 403, "{}")]), Ok(403), "it is suspended");
    for nothing in ["{}", r#"{"id":"77"}"#, ""] {
        assert_eq!(got(&[(LOOK_UP, 200, nothing)]), Err(Fault::Broken), "{nothing}");
    }
    for nothing in ["{}", r#"{"token":"two words","expires_at":"2027-01-15T09:00:00Z"}"#, r#"{"token":"a"}"#]
    {
        assert_eq!(got(&[found, (GET_TOKEN, 201, nothing)]), Err(Fault::Broken), "{nothing}");
    }
    assert_eq!(got(&[found, (GET_TOKEN, 200, TOKEN)]), Err(Fault::Broken), "GitHub makes tokens with 201");
}

#[test]
fn what_is_suspended_or_archived_is_not_swept() {
    let installations =
        r#"[{"id":5},{"id":6,"suspended_at":"2026-01-01T00:00:00Z"},{"id":7,"suspended_at":null}]"#;
    let page = read_installations(&Ok(answer(200, installations))).expect("a page");
    assert_eq!((page.items, page.full), (vec![InstallationId(5), InstallationId(7)], false));
    let repositories = r#"{"repositories":[{"full_name":"octo/x"},{"full_name":"octo/old","archived":true},
        {"full_name":"no name"}]}"#;
    let page = read_repositories(&Ok(answer(200, repositories))).expect("a page");
    assert_eq!((page.items, page.full), (vec![octo()], false));
    assert!(read_installations(&Ok(answer(500, installations))).is_none());
    assert!(read_repositories(&Ok(answer(404, repositories))).is_none());
}

#[test]
fn what_a_credential_is_for_goes_through_the_host_unchanged() {
    for scope in [
        CredentialScope::Repository(octo(), None),
        CredentialScope::Repository(octo(), Some(InstallationId(77))),
        CredentialScope::Installation(InstallationId(77)),
        CredentialScope::App,
        CredentialScope::Nobody,
    ] {
        assert_eq!(CredentialScope::read(&scope.write()), Some(scope));
    }
    assert_eq!(CredentialScope::of(&octo()), CredentialScope::Repository(octo(), None));
    for nonsense in ["", "app", r#""owner""#, r#"{"repository":["../x",null]}"#] {
        assert_eq!(CredentialScope::read(nonsense), None, "{nonsense}");
    }
}
