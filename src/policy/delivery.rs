//! From a delivery to a verdict, check by check, each of them on the record.

use crate::delivery::signature::{self, Verified, WebhookSecrets};
use crate::delivery::{Action, Delivery, Headers, JobDelivery};
use crate::policy::allowlist::Allowlist;
use crate::policy::labels::JobRules;
use crate::reply::{Outcome, Reason, Reply, Stage, Subject};
use crate::ticket::{Purpose, Ticket};
use crate::words::ids::RunnerName;

/// What admits a delivery: all of the operator's rules that need nothing of GitHub. Holds no secret.
#[derive(Clone, Debug)]
pub struct Admission {
    /// `ALLOWED_REPOS`.
    pub allowlist: Allowlist,
    /// Which jobs are ours, and what they may ask for.
    pub rules: JobRules,
    /// `REFUSALS_PER_HOUR`: how many refusals are shown to workflows' authors.
    pub refusals_per_hour: u32,
}

/// What is to be done with a delivery.
#[allow(clippy::large_enum_variant, reason = "one is made for each delivery, and read at once")]
#[derive(Clone, Debug)]
pub enum Verdict {
    /// Reply it; that is all. The body was not read: its sender is unknown, and nothing but the header block was parsed.
    Unread(Reply),
    /// Reply it; that is all.
    Reply(Reply),
    /// Open the course of this ticket.
    Open(Ticket),
    /// Reply it, and open a course that tells the workflow's author too.
    Refuse(Reply, Ticket),
}

impl Verdict {
    /// What is replied at once; none where a course finds the reply.
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Unread(reply) | Self::Reply(reply) | Self::Refuse(reply, _) => Some(reply),
            Self::Open(_) => None,
        }
    }

    /// The ticket of the course that is opened.
    pub fn ticket(&self) -> Option<&Ticket> {
        match self {
            Self::Open(ticket) | Self::Refuse(_, ticket) => Some(ticket),
            Self::Unread(_) | Self::Reply(_) => None,
        }
    }
}

/// One check that a delivery went through.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Check {
    /// What was checked.
    pub name: &'static str,
    /// Whether the delivery went on from here.
    pub passed: bool,
    /// What was found.
    pub found: String,
}

/// A verdict and how it came about.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What is to be done.
    pub verdict: Verdict,
    /// Every check, in order; only the last can have failed.
    pub trace: Vec<Check>,
}

/// Whether a body must be signed.
#[derive(Clone, Copy, Debug)]
pub enum Trust<'a> {
    /// With one of these, as every delivery must be.
    Signed(&'a WebhookSecrets),
    /// No: it is replayed, from where GitHub keeps it or by an operator who says so.
    Unsigned,
}

/// Decides on the delivery of this header block and body.
pub fn decide(admission: &Admission, head: &str, body: &str, trust: Trust<'_>) -> Decision {
    let mut trace = Vec::with_capacity(7);
    let mut record = Record { subject: Subject::default(), trace: &mut trace };
    let verdict = match verify(head, body, trust, &mut record) {
        Ok((headers, verified)) => admit(admission, headers, verified, record).unwrap_or_else(Verdict::Reply),
        Err(reply) => Verdict::Unread(reply),
    };
    Decision { verdict, trace }
}

/// Who sent it. Of the body nothing is read, but that its bytes are the signed ones.
fn verify<'a>(
    head: &'a str,
    body: &'a str,
    trust: Trust<'_>,
    record: &mut Record<'_>,
) -> Result<(Headers<'a>, Verified<'a>), Reply> {
    let headers = Headers::parse(head)
        .map_err(|e| record.stop("headers", Outcome::Malformed, Reason::new(e.code, e.text)))?;
    record.subject.delivery.clone_from(&headers.guid);
    record.pass("headers", format!("event {}", headers.event.unwrap_or("missing")));

    let (verified, signature) = match trust {
        Trust::Signed(secrets) => {
            let verified = signature::verify(secrets, headers.signature, body).map_err(|e| {
                record.stop("signature", Outcome::Unsigned, Reason::new(e.code(), e.to_string()))
            })?;
            (verified, "made with our secret")
        }
        Trust::Unsigned => (Verified::on_trust(body), "not checked (--unsigned)"),
    };
    record.pass("signature", signature);
    Ok((headers, verified))
}

/// What it asks, and whether we do that.
fn admit(
    admission: &Admission,
    headers: Headers<'_>,
    verified: Verified<'_>,
    mut record: Record<'_>,
) -> Result<Verdict, Reply> {
    let delivery = Delivery::read(&headers, verified)
        .map_err(|e| record.stop("payload", Outcome::Malformed, Reason::new(e.code, e.text)))?;
    let job = match delivery {
        Delivery::Job(job) => job,
        Delivery::Ping => {
            return Err(record.stop(
                "event",
                Outcome::Pong,
                Reason::new("ping", "the webhook reaches jitney"),
            ));
        }
        Delivery::Other(event) => {
            let text = format!("jitney acts on workflow_job, not on {event}");
            return Err(record.stop("event", Outcome::Ignored, Reason::new("event-not-handled", text)));
        }
    };
    record.subject.repository = Some(job.repository.clone());
    record.subject.run = Some(job.run);
    record.subject.job = Some(job.job);
    record.pass("payload", format!("job {} of {}", job.job, job.repository));

    if !admission.allowlist.admits(&job.repository) {
        let text = format!("{} is not in ALLOWED_REPOS", job.repository);
        return Err(record.stop("repository", Outcome::Refused, Reason::new("repository-not-allowed", text)));
    }
    record.pass("repository", "allowed");

    let purpose = purpose(&job).map_err(|reason| {
        let runner = job.runner.as_deref().filter(|_| job.action == Action::InProgress);
        let stage = Stage::Running { created: job.created };
        record.stop("action", Outcome::Ignored, reason).with_progress(runner, job.at, stage)
    })?;
    record.pass(
        "action",
        match purpose {
            Purpose::Launch | Purpose::Refuse => "queued",
            Purpose::Release => "completed",
            Purpose::Pair => "in_progress, on a runner that was meant for another job",
        },
    );

    if let Some(reason) = admission.rules.foreign(&job.labels) {
        return Err(record.stop("labels", Outcome::Ignored, reason));
    }
    record.pass("labels", "ours");

    if purpose == Purpose::Launch {
        match admission.rules.machine(&job.labels) {
            Ok(machine) => record.pass(
                "machine",
                format!("{} cores, {} MiB, {} at most", machine.cpu, machine.memory, machine.timeout),
            ),
            Err(reason) => {
                let answer = record.stop("machine", Outcome::Refused, reason);
                if admission.refusals_per_hour == 0 {
                    return Err(answer);
                }
                let ticket = Ticket::new(Purpose::Refuse, headers.guid, &job);
                return Ok(Verdict::Refuse(answer, ticket));
            }
        }
    }
    Ok(Verdict::Open(Ticket::new(purpose, headers.guid, &job)))
}

/// What a job's change asks of us, or why nothing.
fn purpose(job: &JobDelivery) -> Result<Purpose, Reason> {
    match &job.action {
        Action::Queued => Ok(Purpose::Launch),
        Action::Completed => Ok(Purpose::Release),
        Action::Waiting => {
            Err(Reason::new("job-waiting", "the job waits for approval; it comes again as queued"))
        }
        Action::InProgress => match job.runner.as_deref().and_then(RunnerName::job_of) {
            Some(meant_for) if meant_for != job.job => Ok(Purpose::Pair),
            _ => Err(Reason::new("job-in-progress", "a runner has the job")),
        },
        Action::Other(action) => {
            Err(Reason::new("action-not-handled", format!("jitney does not act on {action}")))
        }
    }
}

/// The trace as it grows, and what is known so far of the delivery's subject.
struct Record<'a> {
    subject: Subject,
    trace: &'a mut Vec<Check>,
}

impl Record<'_> {
    fn pass(&mut self, name: &'static str, found: impl Into<String>) {
        self.trace.push(Check { name, passed: true, found: found.into() });
    }

    fn stop(&mut self, name: &'static str, outcome: Outcome, reason: Reason) -> Reply {
        self.trace.push(Check { name, passed: outcome == Outcome::Pong, found: reason.to_string() });
        Reply::new(outcome, reason, self.subject.clone())
    }
}
