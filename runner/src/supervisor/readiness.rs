//! What must be there before the listener is started: the JIT config, and the Docker daemon that a job asked for.

use super::{Cause, End, Event, Supervisor, TICK};
use crate::config::{self, Input};
use crate::daemon;
use signal_hook::consts::SIGCHLD;
use std::io;
use std::process::Child;
use std::sync::mpsc::RecvTimeoutError;
use std::time::{Duration, Instant};

const BAD_INPUT: i32 = 64;
/// How long the end of standard input, or a second line, may take after the first line.
const SETTLED: Duration = Duration::from_secs(1);
const DOCKER_WITHIN: Duration = Duration::from_secs(30);
/// How long the daemon may take to say that it is up, before it is asked again.
const INFO_WITHIN: Duration = Duration::from_secs(5);

impl Supervisor {
    pub(super) fn read_config(&mut self) -> Result<String, End> {
        let bad = |reason: String| (Cause::BadInput, BAD_INPUT, Some(reason));
        let within = self.orders.hand_over_within;
        let missing = || bad(format!("no config came within {} s", within.as_secs_f64()));
        let mut until = self.started + within;
        let mut config = None;
        loop {
            let event = self.events.recv_timeout(until.saturating_duration_since(Instant::now()));
            match (event, config.take()) {
                (Ok(Event::Input(Input::Line(line))), None) => {
                    config = Some(config::read(&line).map_err(|fault| bad(fault.to_owned()))?);
                    until = Instant::now() + SETTLED;
                }
                (Ok(Event::Input(Input::TooLong)), _) => return Err(bad("the line is too long".to_owned())),
                (Ok(Event::Input(_)), None) => return Err(bad("no config came, and none will".to_owned())),
                (Ok(Event::Input(Input::End)) | Err(RecvTimeoutError::Timeout), Some(config)) => {
                    self.config = Some(self.started.elapsed());
                    return Ok(config);
                }
                (Ok(Event::Input(_)), Some(_)) => return Err(bad("more than one line came".to_owned())),
                (Ok(Event::Signal(SIGCHLD)), kept) => config = kept,
                (Ok(Event::Signal(signal)), _) => {
                    self.terminated = Some(signal);
                    return Err((Cause::Killed, 128 + signal, None));
                }
                (Err(_), _) => return Err(missing()),
            }
        }
    }

    /// Whether the daemon is up, where one was wanted.
    pub(super) fn is_docker_ready(&mut self, daemon: Option<&io::Result<Child>>) -> bool {
        match daemon {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(_)) => {}
        }
        let until = Instant::now() + DOCKER_WITHIN;
        while Instant::now() < until && self.terminated.is_none() {
            if daemon::is_up(INFO_WITHIN.min(until.saturating_duration_since(Instant::now()))) {
                return true;
            }
            self.tick(None, 5 * TICK);
        }
        false
    }
}
