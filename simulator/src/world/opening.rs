//! Where courses come from: deliveries, tickets that are due, and the sweep; and the hosts that play them.

use super::{Happening, Kept, SWEEP, World};
use crate::dice::{HOUR, MINUTE, SECOND, time_text};
use crate::faults::Fault;
use crate::host::{Course, Host, Running};
use crate::hub::{guid_text, status_of};
use crate::layout::SECRET;
use crate::promises::Promise;
use hmac::{Hmac, KeyInit, Mac};
use jitney::course::{Event, Report};
use jitney::house::{Waiting, first_sweep};
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::ticket::{Purpose, Ticket};
use jitney::words::time::Timestamp;

impl World {
    // --- hosts

    pub(super) fn host_up(&mut self) {
        let host = self.number();
        self.begin(host);
        if std::mem::take(&mut self.unclean)
            && let Some(wait) = first_sweep(false, None, Timestamp(self.now))
        {
            self.at(self.now + wait, Happening::SweepOnce);
        }
        let entries: Vec<u64> = self.journal.keys().copied().collect();
        for entry in entries {
            if !self.courses.values().any(|running| running.kept == Some(entry)) {
                let ticket = self.journal.get(&entry).map(|kept| kept.ticket.clone());
                if ticket.is_some_and(|ticket| !self.may_wait(&ticket)) {
                    self.journal.remove(&entry);
                    continue;
                }
                let due = self.journal.get(&entry).map_or(0, |kept| kept.due);
                let at = due.max(self.now + SECOND + self.dice.below(5 * SECOND));
                self.at(at, Happening::Due(entry));
            }
        }
    }

    fn begin(&mut self, host: u64) {
        let mut next = Host::default();
        next.house.remember(&self.memory);
        self.hosts.insert(host, next);
    }

    /// What the last host's house knows is kept, as it is every few seconds.
    pub(super) fn keep_memory(&mut self) {
        if let Some(host) = self.hosts.values().next_back() {
            self.memory = host.house.memory();
        }
    }

    /// GitHub answers again: what waits is taken up.
    pub(super) fn take_up_all(&mut self) {
        let waiting: Vec<u64> =
            self.journal.iter().filter(|(_, kept)| kept.due > self.now).map(|(entry, _)| *entry).collect();
        for entry in waiting {
            if let Some(kept) = self.journal.get_mut(&entry) {
                kept.due = self.now;
            }
            self.at(self.now, Happening::Due(entry));
        }
    }

    /// A new version begins while the old one still takes deliveries.
    pub(super) fn deploy(&mut self) {
        let Some(old) = self.hosts.keys().next_back().copied() else { return };
        self.say(|| "a second host begins".to_owned());
        let host = self.number();
        self.begin(host);
        let at = self.now + self.dice.between(10 * SECOND, 90 * SECOND);
        self.at(at, Happening::HostStops(old));
    }

    /// A host is stopped: what it did not finish is put into the queue. All of them, if it is the last number.
    pub(super) fn host_stops(&mut self, host: u64) {
        self.say(|| "a host is stopped".to_owned());
        self.seen.kills += 1;
        self.keep_memory();
        let stops = |known: &u64| host == u64::MAX || *known == host;
        self.hosts.retain(|known, _| !stops(known));
        let over: Vec<u64> = self.courses.iter().filter(|(_, r)| stops(&r.host)).map(|(id, _)| *id).collect();
        for course in over {
            let Some(running) = self.courses.remove(&course) else { continue };
            self.let_go(&running);
            match (running.kept, running.resumption) {
                (Some(entry), _) => self.at(self.now + SECOND, Happening::Due(entry)),
                (None, Some(ticket)) if !running.answered => self.put(ticket, SECOND),
                _ => {}
            }
        }
        self.amiss = self.amiss.max(self.now);
        if host != u64::MAX && self.hosts.is_empty() {
            self.at(self.now + 5 * SECOND, Happening::HostUp);
        }
    }

    /// kill -9: what runs is lost; what is in the journal is taken up by the next host.
    pub(super) fn kill(&mut self, host: u64) {
        self.seen.kills += 1;
        self.say(|| "the host is killed".to_owned());
        self.hosts.remove(&host);
        let lost: Vec<u64> = self.courses.iter().filter(|(_, r)| r.host == host).map(|(id, _)| *id).collect();
        for course in lost {
            let Some(running) = self.courses.remove(&course) else { continue };
            self.let_go(&running);
            if let Some(entry) = running.kept {
                let at = self.now + self.dice.between(10 * SECOND, MINUTE);
                self.at(at, Happening::Due(entry));
            }
        }
        if self.hosts.is_empty() {
            let back = self.now + self.dice.between(5 * SECOND, MINUTE);
            self.amiss = self.amiss.max(back);
            self.unclean = true;
            self.at(back, Happening::HostUp);
        }
    }

    /// What a course that is gone had under way: a create that waits for a machine is cancelled.
    fn let_go(&mut self, running: &Running) {
        self.hub.limits.at_once -= u64::from(running.asking);
        let waiting =
            running.started.iter().filter(|s| self.cloud.living.get(s).is_some_and(|l| l.scheduling));
        for sandbox in waiting.copied().collect::<Vec<u64>>() {
            self.end_sandbox(sandbox, 137);
        }
    }

    // --- deliveries

    /// An attempt to deliver arrives at a host, if there is one and it is not lost.
    pub(super) fn deliver(&mut self, attempt: usize) {
        let Some(known) = self.hub.attempts.get_mut(attempt) else { return };
        known.open = false;
        known.at = self.now;
        let (guid, told) = (known.guid, known.told.clone());
        let hosts: Vec<u64> = self.hosts.keys().copied().collect();
        let Some(host) = self.dice.pick(&hosts).filter(|_| !self.fault(Fault::Lost)) else {
            return self.say(|| format!("delivery {} of job {} is lost", told.action, told.job));
        };
        let Some(job) = self.hub.jobs.get(&told.job).cloned() else { return };
        let (home, created) = (&self.hub.homes[job.home], time_text(self.hub.clock(job.created)));
        let mut body = serde_json::json!({
            "action": told.action, "repository": {"full_name": home.name, "private": !home.public},
            "workflow_job": {"id": told.job, "run_id": job.run, "run_attempt": 1, "labels": job.labels, "status": status_of(&job),
                "created_at": created, "started_at": created,
                "runner_id": told.runner.as_ref().map(|(id, _)| *id),
                "runner_name": told.runner.as_ref().map(|(_, name)| name.clone())},
        });
        if self.layout.app {
            body["installation"] = serde_json::json!({"id": home.installation});
        }
        let body = body.to_string();
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("a key");
        mac.update(body.as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        let head = format!(
            "x-github-event: workflow_job\nx-github-delivery: {}\nx-hub-signature-256: sha256={signature}\n",
            guid_text(guid)
        );
        let (status, ticket) =
            match decide(&self.intake.admission, &head, &body, Trust::Signed(&self.intake.secrets)).verdict {
                Verdict::Unread(reply) | Verdict::Reply(reply) => (reply.outcome.status(), None),
                Verdict::Open(ticket) => (202, Some(ticket)),
                Verdict::Refuse(reply, ticket) => (reply.outcome.status(), Some(ticket)),
            };
        if let Some(known) = self.hub.attempts.get_mut(attempt) {
            known.status = status;
        }
        let takes = told.runner.as_ref().filter(|_| told.action == "in_progress");
        if takes.is_some_and(|(_, name)| !name.contains(&format!("-{}-", told.job))) && ticket.is_none() {
            self.breaks(Promise::Victims, || {
                format!("nobody looks after the job whose runner job {} has", told.job)
            });
        }
        if let Some(ticket) = ticket {
            let resumption = ticket.resumption();
            self.heard.entry(ticket.repository.to_string()).or_insert(self.now);
            let course = self.open(host, ticket, false);
            if let Some(running) = self.courses.get_mut(&course) {
                running.resumption = Some(resumption);
            }
            self.at(self.now + 8 * SECOND, Happening::Keep(course));
            self.tell(course, Event::Report(Report::Opened));
        }
    }

    // --- tickets

    fn open(&mut self, host: u64, ticket: Ticket, resumed: bool) -> u64 {
        let (kind, job, runner) = (Course::from(ticket.purpose), ticket.job.0, ticket.runner.clone());
        let deferrals = ticket.deferrals;
        let seed = self.dice.roll();
        let course = jitney::course::Course::open(ticket, self.settings.clone(), seed);
        let id = self.number();
        let running = Running { deferrals, runner, resumed, ..Running::new(course, kind, host, job) };
        self.say(|| format!("course {id} is opened: {kind:?} of job {job}"));
        self.courses.insert(id, running);
        id
    }

    pub(super) fn keep(&mut self, id: u64) {
        let entry = self.number();
        if let Some(running) = self.courses.get_mut(&id)
            && let Some(ticket) = running.resumption.take()
        {
            running.kept = Some(entry);
            self.journal.insert(entry, Kept { ticket, due: 0, put: self.now });
        }
    }

    /// A ticket comes to wait, if there is any use for it.
    pub(super) fn put(&mut self, ticket: Ticket, delay: u64) {
        if !self.may_wait(&ticket) {
            return self.say(|| format!("a ticket of job {} is dropped", ticket.job));
        }
        let entry = self.number();
        self.journal.insert(entry, Kept { ticket, due: self.now + delay, put: self.now });
        self.at(self.now + delay, Happening::Due(entry));
    }

    fn may_wait(&mut self, ticket: &Ticket) -> bool {
        let launches = matches!(ticket.purpose, Purpose::Launch | Purpose::Refuse);
        let waiting = Waiting { job: ticket.job, found: ticket.is_found() };
        let house = self.hosts.values_mut().next_back().map(|host| &mut host.house);
        !launches || house.is_none_or(|house| house.wait(&waiting))
    }

    pub(super) fn resume(&mut self, entry: u64) {
        let at_work = self.courses.values().any(|running| running.kept == Some(entry));
        let Some(host) = self.hosts.keys().next_back().copied() else { return };
        let Some(kept) = self.journal.get(&entry).filter(|_| !at_work).cloned() else { return };
        let course = self.open(host, kept.ticket, true);
        if let Some(running) = self.courses.get_mut(&course) {
            running.kept = Some(entry);
        }
        self.tell(course, Event::Report(Report::Opened));
    }

    /// A sweep, and the next one in its time.
    pub(super) fn sweep(&mut self) {
        let idle = self.courses.is_empty() && self.cloud.living.is_empty() && self.journal.is_empty();
        let quiet = idle && self.hub.queued.iter().all(|job| !self.wants(*job));
        let patience = self.busy() + 6 * HOUR;
        if self.doing > 0 || self.now < crate::dice::DAWN + patience {
            let late = quiet && self.now > crate::dice::DAWN + self.busy() + 2 * HOUR;
            self.at(self.now + if late { HOUR / 2 } else { SWEEP }, Happening::Sweep);
        }
        self.sweep_once();
    }

    pub(super) fn sweep_once(&mut self) {
        let Some(host) = self.hosts.keys().next_back().copied() else { return };
        if self.sweeping.is_some_and(|id| self.courses.contains_key(&id)) {
            return;
        }
        let fresh = self.courses.values().filter_map(|running| running.resumption.clone());
        let pending: Vec<Ticket> =
            self.journal.values().map(|kept| kept.ticket.clone()).chain(fresh).collect();
        let course = jitney::course::Course::sweep(self.settings.clone(), &pending);
        let id = self.number();
        self.courses.insert(id, Running::new(course, Course::Sweep, host, 0));
        self.sweeping = Some(id);
        self.visits.1 += 1;
        self.check_rotation();
        self.tell(id, Event::Report(Report::Opened));
    }
}
