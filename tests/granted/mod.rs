//! A course whose house lets everybody through, for tests that are about something else.

use jitney::course::{self, Event, Step};
use jitney::house::{Question, Ruling};
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::time::Timestamp;

/// What the house says instead, where it does not say yes.
type Rule = Box<dyn FnMut(&Question) -> Option<Ruling>>;

/// Plays like the course that it is, past the house.
pub(crate) struct Course {
    course: course::Course,
    rule: Rule,
}

#[allow(dead_code, reason = "each test uses what it needs")]
impl Course {
    pub(crate) fn open(ticket: Ticket, settings: CoursesSettings, seed: u64) -> Self {
        Self { course: course::Course::open(ticket, settings, seed), rule: Box::new(|_| None) }
    }

    pub(crate) fn sweep(settings: CoursesSettings, pending: &[Ticket]) -> Self {
        Self { course: course::Course::sweep(settings, pending), rule: Box::new(|_| None) }
    }

    /// With a house that says this of some questions.
    pub(crate) fn ruled(self, rule: impl FnMut(&Question) -> Option<Ruling> + 'static) -> Self {
        Self { rule: Box::new(rule), ..self }
    }

    pub(crate) fn next(&mut self, event: Event, now: Timestamp) -> Step {
        let mut step = self.course.next(event, now);
        while let Step::Consult(question) = &step {
            let ruling = (self.rule)(question).unwrap_or(match question {
                Question::Claim(_) => Ruling::First,
                Question::AreAlike(..) => Ruling::Full,
                Question::Repositories => Ruling::Repositories(Vec::new()),
                Question::Orphans(runners) => Ruling::Runners(runners.clone()),
                _ => Ruling::Go,
            });
            step = self.course.next(Event::Ruling(ruling), now);
        }
        step
    }
}
