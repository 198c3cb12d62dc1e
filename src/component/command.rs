//! Commands and outcomes, carried across the boundary field by field.

use super::bindings::exports::jitney::core::courses as wit;
use super::carry;
use crate::course::{Command, Outcome, Sandbox, Start, Tags};
use crate::github::{Answer, Fault};
use crate::secret::Secret;

fn tags(tags: Tags) -> Vec<(String, String)> {
    tags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn to_host(command: Command) -> wit::Command {
    match command {
        Command::Claim(job) => wit::Command::Claim(job.to_string()),
        Command::Start(start) => {
            let Start { name, tags: start_tags, machine, volume, environment, limit } = *start;
            wit::Command::Start(wit::Start {
                name: name.as_str().to_owned(),
                tags: tags(start_tags),
                machine: wit::Machine {
                    cpu: machine.cpu,
                    memory: machine.memory,
                    gpu: machine.gpu.map(|gpu| gpu.to_string()),
                    image: machine.image,
                    timeout: machine.timeout,
                    docker: machine.docker,
                    regions: machine.regions,
                    outbound: machine.outbound.map(|domains| domains.into_iter().map(String::from).collect()),
                },
                volume: volume.map(|volume| wit::Volume { name: volume.name, path: volume.path.to_owned() }),
                environment: tags(environment),
                limit,
            })
        }
        Command::HandOver { sandbox, line, tags: all } => {
            wit::Command::HandOver(wit::HandOver { sandbox, line: line.expose().to_owned(), tags: tags(all) })
        }
        Command::Terminate(sandbox) => wit::Command::Terminate(sandbox),
        Command::FindName(name) => wit::Command::FindName(name.as_str().to_owned()),
        Command::FindJob(job) => wit::Command::FindJob(job),
        Command::FindAll => wit::Command::FindAll,
        Command::Open(ticket) => wit::Command::Open(ticket.write()),
        Command::Permit { name, most, within } => {
            wit::Command::Permit(wit::Permit { name: name.to_owned(), most, within })
        }
        Command::Answer(answer) => wit::Command::Answer(carry(&answer)),
        Command::Watch { sandbox, seconds } => wit::Command::Watch(wit::Watch { sandbox, seconds }),
        Command::Spent(since) => wit::Command::Spent(since.0),
        Command::RefreshImage => wit::Command::RefreshImage,
        Command::Authorize { whose, again } => {
            wit::Command::Authorize(wit::Authorization { whose: whose.write(), again })
        }
        Command::Pause(delay) => wit::Command::Pause(delay),
        Command::AwaitTurn { repository, pace } => wit::Command::AwaitTurn(wit::Turn { repository, pace }),
        Command::Hold(delay) => wit::Command::Hold(delay),
        Command::Defer(ticket, delay, answer) => {
            wit::Command::Defer(wit::Deferral { ticket: ticket.write(), delay, answer: carry(&answer) })
        }
        Command::Finish(answer) => wit::Command::Finish(carry(&answer)),
    }
}

pub(super) fn from_host(outcome: wit::Outcome) -> Outcome {
    match outcome {
        wit::Outcome::Opened => Outcome::Opened,
        wit::Outcome::Started(id) => Outcome::Started(id),
        wit::Outcome::Taken => Outcome::Taken,
        wit::Outcome::Again => Outcome::Again,
        wit::Outcome::Full => Outcome::Full,
        wit::Outcome::Ended(status) => Outcome::Ended(status),
        wit::Outcome::Found(found) => {
            Outcome::Found(found.into_iter().map(|s| Sandbox { id: s.id, tags: s.tags }).collect())
        }
        wit::Outcome::Held(wait) => Outcome::Held(wait),
        wit::Outcome::Spent(nano_usd) => Outcome::Spent(nano_usd),
        wit::Outcome::Authorized(token) => Outcome::Authorized(Secret::new(token)),
        wit::Outcome::Unauthorized(refusal) => Outcome::Unauthorized(match refusal.status {
            0 => Err(Fault::Unreachable),
            status => Ok(Answer { status, retry_after: refusal.retry_after, ..Answer::default() }),
        }),
        wit::Outcome::Done => Outcome::Done,
        wit::Outcome::Failed(failure) => Outcome::Failed(failure.name),
    }
}
