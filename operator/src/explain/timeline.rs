//! What happened to a job, moment by moment, in the order of time.

use super::Moment;
use super::evidence::{Evidence, span};
use super::facts::{LoggedDelivery, Vetted, WebhookLog};
use crate::inside::inside;
use jitney::ending::Cause;
use jitney::github::delivery::Said;
use jitney::github::runner::Runner;
use jitney::ledger::REFUSAL;
use jitney::policy::delivery::{Decision, Verdict};
use jitney::ticket::Purpose;
use jitney::words::ids::RunnerName;
use jitney::words::printable::{Sentence, Shown};
use jitney::words::time::Timestamp;

fn moment(at: Option<Timestamp>, what: &'static str, said: impl Into<String>) -> Moment {
    Moment { at, what, said: said.into(), cure: String::new(), stops: false }
}

impl Moment {
    fn stopping(self, cure: impl Into<String>) -> Self {
        Self { cure: cure.into(), stops: true, ..self }
    }

    fn with(self, cure: impl Into<String>) -> Self {
        Self { cure: cure.into(), ..self }
    }
}

impl Evidence<'_> {
    /// All that happened. What has no time of its own stands where it belongs.
    pub(super) fn timeline(&self) -> Vec<Moment> {
        let mut moments = vec![self.created()];
        moments.extend(self.of_log("queued"));
        moments.extend(self.verdict());
        moments.extend(self.courses());
        moments.extend(self.of_sandboxes());
        moments.extend(self.registrations());
        moments.extend(self.pairing());
        moments.extend(self.begun());
        moments.extend(self.of_log("in_progress"));
        moments.extend(self.over());
        moments.extend(self.of_log("completed"));
        moments.extend(self.costs());
        moments.extend(self.tickets());
        let mut last = Timestamp(0);
        let mut dated: Vec<(Timestamp, Moment)> = Vec::with_capacity(moments.len());
        for event in moments {
            last = event.at.unwrap_or(last);
            dated.push((last, event));
        }
        // GitHub tells whole seconds: within one, what is told first came first.
        dated.sort_by_key(|(at, _)| at.0 / 1000);
        dated.into_iter().map(|(_, event)| event).collect()
    }

    fn created(&self) -> Moment {
        let labels: Vec<String> =
            self.facts.job.labels.iter().map(|label| format!("`{}`", Shown(label.as_str()))).collect();
        let (job, repository) = (self.facts.job.id, &self.facts.job.repository);
        let said = format!(
            "{job} of {repository} was created in run {}; its labels: {}",
            self.facts.job.run,
            if labels.is_empty() { "none".to_owned() } else { labels.join(", ") }
        );
        moment(self.facts.job.created, "job", said)
    }

    fn of_log(&self, action: &str) -> Vec<Moment> {
        let queued = action == "queued";
        match &self.facts.deliveries {
            WebhookLog::Hidden(status) if queued => {
                let said = format!(
                    "the credential may not read the webhook's deliveries (GitHub answers {status}), so the checks below are those of the job as it is now"
                );
                vec![moment(None, "delivery", said).with("give the credential Webhooks: Read and write")]
            }
            WebhookLog::Nowhere if queued => {
                let said = "no active webhook that the credential can see sends workflow jobs to jitney";
                let cure = "run setup, or add one in the repository's Settings → Webhooks; set WEBHOOK_URL if its URL is your own";
                vec![moment(None, "delivery", said).stopping(cure)]
            }
            WebhookLog::Read(_, looked) if queued && self.facts.deliveries.of(action).is_none() => {
                let said = format!("none of the {looked} deliveries closest in time is about this job");
                vec![moment(None, "delivery", said)]
            }
            log => log.of(action).map(delivered).into_iter().collect(),
        }
    }

    fn verdict(&self) -> Vec<Moment> {
        let Decision { verdict, trace } = &self.facts.decision;
        let made = self.facts.deliveries.of("queued").is_none();
        let checks = trace.iter().filter(|check| !["headers", "signature", "payload"].contains(&check.name));
        let mut moments: Vec<Moment> = checks
            .map(|check| {
                let said = format!("{}: {}", check.name, Sentence(&check.found));
                Moment { stops: !check.passed, ..moment(None, "check", said) }
            })
            .collect();
        let of = if made { "the job as it is now" } else { "that delivery" };
        let said = match verdict {
            Verdict::Open(ticket) if ticket.purpose == Purpose::Launch => {
                format!("with today's settings, {of} starts a runner")
            }
            Verdict::Open(_) => format!("with today's settings, {of} starts no runner"),
            Verdict::Unread(answer) | Verdict::Reply(answer) | Verdict::Refuse(answer, _) => {
                format!("with today's settings, {of} is {}", answer.outcome.word())
            }
        };
        let stops = !matches!(verdict, Verdict::Open(_));
        moments.push(Moment { stops, ..moment(None, "verdict", said) });
        moments.extend(self.facts.vetted.as_ref().map(|vetted| {
            match vetted {
                Vetted::May => moment(None, "run", "what started the run is allowed"),
                Vetted::MayNot(reason) => moment(None, "run", reason.to_string())
                    .stopping("change the setting that it names if the run should be allowed"),
                Vetted::Unknown => {
                    moment(None, "run", "GitHub does not say what started the run, so no runner is started")
                        .stopping("give the credential Actions: read")
                }
            }
        }));
        moments
    }

    /// What the host's recent deliveries add to the answers in the log.
    fn courses(&self) -> Vec<Moment> {
        let logged: Vec<&Said> = match &self.facts.deliveries {
            WebhookLog::Read(found, _) => found.iter().filter_map(|one| one.carried.said.as_ref()).collect(),
            _ => Vec::new(),
        };
        let known = |said: &Said| {
            logged.iter().any(|one| (&one.outcome, &one.reason) == (&said.outcome, &said.reason))
        };
        let recent = self.recent().into_iter().map(|row| (row, row.said())).filter(|(_, said)| !known(said));
        recent.map(|(row, said)| moment(Some(row.at), "course", spoken(&said))).collect()
    }

    fn of_sandboxes(&self) -> Vec<Moment> {
        let Some(sandboxes) = &self.host.sandboxes else {
            let said = format!("Modal could not be asked ({})", Sentence(&self.host.unasked));
            let cure = "run `.venv/bin/modal setup` to sign in, or ask from Modal itself: `.venv/bin/modal run modal_app.py::explain --subject …`";
            return vec![moment(None, "sandbox", said).with(cure)];
        };
        if sandboxes.is_empty() && self.facts.job.status != "completed" {
            return vec![moment(None, "sandbox", "none is running for this job")];
        }
        let tell = |sandbox: &jitney::course::Sandbox| {
            let started = sandbox.tag("started").and_then(|at| at.parse().ok()).map(Timestamp);
            let shape = sandbox.tag("shape").filter(|shape| !shape.is_empty());
            let shape = shape.map_or_else(String::new, |shape| format!(" ({})", Shown(shape)));
            let config = match sandbox.tag("runner") {
                Some(runner) if sandbox.tag(REFUSAL).is_some() => {
                    format!("its runner {} only shows the refusal", Shown(runner))
                }
                Some(runner) => format!("its runner is {}", Shown(runner)),
                None => "it has no runner yet".to_owned(),
            };
            let said = format!("{}{shape} was started and is running; {config}", Shown(&sandbox.id));
            let look: Vec<String> = inside(&sandbox.id)
                .into_iter()
                .map(|(purpose, command)| format!("{purpose}: `{command}`"))
                .collect();
            moment(started, "sandbox", said).with(look.join("; "))
        };
        sandboxes.iter().map(tell).collect()
    }

    fn registrations(&self) -> Vec<Moment> {
        let Some(runners) = &self.facts.runners else {
            let said = "the credential may not list the registered runners";
            return vec![
                moment(None, "registration", said).with("give the credential Administration: Read and write"),
            ];
        };
        let tell = |runner: &Runner| {
            let doing = match (runner.busy, runner.status.as_str()) {
                (true, _) => "registered and busy",
                (false, "online") => "online and idle",
                _ => "registered but offline (still starting, or already gone)",
            };
            moment(None, "registration", format!("{} is {doing}", Shown(&runner.name)))
        };
        runners.iter().map(tell).collect()
    }

    fn pairing(&self) -> Vec<Moment> {
        let mut moments = Vec::new();
        if let Some(taker) = self.taker() {
            let said = format!("job {taker} took a runner that was started for this job");
            moments.push(moment(None, "pairing", said));
        }
        let meant = self.facts.job.runner.as_deref().and_then(RunnerName::job_of);
        if let Some(other) = meant.filter(|other| *other != self.facts.job.id) {
            let said = format!("it took a runner that was started for job {other}");
            moments.push(moment(self.facts.job.started, "pairing", said));
        }
        moments
    }

    fn begun(&self) -> Option<Moment> {
        let name = self.facts.job.runner.as_deref()?;
        let (started, created) = (self.facts.job.started?, self.facts.job.created);
        let waited =
            created.map_or_else(String::new, |created| format!(" after {}", span(started.since(created))));
        Some(moment(Some(started), "job", format!("{} took it{waited}", Shown(name))))
    }

    fn over(&self) -> Option<Moment> {
        let conclusion =
            self.facts.job.conclusion.as_deref().filter(|_| self.facts.job.status == "completed")?;
        Some(moment(self.facts.job.completed, "job", format!("finished: {}", Shown(conclusion))))
    }

    fn costs(&self) -> Vec<Moment> {
        let closed =
            self.entries().into_iter().filter_map(|entry| Some((entry, entry.ended?, entry.nano_usd?)));
        closed
            .map(|(entry, ended, cost)| {
                let lived = span(ended.since(entry.started));
                let why = entry
                    .cause
                    .map_or_else(String::new, |cause| format!(" ({}: {})", cause.word(), cause.said()));
                let what = if entry.refusal { "it only showed the refusal and cost" } else { "it cost" };
                let said = format!("{} ended after {lived}{why}; {what} {cost}", Shown(&entry.sandbox));
                moment(Some(ended), "cost", said).with(entry.cause.map_or("", Cause::cure))
            })
            .collect()
    }

    fn tickets(&self) -> Vec<Moment> {
        let waiting = self.host.waiting.iter().filter(|(ticket, _)| ticket.job == self.facts.job.id);
        waiting
            .map(|(ticket, due)| {
                let said = format!(
                    "deferred {}; the next try is in {} s",
                    match ticket.deferrals {
                        1 => "once".to_owned(),
                        times => format!("{times} times"),
                    },
                    due.since(self.now) / 1000
                );
                moment(Some(self.now), "ticket", said)
            })
            .collect()
    }
}

fn spoken(said: &Said) -> String {
    format!("{}, {}", Shown(&said.outcome), Sentence(&said.reason))
}

fn delivered(logged: &LoggedDelivery) -> Moment {
    let LoggedDelivery { newest, first, attempts, carried } = logged;
    let again = if *attempts > 1 { format!(", the last of {attempts} attempts") } else { String::new() };
    let said = carried.said.as_ref().map_or_else(|| Shown(&newest.word).to_string(), spoken);
    let text = format!(
        "`{}` {} was answered {}{again}: {said}",
        Shown(&newest.action),
        newest.guid.as_str(),
        newest.status
    );
    let told = moment(Some(*first), "delivery", text);
    match newest.status {
        200..=299 => told,
        401 => told.stopping("set the webhook's secret and WEBHOOK_SECRET to the same value"),
        403 => told.stopping("change the setting that it names if the job should be allowed"),
        503 => told.stopping("fix what the answer names; GitHub then delivers it again by itself"),
        _ => told.stopping("check that the endpoint's URL answers; GitHub then delivers it again by itself"),
    }
}
