//! A GitHub App from a manifest: the form that the operator's browser posts to GitHub, and what GitHub gives for the
//! code that it sends the browser back with ("Registering a GitHub App from a manifest").

use jitney::course::desk::Desk;
use jitney::github::app::MadeApp;
use jitney::github::hook::EVENTS;
use jitney::github::{Answer, Request};
use jitney::settings::ApiBase;
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;
use jitney::words::secret::Secret;
use serde::Serialize;

/// The most characters that GitHub takes for an App's name.
const LONGEST: usize = 34;

/// What a browser is to post to GitHub, as the field `manifest`, and where to.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// JSON.
    pub manifest: String,
    /// The form's action, without its `state`.
    pub action: String,
}

impl Manifest {
    /// An App that serves `url`, of the organization `owner` or of whoever is signed in.
    pub fn new(
        api: &ApiBase,
        scope: Scope,
        owner: Option<&str>,
        url: &str,
        redirect: &str,
    ) -> Result<Self, String> {
        #[derive(Serialize)]
        struct Body<'a> {
            name: String,
            url: &'a str,
            description: &'static str,
            hook_attributes: Hook<'a>,
            redirect_url: &'a str,
            public: bool,
            default_permissions: serde_json::Value,
            default_events: [&'static str; 1],
        }
        #[derive(Serialize)]
        struct Hook<'a> {
            url: &'a str,
            active: bool,
        }
        let owner = owner.filter(|owner| !owner.is_empty());
        if owner.is_some_and(|owner| Repository::parse(&format!("{owner}/x")).is_err()) {
            return Err("the organization's name is none".to_owned());
        }
        let runners = match scope {
            Scope::Repository => "administration",
            Scope::Organization => "organization_self_hosted_runners",
        };
        let name = owner.map_or_else(|| "jitney".to_owned(), |owner| format!("jitney-{owner}"));
        let body = Body {
            name: name.chars().take(LONGEST).collect(),
            url,
            description: "Runs GitHub Actions jobs on Modal, one sandbox each",
            hook_attributes: Hook { url, active: true },
            redirect_url: redirect,
            public: false,
            default_permissions: serde_json::json!({runners: "write", "actions": "read", "metadata": "read"}),
            default_events: EVENTS,
        };
        let whose = owner.map_or_else(String::new, |owner| format!("organizations/{owner}/"));
        Ok(Self {
            manifest: serde_json::to_string(&body).unwrap_or_default(),
            action: format!("{}/{whose}settings/apps/new", api.pages()),
        })
    }
}

/// What GitHub made.
#[derive(Clone, Debug)]
pub struct Made {
    /// `GITHUB_APP_ID`: its client id.
    pub id: String,
    /// `GITHUB_APP_PRIVATE_KEY`.
    pub key: Secret,
    /// `WEBHOOK_SECRET`.
    pub webhook_secret: Secret,
    /// Where it is installed on repositories.
    pub install: String,
}

/// The App that GitHub made, for the code that it sent the browser back with.
pub async fn convert(desk: Desk, api: ApiBase, code: String) -> Result<Made, String> {
    let response = desk.ask(Request::convert_manifest(&code)?).await;
    read_conversion(&api, &response)
}

/// The response to [`Request::convert_manifest`].
pub fn read_conversion(api: &ApiBase, answer: &Answer) -> Result<Made, String> {
    match answer {
        Ok(response) if response.status == 201 => {}
        Ok(response) if matches!(response.status, 404 | 422) => {
            return Err(
                "GitHub does not know the code: it is good for an hour, and once; begin again".to_owned()
            );
        }
        Ok(response) => return Err(format!("GitHub answers {}; begin again", response.status)),
        Err(fault) => return Err(format!("GitHub's API at {api} gave no answer: {fault:?}")),
    }
    let plain = |text: &str| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.')
    };
    let whole = |made: &MadeApp| {
        plain(&made.client_id) && plain(&made.slug) && !made.webhook_secret.expose().is_empty()
    };
    let made = MadeApp::read(answer).filter(whole).ok_or("GitHub's answer holds no App")?;
    Ok(Made {
        id: made.client_id,
        key: made.pem,
        webhook_secret: made.webhook_secret,
        install: format!("{}/{}/{}/installations/new", api.pages(), app_path(api), made.slug),
    })
}

/// Where an App's public page is: an Enterprise Server has it elsewhere.
fn app_path(api: &ApiBase) -> &'static str {
    if api.is_server() { "github-apps" } else { "apps" }
}
