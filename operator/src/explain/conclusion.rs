//! What a job has come to that no longer waits for a runner: one that is at work, over, or held back.

use super::Conclusion;
use super::evidence::{Evidence, span};
use super::facts::Vetted;
use jitney::ending::Cause;
use jitney::ledger::Entry;
use jitney::policy::delivery::Verdict;
use jitney::words::ids::RunnerName;
use jitney::words::printable::Shown;
use jitney::words::usd::Usd;

impl Evidence<'_> {
    /// One or two sentences on where the job stands.
    pub(super) fn conclusion(&self) -> Conclusion {
        match self.facts.job.status.as_str() {
            "completed" => self.completed(),
            "in_progress" => self.in_progress(),
            "queued" => self.queued(),
            status => {
                let text = format!(
                    "GitHub is holding the job back ({}): a protection rule, an approval or a concurrency group. It gets a runner as soon as GitHub queues it.",
                    Shown(status)
                );
                Conclusion { state: "held-back", text }
            }
        }
    }

    fn in_progress(&self) -> Conclusion {
        let Some(name) = self.facts.job.runner.as_deref() else {
            let text =
                "In progress, but GitHub does not say on which runner; ask again in a moment.".to_owned();
            return Conclusion { state: "in-progress", text };
        };
        let (shown, time) =
            (Shown(name), self.since(self.facts.job.started).unwrap_or_else(|| "a while".to_owned()));
        match RunnerName::job_of(name) {
            Some(job) if job == self.facts.job.id => Conclusion {
                state: "in-progress",
                text: format!("In progress on its own runner {shown} for {time}.{}", self.limit()),
            },
            Some(other) => Conclusion {
                state: "in-progress-swapped",
                text: format!(
                    "In progress for {time} on {shown}, which was started for job {other}: GitHub gives a job to any runner whose labels match. Job {other} takes this job's runner, or gets a new one.{}",
                    self.limit()
                ),
            },
            None => Conclusion {
                state: "in-progress-elsewhere",
                text: format!(
                    "In progress for {time} on {shown}, which is not one of jitney's runners.{}",
                    self.left_behind()
                ),
            },
        }
    }

    /// When the sandbox ends at the latest.
    fn limit(&self) -> String {
        let machine = self.facts.settings.rules.machine(&self.facts.job.labels);
        machine.map_or_else(
            |_| String::new(),
            |machine| {
                format!(" Its sandbox ends after {} at the latest.", span(machine.timeout.as_milliseconds()))
            },
        )
    }

    /// What becomes of sandboxes that were started in vain.
    fn left_behind(&self) -> String {
        match self.sandboxes() {
            [] => String::new(),
            [one] => format!(" Sandbox {} is not needed; it ends by itself within minutes.", Shown(&one.id)),
            more => {
                format!(" {} sandboxes are not needed; they end by themselves within minutes.", more.len())
            }
        }
    }

    fn completed(&self) -> Conclusion {
        let conclusion = self.facts.job.conclusion.as_deref().unwrap_or("without a conclusion");
        let left = self.left_behind();
        let Some(name) = self.facts.job.runner.as_deref() else {
            return match conclusion {
                "skipped" => Conclusion {
                    state: "skipped",
                    text: "Skipped by its workflow, so it never needed a runner.".to_owned(),
                },
                "cancelled" => Conclusion {
                    state: "cancelled",
                    text: format!("Cancelled before a runner took it.{left}"),
                },
                other => Conclusion {
                    state: "ended-without-runner",
                    text: format!(
                        "Finished ({}) without a runner: GitHub gives up a job after 24 hours in the queue.{}{left}",
                        Shown(other),
                        self.refused().map_or_else(String::new, |(_, why)| format!(
                            " jitney starts none for it: {why}."
                        ))
                    ),
                },
            };
        };
        let mut times = String::new();
        if let (Some(created), Some(started)) = (self.facts.job.created, self.facts.job.started) {
            times = format!(", after {} in the queue", span(started.since(created)));
        }
        if let (Some(started), Some(completed)) = (self.facts.job.started, self.facts.job.completed) {
            times = format!("{times} and a run of {}", span(completed.since(started)));
        }
        let entries = self.entries();
        let jobs = entries.iter().filter(|entry| !entry.refusal);
        let cost: Usd = jobs.filter_map(|entry| entry.nano_usd).sum();
        let cost = if cost > Usd::default() { format!("; it cost {cost}") } else { String::new() };
        let ended = entries.iter().find(|entry| entry.runner == name);
        let refusal = match (&self.facts.decision.verdict, &self.facts.vetted) {
            _ if conclusion != "failure" => None,
            (Verdict::Refuse(answer, _), _) => Some(answer.reason.to_string()),
            (_, Some(Vetted::MayNot(reason))) if ended.is_some_and(|entry| shows_refusal(entry)) => {
                Some(reason.to_string())
            }
            _ => None,
        };
        let cause = ended.and_then(|entry| entry.cause).filter(|_| conclusion != "success");
        let cause = cause.filter(|cause| !matches!(cause, Cause::Done | Cause::Refused));
        let cause =
            cause.map_or_else(String::new, |cause| format!(" Its sandbox ended because {}.", cause.said()));
        let (word, name) = (Shown(conclusion), Shown(name));
        match (RunnerName::job_of(name.0), refusal) {
            (None, _) => Conclusion {
                state: "completed-elsewhere",
                text: format!(
                    "Finished ({word}) on {name}, which is not one of jitney's runners{times}.{left}"
                ),
            },
            (Some(_), Some(why)) => Conclusion {
                state: "failed-with-reason",
                text: format!(
                    "Refused ({why}). The small runner {name} failed the job, so that its author sees the reason.{left}"
                ),
            },
            (Some(meant), None) if meant != self.facts.job.id => Conclusion {
                state: "completed-swapped",
                text: format!(
                    "Finished ({word}) on {name}, which was started for job {meant}{times}{cost}.{cause}{left}"
                ),
            },
            (Some(_), None) => Conclusion {
                state: "completed",
                text: format!("Finished ({word}) on its own runner {name}{times}{cost}.{cause}{left}"),
            },
        }
    }
}

/// Whether a runner's sandbox showed a refusal: started for that, or by its own judgement of the job.
fn shows_refusal(entry: &Entry) -> bool {
    entry.refusal || entry.cause == Some(Cause::Refused)
}
