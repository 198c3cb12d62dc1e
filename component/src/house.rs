//! The house, carried across the boundary: questions and rulings as text that only the component reads.

use super::bindings::exports::jitney::core::house as wit;
use super::{Jitney, now};
use jitney::house::{Changes, House, LONGEST_WAIT, Question, Waiting, first_sweep};
use jitney::ticket::{Purpose, Ticket};
use jitney::words::time::Timestamp;
use std::cell::RefCell;

/// The one of a host.
pub(super) struct OpenHouse(RefCell<House>);

impl wit::Guest for Jitney {
    type House = OpenHouse;
}

impl wit::GuestHouse for OpenHouse {
    fn new() -> Self {
        Self(RefCell::default())
    }

    fn ask(&self, course: u64, question: String) -> wit::Changes {
        let mut house = self.0.borrow_mut();
        match Question::read(&question) {
            Some(question) => carry(house.ask(course, question, now())),
            // It was no course's: whoever asked is told nothing that it can read.
            None => wit::Changes {
                told: vec![wit::Told { course, ruling: String::new() }],
                ..carry(house.tick(now()))
            },
        }
    }

    fn leave(&self, course: u64) -> wit::Changes {
        carry(self.0.borrow_mut().leave(course, now()))
    }

    fn wait(&self, ticket: String, delay: u64) -> Option<u64> {
        let delay = delay.min(LONGEST_WAIT);
        let Ok(ticket) = Ticket::read(&ticket) else { return Some(delay) };
        // Only a launch has its job to itself.
        let launches = matches!(ticket.purpose, Purpose::Launch | Purpose::Refuse);
        let waiting = Waiting { job: ticket.job, found: ticket.is_found() };
        (!launches || self.0.borrow_mut().wait(&waiting)).then_some(delay)
    }

    fn begin(&self, ended_well: bool, swept: Option<u64>) -> Option<u64> {
        first_sweep(ended_well, swept.map(Timestamp), now())
    }

    fn memory(&self) -> String {
        self.0.borrow().memory()
    }

    fn remember(&self, memory: String) {
        self.0.borrow_mut().remember(&memory);
    }

    fn tick(&self) -> wit::Changes {
        carry(self.0.borrow_mut().tick(now()))
    }
}

fn carry(changes: Changes) -> wit::Changes {
    let told = changes.told.into_iter().map(|(course, ruling)| wit::Told { course, ruling: ruling.write() });
    wit::Changes { told: told.collect(), due: changes.due.map(|due| due.since(now())), back: changes.back }
}
