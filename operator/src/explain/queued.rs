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
                    "Ignored: {why}. If jitney should run it, change `runs-on`, RUNNER_LABELS or RUNNER_PROFILES, and run the job again."
                ),
            ),
            Verdict::Reply(_) if code == "repository-not-allowed" => state(
                "repository-not-allowed",
                format!(
                    "Refused: {why}. Add the repository to ALLOWED_REPOS, deploy, and run the job again."
                ),
            ),
            Verdict::Unread(_) | Verdict::Reply(_) => state(
                "refused",
                format!(
                    "Refused: {why}. The job stays queued until somebody cancels it, or GitHub gives it up after 24 hours."
                ),
            ),
            Verdict::Refuse(..) => state(
                "refused-and-told",
                format!(
                    "Refused: {why}. A small runner fails the job with this reason (at most {} an hour). Change the job's labels, or the limit.",
                    self.facts.settings.refusals_per_hour
                ),
            ),
            Verdict::Open(_) => state(
                "run-not-allowed",
                format!(
                    "Refused: {why}. The job stays queued until somebody cancels it, or GitHub gives it up after 24 hours. Change the setting that is named if it should run."
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
                    "Its runner {name} is online and idle: GitHub has yet to give it the job. If it gets none within {START_WITHIN} s, the sandbox ends, and {}.",
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
                    "Runner {} is starting in sandbox {} and takes the job once it is online. If it gets no job within {START_WITHIN} s, the sandbox ends, and {}.",
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
                "Its sandbox {} is booting, or waiting for its turn to register a runner. If that takes over {HAND_OVER_WITHIN} s, the sandbox ends, and {}.",
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
            format!("Deferred{why}. jitney tries again {when}; you need not do anything."),
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
                "Its runner{runner} was taken by {by}, whose labels match. A new one is started when GitHub reports that job as in progress; if that report is lost, {}.",
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
                "The runner of its sandbox {} is no longer registered: it ran another job, or was deleted. The sandbox is about to end; then {}.",
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
                    "GitHub could not deliver it ({} {word}). jitney has GitHub deliver it again, and {sweep}. Run `doctor` to find out why.{but}",
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
                    "A runner was started for it, but its sandbox is gone and the job still waits: {sweep}. `modal app logs jitney` shows how the sandbox ended."
                ),
            ),
            "deferred" => state(
                "deferred",
                format!(
                    "Deferred ({why}). jitney tries again by itself, 5 s to 5 min after the last try; failing that, {sweep}.{but}"
                ),
            ),
            "refused" if said.reason.starts_with("signature-") => state(
                "not-signed",
                format!(
                    "Its delivery was refused ({why}). Set the webhook's secret and WEBHOOK_SECRET to the same value, then redeliver it. Meanwhile {sweep}."
                ),
            ),
            "refused" if said.reason.starts_with("runners-taken") => state(
                "runners-taken",
                format!(
                    "Given up ({why}). Give the job a label that no other job has, `id=${{{{ github.run_id }}}}-${{{{ github.run_attempt }}}}-NAME` with a NAME of its own, and run it again.{but}"
                ),
            ),
            "refused" => state(
                "was-refused",
                format!("Refused when it arrived ({why}), but today's settings allow it: {sweep}.{but}"),
            ),
            "ignored" => state(
                "was-ignored",
                format!("Ignored when it arrived ({why}), but today's settings admit it: {sweep}.{but}"),
            ),
            _ => state(
                "unready",
                format!(
                    "jitney could not work on it ({why}). Fix that; GitHub then delivers it again, and {sweep}. Run `doctor` to check the rest.{but}"
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
                    "Nobody can tell whether it was delivered, because the credential may not read the webhook's deliveries. No runner is on its way as far as can be seen; {sweep}.{but}"
                ),
            ),
            WebhookLog::Nowhere => state(
                "no-webhook",
                format!(
                    "No active webhook sends workflow jobs to jitney. Run setup, or add one, or set WEBHOOK_URL. Meanwhile {sweep}.{but}"
                ),
            ),
            WebhookLog::Read(..) => state(
                "no-delivery",
                format!("No delivery of it was found: it may be late, or lost; {sweep}.{but}"),
            ),
        }
    }
}
