//! From a queued job to a runner in its sandbox: the sandbox first, the registration second.
//!
//! The sandbox's name is the claim on the job, so whoever comes second learns it before GitHub is asked for
//! anything. A launch that fails clears away what it made, then ends, or is deferred to be tried again.

mod budget;
mod clearing;
mod minting;
mod refusing;
mod vetting;
mod watching;

use super::survey::{Finding, Survey};
use super::{Command, Event, HAND_OVER_WITHIN, Report, START_WITHIN, Start, Step, Tags, tag};
use crate::github::{self, JobState, Minted, Request};
use crate::machine::Machine;
use crate::reply::{Outcome, Reason, Reply};
use crate::settings::CoursesSettings;
use crate::ticket::{Purpose, Ticket};
use crate::words::ids::{Dice, Nonce, RunnerId, RunnerName, SandboxName};
use crate::words::time::Timestamp;
use crate::words::usd::Usd;

/// A `queued` older than this is checked with GitHub before it is acted on: redeliveries come days later.
const FRESH: u64 = 60_000;
/// How often one course asks for a JIT config.
const MINTS: u32 = 4;
/// The longest wait, in milliseconds, that a started sandbox is kept for.
const PATIENCE: u64 = 5_000;
/// The delay before a job that found no room is tried again.
const FULL_DELAY: u64 = 15_000;
/// The delay before a sandbox that may yet get its config is looked at again; it waits for it 120 s at most.
const UNDECIDED_DELAY: u64 = 30_000;
/// How many names of ended sandboxes are stepped over.
const LINGERING_NAMES: u32 = 12;
/// How many sandboxes may live for one job: its own, and three in the place of runners that other jobs took.
const MOST_SANDBOXES: u32 = 4;

/// One launch.
#[derive(Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact that was learnt, not a mode")]
pub(super) struct Launch {
    ticket: Ticket,
    settings: CoursesSettings,
    dice: Dice,
    /// Tags the sandbox as this launch's own.
    nonce: Nonce,
    state: State,
    mints: u32,
    /// Whether an earlier course had the job.
    again: bool,
    /// How often it was told that GitHub wants to be left alone.
    holds: u32,
    /// Whether this course has a turn to mint that it did not use yet.
    turn: bool,
    /// What lives for the job already, where that was asked.
    survey: Survey,
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
    /// Whether the run comes from a fork.
    forked: bool,
    /// Whether the delivery has its answer.
    answered: bool,
    /// Whether this month's budget was found to suffice.
    affordable: bool,
    /// Now.
    now: Timestamp,
    /// When the sandbox was started, and what it costs a second.
    started: Timestamp,
    rate: Usd,
    /// What it is made of, as its tag says.
    shape: String,
}

#[derive(Debug)]
enum State {
    /// Nothing was done.
    Fresh,
    /// Asked for the job.
    Claiming,
    /// Asked which sandboxes live for the job; if `true`, GitHub said that it wants a runner.
    Finding(bool),
    /// Asked GitHub whether the job still wants a runner.
    Checking,
    /// Asked GitHub whether a runner that was started for the job is coming.
    Surveying,
    /// Asked GitHub what started the run.
    Vetting,
    /// Asked whether a diagnostic runner may be started.
    Permitting,
    /// Asked GitHub for the run's other jobs.
    LookingAround,
    /// Asked what sandboxes have cost in this month.
    Budgeting(Usd),
    /// Waiting for this course's turn, before the sandbox is started or after.
    Turning,
    /// Told all courses to leave GitHub alone for a while, which is this long.
    Holding(u64, Reason),
    /// Told to start a sandbox.
    Starting,
    /// `start` failed in a way that may have made one: asked for it by name.
    LookingUp(Reason),
    /// Asked GitHub for a JIT config.
    Minting,
    /// Waiting to ask again.
    Pausing,
    /// Told to hand over the config.
    HandingOver,
    /// The delivery is answered.
    Answered(Box<Reply>),
    /// Watching whether the sandbox lives on.
    Watching(Box<Reply>),
    /// Asked for a new runner image.
    Refreshing(Box<Reply>),
    /// The sandbox ended with this status: asked GitHub whether the job still waits.
    LookingAfter(i32, Box<Reply>),
    /// Clearing away, on the way to this end.
    Clearing(Box<End>, Clearing),
    /// Over.
    Over,
}

/// What is being cleared away.
#[derive(Debug)]
enum Clearing {
    Next,
    Ghost(RunnerName),
    Runner,
    Sandbox,
}

#[derive(Clone, Debug)]
enum End {
    Finish(Outcome, Reason),
    /// Try again after so many milliseconds.
    Defer(u64, Reason),
}

impl Launch {
    pub(super) fn new(ticket: Ticket, settings: CoursesSettings, mut dice: Dice) -> Self {
        let nonce = dice.nonce();
        let name = RunnerName::new(ticket.job, &nonce);
        let (ghosts, doomed) = (Vec::new(), Vec::new());
        let state = State::Fresh;
        Self {
            ticket,
            settings,
            dice,
            nonce,
            state,
            mints: 0,
            again: false,
            holds: 0,
            turn: false,
            survey: Survey::new(Vec::new()),
            name,
            ghosts,
            doomed,
            sandbox: None,
            minted: None,
            refusal: None,
            forked: false,
            answered: false,
            affordable: false,
            now: Timestamp(0),
            started: Timestamp(0),
            rate: Usd::default(),
            shape: String::new(),
        }
    }

    pub(super) fn next(&mut self, event: Event, now: Timestamp) -> Step {
        self.now = now;
        match (std::mem::replace(&mut self.state, State::Over), event) {
            (State::Fresh, _) => self.tell(State::Claiming, Command::Claim(self.ticket.job)),
            (State::Claiming, Event::Report(Report::Taken)) if self.ticket.deferrals > 0 => {
                let delay = self.dice.jitter(UNDECIDED_DELAY);
                let reason = Reason::new("course-at-work", "another course is at work on the job");
                self.end(End::Defer(delay, reason))
            }
            (State::Claiming, Event::Report(Report::Taken)) => {
                self.finish(Outcome::Duplicate, "job-claimed", "another course is at work on the job")
            }
            (State::Claiming, Event::Report(Report::Again)) => {
                self.again = true;
                self.find(false)
            }
            (State::Claiming, _) if self.ticket.deferrals > 0 => self.find(false),
            (State::Claiming, _) => match self.ticket.created {
                Some(created) if now.since(created) <= FRESH => self.vet(),
                _ => self.check(),
            },
            // A delivery of a job that was had before: whoever had it looks after it.
            (State::Finding(_), Event::Report(Report::Found(found)))
                if self.ticket.deferrals == 0 && !found.is_empty() =>
            {
                self.claimed()
            }
            (State::Finding(checked), Event::Report(Report::Found(found))) => {
                self.survey = Survey::new(found);
                if checked { self.survey() } else { self.check() }
            }
            (State::Finding(_), _) => {
                self.defer(Reason::new("sandboxes-unknown", "the sandboxes cannot be listed"))
            }
            (State::Checking, Event::Response(answer)) => {
                match github::read_job(answer.as_ref().map_err(|e| *e)) {
                    JobState::Gone if self.again && self.ticket.deferrals == 0 => self.claimed(),
                    JobState::Gone => self.finish(
                        Outcome::Ignored,
                        "no-longer-queued",
                        "GitHub says that the job has a runner, or is over",
                    ),
                    JobState::Wanted => self.survey(),
                }
            }
            (State::Surveying, Event::Response(answer)) => {
                if self.survey.coming(answer.as_ref().map_err(|e| *e)) {
                    return self.finish(
                        Outcome::Duplicate,
                        "runner-coming",
                        "a runner was started for the job",
                    );
                }
                self.survey()
            }
            (State::Vetting, Event::Response(answer)) => self.vetted(answer.as_ref().map_err(|e| *e), now),
            (State::Budgeting(budget), Event::Report(outcome)) => self.budgeted(budget, &outcome),
            (State::Permitting, Event::Report(outcome)) => self.permitted(&outcome),
            (State::LookingAround, Event::Response(answer)) => {
                self.looked_around(answer.as_ref().map_err(|e| *e))
            }
            (State::Turning, Event::Report(Report::Held(wait))) => self.held(wait),
            (State::Turning, Event::Report(Report::Done)) => {
                self.turn = true;
                if self.sandbox.is_some() { self.mint() } else { self.start() }
            }
            (State::Turning, _) => self.defer(Reason::new("turn-lost", "the wait for a turn was broken off")),
            (State::Holding(wait, reason), _) if wait > PATIENCE => {
                let delay = self.dice.jitter(wait);
                self.clear(End::Defer(delay, reason))
            }
            (State::Holding(wait, reason), _) => self.mint_again(wait, reason),
            (State::Starting, Event::Report(outcome)) => self.started(outcome),
            (State::LookingUp(reason), Event::Report(outcome)) => self.looked_up(outcome, reason),
            (State::Minting, Event::Response(answer)) => {
                self.minted(github::read_mint(answer.as_ref().map_err(|e| *e), now))
            }
            (State::Pausing, _) => self.await_turn(),
            (State::HandingOver, Event::Report(outcome)) => self.handed_over(&outcome),
            (State::Answered(answer), Event::Report(outcome)) => self.watch(&outcome, *answer),
            (State::Watching(answer), Event::Report(outcome)) => self.watched(&outcome, *answer),
            (State::Refreshing(answer), _) => self.refreshed(*answer),
            (State::LookingAfter(status, answer), Event::Response(job)) => {
                self.looked_after(status, *answer, job.as_ref().map_err(|e| *e))
            }
            (State::Clearing(end, what), event) => self.cleared(*end, what, event),
            (State::Over, _) => self.finish(Outcome::Broken, "course-over", "the course was over"),
            _ => self.clear(End::Defer(
                self.delay(),
                Reason::new("course-confused", "the host reported what was not asked for"),
            )),
        }
    }

    fn tell(&mut self, state: State, command: Command) -> Step {
        self.state = state;
        Step::Tell(command)
    }

    fn ask(&mut self, state: State, request: Request) -> Step {
        self.state = state;
        Step::Ask(request)
    }

    fn check(&mut self) -> Step {
        let request = Request::job(&self.ticket.repository, self.ticket.job);
        self.ask(State::Checking, request)
    }

    fn claimed(&mut self) -> Step {
        self.finish(Outcome::Duplicate, "job-claimed", "a sandbox was started for the job already")
    }

    fn find(&mut self, checked: bool) -> Step {
        self.tell(State::Finding(checked), Command::FindJob(self.ticket.job.to_string()))
    }

    /// Looks at what lives for the job already; begins if none of it will serve.
    fn survey(&mut self) -> Step {
        match self.survey.next(self.settings.scope, &self.ticket.repository) {
            Finding::Ask(request) => self.ask(State::Surveying, request),
            Finding::Undecided => {
                let delay = self.dice.jitter(UNDECIDED_DELAY);
                let reason = Reason::new("sandbox-waiting", "a sandbox of the job waits for its config");
                self.end(End::Defer(delay, reason))
            }
            Finding::Nobody if self.survey.count >= MOST_SANDBOXES => {
                let text = "other jobs took the runners that were started for this one, again and again";
                self.finish(Outcome::Refused, "runners-taken", text)
            }
            Finding::Nobody => {
                self.ticket.starts = self.ticket.starts.max(self.survey.count);
                self.vet()
            }
        }
    }

    fn machine(&self) -> Result<Machine, Reason> {
        if self.refusal.is_some() {
            return Ok(Self::diagnostic());
        }
        let machine = self.settings.rules.machine(&self.ticket.labels)?;
        Ok(Machine { image: machine.image.or_else(|| self.settings.image.clone()), ..machine })
    }

    /// Waits for a turn, then starts. A GPU's sandbox may take minutes to be scheduled, so it is started first.
    fn begin(&mut self) -> Step {
        if self.ticket.purpose == Purpose::Refuse && self.refusal.is_none() {
            return self.refuse();
        }
        if let Some(budget) = self.budget() {
            return self.look_at_spending(budget);
        }
        match self.machine() {
            Err(reason) => self.end(End::Finish(Outcome::Refused, reason)),
            Ok(machine) if machine.gpu.is_some() => self.start(),
            Ok(_) => self.await_turn(),
        }
    }

    fn start(&mut self) -> Step {
        let machine = match self.machine() {
            Ok(machine) => machine,
            Err(reason) => return self.end(End::Finish(Outcome::Refused, reason)),
        };
        (self.started, self.rate) = (self.now, self.settings.prices.rate(&machine));
        self.shape = tag(&machine.to_string());
        let volume = self.volume(machine.cache);
        let environment = self.environment(&machine, volume.is_some());
        let mut machine = machine;
        if let Some(outbound) = &mut machine.outbound {
            outbound.extend(self.settings.api.domains());
        }
        let start = Start {
            name: SandboxName::new(self.ticket.job, self.ticket.starts),
            tags: self.tags(),
            machine,
            volume,
            environment,
            limit: self.settings.max_runners,
        };
        self.tell(State::Starting, Command::Start(Box::new(start)))
    }

    /// What the entrypoint and the job-started hook are told.
    fn environment(&self, machine: &Machine, cached: bool) -> Tags {
        let mut environment = vec![
            ("JITNEY_HAND_OVER_WITHIN", HAND_OVER_WITHIN.to_string()),
            ("JITNEY_START_WITHIN", START_WITHIN.to_string()),
            ("JITNEY_DOCKER", u8::from(machine.docker).to_string()),
            ("JITNEY_FORKS", if self.settings.vetting.forks { "allow" } else { "deny" }.to_owned()),
        ];
        if let Some(refusal) = &self.refusal {
            environment.push(("JITNEY_REFUSAL", refusal.text.clone()));
            environment.push(("JITNEY_REFUSED_RUN", self.ticket.run.to_string()));
        }
        if cached {
            environment.extend(Self::cache_environment());
        }
        environment
    }

    fn tags(&self) -> Tags {
        let mut tags = vec![
            ("job", self.ticket.job.to_string()),
            ("run", self.ticket.run.to_string()),
            ("owner", tag(self.ticket.repository.owner())),
            ("repository", tag(self.ticket.repository.name())),
            ("nonce", self.nonce.as_str().to_owned()),
            ("shape", self.shape.clone()),
            ("rate", self.rate.as_nano().to_string()),
            ("started", self.started.0.to_string()),
        ];
        if let Some(minted) = &self.minted {
            tags.push(("runner", self.name.as_str().to_owned()));
            tags.push(("runner_id", minted.runner.to_string()));
        }
        tags
    }

    fn started(&mut self, outcome: Report) -> Step {
        match outcome {
            Report::Started(id) => self.claim(id),
            // After the survey saw nobody, the name is one that lingers, or a course that was quicker has it.
            Report::Taken if self.ticket.deferrals > 0 && self.mints == 0 => {
                self.ticket.starts += 1;
                if self.ticket.starts > LINGERING_NAMES {
                    return self.defer(Reason::new("names-taken", "the job's sandbox names are all taken"));
                }
                self.find(true)
            }
            Report::Taken => self.claimed(),
            Report::Full => {
                let delay = self.dice.jitter(FULL_DELAY);
                let text = format!(
                    "MAX_RUNNERS ({}) sandboxes are at work; the job waits for one to end",
                    self.settings.max_runners
                );
                self.end(End::Defer(delay, Reason::new("at-capacity", text)))
            }
            Report::Failed(error) => {
                let reason = Reason::new(
                    "sandbox-not-started",
                    format!("Modal did not start a sandbox: {}", tag(&error)),
                );
                let name = SandboxName::new(self.ticket.job, self.ticket.starts);
                self.tell(State::LookingUp(reason), Command::FindName(name))
            }
            _ => self.defer(Reason::new("course-confused", "the host reported what was not asked for")),
        }
    }

    /// After an ambiguous failure a sandbox is ours only if it bears this launch's nonce.
    fn looked_up(&mut self, outcome: Report, reason: Reason) -> Step {
        match outcome {
            Report::Found(found) => match found.into_iter().next() {
                Some(sandbox) if sandbox.tag("nonce") == Some(self.nonce.as_str()) => self.claim(sandbox.id),
                Some(_) => self.claimed(),
                None => self.defer(reason),
            },
            _ => self.defer(reason),
        }
    }

    /// Back-off for the whole course: 5 s, doubled at each deferral, 5 min at most.
    fn delay(&self) -> u64 {
        let delay = 5_000_u64 << self.ticket.deferrals.min(6);
        self.dice.clone().jitter(delay.min(300_000))
    }

    fn defer(&mut self, reason: Reason) -> Step {
        self.clear(End::Defer(self.delay(), reason))
    }

    fn finish(&mut self, outcome: Outcome, code: &'static str, text: &str) -> Step {
        self.end(End::Finish(outcome, Reason::new(code, text)))
    }
}
