//! The one driver: what a play asks of GitHub is asked here, until it wants something else or is over.

use super::bindings::exports::jitney::core::courses as wit;
use super::{command, http, now};
use jitney::course::desk::{Next, Play};
use jitney::course::{Event, Step};
use jitney::github::Request;
use jitney::house::{House, Question};
use jitney::settings::CoursesSettings;
use jitney::words::api_base::ApiBase;
use jitney::words::time::Timestamp;
use std::cell::RefCell;
use std::ops::ControlFlow;
use wasi::cli::environment::get_environment;

/// What this driver does itself.
pub(super) enum Wish {
    /// A request to GitHub.
    Ask(Request),
    /// A ruling, where no host keeps a house for what is played.
    Consult(Question),
}

/// Plays on from an event of the host's, as long as `next` wants what is done here; what it wants then. `house` rules
/// where the host keeps none for what is played.
pub(super) fn play<T>(
    api: &ApiBase,
    house: &mut House,
    mut event: Event,
    mut next: impl FnMut(Event, Timestamp) -> ControlFlow<T, Wish>,
) -> T {
    loop {
        match next(event, now()) {
            ControlFlow::Continue(Wish::Ask(request)) => event = Event::Response(http::send(api, &request)),
            ControlFlow::Continue(Wish::Consult(question)) => event = consult(house, question),
            ControlFlow::Break(other) => return other,
        }
    }
}

/// The ruling of a house with nobody else in it, which may be to wait.
fn consult(house: &mut House, question: Question) -> Event {
    let mut changes = house.ask(0, question, now());
    loop {
        if let Some((_, ruling)) = changes.told.pop() {
            return Event::Ruling(ruling);
        }
        let wait = changes.due.map_or(1_000, |due| due.since(now()));
        std::thread::sleep(std::time::Duration::from_millis(wait.max(10)));
        changes = house.tick(now());
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
    house: RefCell<House>,
    over: RefCell<Option<T>>,
}

impl<T> Conversation<T> {
    pub(super) fn new(api: ApiBase, play: Play<T>) -> Self {
        Self { api, play: RefCell::new(play), house: RefCell::default(), over: RefCell::default() }
    }

    /// The host's next command; `None` once it is over.
    pub(super) fn next(&self, report: wit::Report) -> Option<wit::Command> {
        let mut playing = self.play.borrow_mut();
        let mut house = self.house.borrow_mut();
        let heard = command::from_host(report);
        let command = play(&self.api, &mut house, heard, |event, now| match playing.next(event, now) {
            Some(Next::Step(Step::Ask(request))) => ControlFlow::Continue(Wish::Ask(request)),
            Some(Next::Step(Step::Consult(question))) => ControlFlow::Continue(Wish::Consult(question)),
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
