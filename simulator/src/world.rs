//! One seed's world: what happens when, and the promises that are checked as it does.

use crate::cloud::{Cloud, Started};
use crate::hub::{Hub, Job, Stage, time_text};
use hmac::{Hmac, KeyInit, Mac};
use jitney::course::{Command, Course, Event, Report, Step};
use jitney::github::{Fault, Method, Request, Response};
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::ticket::Ticket;
use jitney::words::ids::Dice;
use jitney::words::time::Timestamp;
use jitney::words::usd::Usd;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

const SECRET: &str = "secret-canary";
const TOKEN: &str = "ghp_canary";
const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
/// Jobs come within this time; then the world is given as long again to come to rest.
const BUSY: u64 = 20 * MINUTE;
const REST: u64 = 100 * MINUTE;
/// A job of ours may be without a coming runner for so long: a sweep, a sandbox that waits in vain, and back-off.
const BOUND: u64 = 25 * MINUTE;
/// Any one entry of the journal, a course, or the sweep.
type Id = u64;

#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) first: u64,
    pub(crate) seeds: u64,
    pub(crate) jobs: u64,
    pub(crate) faults: bool,
    pub(crate) trace: bool,
    /// Whether it is asked how many jobs an hour can have: they come over an hour, to as many runners as there may be.
    pub(crate) capacity: bool,
}

impl Options {
    /// For how long jobs come.
    fn busy(self) -> u64 {
        if self.capacity { HOUR } else { BUSY }
    }
}

#[derive(Default)]
pub(crate) struct Totals {
    pub(crate) jobs: u64,
    pub(crate) sandboxes: u64,
    pub(crate) mints: u64,
    pub(crate) stolen: u64,
    pub(crate) kills: u64,
    pub(crate) faults: u64,
    pub(crate) slowest: u64,
    /// What sandboxes cost, in billionths of a dollar; how many lived at once, and were started in one second, at most.
    pub(crate) cost: u64,
    pub(crate) most: u64,
    pub(crate) burst: u64,
    /// What was asked of GitHub.
    pub(crate) requests: u64,
    /// How long each job was queued, in milliseconds.
    pub(crate) waits: Vec<u64>,
}

impl Totals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.jobs += other.jobs;
        self.sandboxes += other.sandboxes;
        self.mints += other.mints;
        self.stolen += other.stolen;
        self.kills += other.kills;
        self.faults += other.faults;
        self.slowest = self.slowest.max(other.slowest);
        self.cost += other.cost;
        self.most = self.most.max(other.most);
        self.burst = self.burst.max(other.burst);
        self.requests += other.requests;
        self.waits.extend(&other.waits);
    }
}

enum Happening {
    /// A job is created.
    Job(u64),
    /// A delivery arrives: its action, its job, the runner's id.
    Delivery(&'static str, u64, Option<u64>),
    /// A course hears.
    Told(Id, Event),
    /// A course that watches a sandbox hears of it.
    Watched(Id, u64),
    /// A course outlives the answer's time, and is kept.
    Keep(Id),
    /// A kept ticket is due.
    Due(Id),
    Sweep,
    Kill,
    Cancelled(u64),
    /// A runner connects; it waits for a job.
    Online(u64, u64),
    /// A connected runner looks for a job.
    Looks(u64, u64),
    /// A job is done, in this sandbox.
    Done(u64, u64),
    /// A sandbox gives up: it got no config, or no job.
    GivesUp(u64, bool),
    Dies(u64),
}

struct Running {
    course: Course,
    /// The kept ticket that goes when the course is over.
    kept: Option<Id>,
    resumption: Option<Ticket>,
}

pub(crate) struct World {
    options: Options,
    dice: Dice,
    now: u64,
    sequence: u64,
    agenda: BinaryHeap<Reverse<(u64, u64)>>,
    happenings: BTreeMap<u64, Happening>,
    hub: Hub,
    cloud: Cloud,
    courses: BTreeMap<Id, Running>,
    journal: BTreeMap<Id, Ticket>,
    turns: VecDeque<u64>,
    held_until: u64,
    intake: IntakeSettings,
    settings: CoursesSettings,
    totals: Totals,
    sweeping: Option<Id>,
    claims: BTreeMap<u64, Id>,
    had: BTreeSet<u64>,
}

impl World {
    pub(crate) fn new(seed: u64, options: Options) -> Self {
        let given = [
            ("WEBHOOK_SECRET", SECRET),
            ("GITHUB_TOKEN", TOKEN),
            ("ALLOWED_REPOS", "octo/demo"),
            ("MAX_RUNNERS", if options.capacity { "10000" } else { "40" }),
        ];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            options,
            dice: Dice::new(seed),
            now: 0,
            sequence: 0,
            agenda: BinaryHeap::new(),
            happenings: BTreeMap::new(),
            hub: Hub::default(),
            cloud: Cloud::default(),
            courses: BTreeMap::new(),
            journal: BTreeMap::new(),
            turns: VecDeque::new(),
            held_until: 0,
            intake: IntakeSettings::read(&given).settings.expect("good settings"),
            settings: CoursesSettings::read(&given).settings.expect("good settings"),
            totals: Totals::default(),
            sweeping: None,
            claims: BTreeMap::new(),
            had: BTreeSet::new(),
        }
    }

    /// Plays until everything has come to rest; the error is the promise that was broken.
    pub(crate) fn play(&mut self) -> Result<Totals, String> {
        let busy = self.options.busy();
        for job in 1..=self.options.jobs {
            let at = self.below(busy);
            self.at(at, Happening::Job(job));
        }
        for sweep in 1..(busy + REST) / (3 * MINUTE) {
            self.at(sweep * 3 * MINUTE, Happening::Sweep);
        }
        if self.fault(50) {
            let at = self.below(busy);
            self.at(at, Happening::Kill);
        }
        while let Some(Reverse((at, sequence))) = self.agenda.pop() {
            if at > busy + REST {
                break;
            }
            self.now = at;
            if let Some(happening) = self.happenings.remove(&sequence) {
                self.happens(happening)?;
            }
        }
        self.at_rest()?;
        self.totals.jobs = self.options.jobs;
        self.totals.sandboxes = self.cloud.started;
        self.totals.mints = self.hub.mints;
        (self.totals.cost, self.totals.most, self.totals.burst) =
            (self.cloud.cost, self.cloud.most, self.cloud.burst);
        Ok(std::mem::take(&mut self.totals))
    }

    fn happens(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Job(job) => self.create(job),
            Happening::Delivery(action, job, runner) => self.deliver(action, job, runner)?,
            Happening::Told(course, event) => self.tell(course, event)?,
            Happening::Watched(course, sandbox) => {
                let outcome = self.cloud.statuses.get(&sandbox).map_or(Report::Done, |s| Report::Ended(*s));
                self.tell(course, Event::Report(outcome))?;
            }
            Happening::Keep(course) => self.keep(course),
            Happening::Due(entry) => self.resume(entry)?,
            Happening::Sweep => self.sweep()?,
            Happening::Kill => self.kill(),
            Happening::Cancelled(job) => self.cancel(job),
            Happening::Online(runner, sandbox) => self.online(runner, sandbox),
            Happening::Looks(runner, sandbox) => self.looks(runner, sandbox),
            Happening::Done(runner, sandbox) => self.done(runner, sandbox),
            Happening::GivesUp(sandbox, config) => self.gives_up(sandbox, config),
            Happening::Dies(sandbox) => self.dies(sandbox),
        }
        self.promises()
    }

    // --- GitHub's side

    fn create(&mut self, id: u64) {
        let labels = if self.below(4) == 0 { vec!["modal", "cpu=4"] } else { vec!["self-hosted", "modal"] };
        let seconds = 5 + self.below(600);
        self.hub.jobs.insert(id, Job { stage: Stage::Queued, labels, created: self.now, seconds });
        self.trace(|| format!("job {id} is created"));
        self.announce("queued", id, None);
        if self.fault(20) {
            let at = self.now + self.below(10 * MINUTE);
            self.at(at, Happening::Cancelled(id));
        }
    }

    /// A delivery may be lost, doubled, or late.
    fn announce(&mut self, action: &'static str, job: u64, runner: Option<u64>) {
        if self.fault(15) {
            return self.trace(|| format!("delivery {action} of job {job} is lost"));
        }
        let times = if self.fault(15) { 2 } else { 1 };
        for _ in 0..times {
            let late = if self.fault(10) { self.below(10 * MINUTE) } else { self.below(SECOND) };
            self.at(self.now + late, Happening::Delivery(action, job, runner));
        }
    }

    fn deliver(&mut self, action: &'static str, job: u64, runner: Option<u64>) -> Result<(), String> {
        let known = &self.hub.jobs[&job];
        let name = runner.and_then(|id| self.hub.runners.get(&id)).map(|runner| runner.name.clone());
        let body = serde_json::json!({
            "action": action, "repository": {"full_name": "octo/demo", "private": self.options.capacity},
            "workflow_job": {"id": job, "run_id": job + 1_000_000, "labels": known.labels,
                "created_at": time_text(known.created), "runner_id": runner, "runner_name": name},
        })
        .to_string();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(body.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        let head = format!("x-github-event: workflow_job\nx-hub-signature-256: sha256={signature}\n");
        if let Verdict::Open(ticket) =
            decide(&self.intake.admission, &head, &body, Trust::Signed(&self.intake.secrets)).verdict
        {
            let resumption = ticket.resumption();
            let course = Course::open(ticket, self.settings.clone(), self.dice.roll());
            let id = self.open(course, None, Some(resumption));
            self.at(self.now + 8 * SECOND, Happening::Keep(id));
            return self.tell(id, Event::Report(Report::Opened));
        }
        Ok(())
    }

    fn cancel(&mut self, id: u64) {
        let job = self.hub.jobs.get_mut(&id).expect("a job");
        if job.stage == Stage::Queued {
            job.stage = Stage::Over;
            self.announce("completed", id, None);
        }
    }

    fn online(&mut self, runner: u64, sandbox: u64) {
        if !self.cloud.living.contains_key(&sandbox) {
            return;
        }
        let Some(known) = self.hub.runners.get_mut(&runner) else { return };
        known.online = true;
        self.at(self.now + 5 * MINUTE, Happening::GivesUp(sandbox, false));
        self.looks(runner, sandbox);
    }

    fn looks(&mut self, runner: u64, sandbox: u64) {
        let alive = self.cloud.living.contains_key(&sandbox);
        if !alive || self.hub.runners.get(&runner).is_none_or(|known| known.job.is_some()) {
            return;
        }
        let pick = self.dice.roll();
        let Some(job) = self.hub.assign(runner, pick) else {
            return self.at(self.now + SECOND, Happening::Looks(runner, sandbox));
        };
        let meant_for = self.cloud.living[&sandbox].job;
        self.totals.stolen += u64::from(meant_for != job);
        let waited = self.now - self.hub.jobs[&job].created;
        self.totals.slowest = self.totals.slowest.max(waited);
        self.totals.waits.push(waited);
        self.trace(|| format!("job {job} runs in sandbox {sandbox}, which was meant for {meant_for}"));
        self.announce("in_progress", job, Some(runner));
        let ends = self.now + self.hub.jobs[&job].seconds * SECOND;
        self.at(ends, Happening::Done(runner, sandbox));
    }

    fn done(&mut self, runner: u64, sandbox: u64) {
        let Some(job) = self.hub.runners.get(&runner).and_then(|known| known.job) else { return };
        self.hub.jobs.get_mut(&job).expect("a job").stage = Stage::Over;
        self.announce("completed", job, Some(runner));
        self.hub.runners.remove(&runner);
        self.end(sandbox, 0);
    }

    // --- Modal's side

    fn end(&mut self, sandbox: u64, status: i32) {
        let lingers = self.now + self.below(MINUTE);
        if self.cloud.end(sandbox, self.now, lingers, status).is_some() {
            self.trace(|| format!("sandbox {sandbox} ends"));
        }
    }

    fn gives_up(&mut self, sandbox: u64, waiting_for_config: bool) {
        let Some(living) = self.cloud.living.get(&sandbox) else { return };
        let idle = match living.runner {
            None => waiting_for_config,
            Some(runner) => {
                !waiting_for_config && self.hub.runners.get(&runner).is_none_or(|known| known.job.is_none())
            }
        };
        if idle {
            if let Some(runner) = living.runner.and_then(|id| self.hub.runners.get_mut(&id)) {
                runner.online = false;
            }
            self.end(sandbox, 65);
        }
    }

    fn dies(&mut self, sandbox: u64) {
        let Some(living) = self.cloud.living.get(&sandbox) else { return };
        if let Some(id) = living.runner {
            let job = self.hub.runners.get(&id).and_then(|runner| runner.job);
            if let Some(job) = job {
                // GitHub ends the job of a runner that is lost.
                self.hub.jobs.get_mut(&job).expect("a job").stage = Stage::Over;
                self.hub.runners.remove(&id);
            } else if let Some(runner) = self.hub.runners.get_mut(&id) {
                runner.online = false;
            }
        }
        self.end(sandbox, 1);
    }

    // --- the host's side

    fn open(&mut self, course: Course, kept: Option<Id>, resumption: Option<Ticket>) -> Id {
        let id = self.number();
        self.courses.insert(id, Running { course, kept, resumption });
        id
    }

    fn keep(&mut self, id: Id) {
        let entry = self.number();
        if let Some(running) = self.courses.get_mut(&id)
            && let Some(ticket) = running.resumption.take()
        {
            running.kept = Some(entry);
            self.journal.insert(entry, ticket);
        }
    }

    fn put(&mut self, ticket: Ticket, delay: u64) {
        let entry = self.number();
        self.journal.insert(entry, ticket);
        self.at(self.now + delay, Happening::Due(entry));
    }

    fn resume(&mut self, entry: Id) -> Result<(), String> {
        let at_work = self.courses.values().any(|running| running.kept == Some(entry));
        let Some(ticket) = self.journal.get(&entry).filter(|_| !at_work).cloned() else { return Ok(()) };
        let course = Course::open(ticket, self.settings.clone(), self.dice.roll());
        let id = self.open(course, Some(entry), None);
        self.tell(id, Event::Report(Report::Opened))
    }

    fn sweep(&mut self) -> Result<(), String> {
        if self.sweeping.is_some_and(|id| self.courses.contains_key(&id)) {
            return Ok(());
        }
        let fresh = self.courses.values().filter_map(|running| running.resumption.clone());
        let pending: Vec<Ticket> = self.journal.values().cloned().chain(fresh).collect();
        let course = Course::sweep(self.settings.clone(), &[], &pending);
        let id = self.open(course, None, None);
        self.sweeping = Some(id);
        self.tell(id, Event::Report(Report::Opened))
    }

    /// kill -9: what runs is lost; what is in the journal is taken up by the next host.
    fn kill(&mut self) {
        self.totals.kills += 1;
        self.trace(|| "the host is killed".to_owned());
        self.courses.clear();
        self.claims.clear();
        self.had.clear();
        self.turns.clear();
        let entries: Vec<Id> = self.journal.keys().copied().collect();
        for entry in entries {
            let at = self.now + 10 * SECOND + self.below(MINUTE);
            self.at(at, Happening::Due(entry));
        }
    }

    fn tell(&mut self, id: Id, event: Event) -> Result<(), String> {
        let now = Timestamp(self.now);
        let Some(running) = self.courses.get_mut(&id) else { return Ok(()) };
        match running.course.next(event, now) {
            Step::Ask(request) => {
                let (delay, answer) = self.ask(&request);
                self.at(self.now + delay, Happening::Told(id, Event::Response(answer)));
            }
            Step::Tell(command) => {
                if let Some((delay, outcome)) = self.execute(id, command)? {
                    self.at(self.now + delay, Happening::Told(id, Event::Report(outcome)));
                }
            }
        }
        Ok(())
    }

    /// GitHub's answer and how long it takes. What is lost on the way back took effect all the same.
    fn ask(&mut self, request: &Request) -> (u64, Result<Response, Fault>) {
        let delay = 20 + self.below(400);
        self.totals.requests += 1;
        if self.fault(3) {
            return (5 * SECOND, Err(Fault::Unreachable));
        }
        if self.fault(3) {
            return (delay, Ok(Response { status: 502, ..Response::default() }));
        }
        if request.method == Method::Post && self.fault(1) {
            return (delay, Ok(Response { status: 403, retry_after: Some(30), ..Response::default() }));
        }
        let answer = self.hub.answer(request, self.now);
        if self.fault(3) {
            return (10 * SECOND, Err(Fault::TimedOut));
        }
        if self.fault(2) {
            return (delay, Ok(Response { status: 200, body: b"<html>".to_vec(), ..Response::default() }));
        }
        (delay, Ok(answer))
    }

    fn execute(&mut self, id: Id, command: Command) -> Result<Option<(u64, Report)>, String> {
        let delay = 10 + self.below(300);
        let outcome = match command {
            Command::Claim(job) if self.claims.contains_key(&job.0) => Report::Taken,
            Command::Claim(job) => {
                self.claims.insert(job.0, id);
                if self.had.insert(job.0) { Report::Done } else { Report::Again }
            }
            Command::Start(start) => {
                let told = format!("{:?}{:?}", start.tags, start.environment);
                if told.contains(TOKEN) || told.contains(SECRET) {
                    return Err("a credential is in a command".to_owned());
                }
                return Ok(Some(self.start(&start, delay)));
            }
            Command::HandOver { sandbox, line, tags } => {
                return Ok(Some(self.hand_over(&sandbox, line.expose(), tags)));
            }
            Command::Terminate(sandbox) => {
                self.end(sandbox.parse().expect("an id"), 137);
                Report::Done
            }
            Command::FindName(name) => Report::Found(self.cloud.show(|living| living.name == name.as_str())),
            Command::FindJob(job) => Report::Found(self.cloud.show(|living| living.job.to_string() == job)),
            Command::FindAll => Report::Found(self.cloud.show(|_| true)),
            Command::Open(ticket) => {
                self.put(*ticket, 0);
                Report::Done
            }
            Command::Reply(answer) => {
                self.trace(|| format!("{:?}: {}", answer.subject.job, answer.reason));
                self.answered(id);
                Report::Done
            }
            Command::Watch { sandbox, seconds } => {
                let at = self.now + u64::from(seconds) * SECOND;
                self.at(at, Happening::Watched(id, sandbox.parse().expect("an id")));
                return Ok(None);
            }
            Command::RefreshImage => Report::Done,
            Command::Spent(_) => Report::Spent(Usd::default()),
            Command::Permit { .. } => return Err("no job of this world is refused".to_owned()),
            Command::Authorize { .. } => return Err("a token needs no keys instance".to_owned()),
            Command::Pause(pause) => return Ok(Some((pause, Report::Done))),
            Command::AwaitTurn { pace, .. } => return Ok(Some(self.turn(pace))),
            Command::Hold(hold) => {
                self.held_until = self.held_until.max(self.now + hold);
                Report::Done
            }
            Command::Defer(ticket, delay, answer) => {
                self.trace(|| format!("job {} is deferred by {delay} ms: {}", ticket.job, answer.reason));
                self.put(*ticket, delay);
                self.over(id);
                return Ok(None);
            }
            Command::Finish(answer) => {
                self.trace(|| {
                    format!("{:?}: {} ({})", answer.subject.job, answer.reason, answer.outcome.word())
                });
                self.over(id);
                return Ok(None);
            }
        };
        Ok(Some((delay, outcome)))
    }

    /// The delivery has its answer: the course is no longer kept, and has its job no longer to itself.
    fn answered(&mut self, id: Id) {
        self.claims.retain(|_, course| *course != id);
        let Some(running) = self.courses.get_mut(&id) else { return };
        running.resumption = None;
        if let Some(entry) = running.kept.take() {
            self.journal.remove(&entry);
        }
    }

    fn over(&mut self, id: Id) {
        self.claims.retain(|_, course| *course != id);
        if let Some(entry) = self.courses.remove(&id).and_then(|running| running.kept) {
            self.journal.remove(&entry);
        }
    }

    fn start(&mut self, start: &jitney::course::Start, delay: u64) -> (u64, Report) {
        let failed = || Report::Failed("ServiceError".to_owned());
        if self.fault(3) {
            return (delay, failed());
        }
        let boot = 300 + self.below(5 * SECOND);
        match self.cloud.start(start, self.now, boot) {
            Started::Taken => (delay, Report::Taken),
            Started::Full => (delay, Report::Full),
            Started::Lives(id) => {
                self.trace(|| format!("sandbox {id} is started as {}", start.name.as_str()));
                self.at(self.now + boot + 120 * SECOND, Happening::GivesUp(id, true));
                if self.fault(3) {
                    let at = self.now + self.below(10 * MINUTE);
                    self.at(at, Happening::Dies(id));
                }
                if self.fault(3) { (delay, failed()) } else { (delay, Report::Started(id.to_string())) }
            }
        }
    }

    fn hand_over(&mut self, sandbox: &str, line: &str, tags: jitney::course::Tags) -> (u64, Report) {
        let id: u64 = sandbox.parse().expect("an id");
        let failed = Report::Failed("TimeoutError".to_owned());
        let runner: u64 = line.strip_prefix("config-").and_then(|n| n.parse().ok()).expect("a config");
        let Some(living) = self.cloud.living.get_mut(&id) else { return (SECOND, failed) };
        living.tags = tags.into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        let boots = living.reads.saturating_sub(self.now) + 50;
        if self.options.faults && self.dice.roll().is_multiple_of(40) {
            return (20 * SECOND, failed);
        }
        living.runner = Some(runner);
        self.at(self.now + boots + SECOND, Happening::Online(runner, id));
        (boots, Report::Done)
    }

    /// The pace: as many turns a minute as there may be, in the order of asking.
    fn turn(&mut self, pace: u32) -> (u64, Report) {
        if self.held_until > self.now {
            return (0, Report::Held(self.held_until - self.now));
        }
        while self.turns.front().is_some_and(|at| at + MINUTE <= self.now) {
            self.turns.pop_front();
        }
        let full = self.turns.len().checked_sub(pace as usize).map(|at| self.turns[at] + MINUTE);
        let at = full.unwrap_or(self.now).max(self.now);
        self.turns.push_back(at);
        (at - self.now, Report::Done)
    }

    // --- promises

    fn promises(&self) -> Result<(), String> {
        if self.hub.limited > 0 {
            return Err("GitHub's limit of POSTs was met".to_owned());
        }
        if self.options.capacity {
            return Ok(());
        }
        let mut coming: BTreeMap<u64, u64> = BTreeMap::new();
        for living in self.cloud.living.values() {
            let busy =
                living.runner.is_some_and(|id| self.hub.runners.get(&id).is_none_or(|r| r.job.is_some()));
            if !busy {
                *coming.entry(living.job).or_default() += 1;
            }
        }
        if let Some((job, count)) = coming.iter().find(|(_, count)| **count > 1) {
            return Err(format!("{count} sandboxes at once wait for job {job}, at {} ms", self.now));
        }
        Ok(())
    }

    fn at_rest(&self) -> Result<(), String> {
        for (id, job) in &self.hub.jobs {
            if job.stage == Stage::Queued && self.now.saturating_sub(job.created) > BOUND {
                return Err(format!("job {id} was never launched"));
            }
        }
        if let Some((id, living)) = self.cloud.living.iter().next() {
            return Err(format!("sandbox {id} ({}) was left", living.name));
        }
        if let Some((id, runner)) = self.hub.runners.iter().next() {
            return Err(format!("runner {id} ({}) was left registered", runner.name));
        }
        match self.journal.values().next() {
            Some(ticket) => Err(format!("a ticket of job {} was left", ticket.job)),
            None => Ok(()),
        }
    }

    // --- time and chance

    fn at(&mut self, at: u64, happening: Happening) {
        self.sequence += 1;
        self.agenda.push(Reverse((at, self.sequence)));
        self.happenings.insert(self.sequence, happening);
    }

    fn number(&mut self) -> Id {
        self.sequence += 1;
        self.sequence
    }

    fn below(&mut self, most: u64) -> u64 {
        self.dice.roll() % most
    }

    /// A fault, in so many of a hundred cases.
    fn fault(&mut self, percent: u64) -> bool {
        let strikes = self.options.faults && self.dice.roll() % 100 < percent;
        self.totals.faults += u64::from(strikes);
        strikes
    }

    fn trace(&self, line: impl FnOnce() -> String) {
        if self.options.trace {
            println!("{:>9} ms  {}", self.now, line());
        }
    }
}
