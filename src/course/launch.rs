//! From a queued job to a runner in its sandbox: the sandbox first, the registration second.
//!
//! The sandbox's name is the claim on the job, so whoever comes second learns it before GitHub is asked for
//! anything. A launch that fails clears away what it made, then ends, or is deferred to be tried again.

use super::{Command, Event, Outcome, Start, Step, Tags, tag};
use crate::answer::{Answer, Outcome as Ending, Reason};
use crate::github::{self, JobState, Minted, Refusal, Request};
use crate::ids::{Dice, Nonce, RunnerId, RunnerName, SandboxName};
use crate::settings::CoursesSettings;
use crate::ticket::Ticket;
use crate::timestamp::Timestamp;

/// A `queued` older than this is checked with GitHub before it is acted on: redeliveries come days later.
const FRESH: u64 = 60_000;
/// How often one course asks for a JIT config.
const MINTS: u32 = 4;
/// The longest wait, in milliseconds, that a started sandbox is kept for.
const PATIENCE: u64 = 5_000;
/// The delay before a job that found no room is tried again.
const FULL_DELAY: u64 = 15_000;

/// One launch.
#[derive(Debug)]
pub(super) struct Launch {
    ticket: Ticket,
    settings: CoursesSettings,
    dice: Dice,
    /// Tags the sandbox as this launch's own.
    nonce: Nonce,
    state: State,
    mints: u32,
    /// The name that the current request asks for.
    name: RunnerName,
    /// Names that GitHub may have registered without our learning it.
    ghosts: Vec<RunnerName>,
    /// Registrations to be deleted.
    doomed: Vec<RunnerId>,
    sandbox: Option<String>,
    minted: Option<Minted>,
}

#[derive(Debug)]
enum State {
    /// Nothing was done.
    Fresh,
    /// Asked whether a sandbox for the job lives.
    Surveying,
    /// Asked GitHub whether the job still wants a runner.
    Checking,
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
    Finish(Ending, Reason),
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
            name,
            ghosts,
            doomed,
            sandbox: None,
            minted: None,
        }
    }

    pub(super) fn next(&mut self, event: Event, now: Timestamp) -> Step {
        match (std::mem::replace(&mut self.state, State::Over), event) {
            (State::Fresh, _) if self.ticket.deferrals > 0 => {
                self.tell(State::Surveying, Command::FindJob(self.ticket.job.to_string()))
            }
            (State::Fresh, _) => match self.ticket.created {
                Some(created) if now.since(created) <= FRESH => self.start(),
                _ => self.check(),
            },
            (State::Surveying, Event::Outcome(Outcome::Found(found))) if !found.is_empty() => {
                self.finish(Ending::Duplicate, "runner-coming", "another sandbox was started for the job")
            }
            (State::Surveying, Event::Outcome(Outcome::Found(_))) => self.check(),
            (State::Surveying, _) => {
                self.defer(Reason::new("sandboxes-unknown", "the sandboxes cannot be listed"))
            }
            (State::Checking, Event::Answer(answer)) => {
                match github::read_job(answer.as_ref().map_err(|e| *e)) {
                    JobState::Gone => self.finish(
                        Ending::Ignored,
                        "no-longer-queued",
                        "GitHub says that the job has a runner, or is over",
                    ),
                    JobState::Wanted => self.start(),
                }
            }
            (State::Starting, Event::Outcome(outcome)) => self.started(outcome),
            (State::LookingUp(reason), Event::Outcome(outcome)) => self.looked_up(outcome, reason),
            (State::Minting, Event::Answer(answer)) => {
                self.minted(github::read_mint(answer.as_ref().map_err(|e| *e), now))
            }
            (State::Pausing, _) => self.mint(),
            (State::HandingOver, Event::Outcome(outcome)) => self.handed_over(&outcome),
            (State::Clearing(end, what), event) => self.cleared(*end, what, event),
            (State::Over, _) => self.finish(Ending::Broken, "course-over", "the course was over"),
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

    fn start(&mut self) -> Step {
        let machine = match self.settings.rules.machine(&self.ticket.labels) {
            Ok(machine) => machine,
            Err(reason) => return self.end(End::Finish(Ending::Refused, reason)),
        };
        let machine = crate::machine::Machine {
            image: machine.image.or_else(|| self.settings.image.clone()),
            ..machine
        };
        let docker = machine.docker;
        let start = Start {
            name: SandboxName::new(self.ticket.job, self.ticket.starts),
            tags: self.tags(),
            machine,
            environment: vec![
                ("JITNEY_HAND_OVER_WITHIN", "120".to_owned()),
                ("JITNEY_START_WITHIN", "300".to_owned()),
                ("JITNEY_DOCKER", u8::from(docker).to_string()),
            ],
            limit: self.settings.max_runners,
        };
        self.tell(State::Starting, Command::Start(Box::new(start)))
    }

    fn tags(&self) -> Tags {
        let mut tags = vec![
            ("job", self.ticket.job.to_string()),
            ("run", self.ticket.run.to_string()),
            ("owner", tag(self.ticket.repository.owner())),
            ("repository", tag(self.ticket.repository.name())),
            ("nonce", self.nonce.as_str().to_owned()),
        ];
        if let Some(minted) = &self.minted {
            tags.push(("runner", self.name.as_str().to_owned()));
            tags.push(("runner_id", minted.runner.to_string()));
        }
        tags
    }

    fn started(&mut self, outcome: Outcome) -> Step {
        match outcome {
            Outcome::Started(id) => self.claim(id),
            Outcome::Taken => {
                self.finish(Ending::Duplicate, "job-claimed", "a sandbox was started for the job already")
            }
            Outcome::Full => {
                let delay = self.dice.jitter(FULL_DELAY);
                let text = format!(
                    "MAX_RUNNERS ({}) sandboxes are at work; the job waits for one to end",
                    self.settings.max_runners
                );
                self.end(End::Defer(delay, Reason::new("at-capacity", text)))
            }
            Outcome::Failed(error) => {
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
    fn looked_up(&mut self, outcome: Outcome, reason: Reason) -> Step {
        match outcome {
            Outcome::Found(found) => match found.into_iter().next() {
                Some(sandbox) if sandbox.tag("nonce") == Some(self.nonce.as_str()) => self.claim(sandbox.id),
                Some(_) => {
                    self.finish(Ending::Duplicate, "job-claimed", "a sandbox was started for the job already")
                }
                None => self.defer(reason),
            },
            _ => self.defer(reason),
        }
    }

    fn claim(&mut self, sandbox: String) -> Step {
        self.sandbox = Some(sandbox);
        self.mint()
    }

    fn mint(&mut self) -> Step {
        if self.mints > 0 {
            self.name = RunnerName::new(self.ticket.job, &self.dice.nonce());
        }
        self.mints += 1;
        let (settings, ticket) = (&self.settings, &self.ticket);
        let request =
            Request::mint(settings.scope, &ticket.repository, &self.name, settings.group, &ticket.labels);
        self.ask(State::Minting, request)
    }

    fn minted(&mut self, answer: Result<Minted, Refusal>) -> Step {
        match answer {
            Ok(minted) => {
                let line = minted.config.clone();
                self.minted = Some(minted);
                let (sandbox, tags) = (self.sandbox.clone().unwrap_or_default(), self.tags());
                self.tell(State::HandingOver, Command::HandOver { sandbox, line, tags })
            }
            Err(Refusal::NameTaken) => self.mint_again(
                0,
                Reason::new("runner-name-taken", "GitHub has runners of every name that was tried"),
            ),
            Err(Refusal::Transient(may_exist, reason)) => {
                if may_exist {
                    self.ghosts.push(self.name.clone());
                }
                let delay = self.dice.jitter(500 << self.mints.min(3));
                self.mint_again(delay, reason)
            }
            Err(Refusal::Limited(wait, reason)) if wait > PATIENCE => {
                let delay = self.dice.jitter(wait).max(wait);
                self.clear(End::Defer(delay, reason))
            }
            Err(Refusal::Limited(wait, reason)) => self.mint_again(wait, reason),
            Err(Refusal::Permanent(reason)) => self.clear(End::Finish(Ending::Unready, reason)),
        }
    }

    fn mint_again(&mut self, delay: u64, reason: Reason) -> Step {
        if self.mints >= MINTS {
            return self.clear(End::Defer(self.delay(), reason));
        }
        if delay == 0 { self.mint() } else { self.tell(State::Pausing, Command::Pause(delay)) }
    }

    fn handed_over(&mut self, outcome: &Outcome) -> Step {
        if matches!(outcome, Outcome::Done) {
            let text = format!("runner {} has its config", self.name.as_str());
            return self.clear(End::Finish(Ending::Launched, Reason::new("runner-started", text)));
        }
        if let Some(minted) = self.minted.take() {
            self.doomed.push(minted.runner);
        }
        self.clear(End::Defer(
            self.delay(),
            Reason::new("hand-over-failed", "the sandbox did not take its config"),
        ))
    }

    /// Back-off for the whole course: 5 s, doubled at each deferral, 5 min at most.
    fn delay(&self) -> u64 {
        let delay = 5_000_u64 << self.ticket.deferrals.min(6);
        self.dice.clone().jitter(delay.min(300_000))
    }

    fn defer(&mut self, reason: Reason) -> Step {
        self.clear(End::Defer(self.delay(), reason))
    }

    fn finish(&mut self, outcome: Ending, code: &'static str, text: &str) -> Step {
        self.end(End::Finish(outcome, Reason::new(code, text)))
    }

    /// Deletes ghosts and doomed registrations, then ends the sandbox unless its runner has its config, then ends.
    fn clear(&mut self, end: End) -> Step {
        self.cleared(end, Clearing::Next, Event::Outcome(Outcome::Done))
    }

    fn cleared(&mut self, end: End, what: Clearing, event: Event) -> Step {
        match (what, event) {
            (Clearing::Ghost(name), Event::Answer(answer)) => {
                self.doomed.extend(github::read_runners(answer.as_ref().map_err(|e| *e), name.as_str()));
            }
            (Clearing::Sandbox, _) => return self.end(end),
            _ => {}
        }
        let (scope, repository) = (self.settings.scope, self.ticket.repository.clone());
        if let Some(runner) = self.doomed.pop() {
            let request = Request::delete_runner(scope, &repository, runner);
            return self.ask(State::Clearing(Box::new(end), Clearing::Runner), request);
        }
        if let Some(name) = self.ghosts.pop() {
            let request = Request::find_runner(scope, &repository, &name);
            return self.ask(State::Clearing(Box::new(end), Clearing::Ghost(name)), request);
        }
        let unused = if self.minted.is_none() { self.sandbox.take() } else { None };
        match unused {
            Some(sandbox) => {
                self.ticket.starts += 1;
                self.tell(State::Clearing(Box::new(end), Clearing::Sandbox), Command::Terminate(sandbox))
            }
            None => self.end(end),
        }
    }

    fn end(&mut self, end: End) -> Step {
        let (outcome, reason, delay) = match end {
            End::Finish(outcome, reason) => (outcome, reason, None),
            End::Defer(delay, reason) => (Ending::Deferred, reason, Some(delay)),
        };
        let mut answer = Answer::new(outcome, reason, self.ticket.subject());
        if self.minted.is_some() {
            answer.runner = Some(self.name.clone());
            answer.sandbox = Some(SandboxName::new(self.ticket.job, self.ticket.starts).as_str().to_owned());
        }
        match delay {
            None => self.tell(State::Over, Command::Finish(answer)),
            Some(delay) => {
                let ticket =
                    Ticket { deferrals: self.ticket.deferrals.saturating_add(1), ..self.ticket.clone() };
                self.tell(State::Over, Command::Defer(Box::new(ticket), delay, answer))
            }
        }
    }
}
