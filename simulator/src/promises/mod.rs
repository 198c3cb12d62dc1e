//! What is promised, by name; checked as soon as it can break.

mod deeds;
mod requests;
mod times;

/// A promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// See [`PROMISES`], as for all.
    Busy,
    /// The same after a hand-over that failed.
    Unclear,
    /// Its kind of world has the bound.
    Bound,
    /// What a job leaves behind.
    Left,
    /// At rest.
    Rest,
    /// Registrations that nobody knows of.
    Ghosts,
    /// Redeliveries.
    Redelivers,
    /// Redeliveries of what was answered.
    RefusedAgain,
    /// The bound at an organisation.
    BoundOrg,
    /// A sandbox that lives on in its job's way.
    InTheWay,
    /// Two for one, one of them not listed yet.
    Unlisted,
    /// Two for one.
    Twice,
    /// The limit of registrations.
    Limits,
    /// All of GitHub's limits.
    Points,
    /// Left alone.
    Held,
    /// Requests a job.
    Requests,
    /// Deferrals a job.
    Deferrals,
    /// Sandboxes of runners that a listing left out.
    Skipped,
    /// The count of deferrals.
    Counts,
    /// Jobs that were created just now.
    Fresh,
    /// Victims.
    Victims,
    /// One course a job.
    Course,
    /// Credentials.
    Secret,
    /// Requests that GitHub takes.
    WellFormed,
    /// One line.
    Line,
    /// Its own sandbox.
    Own,
    /// Who comes second looks first.
    Looks,
    /// Only what may run.
    Admitted,
    /// A launch cleans up.
    Tidy,
    /// A release does its work.
    Release,
    /// A sweep takes no spare.
    Sweep,
    /// A sweep takes none that connects.
    Booting,
    /// A sweep's budget.
    Budget,
    /// A sweep's thrift.
    Thrift,
    /// Nothing that others count on.
    Spare,
    /// Every repository's turn.
    Rotation,
    /// Nothing unexpected.
    Sense,
}

/// A row of [`PROMISES`].
#[derive(Debug)]
pub struct Row {
    /// The promise.
    pub promise: Promise,
    /// Its name, for `--promise`.
    pub name: &'static str,
    /// Why it is broken now and then; it is off by default if it is.
    pub broken_by: Option<&'static str>,
    /// What it says.
    pub says: &'static str,
}

const fn held(promise: Promise, name: &'static str, says: &'static str) -> Row {
    Row { promise, name, broken_by: None, says }
}

const fn broken(promise: Promise, name: &'static str, by: &'static str, says: &'static str) -> Row {
    Row { promise, name, broken_by: Some(by), says }
}

use Promise as P;

/// All of them.
pub const PROMISES: &[Row] = &[
    held(P::Busy, "busy", "no sandbox is ended while its runner has a job"),
    held(P::Bound, "bound", "a job of ours runs within the bound of its kind of world"),
    held(P::Left, "left", "six minutes after a job is over no sandbox, registration or ticket of it is left"),
    held(P::Rest, "rest", "at rest no job of ours waits, and nothing lives, is registered or is kept"),
    held(P::Redelivers, "redelivers", "a delivery that fails is asked for again at most ten times"),
    held(P::Twice, "twice", "no two sandboxes wait for the same job"),
    held(P::Limits, "limits", "GitHub is never asked for more than 180 registrations in a minute"),
    held(P::Requests, "requests", "requests about one job stay under the bound of its kind of world"),
    held(P::Deferrals, "deferrals", "deferrals of one job stay under the bound of its kind of world"),
    held(
        P::Fresh,
        "fresh",
        "a job created just now is not asked about before it is launched, and no sweep opens a course of it",
    ),
    held(P::Victims, "victims", "a delivery that tells that a runner took another's job opens a course"),
    held(P::Counts, "counts", "a deferred job's ticket counts one deferral more, so that waits grow"),
    held(P::Secret, "secret", "no credential is in what a sandbox is told"),
    held(
        P::WellFormed,
        "well-formed",
        "every request is one that GitHub takes, with a credential that is for it",
    ),
    held(P::Line, "line", "what is handed over is one line without blanks"),
    held(P::Own, "own", "a config is handed to the sandbox that its own launch started"),
    held(P::Looks, "looks", "a ticket that is taken up again looks at what lives before it starts anything"),
    held(
        P::Admitted,
        "admitted",
        "nothing is started for a job that is not ours, waits for approval, is a fork's, or is long over",
    ),
    held(
        P::Tidy,
        "tidy",
        "a launch that ends leaves no sandbox without a config and no registration unlooked for",
    ),
    held(
        P::Release,
        "release",
        "a release leaves the sandbox that ran the job, and ends what waits for a config",
    ),
    held(
        P::Sweep,
        "sweep",
        "a sweep ends only sandboxes whose job is over, and takes no registration from a runner that is online",
    ),
    held(P::Budget, "budget", "one sweep makes at most 250 requests"),
    held(
        P::Thrift,
        "thrift",
        "a sweep cleans nothing away below half of the hour's quota, and stops at a tenth",
    ),
    held(P::Sense, "sense", "no course is confused, fails, or goes on after its end"),
    held(
        P::Unclear,
        "unclear",
        "no sandbox is ended while its runner has a job, though its hand-over was reported as failed",
    ),
    held(
        P::BoundOrg,
        "bound-org",
        "a job of ours runs within its bound where runners are an organisation's too",
    ),
    held(
        P::InTheWay,
        "in-the-way",
        "no job waits beyond its bound for a sandbox that lives on after another job",
    ),
    held(
        P::Skipped,
        "skipped",
        "no sweep ends a sandbox at work because GitHub's pages shifted while it read them (an hour of 2,000 jobs)",
    ),
    held(
        P::Ghosts,
        "ghosts",
        "six minutes after a job is over no second registration of it is left beside a sandbox at work",
    ),
    held(
        P::RefusedAgain,
        "refused-again",
        "a delivery that was refused with a reason is not asked for again",
    ),
    broken(
        P::Unlisted,
        "unlisted",
        "Modal lists a sandbox late",
        "no two sandboxes wait for the same job, though Modal did not list the first yet",
    ),
    held(
        P::Points,
        "points",
        "GitHub's limits of 900 points a minute and 100 requests at once are never met",
    ),
    held(P::Held, "held", "no request at all is sent while GitHub said wait"),
    held(P::Course, "course", "no two courses of a host have the same job"),
    broken(
        P::Spare,
        "spare",
        "three jobs or more take one another's runners in a ring",
        "no idle runner is taken away that a queued job counts on",
    ),
    held(P::Booting, "booting", "no registration is deleted whose sandbox is about to connect"),
    held(P::Rotation, "rotation", "twenty sweeps ask about every repository that was named or heard of"),
];

impl Promise {
    /// Its row.
    pub fn row(self) -> &'static Row {
        PROMISES.iter().find(|row| row.promise == self).expect("every promise has a row")
    }

    /// The promise of this name.
    pub fn named(name: &str) -> Option<Self> {
        PROMISES.iter().find(|row| row.name == name).map(|row| row.promise)
    }
}

/// A promise that was broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Which.
    pub promise: Promise,
    /// How.
    pub how: String,
}
