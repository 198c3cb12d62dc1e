//! Courses, a step at a time.

use super::{Happening, World};
use crate::faults::Fault;
use crate::host::Course;
use crate::promises::Promise;
use jitney::course::{Event, Step};
use jitney::house::{Changes, Question, Ruling};
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
        match step {
            Step::Consult(question) => self.consult(id, host, question),
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
        if let Some(entry) = running.kept.take() {
            self.journal.remove(&entry);
        }
    }

    /// A course is over.
    pub(super) fn course_over(&mut self, id: u64, reply: &Reply) {
        self.say(|| format!("course {id} is over: {} ({})", reply.reason, reply.outcome.word()));
        self.answered(id, reply);
        self.check_end(id);
        let Some(running) = self.courses.remove(&id) else { return };
        if running.kind == Course::Sweep {
            self.sweeping = None;
            self.keep_memory();
        }
        self.leave(id, running.host);
    }

    /// What a course says must make sense.
    fn check_reply(&mut self, id: u64, reply: &Reply) {
        let confused = matches!(reply.reason.code, "course-confused" | "course-over");
        if confused || reply.outcome == Outcome::Broken || reply.outcome == Outcome::Unready {
            let how = reply.reason.to_string();
            self.breaks(Promise::Sense, || format!("course {id} says: {how}"));
        }
    }

    /// A course asks the house of its host, which may have it wait.
    fn consult(&mut self, id: u64, host: u64, question: Question) {
        self.say(|| format!("course {id} asks the house: {question:?}"));
        let now = Timestamp(self.now);
        let Some(known) = self.hosts.get_mut(&host) else { return };
        let changes = known.house.ask(id, question, now);
        self.change(host, changes);
    }

    /// A course is gone.
    pub(super) fn leave(&mut self, id: u64, host: u64) {
        let now = Timestamp(self.now);
        let Some(known) = self.hosts.get_mut(&host) else { return };
        let changes = known.house.leave(id, now);
        self.change(host, changes);
    }

    /// Something may be due in a host's house.
    pub(super) fn house_due(&mut self, host: u64) {
        let now = Timestamp(self.now);
        let Some(known) = self.hosts.get_mut(&host).filter(|known| known.due == Some(now.0)) else { return };
        known.due = None;
        let changes = known.house.tick(now);
        self.change(host, changes);
    }

    fn change(&mut self, host: u64, changes: Changes) {
        for (course, ruling) in changes.told {
            if matches!(ruling, Ruling::First | Ruling::Again) {
                self.check_claim(course);
            }
            if let Some(running) = self.courses.get_mut(&course) {
                running.first |= ruling == Ruling::First;
                running.claims |= matches!(ruling, Ruling::First | Ruling::Again);
                running.held |= matches!(ruling, Ruling::Held(_));
                self.hears(course, 0, Event::Ruling(ruling));
            }
        }
        if changes.back {
            self.take_up_all();
        }
        let due = changes.due.map(|due| due.0.max(self.now + 1));
        if let Some(known) = self.hosts.get_mut(&host) {
            let is_new = due != known.due;
            known.due = due;
            if let Some(due) = due.filter(|_| is_new) {
                self.at(due, Happening::House(host));
            }
        }
    }
}
