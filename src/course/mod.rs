//! The life of one job: told what happened, a course says what to do next.
//!
//! A course asks GitHub ([`Step::Ask`]) and commands the host ([`Step::Tell`]); both report back as an [`Event`]. The
//! order of steps, what an error means and when to try again are decided here and in no other place. Each course is an
//! `async fn` that reads as what it does, from top to bottom; [`desk`] says how it is played.

mod command;
mod consult;
pub mod desk;
pub mod keys;
mod launch;
mod pair;
mod release;
mod sweep;

pub use command::{Command, Event, Failed, Report, Sandbox, Start, Step, Tags, Volume};
pub use sweep::SETTLED;

use crate::house::Rank;
use crate::reply::{Outcome, Reason, Reply, Subject};
use crate::settings::CoursesSettings;
use crate::ticket::{Purpose, Ticket};
use crate::words::ids::Dice;
use crate::words::time::Timestamp;
use command::tag;
use desk::{Next, Play};

/// Seconds for which a sandbox waits for its config, and for which its runner waits for a job.
pub const HAND_OVER_WITHIN: u32 = 120;
/// See [`HAND_OVER_WITHIN`].
pub const START_WITHIN: u32 = 300;

/// A course, from its ticket to [`Command::Defer`] or [`Command::Finish`].
#[derive(Debug)]
pub struct Course(Play<End>);

/// What a course comes to.
#[derive(Clone, Debug)]
enum End {
    /// It is over.
    Finish(Reply),
    /// This ticket is to be opened after so many milliseconds.
    Defer(Box<Ticket>, u64, Reply),
}

impl Course {
    /// Opens the course of `ticket`; `seed` makes its names and delays.
    pub fn open(ticket: Ticket, settings: CoursesSettings, seed: u64) -> Self {
        let dice = Dice::new(seed);
        let (credential, installation) = (settings.credential.clone(), ticket.installation);
        Self(match ticket.purpose {
            Purpose::Launch | Purpose::Refuse => {
                Play::ranked(Rank::Launch, credential, installation, |desk| {
                    launch::Launch::new(desk, ticket, settings, dice).play()
                })
            }
            Purpose::Release => Play::ranked(Rank::Pair, credential, installation, |desk| {
                release::play(desk, ticket, settings)
            }),
            Purpose::Pair => {
                Play::ranked(Rank::Pair, credential, installation, |desk| pair::play(desk, ticket, settings))
            }
        })
    }

    /// Opens a sweep, which visits the repositories that are named, that an App shows, or of which the house has heard.
    /// `pending` are the tickets whose courses run or wait.
    pub fn sweep(settings: CoursesSettings, pending: &[Ticket]) -> Self {
        let credential = settings.credential.clone();
        Self(Play::new(credential, None, |desk| sweep::Sweep::new(desk, settings, pending).play()))
    }

    /// The next step. A request comes with its credential.
    pub fn next(&mut self, event: Event, now: Timestamp) -> Step {
        match self.0.next(event, now) {
            Some(Next::Step(step)) => step,
            Some(Next::Over(End::Finish(reply))) => Step::Tell(Command::Finish(reply)),
            Some(Next::Over(End::Defer(ticket, delay, reply))) => {
                Step::Tell(Command::Defer(ticket, delay, reply))
            }
            None => {
                let reason = Reason::new("course-over", "the course was over");
                Step::Tell(Command::Finish(Reply::new(Outcome::Broken, reason, Subject::default())))
            }
        }
    }
}

/// The reply to a delivery whose course outlives the time in which it must be answered.
pub fn still_running(ticket: &Ticket) -> Reply {
    let text = "jitney is working on the job; the log shows how that ends";
    Reply::new(Outcome::Deferred, Reason::new("still-at-work", text), ticket.subject())
}
