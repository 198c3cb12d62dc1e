//! `setup` and `teardown`: what is asked of GitHub, request by request, and what the answers come to.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

use jitney::github::{Fault, HookHome, Method, Request, Response};
use jitney::settings::{ApiBase, CoursesSettings};
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;
use jitney::words::secret::Secret;
use jitney_operator::setup::{
    Align, AlignApp, Manifest, Mode, Next, PATIENT, Ping, Registrations, Remove, RemoveApp, State, Step,
    Target, Task, homes, places, read_conversion, uncovered, wants_secret,
};
use serde_json::{Value, json};

const URL: &str = "https://acme--jitney.modal.run";

fn settings(more: &[(&str, &str)]) -> CoursesSettings {
    let mut told = vec![("GITHUB_TOKEN", "ghp_x"), ("ALLOWED_REPOS", "octo/demo")];
    told.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    told.extend(more);
    let told: Vec<_> = told.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    CoursesSettings::read(&told).settings.expect("good settings")
}

fn demo() -> HookHome {
    HookHome::Repository(Repository::parse("octo/demo").expect("a name"))
}

fn answer(status: u16, body: &Value) -> Response {
    Response { status, body: body.to_string().into_bytes(), ..Response::default() }
}

/// A webhook as GitHub lists it, with `changes`.
fn hook(changes: &Value) -> Value {
    let config = json!({"url": URL, "content_type": "json", "secret": "********"});
    let mut hook = json!({"id": 5, "active": true, "events": ["workflow_job"], "config": config});
    for (name, value) in changes.as_object().expect("an object") {
        hook[name] = value.clone();
    }
    hook
}

/// Plays a task: it must ask what is expected, as `METHOD path`, and gets the answer beside it. The bodies that it
/// sent, and how it ended.
fn play(mut task: impl Task, script: &[(&str, Response)]) -> (Vec<Value>, Step) {
    let (mut sent, mut last, mut script) = (Vec::new(), None, script.iter());
    for _ in 0..200 {
        match task.next(last) {
            Next::Ask(request) => {
                let (expected, answer) = script.next().expect("an answer is left");
                assert_eq!(*expected, spelled(&request));
                sent.extend(request.body.as_deref().map(|body| serde_json::from_str(body).expect("JSON")));
                last = Some(Ok(answer));
            }
            Next::Pause(_) => last = None,
            Next::Over(step) => {
                assert_eq!(script.len(), 0, "it was to ask more");
                return (sent, step);
            }
        }
    }
    panic!("it does not end");
}

fn spelled(request: &Request) -> String {
    let method = match request.method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Patch => "PATCH",
        Method::Delete => "DELETE",
    };
    format!("{method} {}", request.path)
}

const LIST: &str = "GET /repos/octo/demo/hooks?per_page=100";

fn align(secret: Option<&str>, mode: Mode, script: &[(&str, Response)]) -> (Vec<Value>, Step) {
    let settings = settings(&[]);
    let target = Target { settings: &settings, url: Some(URL) };
    play(Align::new(target, demo(), secret.map(Secret::new), mode), script)
}

#[test]
fn a_webhook_that_is_not_there_is_made() {
    let others = json!([hook(&json!({"id": 1, "config": {"url": "https://elsewhere.example"}}))]);
    let made = ("POST /repos/octo/demo/hooks", answer(201, &json!({"id": 6})));
    let (sent, step) = align(Some("s3"), Mode::Mend, &[(LIST, answer(200, &others)), made]);
    assert_eq!(step.state, State::Done);
    let config = json!({"url": URL, "content_type": "json", "insecure_ssl": "0", "secret": "s3"});
    assert_eq!(sent, [json!({"name": "web", "active": true, "events": ["workflow_job"], "config": config})]);
    let (sent, step) = align(Some("s3"), Mode::Look, &[(LIST, answer(200, &others))]);
    assert!(step.state == State::Wanted && sent.is_empty());
    assert_eq!(align(None, Mode::Mend, &[(LIST, answer(200, &others))]).1.state, State::Failed);
}

#[test]
fn a_webhook_in_place_is_kept_and_one_amiss_is_mended_without_its_secret_being_lost() {
    let good = json!([hook(&json!({}))]);
    assert_eq!(align(None, Mode::Mend, &[(LIST, answer(200, &good))]).1.state, State::Kept);
    for amiss in [
        json!({"active": false}),
        json!({"events": ["push"]}),
        json!({"config": {"url": format!("{URL}/"), "content_type": "form", "secret": "********"}}),
    ] {
        let listed = json!([hook(&amiss)]);
        let script = [
            (LIST, answer(200, &listed)),
            ("PATCH /repos/octo/demo/hooks/5/config", answer(200, &json!({}))),
            ("PATCH /repos/octo/demo/hooks/5", answer(200, &json!({}))),
        ];
        let (sent, step) = align(None, Mode::Mend, &script);
        assert_eq!(step.state, State::Done, "{amiss}");
        // What has a `config` and is no configuration update would take the secret away.
        assert_eq!(sent[1], json!({"active": true, "events": ["workflow_job"]}));
        assert_eq!(sent[0], json!({"content_type": "json", "insecure_ssl": "0"}));
        assert_eq!(align(None, Mode::Look, &script[..1]).1.state, State::Wanted, "{amiss}");
    }
}

#[test]
fn a_webhook_without_a_secret_needs_one_and_a_renewal_gives_it() {
    let bare = json!([hook(&json!({"config": {"url": URL, "content_type": "json"}}))]);
    assert_eq!(align(None, Mode::Mend, &[(LIST, answer(200, &bare))]).1.state, State::Failed);
    let good = json!([hook(&json!({}))]);
    let script = [
        (LIST, answer(200, &good)),
        ("PATCH /repos/octo/demo/hooks/5/config", answer(200, &json!({}))),
        ("PATCH /repos/octo/demo/hooks/5", answer(200, &json!({}))),
    ];
    let (sent, step) = align(Some("s3"), Mode::Renew, &script);
    assert_eq!((step.state, &sent[0]["secret"]), (State::Done, &json!("s3")));
    assert_eq!(align(None, Mode::Renew, &script[..1]).1.state, State::Failed);
}

#[test]
fn a_refusal_says_what_the_credential_needs_and_a_silence_what_to_check() {
    let said = json!({"message": "Resource not accessible\u{202e}"});
    let wanted = Some("repository_hooks=write".to_owned());
    let refusal = Response { accepted_permissions: wanted, ..answer(403, &said) };
    let (_, step) = align(None, Mode::Mend, &[(LIST, refusal)]);
    assert_eq!(step.state, State::Failed);
    assert!(step.why.contains("403") && step.why.contains("repository_hooks=write"), "{step:?}");
    assert!(step.why.contains("\\u{202e}") && step.cure.contains("Webhooks: Read and write"), "{step:?}");
    let settings = settings(&[]);
    let mut task = Align::new(Target { settings: &settings, url: Some(URL) }, demo(), None, Mode::Mend);
    assert!(matches!(task.next(None), Next::Ask(_)));
    let Next::Over(step) = task.next(Some(Err(Fault::Unreachable))) else { panic!("it goes on") };
    assert!(step.cure.contains("GITHUB_API_URL"));
}

#[test]
fn the_secret_is_made_anew_only_where_a_webhook_is_to_be_given_it() {
    let looked = |hooks: &Value| [align(None, Mode::Look, &[(LIST, answer(200, hooks))]).1];
    let bare = json!({"config": {"url": URL, "content_type": "json"}});
    assert!(wants_secret(&looked(&json!([]))) && wants_secret(&looked(&json!([hook(&bare)]))));
    let amiss = looked(&json!([hook(&json!({"active": false}))]));
    assert!(amiss[0].state == State::Wanted && !wants_secret(&amiss));
    assert!(!wants_secret(&looked(&json!([hook(&json!({}))]))));
}

#[test]
fn webhooks_are_where_the_scope_and_the_credential_put_them() {
    let spell = |settings: &CoursesSettings| format!("{:?}", homes(settings));
    let both = ("ALLOWED_REPOS", "octo/demo,octo/demo,Octo/other,acme/*");
    assert_eq!(homes(&settings(&[both])).len(), 2);
    assert_eq!(uncovered(&settings(&[both]))[0].state, State::Skipped);
    let org = settings(&[both, ("RUNNER_SCOPE", "org")]);
    assert_eq!((homes(&org).len(), places(&org).len(), uncovered(&org).len()), (2, 2, 0));
    assert!(spell(&org).contains("Organization"));
    let app = settings(&[both, ("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "Iv23li")]);
    assert_eq!(homes(&app), [HookHome::App]);
    assert_eq!(uncovered(&settings(&[("ALLOWED_REPOS", "acme/*")]))[0].state, State::Failed);
}

const DELIVERIES: &str = "GET /repos/octo/demo/hooks/5/deliveries?per_page=100";

fn ping(id: u64, code: u16) -> Value {
    json!({"id": id, "event": "ping", "status_code": code, "status": "said"})
}

fn pinged(before: &Value, after: &[Value]) -> Step {
    let settings = settings(&[]);
    let task = Ping::new(Target { settings: &settings, url: Some(URL) }, demo(), PATIENT);
    let mut script = vec![
        (LIST, answer(200, &json!([hook(&json!({}))]))),
        (DELIVERIES, answer(200, before)),
        ("POST /repos/octo/demo/hooks/5/pings", answer(204, &json!(null))),
    ];
    script.extend(after.iter().map(|listed| (DELIVERIES, answer(200, listed))));
    play(task, &script).1
}

#[test]
fn a_ping_is_judged_by_the_delivery_that_came_after_it() {
    let old = json!([ping(1, 401)]);
    let job = json!({"id": 3, "event": "workflow_job", "status_code": 500, "status": "x"});
    let judge = |code| pinged(&old, &[old.clone(), json!([job, ping(2, code), ping(1, 401)])]).state;
    assert_eq!(judge(200), State::Done);
    assert_eq!(judge(401), State::Refused);
    assert_eq!(judge(503), State::Failed);
    assert_eq!(judge(0), State::Failed);
    assert_eq!(pinged(&old, &vec![old.clone(); 40]).state, State::Failed);
}

#[test]
fn an_app_s_webhook_is_led_to_the_endpoint_and_its_first_ping_delivered_again() {
    let settings = settings(&[("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "Iv23li")]);
    let target = || Target { settings: &settings, url: Some(URL) };
    let config = |url: &str| answer(200, &json!({"url": url, "content_type": "json", "secret": "********"}));
    let get = "GET /app/hook/config";
    let there = [(get, config(URL))];
    assert_eq!(play(AlignApp::new(target(), None, Mode::Mend), &there).1.state, State::Kept);
    let led = [(get, config("https://example.com")), ("PATCH /app/hook/config", config(URL))];
    let (sent, step) = play(AlignApp::new(target(), None, Mode::Mend), &led);
    assert_eq!(
        (step.state, &sent[0]),
        (State::Done, &json!({"url": URL, "content_type": "json", "insecure_ssl": "0"}))
    );
    let deliveries = "GET /app/hook/deliveries?per_page=100";
    let again = [
        (deliveries, answer(200, &json!([ping(8, 0)]))),
        ("POST /app/hook/deliveries/8/attempts", answer(202, &json!({}))),
        (deliveries, answer(200, &json!([ping(9, 200), ping(8, 0)]))),
    ];
    assert_eq!(play(Ping::new(target(), HookHome::App, PATIENT), &again).1.state, State::Done);
    let none = [(deliveries, answer(200, &json!([])))];
    assert_eq!(play(Ping::new(target(), HookHome::App, PATIENT), &none).1.state, State::Skipped);
    let app = json!({"slug": "jitney-octo", "owner": {"login": "octo", "type": "Organization"}});
    let step = play(RemoveApp(target()), &[("GET /app", answer(200, &app))]).1;
    assert!(step.cure.ends_with("https://github.com/organizations/octo/settings/apps/jitney-octo/advanced"));
    assert_eq!(play(RemoveApp(target()), &[("GET /app", answer(404, &json!({})))]).1.state, State::Kept);
}

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
    let remove = |url, look| Remove::new(Target { settings: &settings, url }, demo(), look);
    assert_eq!(play(remove(Some(URL), false), &script).1.state, State::Done);
    let looked = play(remove(Some(URL), true), &script[..1]).1;
    assert_eq!(looked.state, State::Wanted);
    assert!(looked.why.contains(URL), "{}", looked.why);
    // Without a URL, what looks like jitney's may be another installation's.
    for look in [true, false] {
        let left = play(remove(None, look), &script[..1]).1;
        assert_eq!(left.state, State::Failed);
        assert!(left.why.contains(URL) && left.cure.contains("--url"), "{left:?}");
        assert_eq!(play(remove(None, look), &[(LIST, answer(200, &json!([])))]).1.state, State::Kept);
    }
}

#[test]
fn registrations_of_jitney_s_making_are_removed_to_the_last_page() {
    let settings = settings(&[]);
    let place = || Repository::parse("octo/demo").expect("a name");
    let runner = |id: u64, name: &str| json!({"id": id, "name": name, "status": "offline", "busy": false});
    let mut first: Vec<Value> = (10..109).map(|id| runner(id, "somebody-elses")).collect();
    first.push(runner(1, "jitney-5-abcdefgh"));
    let page = |number: u32| format!("GET /repos/octo/demo/actions/runners?per_page=100&page={number}");
    let (one, two) = (page(1), page(2));
    let listed = |runners: &Value| answer(200, &json!({"total_count": 0, "runners": runners}));
    let script = |last: u16| {
        [
            (one.as_str(), listed(&json!(first))),
            (two.as_str(), listed(&json!([runner(2, "jitney-6-abcdefgh")]))),
            ("DELETE /repos/octo/demo/actions/runners/2", answer(204, &json!(null))),
            ("DELETE /repos/octo/demo/actions/runners/1", answer(last, &json!(null))),
        ]
    };
    let step = play(Registrations::new(&settings, place(), false), &script(204)).1;
    assert_eq!((step.state, step.why.as_str()), (State::Done, "2 are removed"));
    assert_eq!(play(Registrations::new(&settings, place(), false), &script(422)).1.state, State::Failed);
    assert_eq!(play(Registrations::new(&settings, place(), true), &script(204)[..2]).1.state, State::Wanted);
}

#[test]
fn a_manifest_asks_for_what_is_needed_and_no_more() {
    let manifest = |domain: Option<&str>, scope, owner: &str| {
        let api = domain.map_or_else(ApiBase::github, |d| ApiBase::for_domain(d).expect("a domain"));
        Manifest::new(&api, scope, Some(owner), URL, "http://127.0.0.1:5/made")
    };
    let made = manifest(None, Scope::Repository, "").expect("a manifest");
    assert_eq!(made.action, "https://github.com/settings/apps/new");
    let said: Value = serde_json::from_str(&made.manifest).expect("JSON");
    let wanted = json!({"administration": "write", "actions": "read", "metadata": "read"});
    assert_eq!(said["default_permissions"], wanted);
    assert_eq!(said["hook_attributes"], json!({"url": URL, "active": true}));
    let made = manifest(Some("github.acme.example"), Scope::Organization, "acme").expect("a manifest");
    assert_eq!(made.action, "https://github.acme.example/organizations/acme/settings/apps/new");
    assert!(made.manifest.contains("organization_self_hosted_runners"));
    assert!(manifest(None, Scope::Repository, "a/../b").is_err());
}

#[test]
fn a_conversion_is_read_and_what_is_no_code_is_not_asked_for() {
    let request = Request::convert_manifest("a1b2").expect("a code");
    assert_eq!(spelled(&request), "POST /app-manifests/a1b2/conversions");
    assert!(request.credential.is_none());
    for wrong in ["", "a/b", "../x", "a b"] {
        assert!(Request::convert_manifest(wrong).is_err(), "{wrong}");
    }
    let api = ApiBase::github();
    let body = json!({"client_id": "Iv23li", "slug": "jitney", "pem": "canary", "webhook_secret": "canary"});
    let made = read_conversion(&api, Ok(&answer(201, &body))).expect("an App");
    assert_eq!((made.id.as_str(), made.key.expose()), ("Iv23li", "canary"));
    assert_eq!(made.install, "https://github.com/apps/jitney/installations/new");
    assert!(!format!("{made:?}").contains("canary"));
    let odd = json!({"client_id": "Iv23li", "slug": "x/../y", "pem": "p", "webhook_secret": "s"});
    assert!(read_conversion(&api, Ok(&answer(201, &odd))).is_err());
    assert!(read_conversion(&api, Ok(&answer(404, &json!({})))).is_err());
}
