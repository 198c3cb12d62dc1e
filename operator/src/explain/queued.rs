//! What a queued job waits for, and what happens next: each state with its own words. What is nearest to the job comes
//! first: the settings that keep it out, a runner that is coming, a ticket that waits, the last that was said.

use super::Conclusion;
use super::evidence::Evidence;
use super::facts::WebhookLog;
use jitney::course::{HAND_OVER_WITHIN, START_WITHIN};
use jitney::policy::delivery::Verdict;
use jitney::reply::Outcome;
use jitney::words::printable::{Sentence, Shown};

fn state(state: &'static str, text: String) -> Conclusion {
    Conclusion { state, text }
}

impl Evidence<'_> {
    pub(super) fn queued(&self) -> Conclusion {
        self.kept_out()
            .or_else(|| self.coming())
            .or_else(|| self.due())
            .or_else(|| self.taken())
            .or_else(|| self.ending())
            .or_else(|| self.told())
            .unwrap_or_else(|| self.unheard())
    }

    /// The settings give it no runner.
    fn kept_out(&self) -> Option<Conclusion> {
        let (code, why) = self.refused()?;
        Some(match &self.facts.decision.verdict {
            Verdict::Reply(answer) if answer.outcome == Outcome::Ignored => state(
                "ignored",
                format!(
                    "Ignored: {why}. Another runner must take it; or change `runs-on`, RUNNER_LABELS or RUNNER_PROFILES, then run the job again."
                ),
            ),
            Verdict::Reply(_) if code == "repository-not-allowed" => state(
                "repository-not-allowed",
                format!(
                    "Refused: {why}. Name the repository there, deploy, and have the delivery redelivered or run the job again."
                ),
            ),
            Verdict::Reply(_) => state(
                "refused",
                format!(
                    "Refused: {why}. It waits until it is cancelled, or given up by GitHub after 24 hours."
                ),
            ),
            Verdict::Refuse(..) => state(
                "refused-and-told",
                format!(
                    "Refused: {why}. A small runner fails it with this reason, {} an hour at most and none that could hit another job; change its labels, or the limit.",
                    self.facts.settings.refusals_per_hour
                ),
            ),
            Verdict::Open(_) => state(
                "run-not-allowed",
                format!(
                    "Refused: {why}. It waits until it is cancelled, or given up by GitHub after 24 hours; the setting that is named decides."
                ),
            ),
        })
    }

    /// A runner is on its way.
    fn coming(&self) -> Option<Conclusion> {
        if let Some(runner) = self.meant().find(|runner| runner.status == "online" && !runner.busy) {
            let name = Shown(&runner.name);
            return Some(state(
                "runner-idle",
                format!(
                    "Its runner {name} is online and idle: it waits for GitHub to give it the job. If none comes in {START_WITHIN} s the sandbox ends, and {}.",
                    self.sweep()
                ),
            ));
        }
        let handed = self.sandboxes().iter().find_map(|sandbox| {
            let name = sandbox.tag("runner")?;
            let runner = self.meant().find(|runner| runner.name == name);
            // Where the runners may not be read, its sandbox speaks for it.
            let coming = runner.map_or(self.facts.runners.is_none(), |runner| !runner.busy);
            coming.then_some((sandbox, name))
        });
        if let Some((sandbox, name)) = handed {
            return Some(state(
                "runner-starting",
                format!(
                    "Runner {} is registered and its sandbox {} starts it; it takes the job once it is online. If it has no job in {START_WITHIN} s the sandbox ends, and {}.",
                    Shown(name),
                    Shown(&sandbox.id),
                    self.sweep()
                ),
            ));
        }
        let booting = self.sandboxes().iter().find(|sandbox| sandbox.tag("runner").is_none())?;
        Some(state(
            "sandbox-booting",
            format!(
                "Its sandbox {} is booting, or waits for its turn at GitHub; the config follows when it reads. If nothing comes in {HAND_OVER_WITHIN} s the sandbox ends, and {}.",
                Shown(&booting.id),
                self.sweep()
            ),
        ))
    }

    /// A ticket of it waits.
    fn due(&self) -> Option<Conclusion> {
        let (_, due) = self.host.waiting.iter().find(|(ticket, _)| ticket.job == self.facts.job.id)?;
        let why = self.last_said().filter(|said| said.outcome == "deferred");
        let why = why.map_or_else(String::new, |said| format!(" ({})", Sentence(&said.reason)));
        let wait = due.since(self.now) / 1000;
        let when = if wait == 0 { "now".to_owned() } else { format!("in {wait} s") };
        Some(state(
            "ticket-waits",
            format!("Deferred{why}: its ticket waits and is taken up again {when}; nothing is to be done."),
        ))
    }

    /// Another job has its runner.
    fn taken(&self) -> Option<Conclusion> {
        let lost = self.facts.lost().next();
        let taker = self.taker();
        if lost.is_none() && taker.is_none() {
            return None;
        }
        let by = taker.map_or_else(|| "another job".to_owned(), |job| format!("job {job}"));
        let runner = lost.map_or_else(String::new, |runner| format!(" {}", Shown(&runner.name)));
        Some(state(
            "runner-taken",
            format!(
                "Its runner{runner} was taken by {by}, whose labels match. A new one is started when that job's `in_progress` delivery comes; if it was lost, {}.",
                self.sweep()
            ),
        ))
    }

    /// A sandbox lives whose runner is registered no longer.
    fn ending(&self) -> Option<Conclusion> {
        let sandbox = self.sandboxes().first()?;
        Some(state(
            "runner-gone",
            format!(
                "The runner of its sandbox {} is registered no longer: it had another job, or was deleted. The sandbox is about to end; then {}.",
                Shown(&sandbox.id),
                self.sweep()
            ),
        ))
    }

    /// Nothing lives for it; what jitney or GitHub said last.
    fn told(&self) -> Option<Conclusion> {
        let (sweep, but) = (self.sweep(), self.but_unasked());
        let Some(said) = self.last_said() else {
            let logged = self.facts.deliveries.of("queued")?;
            let word = Shown(&logged.newest.word);
            return Some(state(
                "delivery-failed",
                format!(
                    "GitHub could not deliver it ({} {word}). A sweep has GitHub deliver it again, and {sweep}; `doctor` looks why.{but}",
                    logged.newest.status
                ),
            ));
        };
        let why = Sentence(&said.reason);
        Some(match said.outcome.as_str() {
            "launched" | "duplicate" if self.host.sandboxes.is_none() => {
                state("launched-unseen", format!("A runner was started for it ({why}).{but}"))
            }
            "launched" | "duplicate" => state(
                "sandbox-gone",
                format!(
                    "A runner was started for it, but its sandbox is gone and the job still waits: {sweep}. `modal app logs jitney` has the sandbox's end."
                ),
            ),
            "deferred" => state(
                "deferred",
                format!(
                    "Deferred ({why}): it is tried again by itself, 5 s to 5 min after the last time; else {sweep}.{but}"
                ),
            ),
            "refused" if said.reason.starts_with("signature-") => state(
                "not-signed",
                format!(
                    "Its delivery was refused ({why}): give the webhook and WEBHOOK_SECRET the same secret, then redeliver it. Meanwhile {sweep}."
                ),
            ),
            "refused" if said.reason.starts_with("runners-taken") => state(
                "runners-taken",
                format!(
                    "Given up ({why}). Give the job a label of its own, `id=${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}-JOB`, and run it again.{but}"
                ),
            ),
            "refused" => state(
                "was-refused",
                format!(
                    "Refused when it came ({why}), but by the settings of now it would be launched: {sweep}.{but}"
                ),
            ),
            "ignored" => state(
                "was-ignored",
                format!(
                    "Ignored when it came ({why}), but by the settings of now it would be launched: {sweep}.{but}"
                ),
            ),
            _ => state(
                "unready",
                format!(
                    "jitney could not work on it ({why}): mend that. A sweep has GitHub deliver it again then, and {sweep}; `doctor` looks at the rest.{but}"
                ),
            ),
        })
    }

    /// Nothing was said about it at all.
    fn unheard(&self) -> Conclusion {
        let (sweep, but) = (self.sweep(), self.but_unasked());
        match &self.facts.deliveries {
            WebhookLog::Hidden(_) => state(
                "delivery-unknown",
                format!(
                    "Whether it was delivered cannot be seen, for the webhook's deliveries may not be read; no runner is coming as far as can be told. In any case {sweep}.{but}"
                ),
            ),
            WebhookLog::Nowhere => state(
                "no-webhook",
                format!(
                    "No webhook that is switched on sends workflow jobs to jitney: add it (README, step 4) or set WEBHOOK_URL. Meanwhile {sweep}.{but}"
                ),
            ),
            WebhookLog::Read(..) => state(
                "no-delivery",
                format!("No delivery of it was found: GitHub may be late, or it was lost; {sweep}.{but}"),
            ),
        }
    }
}
