//! Courses, a step at a time.

use super::{Happening, World};
use crate::faults::Fault;
use crate::host::Course;
use crate::promises::Promise;
use jitney::course::{Event, Step};
use jitney::reply::{Outcome, Reply};
use jitney::words::time::Timestamp;

impl World {
    /// A course will hear this, so many milliseconds from now.
    pub(super) fn hears(&mut self, course: u64, delay: u64, event: Event) {
        self.at(self.now + delay, Happening::Told(course, Box::new(event)));
    }

    /// A course hears this now, and does its next step.
    pub(super) fn tell(&mut self, id: u64, event: Event) {
        let Some(running) = self.courses.get_mut(&id) else { return };
        let host = running.host;
        if matches!(event, Event::Response(_)) && running.asking {
            running.asking = false;
            self.hub.limits.at_once -= 1;
        }
        if let Event::Response(Ok(answer)) = &event
            && let (Some(limit), Some(remaining)) = (answer.limit, answer.remaining)
        {
            running.quota = Some((limit, remaining));
        }
        let running = self.courses.get_mut(&id).expect("it was here");
        let step = running.course.next(event, Timestamp(self.now));
        if let Some(host) = self.hosts.get_mut(&host) {
            host.pace.used(id, self.now);
        }
        match step {
            Step::Ask(request) => self.ask(id, &request),
            Step::Tell(command) => self.execute(id, command),
        }
        if self.strength(Fault::Kills) > 0
            && self.dice.below(100_000) < self.strength(Fault::Kills)
            && self.hosts.contains_key(&host)
        {
            self.kill(host);
        }
    }

    /// The delivery has its answer: the course is no longer kept, and has its job no longer to itself.
    pub(super) fn answered(&mut self, id: u64, reply: &Reply) {
        self.check_reply(id, reply);
        let Some(running) = self.courses.get_mut(&id) else { return };
        running.answered = true;
        running.resumption = None;
        let (kept, host) = (running.kept.take(), running.host);
        if let Some(entry) = kept {
            self.journal.remove(&entry);
        }
        if let Some(host) = self.hosts.get_mut(&host) {
            host.claims.retain(|_, course| *course != id);
        }
    }

    /// A course is over.
    pub(super) fn course_over(&mut self, id: u64, reply: &Reply) {
        self.say(|| format!("course {id} is over: {} ({})", reply.reason, reply.outcome.word()));
        self.answered(id, reply);
        self.check_end(id);
        if self.courses.remove(&id).is_some_and(|running| running.kind == Course::Sweep) {
            self.sweeping = None;
        }
    }

    /// What a course says must make sense.
    fn check_reply(&mut self, id: u64, reply: &Reply) {
        let confused = matches!(reply.reason.code, "course-confused" | "course-over");
        if confused || reply.outcome == Outcome::Broken || reply.outcome == Outcome::Unready {
            let how = reply.reason.to_string();
            self.breaks(Promise::Sense, || format!("course {id} says: {how}"));
        }
    }

    /// The courses in a host's queue that have their turn now.
    pub(super) fn give_turns(&mut self, host: u64) {
        loop {
            let now = self.now;
            let given = self.hosts.get_mut(&host).and_then(|host| host.pace.give(now));
            match given {
                Some(Ok(course)) => self.tell(course, Event::Report(jitney::course::Report::Done)),
                Some(Err(wait)) => return self.at(now + wait, Happening::Turns(host)),
                None => return,
            }
        }
    }
}
