//! What started which run, asked of GitHub once for all jobs of it: a matrix of a hundred jobs is one question.

use super::{CourseId, Ruling};
use crate::policy::run::Run;
use crate::words::ids::RunId;
use crate::words::repository::Repository;
use std::collections::{BTreeMap, VecDeque};

/// How many are remembered.
const MOST: usize = 1_000;

/// An attempt of a run. What started it stays as it is; another attempt may have been started by somebody else.
type Attempt = (Repository, RunId, u32);

/// The runs of late.
#[derive(Debug, Default)]
pub(super) struct Runs {
    known: BTreeMap<Attempt, Run>,
    order: VecDeque<Attempt>,
    /// Who asks GitHub, and who waits for that.
    asked: BTreeMap<Attempt, (CourseId, VecDeque<CourseId>)>,
}

impl Runs {
    /// What a course that wants to know is told, if it is told now.
    pub(super) fn ask(&mut self, course: CourseId, attempt: Attempt) -> Option<Ruling> {
        if let Some(run) = self.known.get(&attempt) {
            return Some(Ruling::StartedBy(Box::new(run.clone())));
        }
        if let Some((_, waiting)) = self.asked.get_mut(&attempt) {
            waiting.push_back(course);
            return None;
        }
        self.asked.insert(attempt, (course, VecDeque::new()));
        Some(Ruling::Go)
    }

    /// GitHub answered, or did not: then the next one asks.
    pub(super) fn heard(&mut self, attempt: Attempt, run: Option<Run>) -> Vec<(CourseId, Ruling)> {
        let waiting = self.asked.remove(&attempt).map(|(_, waiting)| waiting).unwrap_or_default();
        let Some(run) = run else { return self.hand_on(attempt, waiting) };
        if self.known.insert(attempt.clone(), run.clone()).is_none() {
            self.order.push_back(attempt);
        }
        while self.order.len() > MOST {
            self.order.pop_front().map(|oldest| self.known.remove(&oldest));
        }
        waiting.into_iter().map(|course| (course, Ruling::StartedBy(Box::new(run.clone())))).collect()
    }

    /// A course is gone. If it was asking, the next one asks.
    pub(super) fn leave(&mut self, course: CourseId) -> Vec<(CourseId, Ruling)> {
        for (_, waiting) in self.asked.values_mut() {
            waiting.retain(|waits| *waits != course);
        }
        let asking =
            self.asked.iter().find(|(_, (asks, _))| *asks == course).map(|(attempt, _)| attempt.clone());
        let Some(attempt) = asking else { return Vec::new() };
        let waiting = self.asked.remove(&attempt).map(|(_, waiting)| waiting).unwrap_or_default();
        self.hand_on(attempt, waiting)
    }

    fn hand_on(&mut self, attempt: Attempt, mut waiting: VecDeque<CourseId>) -> Vec<(CourseId, Ruling)> {
        let Some(next) = waiting.pop_front() else { return Vec::new() };
        self.asked.insert(attempt, (next, waiting));
        vec![(next, Ruling::Go)]
    }
}
