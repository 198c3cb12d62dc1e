//! GitHub Apps: keys as people paste them, JWTs as GitHub wants them, and a credential for each request.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test"
)]

mod granted;

use base64ct::{Base64UrlUnpadded, Encoding};
use granted::Course;
use jitney::course::{Command, Event, Report, Step};
use jitney::github::app;
use jitney::github::{CredentialScope, Request, Response};
use jitney::settings::{Checked, CoursesSettings, KeysSettings};
use jitney::ticket::Ticket;
use jitney::words::ids::InstallationId;
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;

const PKCS1: &str = include_str!("standin/keys/app.pkcs1.pem");
const PKCS8: &str = include_str!("standin/keys/app.pkcs8.pem");
const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn keys(id: &str, key: &str) -> Checked<KeysSettings> {
    let given = [("GITHUB_APP_ID", id), ("GITHUB_APP_PRIVATE_KEY", key)];
    let given: Vec<_> = given.iter().filter(|(_, value)| *value != "<unset>").collect();
    let owned: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    KeysSettings::read(&owned)
}

#[test]
fn a_key_is_taken_however_it_was_pasted() {
    let escaped = PKCS1.replace('\n', "\\n");
    let windows = PKCS1.replace('\n', "\r\n");
    let flattened = PKCS8.replace('\n', " ");
    let quoted = format!("\"{}\"", PKCS8.replace('\n', "\\n"));
    let indented = format!("    {}", PKCS1.replace('\n', "\n    "));
    for text in [PKCS1, PKCS8, &escaped, &windows, &flattened, &quoted, &indented] {
        let checked = keys("Iv23liStandin0App", text);
        assert!(checked.settings.is_some(), "{:?} of {text}", checked.problems);
    }
}

#[test]
fn a_key_is_never_shown() {
    let shown = format!("{:?}", keys("Iv23liStandin0App", PKCS1).settings.expect("good settings"));
    assert_eq!(shown, "KeysSettings { app: \"Iv23liStandin0App\", .. }");
}

#[test]
fn a_key_that_will_not_do_is_named_and_not_repeated() {
    let cut = &PKCS1[..700];
    let other = "-----BEGIN CERTIFICATE-----\ncanary\n-----END CERTIFICATE-----";
    let locked = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nY2FuYXJ5\n-----END ENCRYPTED PRIVATE KEY-----";
    let empty = "-----BEGIN RSA PRIVATE KEY-----\nY2FuYXJ5\n-----END RSA PRIVATE KEY-----";
    for text in [cut, other, locked, empty, "canary", "<unset>"] {
        let checked = keys("Iv23liStandin0App", text);
        assert!(checked.settings.is_none());
        let report = checked.report();
        assert!(report.contains("GITHUB_APP_PRIVATE_KEY") && !report.contains("canary"), "{report}");
    }
    for id in ["<unset>", "can ary", "https://canary"] {
        assert!(keys(id, PKCS1).report().contains("GITHUB_APP_ID"));
    }
    assert!(!format!("{:?}", keys("1", PKCS1).settings).contains("MII"));
}

#[test]
fn without_an_app_a_keys_instance_has_nothing_to_say() {
    let checked = KeysSettings::read(&[]);
    assert!(checked.settings.is_none() && checked.problems.is_empty() && checked.warnings.is_empty());
}

#[test]
fn a_jwt_is_dated_back_a_minute_and_lives_less_than_ten() {
    let settings = keys("12345", PKCS8).settings.expect("good settings");
    let jwt = app::jwt(&settings.app, &settings.key, NOW, 7).expect("a JWT");
    let parts: Vec<&str> = jwt.token.expose().split('.').collect();
    let claims = Base64UrlUnpadded::decode_vec(parts.get(1).expect("claims")).expect("base64");
    let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
    assert_eq!(claims["iat"], NOW.0 / 1000 - 60);
    assert_eq!(claims["exp"], NOW.0 / 1000 + 540);
    assert_eq!(claims["iss"], "12345");
    assert_eq!(claims["jti"], "0000000000000007");
    let other = app::jwt(&settings.app, &settings.key, NOW, 8).expect("a JWT");
    assert_ne!(jwt.token, other.token);
    assert!(jwt.renew > NOW && jwt.renew < Timestamp(NOW.0 + 540_000));
}

#[test]
fn a_token_is_scoped_to_the_one_repository_and_to_what_a_course_does() {
    let repository = Repository::parse("octo/x").expect("a name");
    let body = |scope, of: Option<&Repository>| -> serde_json::Value {
        let request = Request::installation_token(scope, InstallationId(5), of);
        assert_eq!(request.path, "/app/installations/5/access_tokens");
        serde_json::from_str(request.body.as_deref().expect("a body")).expect("JSON")
    };
    let own = serde_json::json!({
        "repositories": ["x"], "permissions": {"administration": "write", "actions": "read"}
    });
    assert_eq!(body(Scope::Repository, Some(&repository)), own);
    let shared = body(Scope::Organization, Some(&repository));
    assert_eq!(shared["permissions"]["organization_self_hosted_runners"], "write");
    assert_eq!(body(Scope::Repository, None), serde_json::json!({"permissions": {"metadata": "read"}}));
}

#[test]
fn a_token_of_any_length_is_read_and_renewed_five_minutes_before_its_end() {
    let read = |token: &str| {
        let body = serde_json::json!({"token": token, "expires_at": "2027-01-15T09:00:00Z"});
        app::read_token(&Ok(Response {
            status: 201,
            body: body.to_string().into_bytes(),
            ..Response::default()
        }))
    };
    let long = format!("ghs_{}", "x".repeat(516));
    let grant = read(&long).expect("a token");
    assert_eq!(grant.token.expose(), long);
    assert_eq!(grant.renew, Timestamp::parse("2027-01-15T08:55:00Z").expect("a time"));
    assert!(read("").is_none() && read("two words").is_none() && read("a\r\nb: c").is_none());
}

fn course() -> Course {
    let text = r#"{"purpose":"launch","delivery":null,"repository":"octo/x","job":7,"run":3,"labels":["modal"],
        "created":1700000000000,"private":true,"runner":null,"installation":77}"#;
    let given = [("GITHUB_APP_ID".to_owned(), "Iv23li".to_owned())];
    let settings = CoursesSettings::read(&given).settings.expect("good settings");
    Course::open(Ticket::read(text).expect("a ticket"), settings, 42)
}

fn token(text: &str) -> Event {
    Event::Report(Report::Credential(Secret::new(text)))
}

fn answer(status: u16, body: &str) -> Event {
    Event::Response(Ok(Response { status, body: body.into(), ..Response::default() }))
}

/// A course that wants to look at its job, and needs a credential for it.
fn asking(course: &mut Course) {
    match course.next(Event::Report(Report::Opened), NOW) {
        Step::Tell(Command::Credential {
            scope: CredentialScope::Repository(repository, installation),
            again: false,
        }) => {
            assert_eq!((repository.to_string().as_str(), installation), ("octo/x", Some(InstallationId(77))));
        }
        other => panic!("{other:?}"),
    }
}

fn sent(step: Step) -> (String, String) {
    match step {
        Step::Ask(request) => {
            let credential = request.credential.expect("a credential");
            (request.path, credential.expose().to_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_request_waits_for_its_credential_and_the_next_one_has_it() {
    let mut course = course();
    asking(&mut course);
    let first = sent(course.next(token("one"), NOW));
    assert_eq!(first, ("/repos/octo/x/actions/jobs/7".to_owned(), "one".to_owned()));
    course.next(answer(200, r#"{"status":"queued"}"#), NOW);
    let mint = sent(course.next(Event::Report(Report::Started("sb".to_owned())), NOW));
    assert_eq!(mint.1, "one");
}

#[test]
fn a_token_that_is_refused_is_got_anew_once() {
    let mut course = course();
    asking(&mut course);
    course.next(token("revoked"), NOW);
    let again = course.next(answer(401, "{}"), NOW);
    assert!(matches!(again, Step::Tell(Command::Credential { again: true, .. })), "{again:?}");
    assert_eq!(sent(course.next(token("two"), NOW)).1, "two");
    let on = course.next(answer(401, "{}"), NOW);
    assert!(!matches!(on, Step::Tell(Command::Credential { .. })), "{on:?}");
}

#[test]
fn where_the_app_is_not_installed_the_launch_ends_and_says_so() {
    let text = r#"{"purpose":"launch","delivery":null,"repository":"octo/x","job":7,"run":3,"labels":["modal"],
        "created":1800000000000,"private":true,"runner":null}"#;
    let given = [("GITHUB_APP_ID".to_owned(), "Iv23li".to_owned())];
    let settings = CoursesSettings::read(&given).settings.expect("good settings");
    let mut course = Course::open(Ticket::read(text).expect("a ticket"), settings, 42);
    let done = || Event::Report(Report::Done);
    course.next(Event::Report(Report::Opened), NOW);
    let step = course.next(Event::Report(Report::Started("sb".to_owned())), NOW);
    assert!(matches!(step, Step::Tell(Command::Credential { .. })), "{step:?}");
    let refused = Ok(Response { status: 404, ..Response::default() });
    let step = course.next(Event::Report(Report::NoCredential(refused)), NOW);
    assert!(matches!(&step, Step::Tell(Command::Terminate(id)) if id == "sb"), "{step:?}");
    match course.next(done(), NOW) {
        Step::Tell(Command::Finish(answer)) => assert_eq!(answer.reason.code, "github-repository-hidden"),
        other => panic!("{other:?}"),
    }
}
