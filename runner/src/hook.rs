//! The job-started hook: lets the job go on, or keeps it from its first step.
//!
//! A hook that fails does not stop a job: steps with `if: always()` run all the same. What stops it is a listener that
//! shuts down while the hook still runs, for then no further condition is evaluated. So a refusal does not return. It
//! leaves a mark, at which the supervisor interrupts the listener, and ends on the SIGINT that the worker passes on.

use crate::state::{self, State};
use jitney::policy::run::{self, Vetting, taken};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::Write;
use std::process::ExitCode;

const UNREADABLE_RULES: &str =
    "vetting-unreadable: the rules of this machine cannot be read, so no job may run on it";
const UNREADABLE_EVENT: &str = "run-unreadable: what started this job cannot be read, so it cannot be told whether it may run on this machine";

pub(crate) fn main() -> ExitCode {
    let state = State::open();
    let signals = Signals::new([SIGINT, SIGTERM]);
    let _ = state.mark(state::JOB_STARTED);
    let told = |name: &str| std::env::var(name).ok();
    let Some(reason) = refusal(told) else {
        let _ = state.mark(state::ADMITTED);
        return ExitCode::SUCCESS;
    };
    println!("::error title=jitney::{}", escaped(&reason));
    let _ = std::io::stdout().flush();
    let _ = state.mark(state::REFUSED);
    match signals {
        // SIGTERM alone does not end it: a hook that ends before the worker shuts down lets `always()` run.
        Ok(mut signals) => signals
            .forever()
            .find(|signal| *signal == SIGINT)
            .map_or(ExitCode::FAILURE, |_| ExitCode::FAILURE),
        // Without handlers a signal ends this process all the same.
        Err(_) => loop {
            std::thread::park();
        },
    }
}

/// Why the job may not run here.
fn refusal(told: impl Fn(&str) -> Option<String>) -> Option<String> {
    if let Some(refusal) = told("JITNEY_REFUSAL").filter(|text| !text.is_empty()) {
        // A diagnostic runner, which only tells a job why it is refused.
        if told("GITHUB_RUN_ID").is_some_and(|run| Some(run) == told("JITNEY_REFUSED_RUN")) {
            return Some(refusal);
        }
    }
    let Some(vetting) = told(run::VARIABLE).and_then(|text| Vetting::parse(&text)) else {
        return Some(UNREADABLE_RULES.to_owned());
    };
    let payload = told("GITHUB_EVENT_PATH").and_then(|path| std::fs::read_to_string(path).ok());
    let Some((repository, run)) = payload.and_then(|payload| taken::read(&told, &payload)) else {
        return Some(UNREADABLE_EVENT.to_owned());
    };
    vetting.judge(&repository, None, &run).err().map(|reason| reason.to_string())
}

/// A workflow command's text, after GitHub's "Workflow commands".
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}
