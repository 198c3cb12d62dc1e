//! The end of a listener that has to be told to end: a job is refused, none came, or one takes too long.

use super::{Cause, Supervisor};
use crate::state;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

/// An idle listener ends at once on SIGINT.
const IDLE_STEPS: [(Duration, Signal); 2] =
    [(Duration::from_secs(10), Signal::SIGTERM), (Duration::from_secs(20), Signal::SIGKILL)];
/// A listener with a job waits for its worker, which uploads logs. Ended too early, it tells GitHub nothing, and
/// the job hangs for ten minutes.
const BUSY_STEPS: [(Duration, Signal); 1] = [(Duration::from_mins(2), Signal::SIGKILL)];

/// An end that was begun here: why, when, and what is still to be tried.
pub(super) struct Shutdown {
    pub(super) cause: Cause,
    since: Instant,
    steps: &'static [(Duration, Signal)],
}

impl Supervisor {
    /// Begins the listener's end, where it is time for that. SIGINT goes to the listener alone: the hook must outlive
    /// the moment at which the worker hears of the shutdown.
    pub(super) fn judge(&mut self, listener: Pid, since: Instant) {
        let late =
            |within: Option<Duration>, since: Instant| within.is_some_and(|within| since.elapsed() >= within);
        // The mark of the job is looked for last, so that a job which has just started is left alone.
        let no_job = self.job.is_none()
            && late(Some(self.orders.start_within), since)
            && !self.state.has(state::JOB_STARTED);
        let (cause, steps): (_, &[_]) = if self.state.has(state::REFUSED) {
            (Cause::Refused, &BUSY_STEPS)
        } else if no_job {
            (Cause::NoJob, &IDLE_STEPS)
        } else if late(self.orders.end_within, self.started) {
            (Cause::TimedOut, &BUSY_STEPS)
        } else {
            return;
        };
        let _ = kill(listener, Signal::SIGINT);
        self.shutdown = Some(Shutdown { cause, since: Instant::now(), steps });
    }

    /// Takes the next step of an end that was begun, where it is time for that.
    pub(super) fn insist(&mut self, listener: Pid) {
        let Some(shutdown) = &mut self.shutdown else { return };
        if let Some(((after, signal), rest)) = shutdown.steps.split_first()
            && shutdown.since.elapsed() >= *after
        {
            shutdown.steps = rest;
            let _ = kill(listener, *signal);
        }
    }
}
