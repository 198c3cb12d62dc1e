//! What jitney registered at GitHub and what is left of it.

use super::{Next, State, Step, Task, refused};
use jitney::github::{Fault, Request, Response, read_deleted, read_registered};
use jitney::settings::CoursesSettings;
use jitney::words::ids::RunnerId;
use jitney::words::repository::Repository;
use jitney::words::scope::Scope;

/// Removes the runners at one place whose names are of jitney's making.
#[derive(Clone, Debug)]
pub struct Registrations<'a> {
    settings: &'a CoursesSettings,
    place: Repository,
    look: bool,
    page: u32,
    found: Vec<RunnerId>,
    deleting: bool,
    removed: usize,
    busy: usize,
}

impl<'a> Registrations<'a> {
    /// If `look`, only counts them.
    pub fn new(settings: &'a CoursesSettings, place: Repository, look: bool) -> Self {
        Self { settings, place, look, page: 0, found: Vec::new(), deleting: false, removed: 0, busy: 0 }
    }

    fn what(&self) -> String {
        match self.settings.scope {
            Scope::Repository => format!("{}: runners", self.place),
            Scope::Organization => format!("{}: runners", self.place.owner()),
        }
    }

    fn page(&self) -> String {
        let pages = self.settings.api.pages();
        match self.settings.scope {
            Scope::Repository => format!("{pages}/{}/settings/actions/runners", self.place),
            Scope::Organization => {
                format!("{pages}/organizations/{}/settings/actions/runners", self.place.owner())
            }
        }
    }

    fn list(&mut self) -> Next {
        self.page += 1;
        Next::Ask(Request::runners(self.settings.scope, &self.place, self.page))
    }

    fn delete(&mut self) -> Next {
        self.deleting = true;
        if let Some(runner) = self.found.pop() {
            return Next::Ask(Request::delete_runner(self.settings.scope, &self.place, runner));
        }
        let step = match (self.removed, self.busy) {
            (0, 0) => Step::new(State::Kept, self.what(), "none of jitney's is registered"),
            (removed, 0) => Step::new(State::Done, self.what(), format!("{removed} are removed")),
            (_, busy) => {
                Step::new(State::Failed, self.what(), format!("{busy} cannot be removed: they have jobs"))
                    .with_cure(format!(
                        "wait until their jobs are over and try again, or look at {}",
                        self.page()
                    ))
            }
        };
        Next::Over(step)
    }
}

impl Task for Registrations<'_> {
    fn next(&mut self, answer: Option<Result<&Response, Fault>>) -> Next {
        let Some(answer) = answer else { return self.list() };
        if self.deleting {
            if read_deleted(answer) {
                self.removed += 1;
                return self.delete();
            }
            if answer.is_ok_and(|answer| answer.status == 422) {
                self.busy += 1;
                return self.delete();
            }
        } else if let Some(page) = read_registered(answer, &self.place) {
            self.found.extend(page.items.iter().map(|(id, _)| *id));
            if page.full {
                return self.list();
            }
            if self.look && !self.found.is_empty() {
                let why = format!("{} of jitney's are registered", self.found.len());
                return Next::Over(Step::new(State::Wanted, self.what(), why).with_cure(self.page()));
            }
            return self.delete();
        }
        let needs = "Administration: Read and write on the repository (in org scope Self-hosted runners on the organization)";
        refused(self.settings, &self.what(), needs, answer)
    }
}
