//! What is fuzzed, as functions from bytes to assertions. libFuzzer calls them (`fuzz/fuzz_targets`), and so does
//! `tests/corpus.rs`, with every seed and every crash that was ever found.

use arbitrary::{Arbitrary, Unstructured};
use hmac::{Hmac, KeyInit, Mac};
use jitney::course::{Command, Course, Event, Report, Sandbox, Step};
use jitney::github::{self, Cursor, Fault, Response, app};
use jitney::machine::{Domain, Gpu, Prices};
use jitney::policy::allowlist::Allowlist;
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::policy::run::BranchPattern;
use jitney::settings::{CoursesSettings, DECLARED, IntakeSettings, KeysSettings};
use jitney::ticket::Ticket;
use jitney::words::label::Label;
use jitney::words::repository::Repository;
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;
use jitney::words::version::Sha256Hex;
use jitney_operator::explain::{Inquiry, Seen, Subject, read_lines, tell};
use jitney_operator::replay::Input;
use jitney_operator::setup::{
    Align, Mode, Next, PATIENT, Ping, Registrations, Remove, Target as Aim, Task, read_conversion,
};
use jitney_operator::status::may_see;

const SECRET: &str = "secret-canary";
const TOKEN: &str = "ghp_canary";
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Bytes in, or a panic.
pub type Target = fn(&[u8]);

/// All targets, by name.
pub const TARGETS: [(&str, Target); 7] = [
    ("delivery", delivery),
    ("settings", settings),
    ("names", names),
    ("answers", answers),
    ("course", course),
    ("replay", replay),
    ("operator", operator),
];

fn owned(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A header block, an empty line, a body: signed, so that the payload is reached, and unsigned, so that it is not.
pub fn delivery(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (head, body) = text.split_once("\n\n").unwrap_or(("x-github-event: workflow_job", text));
    let given = owned(&[
        ("WEBHOOK_SECRET", SECRET),
        ("ALLOWED_REPOS", "octo/*,Codertocat/*,lineville/*,!octo/secret"),
        ("RUNNER_LABELS", r#"["self-hosted","k8s"]"#),
        ("RUNNER_PROFILES", r#"{"big":{"cpu":8,"region":"eu"}}"#),
        ("ALLOWED_GPUS", "H100:2"),
    ]);
    let Some(settings) = IntakeSettings::read(&given).settings else { return };
    let unsigned = decide(&settings.admission, head, body, Trust::Signed);
    let Verdict::Reply(answer) = unsigned.verdict else { panic!("an unsigned delivery got in") };
    assert!((400..500).contains(&answer.outcome.status()), "{}", answer.body());

    let Ok(mac) = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()) else { return };
    let signature = hex::encode(mac.chain_update(body.as_bytes()).finalize().into_bytes());
    let decision = decide(
        &settings.admission,
        &format!("{head}\nx-hub-signature-256: sha256={signature}"),
        body,
        Trust::Signed,
    );
    for check in &decision.trace {
        assert!(!check.found.contains('\n') && !check.found.contains(SECRET));
    }
    match decision.verdict {
        Verdict::Reply(answer) => {
            let log: serde_json::Value = serde_json::from_str(&answer.log()).expect("a log line is JSON");
            assert!(log["outcome"].is_string() && !answer.log().contains('\n'));
            assert!(!answer.body().contains(SECRET));
        }
        Verdict::Open(ticket) | Verdict::Refuse(_, ticket) => {
            let again = Ticket::read(&ticket.write()).expect("a ticket reads what it wrote");
            assert_eq!(again.write(), ticket.write());
            assert!(Repository::parse(&ticket.repository.to_string()).is_ok());
        }
    }
}

/// Settings, a `NAME=value` a line: problems name variables and repeat no value.
pub fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let given: Vec<_> = text
        .split('\0')
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let known = |name: &str| DECLARED.iter().any(|declared| declared.name == name);
    let (intake, courses, keys) =
        (IntakeSettings::read(&given), CoursesSettings::read(&given), KeysSettings::read(&given));
    assert_eq!(intake.settings.is_none(), !intake.problems.is_empty());
    assert_eq!(courses.settings.is_none(), !courses.problems.is_empty());
    for report in [&intake.problems, &courses.problems, &keys.problems, &intake.warnings, &courses.warnings] {
        assert!(report.iter().all(|problem| known(problem.setting) && !problem.cure.is_empty()));
    }
    if let Some(settings) = courses.settings {
        assert!((1..=180).contains(&settings.mints_per_minute) && settings.max_runners >= 1);
        for profile in settings.rules.profiles.values() {
            assert!(settings.rules.limits.machine(profile).is_ok());
        }
    }
}

/// Names: what parses is safe where it is put.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(repository) = Repository::parse(text) {
        let shown = repository.to_string();
        assert!(
            shown.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
                && shown.split('/').all(|part| part != "..")
        );
    }
    if let Ok(domain) = Domain::parse(text) {
        assert!(domain.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-.*".contains(&b)));
    }
    if let Some(gpu) = Gpu::parse(text) {
        assert_eq!(Gpu::parse(&gpu.to_string()), Some(gpu));
    }
    if let Ok(label) = Label::parse(text) {
        assert!(!label.as_str().chars().any(char::is_control));
    }
    let (pattern, name) = text.split_once('\n').unwrap_or((text, "octo/x"));
    let _ = BranchPattern::new(pattern).matches(name);
    if let (Ok(list), Ok(repository)) = (Allowlist::parse(pattern), Repository::parse(name)) {
        let admitted = list.admits(&repository);
        let excluded =
            Allowlist::parse(&format!("{pattern},!{repository}")).expect("a pattern and an exclusion");
        assert!(!excluded.admits(&repository));
        assert!(!admitted || !list.exact().is_empty() || !list.owners().is_empty());
    }
    let shown = jitney::words::printable::Shown(text).to_string();
    assert!(!shown.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));
    if let Some(cursor) = Cursor::of_link(text) {
        let hook = github::Hook { home: github::HookHome::App, id: None };
        let path = github::Request::deliveries(&hook, true, Some(&cursor)).path;
        assert!(path.bytes().all(|b| b.is_ascii_graphic()) && path.starts_with("/app/hook/deliveries?"));
    }
}

#[derive(Arbitrary, Debug)]
struct Said<'a> {
    status: u16,
    retry_after: Option<u64>,
    remaining: Option<u64>,
    limit: Option<u64>,
    reset: Option<u64>,
    body: &'a [u8],
}

impl Said<'_> {
    fn answer(&self) -> Response {
        Response {
            status: self.status,
            retry_after: self.retry_after,
            remaining: self.remaining,
            limit: self.limit,
            reset: self.reset,
            body: self.body.to_vec(),
            ..Response::default()
        }
    }
}

/// GitHub's answers, of any status and with any body: they are read or not, and nothing worse.
pub fn answers(data: &[u8]) {
    let Ok(said) = Said::arbitrary(&mut Unstructured::new(data)) else { return };
    let answer = said.answer();
    let Ok(repository) = Repository::parse("octo/x") else { return };
    if let Ok(minted) = github::read_mint(Ok(&answer), NOW) {
        assert!(minted.runner.0 != 0 && !minted.config.expose().contains(['\n', '\r', ' ']));
    }
    if let github::Refusal::Limited(wait, _) = github::refusal(Ok(&answer), NOW) {
        assert!((1_000..=3_600_000).contains(&wait));
    }
    let _ = github::read_runners(Ok(&answer), "jitney-1-abcdefgh");
    let _ = github::read_runner(Ok(&answer));
    let _ = github::read_job(Ok(&answer));
    let _ = github::read_runs(Ok(&answer));
    let _ = github::read_registered(Ok(&answer), &repository);
    let _ = github::read_attempts(Ok(&answer));
    let _ = github::read_hooks(Ok(&answer), &|_| true);
    let _ = github::read_run(Ok(&answer));
    let _ = app::read_repositories(Ok(&answer));
    let _ = app::read_installations(Ok(&answer));
    for job in github::read_jobs(Ok(&answer)).map(|page| page.items).unwrap_or_default() {
        assert!(job.job.0 != 0 && job.labels.len() <= 100);
    }
    if let Some(grant) = app::read_token(&answer) {
        assert!(grant.token.expose().bytes().all(|b| b.is_ascii_graphic()));
    }
    let wanted = github::read_downloads(Ok(&answer));
    if let Ok(release) = github::read_release(Ok(&answer), wanted.as_ref(), NOW) {
        assert!(Sha256Hex::parse(release.sha256.as_str()) == Some(release.sha256));
        assert!(release.url.bytes().all(|b| b.is_ascii_alphanumeric() || b":/.-".contains(&b)));
    }
}

#[derive(Arbitrary, Debug)]
enum Happens<'a> {
    Opened,
    Started,
    Taken,
    Again,
    Full,
    Found(Vec<(u64, Option<u64>)>),
    Held(u64),
    Done,
    Failed,
    Ended(i32),
    Authorized,
    Unauthorized(u16),
    Response(Said<'a>),
    Fault(u8),
}

impl Happens<'_> {
    fn event(&self) -> Event {
        let outcome = match self {
            Self::Opened => Report::Opened,
            Self::Started => Report::Started("sb".to_owned()),
            Self::Taken => Report::Taken,
            Self::Again => Report::Again,
            Self::Full => Report::Full,
            Self::Found(found) => {
                Report::Found(found.iter().map(|(job, runner)| sandbox(*job, *runner)).collect())
            }
            Self::Held(wait) => Report::Held(*wait),
            Self::Done => Report::Done,
            Self::Failed => Report::Failed("E".to_owned()),
            Self::Ended(status) => Report::Ended(*status),
            Self::Authorized => Report::Authorized(Secret::new(TOKEN)),
            Self::Unauthorized(status) => {
                Report::Unauthorized(Ok(Response { status: *status, ..Response::default() }))
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
        None => Course::sweep(settings, &[ticket], &[]),
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

/// A replay's input in any of its forms.
pub fn replay(data: &[u8]) {
    if let Ok(input) = Input::parse(data, None) {
        delivery(format!("{}\n\n{}", input.head, input.body).as_bytes());
    }
    let _ = Input::parse(data, Some("workflow_job"));
}

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
    inquiry.remember(read_lines(&lines));
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
