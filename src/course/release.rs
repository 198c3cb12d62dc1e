//! What a completed job leaves behind, cleared away: a sandbox whose runner never got it.
//!
//! A JIT runner is not pinned to a job, so the sandbox that was started for this one may be at work on another.
//! GitHub knows: it deletes no busy runner (422), and only a sandbox whose runner is gone for certain is ended.

use super::desk::Desk;
use super::{End, Sandbox, pair};
use crate::delivery::runner_id;
use crate::github::{Request, runner};
use crate::house::Ruling;
use crate::reply::{Outcome, Reason};
use crate::settings::CoursesSettings;
use crate::ticket::Ticket;
use crate::words::ids::{JobId, RunnerName};

pub(super) async fn play(desk: Desk, ticket: Ticket, settings: CoursesSettings) -> End {
    let over = |code, text: String| End::Finish(ticket.answer(Outcome::Released, Reason::new(code, text)));
    if desk.claim(&ticket).await == Ruling::Covered {
        return over("delivery-at-work", "the delivery is at work already".to_owned());
    }
    desk.over(ticket.job, ticket.runner.as_deref()).await;
    let Ok(mut found) = desk.find_job(ticket.job).await else {
        return over(
            "sandboxes-unknown",
            "the sandboxes cannot be listed; theirs is to end by themselves".to_owned(),
        );
    };
    let (mut ended, mut kept) = (0_u32, 0_u32);
    while let Some(sandbox) = found.pop() {
        let gone =
            is_spent(&desk, &ticket, &settings, &sandbox).await && desk.terminate(sandbox.id).await.is_ok();
        *(if gone { &mut ended } else { &mut kept }) += 1;
    }
    // The delivery that told of the runner's taking may have been lost, and with it the job whose runner that was.
    if kept == 0
        && let Some(other) = victim(&desk, &ticket).await
        && let Some(victims) = pair::left_behind(&desk, &ticket, &settings, other).await
    {
        let text = format!("job {other}, whose runner it had, is looked after");
        let reply = ticket.answer(Outcome::Released, Reason::new("runner-was-taken", text));
        return End::Defer(Box::new(victims), 0, reply);
    }
    match (ended, kept) {
        (0, 0) => over("nothing-left", "the job left no sandbox behind".to_owned()),
        (ended, 0) => over("sandbox-ended", format!("{ended} sandbox of the job was ended")),
        (ended, kept) => over(
            "sandbox-at-work",
            format!("{ended} ended; {kept} left to end by itself, being at work or about to end"),
        ),
    }
}

/// The job that the runner of this one was meant for, unless that was this one, or is known to be served.
async fn victim(desk: &Desk, ticket: &Ticket) -> Option<JobId> {
    let other = ticket.runner.as_deref().and_then(RunnerName::job_of).filter(|other| *other != ticket.job)?;
    (!desk.is_over(other).await).then_some(other)
}

/// Whether no job will run in a sandbox any more: it has no runner, or its runner is deleted now. The one that had the
/// job ends by itself.
async fn is_spent(desk: &Desk, ticket: &Ticket, settings: &CoursesSettings, sandbox: &Sandbox) -> bool {
    if ticket.runner.is_some() && ticket.runner.as_deref() == sandbox.tag("runner") {
        return false;
    }
    let Some(id) = sandbox.tag("runner_id").and_then(runner_id) else { return true };
    // What deliveries said is believed.
    if let Some(name) = sandbox.tag("runner")
        && desk.is_at_work(name).await
    {
        return false;
    }
    // The job whose runner this one took may count on it. Where that job does not, it ends by itself.
    if victim(desk, ticket).await.is_some() {
        return false;
    }
    let request = Request::delete_runner(settings.scope, &ticket.repository, id);
    runner::is_deleted(&desk.ask(request).await)
}
