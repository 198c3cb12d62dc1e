//! Every request that the core can make, a line of JSON each: the function that makes it, its method, path and body. The
//! tests hold them against GitHub's own description, and see to it that no function is left out.
#![allow(clippy::expect_used, reason = "a tool for tests")]

use jitney::github::delivery::Went;
use jitney::github::hook::{Hook, HookHome};
use jitney::github::{Cursor, Method, Request};
use jitney::settings::CoursesSettings;
use jitney::words::ids::{DeliveryId, HookId, InstallationId, JobId, Nonce, RunId, RunnerId, RunnerName};
use jitney::words::label::Label;
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;
use jitney::words::secret::Secret;
use jitney::words::version::RunnerVersion;

const URL: &str = "https://octo--jitney.modal.run";

fn show(name: &str, request: &Request) {
    let method = match request.method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Patch => "patch",
        Method::Delete => "delete",
    };
    let body: Option<serde_json::Value> =
        request.body.as_deref().map(|body| serde_json::from_str(body).expect("JSON"));
    let line = serde_json::json!({
        "name": name, "method": method, "path": request.path, "body": body, "elsewhere": request.at_github_com,
    });
    println!("{line}");
}

fn main() {
    let repository = Repository::parse("octo/demo").expect("a name");
    show("quota", &Request::quota());
    show("app", &Request::app());
    show(
        "convert_manifest",
        &Request::convert_manifest("a180b1a3d263c81bc6441d7b990bae27d4c10679").expect("a code"),
    );
    show("installations", &Request::installations(1));
    show("installation_repositories", &Request::installation_repositories(InstallationId(7), 1));
    show("job", &Request::job(&repository, JobId(41)));
    show("jobs", &Request::jobs(&repository, RunId(3), 1));
    show("run", &Request::run(&repository, RunId(3)));
    for status in ["queued", "in_progress"] {
        show("runs", &Request::runs(&repository, status, 1));
    }
    show("runner_group", &Request::runner_group(&repository, 1));
    show("group_repositories", &Request::group_repositories(&repository, 1, 1));
    for scope in [Scope::Repository, Scope::Organization] {
        of_scope(scope, &repository);
    }
    for home in [HookHome::Repository(repository.clone()), HookHome::Organization(repository.clone())] {
        of_hooks(&home);
    }
    of_hook(&Hook { home: HookHome::App, id: None });
    let given = [("GITHUB_TOKEN", "ghp_x"), ("ALLOWED_REPOS", "octo/*")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = CoursesSettings::read(&given).settings.expect("good settings");
    for pin in [None, RunnerVersion::parse("2.336.0")] {
        let request = Request::runner_release(pin, &settings.api, jitney::github::CredentialScope::Nobody);
        show("runner_release", &request);
    }
}

fn of_scope(scope: Scope, repository: &Repository) {
    let name = RunnerName::new(JobId(41), &Nonce::from_bits(7));
    let labels = ["self-hosted", "modal"].map(|label| Label::parse(label).expect("a label"));
    show("installation", &Request::installation(scope, repository));
    show("installation_token", &Request::installation_token(scope, InstallationId(7), Some(repository)));
    show("installation_token", &Request::installation_token(scope, InstallationId(7), None));
    show("mint", &Request::mint(scope, repository, &name, 1, &labels));
    show("registration_token", &Request::registration_token(scope, repository));
    show("find_runner", &Request::find_runner(scope, repository, &name));
    show("runners", &Request::runners(scope, repository, 1));
    show("runner", &Request::runner(scope, repository, RunnerId(9)));
    show("delete_runner", &Request::delete_runner(scope, repository, RunnerId(9)));
    show("runner_downloads", &Request::runner_downloads(scope, repository));
}

fn of_hooks(home: &HookHome) {
    let (hook, secret) = (Hook { home: home.clone(), id: Some(HookId(5)) }, Secret::new("x"));
    show("hooks", &Request::hooks(home));
    show("create_hook", &Request::create_hook(home, URL, &secret));
    show("switch_hook", &Request::switch_hook(&hook));
    show("ping_hook", &Request::ping_hook(&hook));
    show("delete_hook", &Request::delete_hook(&hook));
    of_hook(&hook);
}

/// What the App's own webhook has too.
fn of_hook(hook: &Hook) {
    let secret = Secret::new("x");
    let cursor = Cursor::of_link("<https://api.github.com/x?cursor=v1_1>; rel=\"next\"");
    show("hook_config", &Request::hook_config(hook));
    show("configure_hook", &Request::configure_hook(hook, Some(URL), Some(&secret)));
    show("configure_hook", &Request::configure_hook(hook, None, None));
    for went in [Went::Well, Went::Wrong, Went::Anyhow] {
        show("deliveries", &Request::deliveries(hook, went, cursor.as_ref()));
    }
    show("attempt", &Request::attempt(hook, DeliveryId(11)));
    show("redeliver", &Request::redeliver(hook, DeliveryId(11)));
}
