//! The sandbox's main process: reads one JIT config, runs one job, and ends with the listener's status.
//!
//! Its own statuses: 64, no config came that can be right; 65, no job came in time; 66, Docker did not start.

mod readiness;
mod shutdown;

use self::shutdown::Shutdown;
use crate::config::{self, Input};
use crate::ending::Ending;
use crate::listener::{DEPRECATED, Listener, RETRY, UPDATING, UPDATING_ONE_JOB};
use crate::orders::Orders;
use crate::stages::{self, Stages};
use crate::state::{self, State};
use crate::usage::Meter;
use crate::usage::seconds;
use crate::{daemon, state::READING};
use jitney::ending::{Cause, EVENT};
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use signal_hook::consts::{SIGCHLD, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

const NO_JOB: i32 = 65;
const NO_DOCKER: i32 = 66;

/// How often marks are looked for.
const TICK: Duration = Duration::from_millis(100);
const UPDATE_WITHIN: Duration = Duration::from_secs(30);
const TRIES: u32 = 5;

enum Event {
    Signal(i32),
    Input(Input),
}

impl From<Input> for Event {
    fn from(input: Input) -> Self {
        Self::Input(input)
    }
}

struct Supervisor {
    orders: Orders,
    state: State,
    events: Receiver<Event>,
    started: Instant,
    began: SystemTime,
    config: Option<Duration>,
    listening: Option<Duration>,
    job: Option<Duration>,
    stages: Option<Stages>,
    shutdown: Option<Shutdown>,
    /// The signal that told this process to end.
    terminated: Option<i32>,
}

/// What a life comes to: a cause, the status to exit with, and a reason.
type End = (Cause, i32, Option<String>);

pub(crate) fn main() -> ExitCode {
    let (started, began) = (Instant::now(), SystemTime::now());
    let orders = Orders::read();
    let cgroup = orders.cgroup.clone();
    let meter = Meter::start(&cgroup);
    let (tell, events) = channel();
    match Signals::new([SIGTERM, SIGINT, SIGCHLD]) {
        Ok(mut signals) => {
            let tell = tell.clone();
            thread::spawn(move || signals.forever().all(|signal| tell.send(Event::Signal(signal)).is_ok()));
        }
        Err(error) => say(&format!("signals cannot be handled: {error}")),
    }
    // Orphans of the job come here, wherever this process is not the first of its machine.
    let _ = nix::sys::prctl::set_child_subreaper(true);
    let state = State::open();
    let mut supervisor = Supervisor {
        orders,
        state,
        events,
        started,
        began,
        config: None,
        listening: None,
        job: None,
        stages: None,
        shutdown: None,
        terminated: None,
    };
    let (cause, status, reason) = supervisor.live(move || {
        thread::spawn(move || config::listen(io::stdin().lock(), &tell));
    });
    let usage = meter.read();
    let out_of_memory = usage.oom_kills.is_some_and(|kills| kills > 0);
    let cause = match cause {
        Cause::Done | Cause::Failed | Cause::Killed if out_of_memory && supervisor.terminated.is_none() => {
            Cause::OutOfMemory
        }
        cause => cause,
    };
    if let Some(reason) = &reason {
        say(reason);
    }
    let exit = u8::try_from(status).unwrap_or(u8::MAX);
    let ending = Ending {
        event: EVENT,
        cause,
        reason,
        exit,
        stages: supervisor.stages(),
        ended_s: seconds(started.elapsed()),
        usage,
    };
    println!("{}", ending.line());
    ExitCode::from(exit)
}

fn say(text: &str) {
    eprintln!("jitney: {text}");
}

impl Supervisor {
    fn live(&mut self, read_input: impl FnOnce()) -> End {
        if let Err(error) = self.state.prepare() {
            return (Cause::Failed, 1, Some(format!("the state directory cannot be used: {error}")));
        }
        let daemon = self.orders.docker.then(|| daemon::start(self.state.path()));
        read_input();
        let _ = self.state.mark(READING);
        let end = match self.read_config() {
            Ok(config) if self.is_docker_ready(daemon.as_ref()) => self.run(&config),
            Ok(_) => match self.terminated {
                Some(signal) => (Cause::Killed, 128 + signal, None),
                None => (Cause::NoDocker, NO_DOCKER, Some("the Docker daemon did not start".to_owned())),
            },
            Err(end) => end,
        };
        if let Some(Ok(daemon)) = daemon
            && let Ok(pid) = i32::try_from(daemon.id())
        {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
        end
    }

    /// Runs listeners until one has had its job, or asks for no other.
    fn run(&mut self, config: &str) -> End {
        let failed =
            |error: io::Error| (Cause::Failed, 1, Some(format!("the listener did not start: {error}")));
        let listener = match Listener::prepare(&self.orders, &self.state) {
            Ok(listener) => listener,
            Err(error) => return failed(error),
        };
        let since = Instant::now();
        let mut tries = 0;
        let status = loop {
            let pid = match listener.start(config) {
                Ok(pid) => pid,
                Err(error) => return failed(error),
            };
            let status = self.supervise(pid, since);
            let over = self.shutdown.is_some() || self.terminated.is_some();
            if over || (self.job.is_some() && status != UPDATING_ONE_JOB) {
                break status;
            }
            match status {
                RETRY => {}
                UPDATING | UPDATING_ONE_JOB => self.await_update(&listener),
                _ => break status,
            }
            tries += 1;
            if tries >= TRIES {
                break status;
            }
            self.rest(Duration::from_secs(tries.into()), || false);
            // A listener that is started now would not hear of it.
            if self.terminated.is_some() {
                break status;
            }
        };
        self.conclude(status)
    }

    fn conclude(&self, status: i32) -> End {
        if let Some(shutdown) = &self.shutdown {
            let within = self.orders.start_within.as_secs_f64();
            return match shutdown.cause {
                Cause::NoJob => (Cause::NoJob, NO_JOB, Some(format!("no job started within {within} s"))),
                cause => (cause, status, None),
            };
        }
        let cause = match status {
            _ if self.terminated.is_some() => Cause::Killed,
            DEPRECATED if self.job.is_none() => Cause::Deprecated,
            // GitHub deleted the registration of an idle runner.
            0 if self.job.is_none() => Cause::NoJob,
            0 => Cause::Done,
            129.. => Cause::Killed,
            _ => Cause::Failed,
        };
        (cause, status, None)
    }

    /// Stays with a listener until its end, and returns its status.
    fn supervise(&mut self, pid: Pid, since: Instant) -> i32 {
        loop {
            if let Some(status) = self.tick(Some(pid), TICK) {
                self.look();
                return status;
            }
            self.look();
            if self.shutdown.is_none() {
                self.judge(pid, since);
            }
            self.insist(pid);
        }
    }

    /// Waits for an event, passes signals on, and reaps. The status of the process `main`, once it has ended.
    fn tick(&mut self, main: Option<Pid>, within: Duration) -> Option<i32> {
        match self.events.recv_timeout(within) {
            Ok(Event::Signal(signal @ (SIGTERM | SIGINT))) => {
                self.terminated = Some(signal);
                if let Some(pid) = main {
                    let _ = kill(pid, Signal::SIGTERM);
                }
            }
            Err(RecvTimeoutError::Disconnected) => thread::sleep(within),
            _ => {}
        }
        let mut ended = None;
        loop {
            let (pid, status) = match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, status)) => (pid, status),
                Ok(WaitStatus::Signaled(pid, signal, _)) => (pid, 128 + signal as i32),
                Ok(WaitStatus::StillAlive) => return ended,
                Ok(_) | Err(Errno::EINTR) => continue,
                Err(_) => return ended,
            };
            if main == Some(pid) {
                ended = Some(status);
            }
        }
    }

    fn look(&mut self) {
        if self.job.is_none() && self.state.has(state::JOB_STARTED) {
            self.job = Some(self.started.elapsed());
        }
        if self.listening.is_none() && (self.job.is_some() || stages::is_listening(&self.state)) {
            self.listening = Some(self.started.elapsed());
        }
        // The job's own steps could write there, too.
        if self.stages.is_none() && self.state.has(state::ADMITTED) {
            self.stages = Some(Stages::read(&self.state, self.began));
        }
    }

    /// The stages of this life. What neither the runner nor the hook tells is known by when it was seen here.
    fn stages(&self) -> Stages {
        let told = self.stages.clone().unwrap_or_else(|| Stages::read(&self.state, self.began));
        Stages {
            config_s: self.config.map(seconds),
            listening_s: told.listening_s.or(self.listening.map(seconds)),
            job_s: told.job_s.or(self.job.map(seconds)),
            ..told
        }
    }

    fn await_update(&mut self, listener: &Listener) {
        let file = listener.update();
        self.rest(UPDATE_WITHIN, || file.as_ref().exists());
        let _ = std::fs::remove_file(file);
    }

    /// Waits, but not for longer than it must.
    fn rest(&mut self, within: Duration, done: impl Fn() -> bool) {
        let until = Instant::now() + within;
        while Instant::now() < until && !done() && self.terminated.is_none() {
            self.tick(None, TICK);
        }
    }
}
