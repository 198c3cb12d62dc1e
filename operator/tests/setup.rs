//! `setup`: what is asked of GitHub, request by request, and what the answers come to.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod script;

use jitney::github::hook::HookHome;
use jitney::github::{Request, Response};
use jitney::settings::{ApiBase, CoursesSettings};
use jitney::words::scope::Scope;
use jitney::words::secret::Secret;
use jitney_operator::setup::{
    Item, Manifest, Mode, Origin, Standing, convert, homes, hooks, ping, places, read_conversion,
    remove_hooks, secret_origin,
};
use script::{LIST, Script, URL, answer, hook, one, play, settings, spelled, target};
use serde_json::{Value, json};

fn align(secret: Option<&str>, mode: Mode, script: &Script<'_>) -> (Vec<Value>, Item) {
    align_with(&settings(&[]), secret, mode, script)
}

fn align_with(
    settings: &CoursesSettings,
    secret: Option<&str>,
    mode: Mode,
    script: &Script<'_>,
) -> (Vec<Value>, Item) {
    let (target, secret) = (target(settings, Some(URL)), secret.map(Secret::new));
    one(play(settings, |desk| hooks(desk, target, secret, mode), script))
}

#[test]
fn a_webhook_that_is_not_there_is_made() {
    let others = json!([hook(&json!({"id": 1, "config": {"url": "https://elsewhere.example"}}))]);
    let made = ("POST /repos/octo/demo/hooks", answer(201, &json!({"id": 6})));
    let (sent, step) = align(Some("s3"), Mode::Mend, &[(LIST, answer(200, &others)), made]);
    assert_eq!(step.standing, Standing::Done);
    let config = json!({"url": URL, "content_type": "json", "insecure_ssl": "0", "secret": "s3"});
    assert_eq!(sent, [json!({"name": "web", "active": true, "events": ["workflow_job"], "config": config})]);
    let (sent, step) = align(Some("s3"), Mode::Look, &[(LIST, answer(200, &others))]);
    assert!(step.standing == Standing::Wanted && sent.is_empty());
    assert_eq!(align(None, Mode::Mend, &[(LIST, answer(200, &others))]).1.standing, Standing::Failed);
}

#[test]
fn a_webhook_in_place_is_kept_and_one_amiss_is_mended_without_its_secret_being_lost() {
    let good = json!([hook(&json!({}))]);
    assert_eq!(align(None, Mode::Mend, &[(LIST, answer(200, &good))]).1.standing, Standing::Kept);
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
        assert_eq!(step.standing, Standing::Done, "{amiss}");
        // What has a `config` and is no configuration update would take the secret away.
        assert_eq!(sent[1], json!({"active": true, "events": ["workflow_job"]}));
        assert_eq!(sent[0], json!({"content_type": "json", "insecure_ssl": "0"}));
        assert_eq!(align(None, Mode::Look, &script[..1]).1.standing, Standing::Wanted, "{amiss}");
    }
}

#[test]
fn a_webhook_without_a_secret_needs_one_and_a_renewal_gives_it() {
    let bare = json!([hook(&json!({"config": {"url": URL, "content_type": "json"}}))]);
    assert_eq!(align(None, Mode::Mend, &[(LIST, answer(200, &bare))]).1.standing, Standing::Failed);
    let good = json!([hook(&json!({}))]);
    let script = [
        (LIST, answer(200, &good)),
        ("PATCH /repos/octo/demo/hooks/5/config", answer(200, &json!({}))),
        ("PATCH /repos/octo/demo/hooks/5", answer(200, &json!({}))),
    ];
    let (sent, step) = align(Some("s3"), Mode::Renew, &script);
    assert_eq!((step.standing, &sent[0]["secret"]), (Standing::Done, &json!("s3")));
    assert_eq!(align(None, Mode::Renew, &script[..1]).1.standing, Standing::Failed);
}

#[test]
fn a_refusal_says_what_the_credential_needs_and_a_silence_what_to_check() {
    let said = json!({"message": "Resource not accessible\u{202e}"});
    let wanted = Some("repository_hooks=write".to_owned());
    let refusal = Response { accepted_permissions: wanted, ..answer(403, &said) };
    let (_, step) = align(None, Mode::Mend, &[(LIST, refusal)]);
    assert_eq!(step.standing, Standing::Failed);
    assert!(step.why.contains("403") && step.why.contains("repository_hooks=write"), "{step:?}");
    assert!(step.why.contains("\\u{202e}") && step.cure.contains("Webhooks: Read and write"), "{step:?}");
    let (_, step) = align(None, Mode::Mend, &[(LIST, Response::default())]);
    assert!(step.cure.contains("GITHUB_API_URL"));
}

#[test]
fn the_secret_is_made_anew_only_where_a_webhook_is_to_be_given_it() {
    let settings = settings(&[]);
    let origin = |given, stored, script: &Script<'_>| {
        let target = Some(target(&settings, Some(URL)));
        play(&settings, |desk| secret_origin(desk, target, given, stored), script).1
    };
    let stored = |listed: &Value| origin(false, true, &[(LIST, answer(200, listed))]);
    let bare = json!({"config": {"url": URL, "content_type": "json"}});
    assert_eq!([stored(&json!([])), stored(&json!([hook(&bare)]))], [Origin::Made, Origin::Made]);
    assert_eq!(stored(&json!([hook(&json!({"active": false}))])), Origin::Stored);
    assert_eq!(stored(&json!([hook(&json!({}))])), Origin::Stored);
    // Nobody is asked where that would change nothing.
    assert_eq!([origin(true, true, &[]), origin(false, false, &[])], [Origin::Given, Origin::Made]);
    let blind = play(&settings, |desk| secret_origin(desk, None, false, true), &[]).1;
    assert_eq!(blind, Origin::Stored);
}

#[test]
fn webhooks_are_where_the_scope_and_the_credential_put_them() {
    let spell = |settings: &CoursesSettings| format!("{:?}", homes(settings));
    let both = ("ALLOWED_REPOS", "octo/demo,octo/demo,Octo/other,acme/*");
    assert_eq!(homes(&settings(&[both])).len(), 2);
    let uncovered = |settings: &CoursesSettings, script: &Script<'_>| {
        let target = target(settings, Some(URL));
        play(settings, |desk| remove_hooks(desk, target, true), script).1
    };
    let empty = || answer(200, &json!([]));
    let other = "GET /repos/Octo/other/hooks?per_page=100";
    let items = uncovered(&settings(&[both]), &[(LIST, empty()), (other, empty())]);
    let standings: Vec<Standing> = items.iter().map(|item| item.standing).collect();
    assert_eq!(standings, [Standing::Kept, Standing::Kept, Standing::Skipped]);
    let org = settings(&[both, ("RUNNER_SCOPE", "org")]);
    assert_eq!((homes(&org).len(), places(&org).len()), (2, 2));
    let at = |owner: &str| format!("GET /orgs/{owner}/hooks?per_page=100");
    let (octo, acme) = (at("octo"), at("acme"));
    assert_eq!(uncovered(&org, &[(octo.as_str(), empty()), (acme.as_str(), empty())]).len(), 2);
    assert!(spell(&org).contains("Organization"));
    let app = settings(&[both, ("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "Iv23li")]);
    assert_eq!(homes(&app), [HookHome::App]);
    let nowhere = uncovered(&settings(&[("ALLOWED_REPOS", "acme/*")]), &[]);
    assert_eq!((nowhere.len(), nowhere[0].standing), (1, Standing::Failed));
}

const DELIVERIES: &str = "GET /repos/octo/demo/hooks/5/deliveries?per_page=100";

fn attempt(id: u64, code: u16) -> Value {
    json!({"id": id, "guid": "g-1", "delivered_at": "2026-11-24T09:00:00Z", "event": "ping", "status_code": code,
           "status": "said"})
}

fn pinged(before: &Value, after: &[Value]) -> Item {
    let settings = settings(&[]);
    let mut script = vec![
        (LIST, answer(200, &json!([hook(&json!({}))]))),
        (DELIVERIES, answer(200, before)),
        ("POST /repos/octo/demo/hooks/5/pings", answer(204, &json!(null))),
    ];
    script.extend(after.iter().map(|listed| (DELIVERIES, answer(200, listed))));
    let target = target(&settings, Some(URL));
    one(play(&settings, |desk| ping(desk, target), &script)).1
}

#[test]
fn a_ping_is_judged_by_the_delivery_that_came_after_it() {
    let old = json!([attempt(1, 401)]);
    let job = json!({"id": 3, "event": "workflow_job", "status_code": 500, "status": "x"});
    let judge = |code| pinged(&old, &[old.clone(), json!([job, attempt(2, code), attempt(1, 401)])]).standing;
    assert_eq!(judge(200), Standing::Done);
    assert_eq!(judge(401), Standing::Refused);
    assert_eq!(judge(503), Standing::Failed);
    assert_eq!(judge(0), Standing::Failed);
    assert_eq!(pinged(&old, &vec![old.clone(); 40]).standing, Standing::Failed);
}

#[test]
fn an_app_s_webhook_without_a_secret_is_not_kept_as_it_is() {
    let settings = settings(&[("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "Iv23li")]);
    let bare = answer(200, &json!({"url": URL, "content_type": "json"}));
    let script = [("GET /app/hook/config", bare.clone()), ("PATCH /app/hook/config", bare)];
    let looked = align_with(&settings, None, Mode::Look, &script[..1]).1;
    assert_eq!((looked.standing, looked.needs_secret), (Standing::Wanted, true));
    assert_eq!(align_with(&settings, None, Mode::Mend, &script[..1]).1.standing, Standing::Failed);
    let (sent, step) = align_with(&settings, Some("s3"), Mode::Mend, &script);
    assert_eq!((step.standing, &sent[0]["secret"]), (Standing::Done, &json!("s3")));
}

#[test]
fn an_app_s_webhook_is_led_to_the_endpoint_and_its_first_ping_delivered_again() {
    let settings = settings(&[("GITHUB_TOKEN", ""), ("GITHUB_APP_ID", "Iv23li")]);
    let at = || target(&settings, Some(URL));
    let config = |url: &str| answer(200, &json!({"url": url, "content_type": "json", "secret": "********"}));
    let get = "GET /app/hook/config";
    let there = [(get, config(URL))];
    assert_eq!(align_with(&settings, None, Mode::Mend, &there).1.standing, Standing::Kept);
    let led = [(get, config("https://example.com")), ("PATCH /app/hook/config", config(URL))];
    let (sent, step) = align_with(&settings, None, Mode::Mend, &led);
    assert_eq!(
        (step.standing, &sent[0]),
        (Standing::Done, &json!({"url": URL, "content_type": "json", "insecure_ssl": "0"}))
    );
    let pinged = |script: &Script<'_>| one(play(&settings, |desk| ping(desk, at()), script)).1;
    let deliveries = "GET /app/hook/deliveries?per_page=100";
    let again = [
        (deliveries, answer(200, &json!([attempt(8, 0)]))),
        ("POST /app/hook/deliveries/8/attempts", answer(202, &json!({}))),
        (deliveries, answer(200, &json!([attempt(9, 200), attempt(8, 0)]))),
    ];
    assert_eq!(pinged(&again).standing, Standing::Done);
    let none = [(deliveries, answer(200, &json!([])))];
    assert_eq!(pinged(&none).standing, Standing::Skipped);
    let app = json!({"slug": "jitney-octo", "owner": {"login": "octo", "type": "Organization"}});
    let remove = |said| one(play(&settings, |desk| remove_hooks(desk, at(), false), &[("GET /app", said)])).1;
    let step = remove(answer(200, &app));
    assert!(step.cure.ends_with("https://github.com/organizations/octo/settings/apps/jitney-octo/advanced"));
    assert_eq!(remove(answer(404, &json!({}))).standing, Standing::Kept);
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
    assert!(
        Request::convert_manifest("a-1_B").is_ok() && Request::convert_manifest(&"x".repeat(129)).is_err()
    );
    let api = ApiBase::github();
    let exchange = |code: &'static str, script: &Script<'_>| {
        let api = api.clone();
        play(&settings(&[]), |desk| convert(desk, api, code.to_owned()), script).1
    };
    for wrong in ["", "a/b", "../x", "a b"] {
        assert!(exchange(wrong, &[]).is_err(), "{wrong}");
    }
    let body = json!({"client_id": "Iv23li", "slug": "jitney", "pem": "canary", "webhook_secret": "canary"});
    let made = exchange("a1b2", &[(spelled(&request).as_str(), answer(201, &body))]).expect("an App");
    assert_eq!((made.id.as_str(), made.key.expose()), ("Iv23li", "canary"));
    assert_eq!(made.install, "https://github.com/apps/jitney/installations/new");
    assert!(!format!("{made:?}").contains("canary"));
    let odd = json!({"client_id": "Iv23li", "slug": "x/../y", "pem": "p", "webhook_secret": "s"});
    assert!(read_conversion(&api, &Ok(answer(201, &odd))).is_err());
    assert!(read_conversion(&api, &Ok(answer(404, &json!({})))).is_err());
}
