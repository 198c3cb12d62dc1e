//! From a queued job to a runner in its sandbox: the sandbox first, the registration second.
//!
//! The sandbox's name is the claim on the job, so whoever comes second learns it before GitHub is asked for anything.
//! A launch reads from top to bottom in [`Launch::launch`]; `?` there means that it goes no further. Whichever way it
//! goes out, what it made and no longer needs is cleared away then.

mod admit;
mod register;
mod sandbox;

use super::desk::Desk;
use super::{End, HAND_OVER_WITHIN, START_WITHIN, Sandbox, Tags, tag};
use crate::delivery::runner_id;
use crate::github::job::Job;
use crate::github::runner::{Minted, Runner};
use crate::github::{self, Refusal, Request, Seen};
use crate::house::Ruling;
use crate::reply::{Outcome, Reason, Reply};
use crate::settings::CoursesSettings;
use crate::ticket::Ticket;
use crate::words::ids::{Dice, Nonce, RunnerId, RunnerName, SandboxName};
use crate::words::time::Timestamp;
use crate::words::usd::Usd;

/// A `queued` older than this is checked with GitHub before it is acted on: redeliveries come days later.
const FRESH: u64 = 60_000;
/// The longest wait, in milliseconds, that a started sandbox is kept for.
const PATIENCE: u64 = 5_000;
/// The delay before a sandbox that may yet get its config is looked at again; it waits for it 120 s at most.
const UNDECIDED_DELAY: u64 = 30_000;
/// How often a sandbox whose runner is gone is looked at before it is ended.
const LOOKS: u32 = 3;
/// How many sandboxes may live for one job: its own, and three in the place of runners that other jobs took.
const MOST_SANDBOXES: usize = 4;
/// How long a sandbox is watched, in seconds. A runner that GitHub will not have ends within a few.
const WATCHED: u32 = 90;
/// The listener's status where GitHub no longer takes its version (`Constants.cs` of actions/runner).
const DEPRECATED: i32 = 7;

/// One launch: what it works with, and what it has made so far.
pub(super) struct Launch {
    desk: Desk,
    ticket: Ticket,
    settings: CoursesSettings,
    dice: Dice,
    /// Tags the sandbox as this launch's own.
    nonce: Nonce,
    /// How often it asked for a JIT config.
    mints: u32,
    /// The name that the current request asks for.
    name: RunnerName,
    /// Names that GitHub may have registered without our learning it.
    ghosts: Vec<RunnerName>,
    /// Registrations to be deleted.
    doomed: Vec<RunnerId>,
    sandbox: Option<String>,
    minted: Option<Minted>,
    /// Why the job is refused, if this launch is to tell its author so.
    refusal: Option<Reason>,
    /// Why the run may not run here, before it is clear whether its author is shown that.
    veto: Option<Reason>,
    /// Whether the run comes from a fork.
    forked: bool,
    /// Whether this month's budget was found to suffice.
    affordable: bool,
    /// When the sandbox was started, what it costs a second, and what it is made of, as its tags say.
    started: Timestamp,
    rate: Usd,
    shape: String,
}

/// Why a launch goes no further.
enum WayOut {
    /// It is over.
    Finish(Outcome, Reason),
    /// Try again after so many milliseconds.
    Defer(u64, Reason),
}

/// What must be looked at before a sandbox is started.
#[derive(Clone, Copy)]
struct Look {
    /// The sandboxes that live for the job.
    sandboxes: bool,
    /// What GitHub says of the job.
    job: bool,
}

type Road<T> = Result<T, WayOut>;

impl Launch {
    pub(super) fn new(desk: Desk, ticket: Ticket, settings: CoursesSettings, mut dice: Dice) -> Self {
        let nonce = dice.nonce();
        let name = RunnerName::new(ticket.job, &nonce);
        Self {
            desk,
            ticket,
            settings,
            dice,
            nonce,
            mints: 0,
            name,
            ghosts: Vec::new(),
            doomed: Vec::new(),
            sandbox: None,
            minted: None,
            refusal: None,
            veto: None,
            forked: false,
            affordable: false,
            started: Timestamp(0),
            rate: Usd::default(),
            shape: String::new(),
        }
    }

    pub(super) async fn play(mut self) -> End {
        let way_out = self.launch().await.unwrap_or_else(|way_out| way_out);
        self.clear().await;
        match way_out {
            WayOut::Finish(Outcome::Launched, reason) => {
                let reply = self.reply(Outcome::Launched, reason);
                match self.look_after(&reply).await {
                    Ok(()) => End::Finish(reply),
                    Err(way_out) => self.end(way_out),
                }
            }
            way_out => self.end(way_out),
        }
    }

    /// The whole road. What it comes to where nothing stops it is one of the ways out too.
    async fn launch(&mut self) -> Road<WayOut> {
        let (mut look, again) = self.claim().await?;
        let (id, turn) = loop {
            self.make_sure_nobody_comes(look, again).await?;
            self.vet().await?;
            self.refuse().await?;
            self.afford().await?;
            let machine = self.machine()?;
            // A GPU's sandbox may take minutes to be scheduled, so it is started before the turn.
            let turn = machine.gpu.is_none();
            if let Some(sandbox) = self.start(machine, turn).await? {
                break (sandbox, turn);
            }
            look = Look { sandboxes: true, job: false };
        };
        self.sandbox = Some(id.clone());
        let minted = self.register(turn).await?;
        self.hand_over(id, minted).await
    }

    /// Has the job to itself; what must be looked at then, and whether an earlier course had the job.
    async fn claim(&mut self) -> Road<(Look, bool)> {
        let fresh = |created: Timestamp| self.desk.now().since(created) <= FRESH;
        match self.desk.claim(&self.ticket).await {
            Ruling::Taken => {
                let delay = self.dice.jitter(UNDECIDED_DELAY);
                let reason = Reason::new("course-at-work", "another course is at work on the job");
                Err(WayOut::Defer(delay, reason))
            }
            Ruling::Covered => Err(duplicate("another course is at work on the job, or it waits")),
            Ruling::Over => Err(no_longer_queued()),
            Ruling::Again => Ok((Look { sandboxes: true, job: true }, true)),
            _ if self.ticket.deferrals > 0 => Ok((Look { sandboxes: true, job: true }, false)),
            _ => Ok((Look { sandboxes: false, job: !self.ticket.created.is_some_and(fresh) }, false)),
        }
    }

    /// Goes on only if no runner of ours is on its way to the job, and the job still wants one.
    async fn make_sure_nobody_comes(&mut self, look: Look, again: bool) -> Road<()> {
        let first = self.ticket.deferrals == 0;
        let mut found = Vec::new();
        if look.sandboxes {
            found = self.desk.find_job(self.ticket.job).await.map_err(|_| {
                self.defer(Reason::new("sandboxes-unknown", "the sandboxes cannot be listed"))
            })?;
        }
        // A delivery of a job that was had before: whoever had it looks after it.
        if first && !found.is_empty() {
            return Err(claimed());
        }
        if look.job {
            let response = self.desk.ask(Request::job(&self.ticket.repository, self.ticket.job)).await;
            // Only a clear word is a reason not to launch, and a limit one to wait.
            if Job::seen(&response).known().is_some_and(|job| job.is_taken()) {
                self.desk.over(self.ticket.job, None).await;
                return Err(if again && first { claimed() } else { no_longer_queued() });
            }
            if let Refusal::Limited(wait, reason) = github::refusal(&response, self.desk.now()) {
                return Err(WayOut::Defer(self.dice.jitter(wait), reason));
            }
        }
        self.survey(found).await
    }

    /// Who is coming: whether, among the sandboxes that were started for the job, there is one whose runner will take
    /// it. A JIT runner is not pinned to a job, so one of them may be at work on another; GitHub knows which are busy.
    async fn survey(&mut self, mut found: Vec<Sandbox>) -> Road<()> {
        let count = found.len();
        let mut undecided = false;
        while let Some(sandbox) = found.pop() {
            let Some(runner) = sandbox.tag("runner_id").and_then(runner_id) else {
                // It was not handed its config, and either will be soon or ends.
                undecided = true;
                continue;
            };
            // What deliveries said is believed.
            if let Some(name) = sandbox.tag("runner")
                && self.desk.is_at_work(name).await
            {
                continue;
            }
            let request = Request::runner(self.settings.scope, &self.ticket.repository, runner);
            match Runner::seen(&self.desk.ask(request).await) {
                Seen::Is(runner) if runner.busy => {}
                // Its sandbox is about to end: until then the job's claim is not free. One that does not end is ended.
                Seen::Gone => {
                    undecided = true;
                    if self.ticket.deferrals > LOOKS {
                        let _ = self.desk.terminate(sandbox.id).await;
                    }
                }
                // Only a clear word says that no runner is coming.
                Seen::Is(_) | Seen::Unknown => {
                    let text = "a runner was started for the job";
                    return Err(WayOut::Finish(Outcome::Duplicate, Reason::new("runner-coming", text)));
                }
            }
        }
        if undecided {
            let delay = self.dice.jitter(UNDECIDED_DELAY);
            let reason = Reason::new("sandbox-waiting", "a sandbox of the job waits for its config");
            return Err(WayOut::Defer(delay, reason));
        }
        if count >= MOST_SANDBOXES {
            let text = "other jobs took the runners that were started for this one, again and again";
            return Err(WayOut::Finish(Outcome::Refused, Reason::new("runners-taken", text)));
        }
        self.ticket.starts = self.ticket.starts.max(u32::try_from(count).unwrap_or(u32::MAX));
        Ok(())
    }

    /// Replies to the delivery, then sees for a while whether the runner comes up: a sandbox that ends before its job
    /// started is replaced at once.
    async fn look_after(&mut self, reply: &Reply) -> Road<()> {
        let Some(sandbox) = self.sandbox.clone() else { return Ok(()) };
        if self.desk.reply(reply.clone()).await.is_err() {
            return Ok(());
        }
        let status = match self.desk.watch(sandbox, WATCHED).await {
            Ok(None | Some(0)) | Err(_) => return Ok(()),
            Ok(Some(status)) => status,
        };
        if status == DEPRECATED {
            // Best effort: the schedule builds it too.
            let _ = self.desk.refresh_image().await;
        }
        let response = self.desk.ask(Request::job(&self.ticket.repository, self.ticket.job)).await;
        self.doomed.extend(self.minted.as_ref().map(|minted| minted.runner));
        let queued = Job::seen(&response).known().and_then(Job::queued).is_some();
        self.clear().await;
        // Only a job that is known to be queued is launched again.
        if !queued {
            return Ok(());
        }
        (self.minted, self.sandbox) = (None, None);
        self.ticket.starts += 1;
        Err(self.defer(if status == DEPRECATED {
            let text = "GitHub no longer takes the image's runner; the image is being built anew";
            Reason::new("runner-deprecated", text)
        } else {
            let text = format!("the sandbox ended with status {status} before it had a job");
            Reason::new("sandbox-ended", text)
        }))
    }

    fn end(&self, way_out: WayOut) -> End {
        match way_out {
            WayOut::Finish(outcome, reason) => End::Finish(self.reply(outcome, reason)),
            WayOut::Defer(delay, reason) => {
                let deferrals = self.ticket.deferrals.saturating_add(1);
                let ticket = Ticket { deferrals, ..self.ticket.clone() };
                End::Defer(Box::new(ticket), delay, self.reply(Outcome::Deferred, reason))
            }
        }
    }

    fn reply(&self, outcome: Outcome, reason: Reason) -> Reply {
        let mut reply = Reply::new(outcome, reason, self.ticket.subject());
        if self.minted.is_some() {
            reply.runner = Some(self.name.clone());
            reply.sandbox = Some(self.sandbox_name().as_str().to_owned());
        }
        reply
    }

    fn sandbox_name(&self) -> SandboxName {
        SandboxName::new(self.ticket.job, self.ticket.starts)
    }

    /// Back-off for the whole course: 5 s, doubled at each deferral, 5 min at most.
    fn delay(&self) -> u64 {
        let delay = 5_000_u64 << self.ticket.deferrals.min(6);
        self.dice.clone().jitter(delay.min(300_000))
    }

    fn defer(&self, reason: Reason) -> WayOut {
        WayOut::Defer(self.delay(), reason)
    }
}

fn claimed() -> WayOut {
    duplicate("a sandbox was started for the job already")
}

fn no_longer_queued() -> WayOut {
    let text = "GitHub says that the job has a runner, or is over";
    WayOut::Finish(Outcome::Ignored, Reason::new("no-longer-queued", text))
}

fn duplicate(text: &str) -> WayOut {
    WayOut::Finish(Outcome::Duplicate, Reason::new("job-claimed", text))
}
