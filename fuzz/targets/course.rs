//! Courses of any kind, told anything in any order.

use arbitrary::{Arbitrary, Unstructured};
use jitney::course::{Command, Course, Event, Report, Sandbox, Step};
use jitney::github::{Fault, Response};
use jitney::house::Ruling;
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::secret::Secret;

use super::answers::Said;
use super::{NOW, TOKEN, holds, owned};

#[derive(Arbitrary, Debug)]
enum Happens<'a> {
    Opened,
    Started,
    Taken,
    Full,
    Found(Vec<(u64, Option<u64>)>),
    Ruling(u8),
    Done,
    Failed,
    Ended(i32),
    Credential,
    NoCredential(u16),
    Response(Said<'a>),
    Fault(u8),
}

impl Happens<'_> {
    fn event(&self) -> Event {
        let outcome = match self {
            Self::Opened => Report::Opened,
            Self::Started => Report::Started("sb".to_owned()),
            Self::Taken => Report::Taken,
            Self::Full => Report::Full,
            Self::Found(found) => {
                Report::Found(found.iter().map(|(job, runner)| sandbox(*job, *runner)).collect())
            }
            Self::Ruling(which) => return Event::Ruling(ruling(*which)),
            Self::Done => Report::Done,
            Self::Failed => Report::Failed("E".to_owned()),
            Self::Ended(status) => Report::Ended(*status),
            Self::Credential => Report::Credential(Secret::new(TOKEN)),
            Self::NoCredential(status) => {
                Report::NoCredential(Ok(Response { status: *status, ..Response::default() }))
            }
            Self::Response(said) => return Event::Response(Ok(said.answer())),
            Self::Fault(which) => {
                let faults =
                    [Fault::Unreachable, Fault::TimedOut, Fault::Broken, Fault::TooLarge, Fault::Denied];
                return Event::Response(Err(faults
                    .get(usize::from(*which % 5))
                    .copied()
                    .unwrap_or(Fault::Broken)));
            }
        };
        Event::Report(outcome)
    }
}

fn ruling(which: u8) -> Ruling {
    let others = [
        Ruling::Go,
        Ruling::Full,
        Ruling::Count,
        Ruling::First,
        Ruling::Again,
        Ruling::Taken,
        Ruling::Covered,
        Ruling::Over,
    ];
    others.get(usize::from(which % 9)).cloned().unwrap_or(Ruling::Held(u64::from(which) * 1000))
}

fn sandbox(job: u64, runner: Option<u64>) -> Sandbox {
    let mut tags = vec![
        ("job".to_owned(), job.to_string()),
        ("owner".to_owned(), "octo".to_owned()),
        ("repository".to_owned(), "x".to_owned()),
    ];
    tags.extend(runner.map(|runner| ("runner_id".to_owned(), runner.to_string())));
    Sandbox { id: "sb".to_owned(), tags }
}

/// A course of any kind, told anything in any order: it never panics, asks only GitHub's API and tells no secret.
pub fn course(data: &[u8]) {
    if holds(data, TOKEN) {
        return;
    }
    let mut bytes = Unstructured::new(data);
    let (Ok(kind), Ok(app), Ok(seed)) =
        (u8::arbitrary(&mut bytes), bool::arbitrary(&mut bytes), u64::arbitrary(&mut bytes))
    else {
        return;
    };
    let purpose = ["launch", "refuse", "release", "pair"].get(usize::from(kind % 5)).copied();
    let labels = if purpose == Some("refuse") { r#"["modal","cpu=99"]"# } else { r#"["modal"]"# };
    let text = format!(
        r#"{{"purpose":"{}","delivery":null,"repository":"octo/x","job":7,"run":3,"labels":{labels},
            "created":null,"runner":"jitney-8-abcdefgh","deferrals":{}}}"#,
        purpose.unwrap_or("launch"),
        kind / 5 % 3
    );
    let credential = if app { ("GITHUB_APP_ID", "Iv1") } else { ("GITHUB_TOKEN", TOKEN) };
    let given = owned(&[credential, ("ALLOWED_REPOS", "octo/x,octo/*")]);
    let Some(settings) = CoursesSettings::read(&given).settings else { return };
    let Ok(ticket) = Ticket::read(&text) else { return };
    let mut course = match purpose {
        Some(_) => Course::open(ticket, settings, seed),
        None => Course::sweep(settings, &[ticket]),
    };
    let mut event = Event::Report(Report::Opened);
    let mut last: Option<String> = None;
    for _ in 0..200 {
        match course.next(event, NOW) {
            Step::Ask(request) => {
                assert!(request.path.starts_with('/') && request.path.bytes().all(|b| b.is_ascii_graphic()));
                assert!(request.credential.is_some() && !format!("{request:?}").contains(TOKEN));
                last = None;
            }
            Step::Consult(question) => {
                let shown = question.write();
                assert!(!shown.contains(TOKEN), "a credential is in a question");
                last = Some(shown);
            }
            Step::Tell(Command::Finish(answer) | Command::Defer(_, _, answer)) => {
                assert!(!answer.log().contains(TOKEN) && !answer.log().contains('\n'));
                return;
            }
            Step::Tell(command) => {
                let shown = format!("{command:?}");
                assert!(!shown.contains(TOKEN), "a credential is in a command");
                last = Some(shown);
            }
        }
        let Ok(happens) = Happens::arbitrary(&mut bytes) else { return };
        event = happens.event();
    }
    let _ = last;
}
