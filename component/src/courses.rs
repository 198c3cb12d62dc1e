//! A course in an instance of its own, carried across the boundary.

use super::bindings::exports::jitney::core::courses as wit;
use super::play::{Wish, play};
use super::{Jitney, command};
use jitney::course::{Course, Step};
use jitney::house::House;
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::api_base::ApiBase;
use std::cell::RefCell;
use std::ops::ControlFlow;
use wasi::cli::environment::get_environment;

/// A course, and where its requests go.
pub(super) struct OpenCourse {
    course: RefCell<Course>,
    api: ApiBase,
}

impl wit::Guest for Jitney {
    type Course = OpenCourse;
}

impl wit::GuestCourse for OpenCourse {
    fn open(ticket: String) -> Result<wit::Course, String> {
        let ticket = Ticket::read(&ticket)?;
        let settings =
            CoursesSettings::read(&get_environment()).settings.ok_or("the settings are at fault")?;
        let seed = wasi::random::random::get_random_u64();
        let api = settings.api.clone();
        let course = RefCell::new(Course::open(ticket, settings, seed));
        Ok(wit::Course::new(Self { course, api }))
    }

    fn sweep(pending: Vec<String>) -> Result<wit::Course, String> {
        let settings =
            CoursesSettings::read(&get_environment()).settings.ok_or("the settings are at fault")?;
        let pending: Vec<Ticket> = pending.iter().filter_map(|ticket| Ticket::read(ticket).ok()).collect();
        let api = settings.api.clone();
        let course = RefCell::new(Course::sweep(settings, &pending));
        Ok(wit::Course::new(Self { course, api }))
    }

    fn next(&self, report: wit::Report) -> wit::Command {
        let mut course = self.course.borrow_mut();
        let report = command::from_host(report);
        play(&self.api, &mut House::default(), report, |event, now| match course.next(event, now) {
            Step::Ask(request) => ControlFlow::Continue(Wish::Ask(request)),
            Step::Consult(question) => ControlFlow::Break(command::consult(&question)),
            Step::Tell(command) => ControlFlow::Break(command::to_host(command)),
        })
    }
}
