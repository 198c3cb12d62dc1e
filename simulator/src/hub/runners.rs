//! Registered runners: made by `generate-jitconfig`, deleted unless they are busy.

use super::Hub;
use jitney::github::Response;
use serde_json::{Value, json};

/// A registered runner of ours.
#[derive(Clone, Debug)]
pub struct Runner {
    /// Its name.
    pub name: String,
    /// What it has.
    pub labels: Vec<String>,
    /// Its repository's place in the layout, unless it is the organisation's.
    pub home: Option<usize>,
    /// Whether it is connected.
    pub online: bool,
    /// The job that it has.
    pub job: Option<u64>,
}

impl Runner {
    /// Whether it waits for a job.
    pub fn is_idle(&self) -> bool {
        self.online && self.job.is_none()
    }

    /// The job that it was meant for.
    pub fn meant_for(&self) -> Option<u64> {
        self.name.strip_prefix("jitney-")?.split('-').next()?.parse().ok()
    }
}

impl Hub {
    /// "Create configuration for a just-in-time runner".
    pub(super) fn mint(&mut self, home: Option<usize>, body: Option<&str>) -> Response {
        let asked: Value = serde_json::from_str(body.unwrap_or_default()).unwrap_or_default();
        let name = asked["name"].as_str().unwrap_or_default().to_owned();
        let labels: Vec<String> = asked["labels"]
            .as_array()
            .map(|labels| labels.iter().filter_map(|label| label.as_str()).map(str::to_owned).collect())
            .unwrap_or_default();
        let sound = (1..=64).contains(&name.len())
            && (1..=100).contains(&labels.len())
            && labels.iter().all(|label| (1..=256).contains(&label.len()))
            && asked["runner_group_id"].is_u64();
        if !sound {
            self.malformed = Some(format!("a registration of name {name:?} with {} labels", labels.len()));
            return super::wire::reply(422, &json!({"message": "Invalid request"}));
        }
        if self.runners.values().any(|runner| runner.name.eq_ignore_ascii_case(&name)) {
            return super::wire::reply(409, &json!({"message": "Already exists"}));
        }
        self.mints += 1;
        let id = 21_000_000_000 + self.number();
        self.runners.insert(id, Runner { name: name.clone(), labels, home, online: false, job: None });
        let runner = json!({"id": id, "name": name, "os": "unknown", "status": "offline", "busy": false});
        super::wire::reply(201, &json!({"runner": runner, "encoded_jit_config": format!("config-{id}")}))
    }

    /// "Delete a self-hosted runner".
    pub(super) fn delete(&mut self, id: u64) -> Response {
        match self.runners.get(&id) {
            Some(runner) if runner.job.is_some() => {
                super::wire::reply(422, &json!({"message": "Bad request - Runner is still running a job"}))
            }
            Some(_) => {
                self.runners.remove(&id);
                self.deleted.push(id);
                super::wire::reply(204, &Value::Null)
            }
            None => super::wire::reply(404, &json!({"message": "Not Found"})),
        }
    }

    /// "List self-hosted runners": those of others first, for they are older.
    pub(super) fn list_runners(&self, home: Option<usize>, query: &super::wire::Query<'_>) -> Response {
        let others = (1..=self.crowd).map(|id| (id, None));
        let ours = self.runners.iter().filter(|(_, runner)| runner.home == home);
        let all: Vec<(u64, Option<&Runner>)> = others.chain(ours.map(|(id, r)| (*id, Some(r)))).collect();
        let named: Vec<_> = all
            .into_iter()
            .filter(|(id, runner)| {
                let name = runner.map_or_else(|| format!("build-box-{id}"), |runner| runner.name.clone());
                query.get("name").is_none_or(|wanted| name.eq_ignore_ascii_case(wanted))
            })
            .collect();
        let shown: Vec<Value> = query.page(&named).iter().map(|(id, runner)| show(*id, *runner)).collect();
        super::wire::reply(200, &json!({"total_count": named.len(), "runners": shown}))
    }

    /// "Get a self-hosted runner".
    pub(super) fn show_runner(&self, id: u64) -> Response {
        match self.runners.get(&id) {
            Some(runner) => super::wire::reply(200, &show(id, Some(runner))),
            None => super::wire::reply(404, &json!({"message": "Not Found"})),
        }
    }
}

fn show(id: u64, runner: Option<&Runner>) -> Value {
    let Some(runner) = runner else {
        let name = format!("build-box-{id}");
        return json!({"id": id, "name": name, "os": "Linux", "status": "online", "busy": true, "labels": []});
    };
    let status = if runner.online { "online" } else { "offline" };
    json!({"id": id, "name": runner.name, "os": "Linux", "status": status, "busy": runner.job.is_some()})
}
