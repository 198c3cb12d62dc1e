//! One seed's world: what happens when, on a virtual clock.

mod agenda;
mod asking;
mod courses;
mod deeds;
mod github;
mod modal;
mod opening;

use agenda::{Entry, Happening};

use crate::cloud::Cloud;
use crate::dice::{DAWN, Dice, HOUR, MINUTE};
use crate::faults::{Fault, Kind, Strengths};
use crate::host::{Host, Running};
use crate::hub::Hub;
use crate::layout::Layout;
use crate::promises::{Broken, Promise};
use crate::seen::Seen;
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::ticket::Ticket;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

/// Jobs come within this time, unless it is asked how an hour goes.
const BUSY: u64 = 20 * MINUTE;
/// How often a host sweeps.
const SWEEP: u64 = 3 * MINUTE;

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Play {
    /// The seed.
    pub seed: u64,
    /// How many jobs there are.
    pub jobs: u64,
    /// The kind of world.
    pub kind: &'static Kind,
    /// What goes wrong in it.
    pub strengths: Strengths,
    /// Whether it is asked how an hour goes: jobs come over an hour, to as many runners as they want.
    pub hour: bool,
    /// Whether to say what happens.
    pub trace: bool,
    /// The promises that are held against it.
    pub promises: Vec<Promise>,
}

/// A ticket that is kept.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) ticket: Ticket,
    /// When it is to be taken up, and since when it is kept.
    pub(crate) due: u64,
    pub(crate) put: u64,
}

/// A world.
pub struct World {
    pub(crate) play: Play,
    pub(crate) dice: Dice,
    pub(crate) now: u64,
    pub(crate) hub: Hub,
    pub(crate) cloud: Cloud,
    pub(crate) hosts: BTreeMap<u64, Host>,
    pub(crate) courses: BTreeMap<u64, Running>,
    /// Tickets that are kept.
    pub(crate) journal: BTreeMap<u64, Kept>,
    pub(crate) layout: Layout,
    pub(crate) seen: Seen,
    /// Requests and deferrals of each job.
    pub(crate) asked: BTreeMap<u64, (u64, u64)>,
    /// When each repository was last asked for its runs, in sweeps; and how many sweeps there were.
    pub(crate) visits: (Vec<u64>, u64),
    /// Until when something was amiss that jitney can do nothing about.
    pub(crate) amiss: u64,
    intake: IntakeSettings,
    settings: CoursesSettings,
    /// What is kept of what the house knows.
    memory: String,
    /// When a delivery of each repository came first.
    heard: BTreeMap<String, u64>,
    agenda: BinaryHeap<Reverse<Entry>>,
    sequence: u64,
    /// How much of the agenda does not only look.
    doing: u64,
    sweeping: Option<u64>,
    /// Whether the next host sweeps soon.
    unclean: bool,
    /// While GitHub's API is gone, and while Modal takes no creates.
    outage: (u64, u64),
    throttled: Vec<(u64, u64)>,
    pub(crate) broken: Option<Broken>,
    pub(crate) trace: Vec<String>,
}

impl World {
    /// The world of a seed, before anything happens.
    pub fn new(play: Play) -> Self {
        let mut dice = Dice::new(play.seed);
        let layout = match play.hour {
            true if play.jobs == 0 => Layout::ten(),
            true => Layout::plain(),
            false => Layout::roll(&mut dice, &play.strengths),
        };
        let strength = |fault| play.strengths.get(fault);
        let places = match strength(Fault::Places) {
            _ if play.hour => 10_000,
            0 if strength(Fault::Matrix) + strength(Fault::Burst) > 0 => 400,
            0 => 40,
            places => places,
        };
        let (intake, settings) = layout.settings(places);
        let mut hub = Hub {
            homes: layout.homes.clone(),
            organization: layout.organization,
            app: layout.app,
            crowd: strength(Fault::Crowd),
            ..Hub::default()
        };
        hub.limits.quota = strength(Fault::Quota);
        let apart = strength(Fault::Clocks);
        if apart > 0 {
            hub.ahead = dice.between(0, 2 * apart).cast_signed() - apart.cast_signed();
        }
        let repositories = layout.homes.len();
        Self {
            play,
            dice,
            now: DAWN,
            hub,
            cloud: Cloud::default(),
            hosts: BTreeMap::new(),
            courses: BTreeMap::new(),
            journal: BTreeMap::new(),
            layout,
            seen: Seen::default(),
            asked: BTreeMap::new(),
            visits: (vec![0; repositories], 0),
            amiss: 0,
            intake,
            settings,
            memory: String::new(),
            heard: BTreeMap::new(),
            agenda: BinaryHeap::new(),
            sequence: 0,
            doing: 0,
            sweeping: None,
            unclean: false,
            outage: (0, 0),
            throttled: Vec::new(),
            broken: None,
            trace: Vec::new(),
        }
    }

    /// Plays until nothing more will happen, or a promise is broken.
    pub fn play(mut self) -> (Seen, Option<Broken>, Vec<String>) {
        self.lay_out();
        while let Some(Reverse(Entry(at, _, happening))) = self.agenda.pop() {
            self.doing -= u64::from(!happening.only_looks());
            self.now = at;
            let looks = happening.only_looks();
            self.happens(happening);
            self.check_step();
            if self.broken.is_some() || (looks && self.is_at_rest()) || self.now > DAWN + 20 * 24 * HOUR {
                break;
            }
        }
        if self.broken.is_none() {
            self.check_rest();
        }
        self.seen.jobs = self.hub.jobs.len() as u64;
        self.seen.sandboxes = self.cloud.started;
        self.seen.mints = self.hub.mints;
        (self.seen.cost, self.seen.most, self.seen.burst) =
            (self.cloud.cost, self.cloud.most, self.cloud.burst);
        self.seen.kind = self.play.kind.name;
        (self.seen, self.broken, self.trace)
    }

    /// For how long jobs come.
    pub(crate) fn busy(&self) -> u64 {
        if self.play.hour { HOUR } else { BUSY }
    }

    fn lay_out(&mut self) {
        let begin = self.now;
        let busy = self.busy();
        self.host_up();
        let bursts = self.strength(Fault::Matrix) + self.strength(Fault::Burst) > 0;
        let (jobs, busy) = if bursts { (self.play.jobs * 5 / 2, MINUTE / 3) } else { (self.play.jobs, busy) };
        for job in 1..=jobs {
            let at = begin + self.dice.below(busy);
            self.at(at, Happening::Job(5_000_000_000 + job));
        }
        let first = self.dice.below(SWEEP);
        self.at(begin + first, Happening::Sweep);
        for _ in 0..self.strength(Fault::Deploys) {
            let at = begin + self.dice.below(busy);
            self.at(at, Happening::Deploy);
        }
        let lasts = self.strength(Fault::Outage);
        if lasts > 0 {
            let at = begin + self.dice.below(busy);
            self.outage = (at, at + lasts);
            self.amiss = at + lasts;
        }
        let lasts = self.strength(Fault::Throttled);
        for _ in 0..if lasts > 0 { 3 } else { 0 } {
            let at = begin + self.dice.below(busy);
            let until = at + self.dice.below(lasts);
            self.throttled.push((at, until));
        }
        let lasts = self.strength(Fault::Down);
        if lasts > 0 {
            let at = begin + self.dice.below(busy);
            self.amiss = at + lasts;
            self.at(at, Happening::HostStops(u64::MAX));
            self.unclean = true;
            self.at(at + lasts, Happening::HostUp);
        }
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Job(job) => self.create(job),
            Happening::Approved(job) => self.approved(job),
            Happening::Delivery(attempt) => self.deliver(attempt),
            Happening::Again(attempt) => self.deliver_again(attempt),
            Happening::Told(course, event) => self.tell(course, *event),
            Happening::Watched(course, sandbox) => self.watched(course, sandbox),
            Happening::Keep(course) => self.keep(course),
            Happening::Due(entry) => self.resume(entry),
            Happening::House(host) => self.house_due(host),
            Happening::Sweep => self.sweep(),
            Happening::SweepOnce => self.sweep_once(),
            Happening::HostUp => self.host_up(),
            Happening::Deploy => self.deploy(),
            Happening::HostStops(host) => self.host_stops(host),
            Happening::Cancelled(job) => self.cancel(job),
            Happening::Scheduled(course, sandbox, found) => self.scheduled(course, sandbox, found),
            Happening::Online(runner, sandbox) => self.online(runner, sandbox),
            Happening::PairUp(runner, job) => self.pair_up(runner, job),
            Happening::Done(runner, job) => self.done(runner, job),
            Happening::Finished(sandbox) => self.end_sandbox(sandbox, 0),
            Happening::NoConfig(sandbox) => self.no_config(sandbox),
            Happening::NoJob(sandbox) => self.no_job(sandbox),
            Happening::Orphaned(sandbox) => self.orphaned(sandbox),
            Happening::IdleDeleted(runner) => self.idle_deleted(runner),
            Happening::Dies(sandbox) => self.dies(sandbox),
            Happening::LostContact(runner) => self.lost_contact(runner),
            Happening::Bound(job) => self.check_bound(job),
            Happening::Left(job) => self.check_left(job),
        }
    }

    /// Whether all that will happen is that somebody looks.
    fn is_at_rest(&self) -> bool {
        let idle_hour = self.play.hour && self.play.jobs == 0 && self.now < DAWN + HOUR;
        !idle_hour
            && self.doing == 0
            && self.courses.is_empty()
            && self.hub.queued.iter().all(|job| !self.wants(*job))
            && self.cloud.living.is_empty()
            && self.hub.runners.is_empty()
            && !self.agenda.iter().any(|Reverse(entry)| !matches!(entry.2, Happening::Sweep))
    }

    fn at(&mut self, at: u64, happening: Happening) {
        self.sequence += 1;
        self.doing += u64::from(!happening.only_looks());
        self.agenda.push(Reverse(Entry(at, self.sequence, happening)));
    }

    /// A job's end is looked at again.
    pub(crate) fn look_again(&mut self, job: u64, at: u64) {
        self.at(at, Happening::Left(job));
    }

    pub(crate) fn look_at_bound(&mut self, job: u64, at: u64) {
        self.at(at, Happening::Bound(job));
    }

    /// Since when jitney can know of a job's repository. One that `ALLOWED_REPOS` does not name and no App lists is
    /// known once a delivery of it has come; until then, never.
    pub(crate) fn known_since(&self, job: u64) -> Option<u64> {
        self.hub.jobs.get(&job).and_then(|job| self.home_known_since(job.home))
    }

    /// Since when jitney knows of a repository.
    pub(crate) fn home_known_since(&self, home: usize) -> Option<u64> {
        if self.layout.named || self.layout.app {
            return Some(0);
        }
        self.heard.get(&self.hub.homes.get(home)?.name).copied()
    }

    fn number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    pub(crate) fn strength(&self, fault: Fault) -> u64 {
        self.play.strengths.get(fault)
    }

    /// Whether a fault strikes.
    fn fault(&mut self, fault: Fault) -> bool {
        let strikes = self.dice.strikes(self.play.strengths.get(fault));
        self.seen.faults += u64::from(strikes);
        strikes
    }

    pub(crate) fn say(&mut self, line: impl FnOnce() -> String) {
        if self.play.trace {
            let at = self.now - DAWN;
            self.trace.push(format!("{:>7}.{:03} s  {}", at / 1000, at % 1000, line()));
        }
    }

    /// A promise is broken; if it is not held against this world, that is counted.
    pub(crate) fn breaks(&mut self, promise: Promise, how: impl FnOnce() -> String) {
        if !self.play.promises.contains(&promise) {
            self.seen.off.insert(promise);
        } else if self.broken.is_none() {
            let how = how();
            self.say(|| format!("BROKEN: {how}"));
            self.broken = Some(Broken { promise, how });
        }
    }
}

/// The ids of a set, as numbers; the host's are texts.
pub(crate) fn id(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}
