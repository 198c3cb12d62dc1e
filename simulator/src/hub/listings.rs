//! Listings, a page at a time: runs, and a run's jobs.

use super::wire::Query;
use super::{Hub, Job, Stage};
use crate::dice::time_text;
use jitney::github::Response;
use serde_json::{Value, json};

/// Others' runs begin here; nobody asks about their single jobs.
const OTHERS: u64 = 8_000_000_000;

impl Hub {
    /// "List workflow runs for a repository": the newest first.
    pub(super) fn list_runs(&self, home: usize, query: &Query<'_>) -> Response {
        let wanted = query.get("status").unwrap_or_default();
        let ours =
            self.open_runs.iter().rev().filter(|id| {
                self.runs.get(id).is_some_and(|run| run.home == home && self.status(run) == wanted)
            });
        let others = if wanted == "in_progress" { self.crowd / 3 } else { 0 };
        let runs: Vec<u64> = ours.copied().chain((0..others).map(|n| OTHERS + n)).collect();
        let shown: Vec<Value> = query.page(&runs).iter().map(|id| self.run_value(*id, wanted)).collect();
        super::wire::reply(200, &json!({"total_count": runs.len(), "workflow_runs": shown}))
    }

    fn run_value(&self, id: u64, status: &str) -> Value {
        let first = self.runs.get(&id).and_then(|run| self.jobs.get(run.jobs.first()?));
        // Others' runs are old.
        let created = first.map_or(crate::dice::DAWN, |job| self.clock(job.created));
        json!({"id": id, "status": status, "event": "push", "created_at": time_text(created)})
    }

    /// "List jobs for a workflow run".
    pub(super) fn list_jobs(&self, run: u64, query: &Query<'_>) -> Response {
        let Some(known) = self.runs.get(&run) else {
            let job =
                json!({"id": run + 1, "run_id": run, "status": "in_progress", "labels": ["ubuntu-latest"]});
            let found = (OTHERS..OTHERS + self.crowd).contains(&run);
            return super::wire::reply(
                if found { 200 } else { 404 },
                &json!({"total_count": 1, "jobs": [job]}),
            );
        };
        let shown: Vec<Value> = query.page(&known.jobs).iter().map(|id| self.job_value(*id)).collect();
        super::wire::reply(200, &json!({"total_count": known.jobs.len(), "jobs": shown}))
    }

    /// "Get a job for a workflow run".
    pub(super) fn show_job(&self, id: u64) -> Response {
        let status = if self.jobs.contains_key(&id) { 200 } else { 404 };
        super::wire::reply(status, &self.job_value(id))
    }

    fn job_value(&self, id: u64) -> Value {
        let Some(job) = self.jobs.get(&id) else { return json!({"message": "Not Found"}) };
        let status = status_of(job);
        json!({"id": id, "run_id": job.run, "status": status, "labels": job.labels,
               "created_at": time_text(self.clock(job.created)), "runner_id": job.runner})
    }

    /// "Get a workflow run".
    pub(super) fn show_run(&self, id: u64) -> Response {
        let Some(run) = self.runs.get(&id) else {
            return super::wire::reply(404, &json!({"message": "Not Found"}));
        };
        let Some(home) = self.homes.get(run.home) else { return super::wire::reply(404, &json!({})) };
        let (event, head) =
            if run.fork { ("pull_request", "stranger/fork") } else { ("push", home.name.as_str()) };
        let shown = json!({"id": id, "event": event, "head_branch": "main", "status": self.status(run),
            "head_repository": {"full_name": head}, "actor": {"login": "octocat"},
            "repository": {"full_name": home.name, "private": !home.public}});
        super::wire::reply(200, &shown)
    }
}

/// GitHub's word for how far a job is.
pub fn status_of(job: &Job) -> &'static str {
    match job.stage {
        Stage::Waiting => "waiting",
        Stage::Queued => "queued",
        Stage::Running => "in_progress",
        Stage::Over => "completed",
    }
}
