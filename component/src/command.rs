//! Commands and reports, carried across the boundary field by field.

use super::bindings::exports::jitney::core::courses as wit;
use super::{ledger, reply::carry};
use jitney::course::{Command, Event, Report, Sandbox, Start, Tags};
use jitney::github::{Fault, Response};
use jitney::house::{Question, Ruling};
use jitney::ledger::Entry;
use jitney::words::secret::Secret;
use jitney::words::usd::Usd;

fn tags(tags: Tags) -> Vec<(String, String)> {
    tags.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn to_host(command: Command) -> wit::Command {
    match command {
        Command::Start(start) => {
            let Start { name, tags: start_tags, machine, volume, environment, limit } = *start;
            wit::Command::Start(wit::Start {
                name: name.as_str().to_owned(),
                entry: Entry::of("", &start_tags).map(ledger::carry),
                tags: tags(start_tags),
                machine: wit::Machine {
                    cpu: machine.cpu,
                    memory: machine.memory,
                    gpu: machine.gpu.map(|gpu| gpu.to_string()),
                    image: machine.image,
                    timeout: u32::try_from(machine.timeout.as_seconds()).unwrap_or(u32::MAX),
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
            let runner = all.iter().find(|(name, _)| *name == "runner").map(|(_, runner)| runner.clone());
            let (line, runner) = (line.expose().to_owned(), runner.unwrap_or_default());
            wit::Command::HandOver(wit::HandOver { sandbox, line, tags: tags(all), runner })
        }
        Command::Terminate(sandbox) => wit::Command::Terminate(sandbox),
        Command::FindName(name) => wit::Command::FindName(name.as_str().to_owned()),
        Command::FindJob(job) => wit::Command::FindJob(job),
        Command::FindAll => wit::Command::FindAll,
        Command::Open(ticket) => wit::Command::Open(ticket.write()),
        Command::Reply(answer) => wit::Command::Reply(carry(&answer)),
        Command::Watch { sandbox, seconds } => wit::Command::Watch(wit::Watch { sandbox, seconds }),
        Command::Spent(since) => wit::Command::Spent(since.0),
        Command::RefreshImage => wit::Command::RefreshImage,
        Command::Credential { scope, again } => {
            wit::Command::Credential(wit::CredentialRequest { scope: scope.write(), again })
        }
        Command::Pause(delay) => wit::Command::Pause(delay),
        Command::Defer(ticket, delay, answer) => {
            wit::Command::Defer(wit::Deferral { ticket: ticket.write(), delay, reply: carry(&answer) })
        }
        Command::Finish(answer) => wit::Command::Finish(carry(&answer)),
    }
}

/// A question to the house, which the host carries there unread.
pub(super) fn consult(question: &Question) -> wit::Command {
    wit::Command::Consult(question.write())
}

pub(super) fn from_host(report: wit::Report) -> Event {
    Event::Report(match report {
        wit::Report::Opened => Report::Opened,
        wit::Report::Started(id) => Report::Started(id),
        wit::Report::Taken => Report::Taken,
        wit::Report::Full => Report::Full,
        wit::Report::Ended(status) => Report::Ended(status),
        wit::Report::Found(found) => {
            Report::Found(found.into_iter().map(|s| Sandbox { id: s.id, tags: s.tags }).collect())
        }
        wit::Report::Ruling(ruling) => match Ruling::read(&ruling) {
            Some(ruling) => return Event::Ruling(ruling),
            None => Report::Failed("RulingUnreadable".to_owned()),
        },
        wit::Report::Spent(nano_usd) => Report::Spent(Usd::from_nano(nano_usd)),
        wit::Report::Credential(token) => Report::Credential(Secret::new(token)),
        wit::Report::NoCredential(refusal) => Report::NoCredential(match refusal.status {
            0 => Err(Fault::Unreachable),
            status => Ok(Response { status, retry_after: refusal.retry_after, ..Response::default() }),
        }),
        wit::Report::Done => Report::Done,
        wit::Report::Failed(failure) => Report::Failed(failure.name),
    })
}
