//! A runner took another job than the one it was meant for. That job, the victim, must not be left without one.
//!
//! Two jobs of like labels may simply swap their runners, and then nothing is to be done.

use super::End;
use super::desk::Desk;
use crate::github::{self, QueuedJob, Request};
use crate::reply::{Outcome, Reason};
use crate::ticket::Ticket;
use crate::words::ids::RunnerName;

/// `ticket` is of the job that was taken; it names the runner.
pub(super) async fn play(desk: Desk, ticket: Ticket) -> End {
    let Some(victim) = ticket.runner.as_deref().and_then(RunnerName::job_of) else {
        return over(&ticket, "job-in-progress", "a runner has the job");
    };
    let response = desk.ask(Request::job(&ticket.repository, victim)).await;
    let Some(victim) = github::read_queued_job(response.as_ref().map_err(|fault| *fault)) else {
        let text = "the job that its runner was meant for waits no longer";
        return over(&ticket, "job-in-progress", text);
    };
    if would_do(&ticket, &victim) && has_a_spare(&desk, &ticket).await {
        let text = "the job's own runner serves the job whose runner it has";
        return over(&ticket, "runners-swapped", text);
    }
    // The victim's own course looks for itself whether a runner is coming.
    let found =
        Ticket::found(ticket.repository.clone(), victim.job, victim.run, victim.labels, victim.created);
    let victims = Ticket { delivery: ticket.delivery.clone(), ..found };
    let text = format!("job {}, whose runner it has, is looked after", victims.job);
    let reply = ticket.answer(Outcome::Ignored, Reason::new("runner-taken", text));
    End::Defer(Box::new(victims), 0, reply)
}

/// Whether a runner with the labels of the job that was taken would do for the victim.
fn would_do(ticket: &Ticket, victim: &QueuedJob) -> bool {
    victim.labels.iter().all(|label| ticket.labels.iter().any(|ours| ours.is(label.as_str())))
}

/// Whether the job that was taken has a runner of its own, which it does not need now.
async fn has_a_spare(desk: &Desk, ticket: &Ticket) -> bool {
    let took = ticket.runner.as_deref();
    let found = desk.find_job(ticket.job).await.unwrap_or_default();
    found.iter().any(|sandbox| sandbox.tag("runner").is_some_and(|name| Some(name) != took))
}

fn over(ticket: &Ticket, code: &'static str, text: &str) -> End {
    End::Finish(ticket.answer(Outcome::Ignored, Reason::new(code, text)))
}
