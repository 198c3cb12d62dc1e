//! `wasi:cli/run`: the component's command-line face. `replay` is all that it does.

use super::Jitney;
use super::play::{Wish, play};
use jitney::course::{Command, Course, Event, Report, Step};
use jitney::github::Method;
use jitney::github::runner::is_deleted;
use jitney::house::House;
use jitney::policy::delivery::{Decision, Verdict, decide};
use jitney::settings::{CoursesSettings, IntakeSettings, Problem};
use jitney::ticket::{Purpose, Ticket};
use jitney::words::usd::Usd;
use jitney_operator::replay::{self, Input, Options, USAGE};
use std::io::{Read, Write};
use std::ops::ControlFlow;
use wasi::cli::environment::{get_arguments, get_environment};

/// The largest input that is read.
const INPUT_LIMIT: u64 = 64 << 20;
/// What became of the runner that `--mint` registered.
const DELETED: &str = "the runner is deleted again";
const LEFT: &str =
    "the runner is still registered: delete it in the repository's Settings → Actions → Runners";

impl wasi::exports::cli::run::Guest for Jitney {
    fn run() -> Result<(), ()> {
        let arguments = get_arguments();
        let asks_for_help = arguments.iter().skip(1).any(|a| matches!(a.as_str(), "--help" | "-h" | "help"));
        let code = match arguments.get(1).map(String::as_str) {
            _ if asks_for_help => {
                print!("{USAGE}");
                Ok(0)
            }
            Some("replay") => {
                Options::parse(arguments.into_iter().skip(2)).and_then(|options| replay_one(&options))
            }
            _ => Err("the command is `replay`".to_owned()),
        };
        let code = code.unwrap_or_else(|error| {
            eprintln!("jitney: {error}\n\n{USAGE}");
            2
        });
        let _ = std::io::stdout().flush();
        wasi::cli::exit::exit_with_code(code);
        Ok(())
    }
}

fn replay_one(options: &Options) -> Result<u8, String> {
    let mut environment = get_environment();
    if options.unsigned && !environment.iter().any(|(name, _)| name == "WEBHOOK_SECRET") {
        environment.push(("WEBHOOK_SECRET".to_owned(), "not used by --unsigned".to_owned()));
    }
    let checked = IntakeSettings::read(&environment);
    let settings = checked.settings.ok_or_else(|| faults(&checked.problems))?;

    let mut bytes = Vec::new();
    std::io::stdin()
        .take(INPUT_LIMIT)
        .read_to_end(&mut bytes)
        .map_err(|_| "standard input cannot be read".to_owned())?;
    let input = Input::parse(&bytes, options.event.as_deref())?;
    let decision = decide(&settings.admission, &input.head, &input.body, options.trust(&settings.secrets));
    print!("{}", if options.json { replay::render_json(&decision) } else { replay::render(&decision) });
    if options.mint {
        return mint(&decision);
    }
    Ok(replay::exit_code(&decision))
}

/// Plays a launch out against GitHub, with a sandbox that refuses its config: so the course takes the runner back.
fn mint(decision: &Decision) -> Result<u8, String> {
    let ticket = match &decision.verdict {
        Verdict::Open(ticket) if ticket.purpose == Purpose::Launch => {
            Ticket { deferrals: 0, ..ticket.clone() }
        }
        _ => return Ok(replay::exit_code(decision)),
    };
    let checked = CoursesSettings::read(&get_environment());
    let settings = checked.settings.ok_or_else(|| faults(&checked.problems))?;
    let mut course = Course::open(ticket, settings.clone(), wasi::random::random::get_random_u64());
    let (mut report, mut minted, mut deleting) = (Report::Opened, false, false);
    let mut house = House::default();
    loop {
        let command = play(&settings.api, &mut house, Event::Report(report), |event, now| {
            if let Event::Response(response) = &event {
                let status = response.as_ref().map(|response| response.status.to_string());
                eprintln!("answer {}", status.unwrap_or_else(|fault| format!("{fault:?}")));
                if std::mem::take(&mut deleting) {
                    eprintln!("{}", if is_deleted(response) { DELETED } else { LEFT });
                }
            }
            match course.next(event, now) {
                Step::Ask(request) => {
                    eprintln!("asks   {:?} {}{}", request.method, settings.api, request.path);
                    deleting = request.method == Method::Delete;
                    ControlFlow::Continue(Wish::Ask(request))
                }
                Step::Consult(question) => ControlFlow::Continue(Wish::Consult(question)),
                Step::Tell(command) => ControlFlow::Break(command),
            }
        });
        report = match command {
            Command::Start(start) => {
                eprintln!("start  {} (not really: this is a replay)", start.name.as_str());
                Report::Started("replay".to_owned())
            }
            Command::HandOver { line, .. } => {
                minted = true;
                let size = line.expose().len();
                eprintln!("minted a JIT config of {size} bytes; GitHub is asked to delete the runner again");
                Report::Failed("Replay".to_owned())
            }
            Command::FindName(_) | Command::FindJob(_) | Command::FindAll => Report::Found(Vec::new()),
            Command::Spent(_) => Report::Spent(Usd::default()),
            Command::Credential { scope, .. } => match super::keys::credential(scope) {
                Ok(got) => Report::Credential(got.token),
                Err(refused) => Report::NoCredential(refused),
            },
            Command::Pause(delay) => {
                std::thread::sleep(std::time::Duration::from_millis(delay));
                Report::Done
            }
            Command::Terminate(_)
            | Command::RefreshImage
            | Command::Watch { .. }
            | Command::Reply(_)
            | Command::Open(_) => Report::Done,
            Command::Defer(_, _, reply) | Command::Finish(reply) => {
                if !minted {
                    eprintln!("not minted: {}", reply.reason);
                }
                return Ok(if minted { 0 } else { 3 });
            }
        };
    }
}

fn faults(problems: &[Problem]) -> String {
    problems.iter().map(Problem::line).collect::<Vec<_>>().join("\n")
}
