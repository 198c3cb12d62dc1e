//! Listings that sweeps ask for again and again, with the version that was seen last: while nothing changes, GitHub says
//! so without counting the request.

use super::{Account, CourseId, Listing, Ruling};
use std::collections::{BTreeMap, VecDeque};

/// How many are kept.
const MOST: usize = 500;

/// Whose listing it is, and its path.
type Key = (Account, String);

/// The listings, and who asks for one.
#[derive(Debug, Default)]
pub(super) struct Listings {
    known: BTreeMap<Key, Listing>,
    order: VecDeque<Key>,
    asked: BTreeMap<CourseId, Key>,
}

impl Listings {
    pub(super) fn asked(&mut self, course: CourseId, account: &Account, path: Option<String>) {
        match path {
            Some(path) => self.asked.insert(course, (account.clone(), path)),
            None => self.asked.remove(&course),
        };
    }

    /// The request of this course may go: how.
    pub(super) fn go(&mut self, course: CourseId) -> Ruling {
        let listing = self.asked.remove(&course).and_then(|key| self.known.get(&key));
        listing.map_or(Ruling::Go, |listing| Ruling::Unless(listing.clone()))
    }

    pub(super) fn leave(&mut self, course: CourseId) {
        self.asked.remove(&course);
    }

    pub(super) fn came(&mut self, account: &Account, path: String, listing: Listing) {
        let key = (account.clone(), path);
        if listing.body.len() > Listing::LONGEST {
            self.known.remove(&key);
            return;
        }
        if self.known.insert(key.clone(), listing).is_none() {
            self.order.push_back(key);
        }
        while self.order.len() > MOST {
            self.order.pop_front().map(|oldest| self.known.remove(&oldest));
        }
    }

    pub(super) fn kept(&self) -> Vec<(Key, Listing)> {
        self.known.iter().map(|(key, listing)| (key.clone(), listing.clone())).collect()
    }

    pub(super) fn remember(&mut self, kept: Vec<(Key, Listing)>) {
        for ((account, path), listing) in kept {
            self.came(&account, path, listing);
        }
    }
}
