//! From a request to GitHub's answer. It takes effect here; the caller may lose the answer.

use super::Hub;
use super::limits::Taken;
use super::wire::{Query, reply};
use crate::layout::TOKEN;
use jitney::github::{Method, Request, Response};
use jitney::words::time::Timestamp;
use serde_json::{Value, json};

impl Hub {
    /// Answers a request.
    pub fn answer(&mut self, request: &Request, now: u64) -> Response {
        let (post, get) = (request.method == Method::Post, request.method == Method::Get);
        let taken = self.limits.take(post, get, now);
        let mut answer = match taken {
            Taken::Yes => self.route(request, now),
            Taken::QuotaGone => reply(403, &json!({"message": "API rate limit exceeded"})),
            Taken::Posts | Taken::Points => Response {
                retry_after: Some(60),
                ..reply(429, &json!({"message": "You have exceeded a secondary rate limit"}))
            },
        };
        let (limit, remaining) = self.limits.left();
        (answer.limit, answer.remaining) = (Some(limit), Some(remaining));
        answer.reset = Some(self.clock(self.limits.reset()) / 1000);
        answer.date = Some(Timestamp(self.clock(now) / 1000 * 1000));
        answer
    }

    fn route(&mut self, request: &Request, now: u64) -> Response {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let query = Query::read(query);
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let credential = request.credential.as_ref().map_or("", |credential| credential.expose());
        let home = match parts.as_slice() {
            ["repos", owner, name, ..] => match self.home(&format!("{owner}/{name}")) {
                Some(home) => Some(home),
                None => return reply(404, &json!({"message": "Not Found"})),
            },
            _ => None,
        };
        if !self.opens(credential, home, &parts) {
            self.malformed = Some(format!("{path} with a credential that is not for it"));
            return reply(401, &json!({"message": "Bad credentials"}));
        }
        let rest: &[&str] = match parts.as_slice() {
            ["repos", _, _, rest @ ..] | ["orgs", _, rest @ ..] => rest,
            all => all,
        };
        match (request.method, rest) {
            (Method::Post, ["actions", "runners", "generate-jitconfig"]) => {
                self.mint(home, request.body.as_deref())
            }
            (Method::Get, ["actions", "runners"]) => self.list_runners(home, &query),
            (Method::Get, ["actions", "runners", id]) => self.show_runner(number(id)),
            (Method::Delete, ["actions", "runners", id]) => self.delete(number(id)),
            (Method::Get, ["actions", "jobs", id]) => self.show_job(number(id)),
            (Method::Get, ["actions", "runs"]) => self.list_runs(home.unwrap_or(0), &query),
            (Method::Get, ["actions", "runs", id]) => self.show_run(number(id)),
            (Method::Get, ["actions", "runs", id, "jobs"]) => self.list_jobs(number(id), &query),
            (Method::Get, ["hooks"]) => Self::list_hooks(home.is_none()),
            (Method::Get, ["hooks", _, "deliveries"] | ["app", "hook", "deliveries"]) => {
                self.list_deliveries(home, &query, now)
            }
            (
                Method::Post,
                ["hooks", _, "deliveries", id, "attempts"] | ["app", "hook", "deliveries", id, "attempts"],
            ) => self.redeliver(number(id)),
            (Method::Get, ["app", "installations"]) => {
                let ids = [7001, 7002, 7003].map(
                    |id| json!({"id": id, "suspended_at": (id == 7003).then_some("1970-01-02T00:00:00Z")}),
                );
                reply(200, &json!(query.page(&ids)))
            }
            (Method::Get, ["installation", "repositories"]) => self.list_repositories(credential, &query),
            _ => {
                self.malformed = Some(format!("{:?} {path}, which GitHub does not know", request.method));
                reply(404, &json!({"message": "Not Found"}))
            }
        }
    }

    /// What the App's installation has.
    fn list_repositories(&self, credential: &str, query: &Query<'_>) -> Response {
        let of = |installation: u64| credential == installation_token(installation);
        let homes: Vec<Value> = self
            .homes
            .iter()
            .filter(|home| of(home.installation))
            .map(|home| json!({"full_name": home.name, "archived": false, "private": !home.public}))
            .chain((of(7001)).then(|| json!({"full_name": "octo/attic", "archived": true})))
            .collect();
        reply(200, &json!({"total_count": homes.len(), "repositories": query.page(&homes)}))
    }

    /// Whether the credential is one for the request.
    fn opens(&self, credential: &str, home: Option<usize>, parts: &[&str]) -> bool {
        if !self.app {
            return credential == TOKEN;
        }
        match (parts, home) {
            (["app", ..], _) => credential == APP_TOKEN,
            (["installation", ..], _) => credential.starts_with(INSTALLATION),
            (_, Some(home)) => credential == repository_token(&self.homes[home].name),
            // An organisation's runners are seen with the token of any of its repositories.
            _ => self.homes.iter().any(|home| credential == repository_token(&home.name)),
        }
    }
}

/// The App's own credential.
pub const APP_TOKEN: &str = "app-canary";
const INSTALLATION: &str = "installation-canary-";

/// The credential that shows an installation's repositories.
pub fn installation_token(id: u64) -> String {
    format!("{INSTALLATION}{id}")
}

/// The credential for a repository of the App's.
pub fn repository_token(name: &str) -> String {
    format!("ghs_canary-{name}")
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}
