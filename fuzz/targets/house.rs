//! What all courses share, asked anything in any order.

use jitney::house::{CourseId, House, Question, Ruling};
use jitney::words::time::Timestamp;
use std::collections::BTreeSet;

use super::NOW;

/// How long a course may be waited with in all, in milliseconds: everything is held for an hour at most at a time.
const LONG: u64 = 100 * 3_600_000;

/// A line each: a course's number, the milliseconds that pass before, and what it asks, in JSON as a course says it, or
/// `leave`; a `memory` that begins with `@` is remembered first. Nobody is told what they did not ask, questions cross as
/// text unchanged, what is due lies ahead, and once all have left nothing is due for ever.
pub fn house(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (mut house, mut now) = (House::default(), NOW);
    let mut waiting: BTreeSet<CourseId> = BTreeSet::new();
    for line in text.lines().take(200) {
        if let Some(memory) = line.strip_prefix('@') {
            house.remember(memory);
            continue;
        }
        let mut parts = line.splitn(3, ' ');
        let (Some(course), Some(ahead), Some(asked)) = (parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (Ok(course), Ok(ahead)) = (course.parse::<CourseId>(), ahead.parse::<u32>()) else { continue };
        now = Timestamp(now.0.saturating_add(u64::from(ahead)));
        let changes = if asked == "leave" {
            waiting.remove(&course);
            house.leave(course, now)
        } else if waiting.contains(&course) {
            house.tick(now)
        } else {
            let Some(question) = Question::read(asked) else { continue };
            assert_eq!(Question::read(&question.write()), Some(question.clone()));
            waiting.insert(course);
            house.ask(course, question, now)
        };
        for (told, ruling) in changes.told {
            assert!(waiting.remove(&told), "course {told} asked nothing and is told {ruling:?}");
            assert_eq!(Ruling::read(&ruling.write()), Some(ruling));
        }
        assert!(changes.due.is_none_or(|due| due > now), "what is due was due before");
    }
    let memory = house.memory();
    let mut other = House::default();
    other.remember(&memory);
    for course in std::mem::take(&mut waiting) {
        house.leave(course, now);
    }
    let mut due = house.tick(now).due;
    let until = now.0.saturating_add(LONG);
    while let Some(at) = due.filter(|at| at.0 < until) {
        due = house.tick(at).due;
        assert!(due.is_none_or(|due| due > at), "what is due was due before");
    }
}
