//! What an operator asks, and what GitHub says to it.

use jitney::github::{self, Response};
use jitney::machine::Prices;
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::words::repository::Repository;
use jitney::words::secret::Secret;
use jitney_operator::explain::{Inquiry, Row, Seen, Subject, read_lines, tell};
use jitney_operator::setup::{
    Align, Mode, Next, PATIENT, Ping, Registrations, Remove, Target as Aim, Task, read_conversion,
};
use jitney_operator::status::may_see;

use super::{NOW, SECRET, TOKEN, owned};

/// What an operator asks, and what GitHub says to it: a subject, then answers as `STATUS BODY`, with `---` between them.
/// `explain` and `setup` take any answer, change nothing that is not theirs, and tell no secret and no escape.
pub fn operator(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // What was told may be repeated.
    if text.contains(TOKEN) || text.contains(SECRET) {
        return;
    }
    let mut parts = text.split("\n---\n");
    let subject = parts.next().unwrap_or_default();
    let answers: Vec<Response> = parts
        .map(|part| {
            let (status, body) = part.split_once(' ').unwrap_or((part, ""));
            Response { status: status.parse().unwrap_or(200), body: body.into(), ..Response::default() }
        })
        .collect();
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
    if let Ok(request) = github::Request::convert_manifest(subject) {
        assert!(request.path.bytes().all(|b| b.is_ascii_graphic()));
    }
    for answer in &answers {
        let _ = read_conversion(&settings.api, Ok(answer)).map(|made| format!("{made:?}"));
    }
    let aim = Aim { settings: &settings, url: Some("https://x--jitney.modal.run") };
    let Ok(repository) = Repository::parse("octo/x") else { return };
    let home = || github::HookHome::Repository(repository.clone());
    let secret = || Some(Secret::new(SECRET));
    set_up(Align::new(aim.clone(), home(), secret(), Mode::Look), &answers, true);
    set_up(Align::new(aim.clone(), home(), secret(), Mode::Renew), &answers, false);
    set_up(Ping::new(aim.clone(), home(), PATIENT), &answers, false);
    set_up(Remove::new(aim, home(), true), &answers, true);
    set_up(Registrations::new(&settings, repository.clone(), true), &answers, true);
    explain(intake, settings, subject, &answers);
}

fn set_up(mut task: impl Task, answers: &[Response], looks: bool) {
    let mut told = answers.iter();
    let mut answer = None;
    for _ in 0..200 {
        match task.next(answer.take().map(Ok)) {
            Next::Ask(request) => {
                assert!(!looks || request.method == github::Method::Get, "a look changes nothing");
                assert!(request.path.bytes().all(|b| b.is_ascii_graphic()));
                answer = told.next();
                if answer.is_none() {
                    return;
                }
            }
            Next::Pause(_) => {}
            Next::Over(step) => return plain(&format!("{}{}{}", step.what, step.why, step.cure)),
        }
    }
}

fn explain(intake: IntakeSettings, settings: CoursesSettings, subject: &str, answers: &[Response]) {
    let Ok(subject) = Subject::parse(subject, "https://github.com") else { return };
    let mut inquiry = Inquiry::new(intake, settings, subject);
    let lines: Vec<String> =
        answers.iter().map(|answer| String::from_utf8_lossy(&answer.body).into_owned()).collect();
    inquiry.remember(lines.iter().filter_map(|line| Row::read(NOW.0, line)).collect());
    let mut next = inquiry.next(None);
    for answer in answers {
        let Ok(Some(request)) = next else { break };
        assert!(request.method == github::Method::Get && request.path.bytes().all(|b| b.is_ascii_graphic()));
        next = inquiry.next(Some(Ok(answer)));
    }
    let seen = Seen { entries: read_lines(&lines), ..Seen::default() };
    if let Some(story) = tell(&inquiry, &seen, NOW) {
        plain(&story.page);
        plain(&story.conclusion.text);
        for event in story.events {
            plain(&event.said);
            plain(&event.cure);
        }
    }
}

fn plain(text: &str) {
    assert!(!text.contains(TOKEN) && !text.contains(SECRET), "a secret shows");
    assert!(!text.chars().any(char::is_control), "an escape shows: {text:?}");
}
