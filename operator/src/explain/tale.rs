//! What happened to a job, thing by thing, in the order of time.

use super::Event;
use super::account::{Account, span};
use super::known::{Log, Logged, Vetted};
use jitney::github::Said;
use jitney::policy::delivery::{Decision, Verdict};
use jitney::ticket::Purpose;
use jitney::words::ids::RunnerName;
use jitney::words::printable::{Sentence, Shown};
use jitney::words::time::Timestamp;

fn event(at: Option<Timestamp>, what: &'static str, said: impl Into<String>) -> Event {
    Event { at, what, said: said.into(), cure: String::new(), stops: false }
}

impl Event {
    fn stopping(self, cure: impl Into<String>) -> Self {
        Self { cure: cure.into(), stops: true, ..self }
    }

    fn with(self, cure: impl Into<String>) -> Self {
        Self { cure: cure.into(), ..self }
    }
}

impl Account<'_> {
    /// All that happened. What has no time of its own stands where it belongs.
    pub(super) fn events(&self) -> Vec<Event> {
        let mut events = vec![self.created()];
        events.extend(self.of_log("queued"));
        events.extend(self.verdict());
        events.extend(self.courses());
        events.extend(self.of_sandboxes());
        events.extend(self.registrations());
        events.extend(self.pairing());
        events.extend(self.begun());
        events.extend(self.of_log("in_progress"));
        events.extend(self.over());
        events.extend(self.of_log("completed"));
        events.extend(self.costs());
        events.extend(self.tickets());
        let mut last = Timestamp(0);
        let mut dated: Vec<(Timestamp, Event)> = Vec::with_capacity(events.len());
        for event in events {
            last = event.at.unwrap_or(last);
            dated.push((last, event));
        }
        // GitHub tells whole seconds: within one, what is told first came first.
        dated.sort_by_key(|(at, _)| at.0 / 1000);
        dated.into_iter().map(|(_, event)| event).collect()
    }

    fn created(&self) -> Event {
        let labels: Vec<String> =
            self.job.labels.iter().map(|label| format!("`{}`", Shown(label.as_str()))).collect();
        let (job, repository) = (self.job.id, &self.job.repository);
        let said = format!(
            "{job} of {repository}, run {}, was created; it asks for {}",
            self.job.run,
            if labels.is_empty() { "no label".to_owned() } else { labels.join(", ") }
        );
        event(self.job.created, "job", said)
    }

    fn of_log(&self, action: &str) -> Vec<Event> {
        let queued = action == "queued";
        match &self.inquiry.log {
            Log::Hidden(status) if queued => {
                let said = format!(
                    "the webhook's deliveries may not be read (GitHub answers {status}); what follows is made of the job itself"
                );
                vec![event(None, "delivery", said).with("give the credential Webhooks: Read and write")]
            }
            Log::Nowhere if queued => {
                let said = "no webhook of the repository, or of its owner as far as it shows, is switched on and sends workflow jobs to jitney";
                let cure =
                    "add it in the repository's Settings → Webhooks (README, step 4), or set WEBHOOK_URL";
                vec![event(None, "delivery", said).stopping(cure)]
            }
            Log::Read(_, looked) if queued && self.inquiry.log.of(action).is_none() => {
                let said = format!(
                    "none is about the job's queueing, of the {looked} looked into that are nearest to its times"
                );
                vec![event(None, "delivery", said)]
            }
            log => log.of(action).map(delivered).into_iter().collect(),
        }
    }

    fn verdict(&self) -> Vec<Event> {
        let Some(Decision { verdict, trace }) = &self.inquiry.decision else { return Vec::new() };
        let made = self.inquiry.log.of("queued").is_none();
        let checks = trace.iter().filter(|check| !["headers", "signature", "payload"].contains(&check.name));
        let mut events: Vec<Event> = checks
            .map(|check| {
                let said = format!("{}: {}", check.name, Sentence(&check.found));
                Event { stops: !check.passed, ..event(None, "check", said) }
            })
            .collect();
        let of = if made { "of a delivery made of the job" } else { "of that delivery" };
        let said = match verdict {
            Verdict::Open(ticket) if ticket.purpose == Purpose::Launch => {
                format!("{of}, by the settings of now: launch")
            }
            Verdict::Open(_) => format!("{of}, by the settings of now: nothing to launch"),
            Verdict::Reply(answer) | Verdict::Refuse(answer, _) => {
                format!("{of}, by the settings of now: {}, {}", answer.outcome.word(), answer.reason)
            }
        };
        let stops = !matches!(verdict, Verdict::Open(_));
        events.push(Event { stops, ..event(None, "verdict", said) });
        events.extend(self.inquiry.vetted.as_ref().map(|vetted| {
            match vetted {
                Vetted::May => event(None, "run", "what started it may run here"),
                Vetted::MayNot(reason) => event(None, "run", reason.to_string())
                    .stopping("the setting that is named decides; see README, Settings"),
                Vetted::Unknown => event(
                    None,
                    "run",
                    "GitHub does not say what started it, and without that no runner is started",
                )
                .stopping("give the credential Actions: read"),
            }
        }));
        events
    }

    /// What the recent deliveries add to the answers in the log.
    fn courses(&self) -> Vec<Event> {
        let logged: Vec<&Said> = match &self.inquiry.log {
            Log::Read(found, _) => found.iter().filter_map(|one| one.carried.said.as_ref()).collect(),
            _ => Vec::new(),
        };
        let known = |said: &Said| {
            logged.iter().any(|one| (&one.outcome, &one.reason) == (&said.outcome, &said.reason))
        };
        let rows = self.rows().into_iter().map(|row| (row, row.said())).filter(|(_, said)| !known(said));
        rows.map(|(row, said)| event(Some(row.at), "course", spoken(&said))).collect()
    }

    fn of_sandboxes(&self) -> Vec<Event> {
        let Some(sandboxes) = &self.seen.sandboxes else {
            let said = format!("Modal could not be asked ({})", Sentence(&self.seen.unasked));
            let cure = "sign in with `modal setup`, or run `modal run modal_app.py::explain --subject …`";
            return vec![event(None, "sandbox", said).with(cure)];
        };
        if sandboxes.is_empty() && self.job.status != "completed" {
            return vec![event(None, "sandbox", "none lives for the job")];
        }
        let tell = |sandbox: &jitney::course::Sandbox| {
            let started = sandbox.tag("started").and_then(|at| at.parse().ok()).map(Timestamp);
            let shape = sandbox.tag("shape").filter(|shape| !shape.is_empty());
            let shape = shape.map_or_else(String::new, |shape| format!(" ({})", Shown(shape)));
            let config = match sandbox.tag("runner") {
                Some(runner) => format!("the config of {} is meant for it", Shown(runner)),
                None => "it has no config yet".to_owned(),
            };
            event(
                started,
                "sandbox",
                format!("{}{shape} was started and lives; {config}", Shown(&sandbox.id)),
            )
        };
        sandboxes.iter().map(tell).collect()
    }

    fn registrations(&self) -> Vec<Event> {
        let Some(runners) = &self.inquiry.runners else {
            let said = "the registered runners may not be read";
            return vec![
                event(None, "registration", said).with("give the credential Administration: Read and write"),
            ];
        };
        let tell = |runner: &super::Runner| {
            let doing = match (runner.busy, runner.status.as_str()) {
                (true, _) => "at work",
                (false, "online") => "online and idle",
                _ => "not connected yet, or no longer",
            };
            event(None, "registration", format!("{} is registered, {doing}", Shown(&runner.name)))
        };
        runners.iter().map(tell).collect()
    }

    fn pairing(&self) -> Vec<Event> {
        let mut events = Vec::new();
        if let Some(taker) = self.taker() {
            let said = format!("job {taker} has a runner that was started for this one");
            events.push(event(None, "pairing", said));
        }
        let meant = self.job.runner.as_deref().and_then(RunnerName::job_of);
        if let Some(other) = meant.filter(|other| *other != self.job.id) {
            let said = format!("it has a runner that was started for job {other}");
            events.push(event(self.job.started, "pairing", said));
        }
        events
    }

    fn begun(&self) -> Option<Event> {
        let name = self.job.runner.as_deref()?;
        let (started, created) = (self.job.started?, self.job.created);
        let waited =
            created.map_or_else(String::new, |created| format!(" after {}", span(started.since(created))));
        Some(event(Some(started), "job", format!("{} took it{waited}", Shown(name))))
    }

    fn over(&self) -> Option<Event> {
        let conclusion = self.job.conclusion.as_deref().filter(|_| self.job.status == "completed")?;
        Some(event(self.job.completed, "job", format!("was over: {}", Shown(conclusion))))
    }

    fn costs(&self) -> Vec<Event> {
        let closed =
            self.entries().into_iter().filter_map(|entry| Some((entry, entry.ended?, entry.nano_usd?)));
        closed
            .map(|(entry, ended, cost)| {
                let lived = span(ended.since(entry.started));
                let said = format!("{} ended; it lived {lived} and cost {cost}", Shown(&entry.sandbox));
                event(Some(ended), "cost", said)
            })
            .collect()
    }

    fn tickets(&self) -> Vec<Event> {
        let waiting = self.seen.waiting.iter().filter(|(ticket, _)| ticket.job == self.job.id);
        waiting
            .map(|(ticket, due)| {
                let said = format!(
                    "a ticket waits, after deferral no. {}; it is due in {} s",
                    ticket.deferrals,
                    due.since(self.now) / 1000
                );
                event(Some(self.now), "ticket", said)
            })
            .collect()
    }
}

fn spoken(said: &Said) -> String {
    format!("{}, {}", Shown(&said.outcome), Sentence(&said.reason))
}

fn delivered(logged: &Logged) -> Event {
    let Logged { newest, first, attempts, carried } = logged;
    let again = if *attempts > 1 { format!(", the last of {attempts} attempts") } else { String::new() };
    let said = carried.said.as_ref().map_or_else(|| Shown(&newest.word).to_string(), spoken);
    let text = format!(
        "`{}` {} was answered {}{again}: {said}",
        Shown(&newest.action),
        newest.guid.as_str(),
        newest.status
    );
    let told = event(Some(*first), "delivery", text);
    match newest.status {
        200..=299 => told,
        401 => told.stopping("give the webhook and WEBHOOK_SECRET the same secret"),
        403 => told.stopping("the setting that is named decides"),
        503 => told.stopping("mend what the answer names; the sweep has GitHub deliver it again"),
        _ => told.stopping("look whether the endpoint's URL answers; the sweep has GitHub deliver it again"),
    }
}
