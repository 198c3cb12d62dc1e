//! The one driver: what a play asks of GitHub is asked here, until it wants something else or is over.

use super::bindings::exports::jitney::core::courses as wit;
use super::{command, http, now};
use jitney::course::desk::{Next, Play};
use jitney::course::{Event, Report, Step};
use jitney::github::Request;
use jitney::settings::CoursesSettings;
use jitney::words::api_base::ApiBase;
use jitney::words::time::Timestamp;
use std::cell::RefCell;
use std::ops::ControlFlow;
use wasi::cli::environment::get_environment;

/// Plays on from a report of the host's, as long as `next` wants to ask GitHub; what it wants then.
pub(super) fn play<T>(
    api: &ApiBase,
    report: Report,
    mut next: impl FnMut(Event, Timestamp) -> ControlFlow<T, Request>,
) -> T {
    let mut event = Event::Report(report);
    loop {
        match next(event, now()) {
            ControlFlow::Continue(request) => event = Event::Response(http::send(api, &request)),
            ControlFlow::Break(other) => return other,
        }
    }
}

/// What a courses instance works with; else why there is nothing.
pub(super) fn settings() -> Result<CoursesSettings, String> {
    CoursesSettings::read(&get_environment()).settings.ok_or_else(|| "the settings are at fault".to_owned())
}

/// Something an operator asks: played step by step, and when it is over, what it came to.
pub(super) struct Conversation<T> {
    api: ApiBase,
    play: RefCell<Play<T>>,
    over: RefCell<Option<T>>,
}

impl<T> Conversation<T> {
    pub(super) fn new(api: ApiBase, play: Play<T>) -> Self {
        Self { api, play: RefCell::new(play), over: RefCell::default() }
    }

    /// The host's next command; `None` once it is over.
    pub(super) fn next(&self, report: wit::Report) -> Option<wit::Command> {
        let mut playing = self.play.borrow_mut();
        let command =
            play(&self.api, command::from_host(report), |event, now| match playing.next(event, now) {
                Some(Next::Step(Step::Ask(request))) => ControlFlow::Continue(request),
                Some(Next::Step(Step::Tell(command))) => ControlFlow::Break(Some(command)),
                Some(Next::Over(over)) => {
                    self.over.replace(Some(over));
                    ControlFlow::Break(None)
                }
                None => ControlFlow::Break(None),
            })?;
        Some(command::to_host(command))
    }

    /// Something of what it came to, once it is over.
    pub(super) fn read<R>(&self, of: impl FnOnce(&T) -> R) -> Option<R> {
        self.over.borrow().as_ref().map(of)
    }

    /// What it came to, once it is over; the second time, nothing.
    pub(super) fn take(&self) -> Option<T> {
        self.over.take()
    }
}
