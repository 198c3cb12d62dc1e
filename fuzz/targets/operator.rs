//! What an operator asks, and what GitHub says to it.

use jitney::course::desk::{Desk, Next, Play};
use jitney::course::{Event, Report, Step};
use jitney::github::{Fault, Method, Request, Response};
use jitney::house::Ruling;
use jitney::machine::Prices;
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::words::secret::Secret;
use jitney_operator::doctor::examine;
use jitney_operator::explain::{HostFacts, RecentDelivery, Subject, Unexplained, ask, explain, read_lines};
use jitney_operator::setup::{
    Item, Mode, Target, hooks, ping, read_conversion, remove_hooks, remove_registrations,
};
use jitney_operator::status::may_see;

use super::{NOW, SECRET, TOKEN, answers_of, holds, owned};

/// What an operator asks, and what GitHub says to it: a subject, then answers as `STATUS BODY`, with `---` between them.
/// `explain` and `setup` take any answer, change nothing that is not theirs, and tell no secret and no escape.
pub fn operator(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if holds(data, TOKEN) || holds(data, SECRET) {
        return;
    }
    let (subject, answers) = match text.split_once("\n---\n") {
        Some((subject, rest)) => (subject, answers_of(rest)),
        None => (text, Vec::new()),
    };
    let given = owned(&[
        ("GITHUB_TOKEN", TOKEN),
        ("WEBHOOK_SECRET", SECRET),
        ("ALLOWED_REPOS", "octo/x,octo/*"),
        ("STATUS_TOKEN", "status-token-canary"),
        ("ALLOWED_EVENTS", "push"),
    ]);
    let (Some(intake), Some(settings)) =
        (IntakeSettings::read(&given).settings, CoursesSettings::read(&given).settings)
    else {
        return;
    };
    assert!(!may_see(&intake, subject, text, NOW) || text.contains("status-token-canary"));
    let _ = Prices::parse(subject);
    if let Ok(request) = Request::convert_manifest(subject) {
        assert!(request.path.bytes().all(|b| b.is_ascii_graphic()));
    }
    for answer in &answers {
        let _ = read_conversion(&settings.api, &Ok(answer.clone())).map(|made| format!("{made:?}"));
    }
    let url = Some("https://x--jitney.modal.run".to_owned());
    let target = || Target { settings: settings.clone(), url: url.clone() };
    let (secret, all) = (|| Some(Secret::new(SECRET)), &answers);
    set_up(&settings, all, true, |desk| hooks(desk, target(), None, Mode::Look));
    set_up(&settings, all, false, |desk| hooks(desk, target(), secret(), Mode::Renew));
    set_up(&settings, all, false, |desk| ping(desk, target()));
    set_up(&settings, all, true, |desk| remove_hooks(desk, target(), true));
    set_up(&settings, all, true, |desk| remove_registrations(desk, settings.clone(), true));
    let found = play(&settings, all, true, |desk| examine(desk, settings.clone(), true));
    for finding in found.unwrap_or_default() {
        plain(&format!("{}{}{}", finding.what, finding.why, finding.cure));
    }
    explained(settings, subject, &answers);
}

fn set_up<F: Future<Output = Vec<Item>> + 'static>(
    settings: &CoursesSettings,
    answers: &[Response],
    looks: bool,
    make: impl FnOnce(Desk) -> F,
) {
    for item in play(settings, answers, looks, make).unwrap_or_default() {
        plain(&format!("{}{}{}", item.what, item.why, item.cure));
    }
}

/// What it comes to, if the answers last; one that `looks` may change nothing.
fn play<T, F: Future<Output = T> + 'static>(
    settings: &CoursesSettings,
    answers: &[Response],
    looks: bool,
    make: impl FnOnce(Desk) -> F,
) -> Option<T> {
    let mut told = answers.iter();
    let mut play = Play::new(settings.credential.clone(), None, make);
    let mut event = Event::Report(Report::Opened);
    for _ in 0..200 {
        event = match play.next(event, NOW)? {
            Next::Step(Step::Ask(request)) => {
                let harmless = request.method == Method::Get || request.path.ends_with("/registration-token");
                assert!(!looks || harmless, "a look changes nothing");
                assert!(request.path.bytes().all(|b| b.is_ascii_graphic()));
                Event::Response(Ok(told.next()?.clone()))
            }
            Next::Step(Step::Tell(_)) => Event::Report(Report::Done),
            Next::Step(Step::Consult(_)) => Event::Ruling(Ruling::Go),
            Next::Over(over) => return Some(over),
        };
    }
    None
}

/// GitHub responds with these, and then not at all.
fn explained(settings: CoursesSettings, subject: &str, answers: &[Response]) {
    let Ok(subject) = Subject::parse(subject, "https://github.com") else { return };
    let lines: Vec<String> =
        answers.iter().map(|answer| String::from_utf8_lossy(&answer.body).into_owned()).collect();
    let recent = lines.iter().filter_map(|line| RecentDelivery::read(NOW.0, line)).collect();
    let credential = settings.credential.clone();
    let mut play = Play::new(credential, None, |desk| ask(desk, settings, subject, recent));
    let mut answers = answers.iter();
    let mut event = Event::Report(Report::Opened);
    let facts = loop {
        match play.next(event, NOW) {
            Some(Next::Step(Step::Ask(request))) => {
                assert!(request.method == Method::Get, "an explanation changes nothing");
                assert!(request.path.bytes().all(|b| b.is_ascii_graphic()));
                event = Event::Response(answers.next().cloned().ok_or(Fault::Unreachable));
            }
            Some(Next::Step(Step::Consult(_))) => event = Event::Ruling(Ruling::Go),
            Some(Next::Over(Ok(facts))) => break facts,
            Some(Next::Over(Err(Unexplained::Misread(why) | Unexplained::Unasked(why)))) => {
                return plain(&why);
            }
            other => panic!("it only asks GitHub: {other:?}"),
        }
    };
    let host = HostFacts { entries: read_lines(&lines), ..HostFacts::default() };
    let explanation = explain(&facts, &host, NOW);
    plain(&explanation.page);
    plain(&explanation.conclusion.text);
    for moment in explanation.timeline {
        plain(&moment.said);
        plain(&moment.cure);
    }
}

fn plain(text: &str) {
    assert!(!text.contains(TOKEN) && !text.contains(SECRET), "a secret shows");
    assert!(!text.chars().any(char::is_control), "an escape shows: {text:?}");
}
