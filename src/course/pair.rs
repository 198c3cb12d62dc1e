//! A runner took another job than the one it was meant for. That job, the victim, must not be left without one.
//!
//! Two jobs of like labels may simply swap their runners, and then nothing is to be done. But a job that is refused at
//! the door takes runners too: it is vetted here, and its sandbox ended.

use super::End;
use super::desk::Desk;
use super::sweep::whose;
use crate::github::job::{Job, QueuedJob};
use crate::github::{self, Refusal, Request, Seen};
use crate::house::Ruling;
use crate::reply::{Outcome, Reason};
use crate::settings::CoursesSettings;
use crate::ticket::Ticket;
use crate::words::ids::{JobId, RunnerName};
use crate::words::repository::Repository;
use crate::words::scope::Scope;

/// How many seconds the sandbox has to end a refused job itself, which tells GitHub more: a job whose machine is gone
/// hangs for ten minutes and has no log.
const OWN_END: u32 = 10;
/// How often GitHub is asked again about a victim, and milliseconds until the first time; each next wait is twice as long.
const LOOKS: u32 = 5;
const AGAIN: u64 = 10_000;

/// `ticket` is of the job that was taken; it names the runner.
pub(super) async fn play(desk: Desk, ticket: Ticket, settings: CoursesSettings) -> End {
    if desk.claim(&ticket).await == Ruling::Covered {
        return over(&ticket, "delivery-at-work", "the delivery is at work already");
    }
    desk.over(ticket.job, ticket.runner.as_deref()).await;
    let Some(victim) = ticket.runner.as_deref().and_then(RunnerName::job_of) else {
        return over(&ticket, "job-in-progress", "a runner has the job");
    };
    let refusal = refusal(&desk, &ticket, &settings).await;
    if refusal.is_some() {
        end(&desk, &ticket, victim).await;
    }
    // Modal first: of jobs that ask the same of a runner each may have the other's, and GitHub need not be asked.
    if refusal.is_none() && desk.are_alike(ticket.job, victim).await && has_a_spare(&desk, &ticket).await {
        return swapped(&ticket);
    }
    let home = home(&desk, &ticket, &settings, victim).await;
    let victim = match queued(&desk, &home, victim).await {
        Victim::Waits(victim) => victim,
        Victim::Served => {
            let text = "the job that its runner was meant for waits no longer";
            return match refusal {
                Some(reason) => End::Finish(ticket.answer(Outcome::Refused, reason)),
                None => over(&ticket, "job-in-progress", text),
            };
        }
        Victim::Unknown(wait) => return again(ticket, wait),
    };
    if refusal.is_none() && would_do(&ticket, &victim) && has_a_spare(&desk, &ticket).await {
        return swapped(&ticket);
    }
    let victims = victims_ticket(&ticket, victim, home);
    let looked_after = format!("job {}, whose runner it has, is looked after", victims.job);
    let reply = match refusal {
        Some(reason) => {
            let text = format!("{}; {looked_after}", reason.text);
            ticket.answer(Outcome::Refused, Reason::new(reason.code, text))
        }
        None => ticket.answer(Outcome::Ignored, Reason::new("runner-taken", looked_after)),
    };
    End::Defer(Box::new(victims), 0, reply)
}

/// The ticket of a job whose runner this ticket's job had, if it waits. Its own course looks for itself whether a runner
/// is coming.
pub(super) async fn left_behind(
    desk: &Desk,
    ticket: &Ticket,
    settings: &CoursesSettings,
    victim: JobId,
) -> Option<Ticket> {
    let home = home(desk, ticket, settings, victim).await;
    match queued(desk, &home, victim).await {
        Victim::Waits(victim) => Some(victims_ticket(ticket, victim, home)),
        Victim::Served | Victim::Unknown(_) => None,
    }
}

fn victims_ticket(ticket: &Ticket, victim: QueuedJob, home: Repository) -> Ticket {
    Ticket { delivery: ticket.delivery.clone(), ..victim.ticket(home) }
}

/// Looks again in a while, a few times: after those the victim is a sweep's to find.
fn again(ticket: Ticket, wait: u64) -> End {
    let text = "it is not clear yet whether the job that its runner was meant for waits";
    if ticket.deferrals >= LOOKS {
        let text = format!("{text}; the next sweep looks");
        return over(&ticket, "victim-unknown", &text);
    }
    let reply =
        ticket.answer(Outcome::Deferred, Reason::new("victim-unknown", format!("{text}; asked again")));
    // Spread out by the job's number, so that those of one outage do not come back together.
    let delay = wait.max(AGAIN << ticket.deferrals).saturating_add(ticket.job.0 % AGAIN);
    let deferrals = ticket.deferrals.saturating_add(1);
    End::Defer(Box::new(Ticket { deferrals, ..ticket }), delay, reply)
}

/// The victim's repository: the runner's own, which in org scope another repository's job may take. Its sandbox says so.
async fn home(desk: &Desk, ticket: &Ticket, settings: &CoursesSettings, victim: JobId) -> Repository {
    if settings.scope == Scope::Repository {
        return ticket.repository.clone();
    }
    let found = desk.find_job(victim).await.unwrap_or_default();
    let said = found.iter().find_map(whose).map(|(repository, _)| repository);
    said.filter(|one| one.owner().eq_ignore_ascii_case(ticket.repository.owner()))
        .unwrap_or_else(|| ticket.repository.clone())
}

/// A job whose runner another job took.
enum Victim {
    /// It waits.
    Waits(QueuedJob),
    /// It has a runner, or is over.
    Served,
    /// GitHub did not say; not to be asked before so many milliseconds.
    Unknown(u64),
}

/// What deliveries said of the victim is believed.
async fn queued(desk: &Desk, home: &Repository, victim: JobId) -> Victim {
    if desk.is_over(victim).await {
        return Victim::Served;
    }
    // Its own course does not know yet that the runner is gone; once it is over, it is looked whether anybody comes.
    if desk.is_claimed(victim).await {
        return Victim::Unknown(0);
    }
    let response = desk.ask(Request::job(home, victim)).await;
    match (Job::seen(&response), github::refusal(&response, desk.now())) {
        (Seen::Is(job), _) => Job::queued(job).map_or(Victim::Served, Victim::Waits),
        (Seen::Unknown, Refusal::Limited(wait, _)) => Victim::Unknown(wait),
        (Seen::Unknown, Refusal::Transient(..)) => Victim::Unknown(0),
        _ => Victim::Served,
    }
}

/// Why the job that took the runner may not run here, if that is so. Its sandbox judges it too, and may know better.
async fn refusal(desk: &Desk, ticket: &Ticket, settings: &CoursesSettings) -> Option<Reason> {
    if !settings.vetting.is_needed(ticket.private, false) {
        return None;
    }
    let run = desk.started_by(ticket).await.ok()?;
    settings.vetting.judge(&ticket.repository, ticket.private, &run).err()
}

/// Ends the sandbox whose runner was taken, unless it ends by itself.
async fn end(desk: &Desk, ticket: &Ticket, victim: JobId) {
    let found = desk.find_job(victim).await.unwrap_or_default();
    let taken = found.into_iter().find(|sandbox| sandbox.tag("runner") == ticket.runner.as_deref());
    let Some(sandbox) = taken else { return };
    if desk.watch(sandbox.id.clone(), OWN_END).await.is_ok_and(|ended| ended.is_some()) {
        return;
    }
    // Best effort: it ends at its time limit whatever happens.
    let _ = desk.terminate(sandbox.id).await;
}

/// Whether a runner with the labels of the job that was taken would do for the victim.
fn would_do(ticket: &Ticket, victim: &QueuedJob) -> bool {
    victim.labels.iter().all(|label| ticket.labels.iter().any(|ours| ours.is(label.as_str())))
}

/// Whether the job that was taken has a runner of its own, which it does not need now.
async fn has_a_spare(desk: &Desk, ticket: &Ticket) -> bool {
    let took = ticket.runner.as_deref();
    for sandbox in desk.find_job(ticket.job).await.unwrap_or_default() {
        // A third job may have taken that one.
        if let Some(name) = sandbox.tag("runner")
            && Some(name) != took
            && !desk.is_at_work(name).await
        {
            return true;
        }
    }
    false
}

fn swapped(ticket: &Ticket) -> End {
    over(ticket, "runners-swapped", "the job's own runner serves the job whose runner it has")
}

fn over(ticket: &Ticket, code: &'static str, text: &str) -> End {
    End::Finish(ticket.answer(Outcome::Ignored, Reason::new(code, text)))
}
