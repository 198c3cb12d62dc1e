//! A line in which repositories take turns; within one, the oldest job goes first.

use super::CourseId;
use crate::words::repository::Repository;
use crate::words::time::Timestamp;
use std::collections::{BTreeMap, VecDeque};

/// One repository's, by when their jobs were created.
type Queue<T> = BTreeMap<(Timestamp, CourseId), T>;

/// Who waits, and with what.
#[derive(Debug)]
pub(super) struct Line<T> {
    queues: VecDeque<(Repository, Queue<T>)>,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { queues: VecDeque::new() }
    }
}

impl<T> Line<T> {
    pub(super) fn is_empty(&self) -> bool {
        self.queues.is_empty()
    }

    pub(super) fn join(&mut self, repository: &Repository, since: Timestamp, course: CourseId, what: T) {
        if let Some((_, queue)) = self.queues.iter_mut().find(|(known, _)| known == repository) {
            queue.insert((since, course), what);
        } else {
            self.queues.push_back((repository.clone(), BTreeMap::from([((since, course), what)])));
        }
    }

    /// Whoever is first.
    pub(super) fn first(&self) -> Option<CourseId> {
        let (_, queue) = self.queues.front()?;
        queue.first_key_value().map(|((_, course), _)| *course)
    }

    /// Whoever is next of those who `may`; their repository goes to the end of the line.
    pub(super) fn take(&mut self, may: impl Fn(&Repository, CourseId, &T) -> bool) -> Option<(CourseId, T)> {
        let at = self.queues.iter().position(|(repository, queue)| {
            queue.first_key_value().is_some_and(|((_, course), what)| may(repository, *course, what))
        })?;
        let (repository, mut queue) = self.queues.remove(at)?;
        let ((_, course), what) = queue.pop_first()?;
        if !queue.is_empty() {
            self.queues.push_back((repository, queue));
        }
        Some((course, what))
    }

    /// Takes everybody out of whom this holds.
    pub(super) fn drain(&mut self, leaves: impl Fn(CourseId, &T) -> bool) -> Vec<CourseId> {
        let mut left = Vec::new();
        for (_, queue) in &mut self.queues {
            queue.retain(|(_, course), what| {
                let stays = !leaves(*course, what);
                if !stays {
                    left.push(*course);
                }
                stays
            });
        }
        self.queues.retain(|(_, queue)| !queue.is_empty());
        left
    }
}
