//! A host that reports anything at every step, and a GitHub that answers anything: no course panics, waits forever, or
//! goes on without an end.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::course::{Command, Course, Event, Report, Sandbox, Step};
use jitney::github::{Cursor, Fault, Response};
use jitney::house::{Question, Ruling};
use jitney::settings::CoursesSettings;
use jitney::ticket::Ticket;
use jitney::words::ids::{Dice, RunId};
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;
use jitney::words::usd::Usd;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn pick<T>(dice: &mut Dice, mut of: Vec<T>) -> T {
    let at = usize::try_from(dice.roll() % of.len() as u64).expect("small");
    of.swap_remove(at)
}

fn response(dice: &mut Dice) -> Response {
    let job = r#"{"id":7,"run_id":3,"status":"queued","labels":["modal"],"runner_name":"jitney-8-aaaaaaaa"}"#;
    let many = format!(r#"{{"workflow_runs":[{}]}}"#, vec![r#"{"id":3}"#; 100].join(","));
    let runners = format!(
        r#"{{"runners":[{}]}}"#,
        vec![r#"{"id":9,"name":"jitney-7-aaaaaaaa","status":"offline"}"#; 100].join(",")
    );
    let hook = r#"[{"id":1,"active":true,"events":["*"],"config":{"url":"https://x--jitney.modal.run"}}]"#;
    let attempt = r#"[{"id":1,"guid":"d-1","delivered_at":"2027-01-15T07:00:00Z","status_code":502,"event":"workflow_job"}]"#;
    let body = pick(dice, vec![
        job.to_owned(), many, runners, hook.to_owned(), attempt.to_owned(), format!(r#"{{"jobs":[{job}]}}"#),
        r#"{"runner":{"id":9},"encoded_jit_config":"anB0"}"#.to_owned(), "null".to_owned(), "[".repeat(500),
        r#"[{"id":5}]"#.to_owned(), r#"{"repositories":[{"full_name":"octo/y"}]}"#.to_owned(), String::new(),
        r#"{"id":9,"name":"jitney-7-aaaaaaaa","busy":true}"#.to_owned(),
        r#"{"event":"pull_request","head_repository":{"full_name":"evil/x"},"repository":{"full_name":"octo/x"}}"#.to_owned(),
    ]);
    let status = pick(
        dice,
        vec![200, 200, 200, 200, 201, 204, 202, 301, 400, 401, 403, 404, 409, 422, 429, 500, 0, 999],
    );
    let number =
        |dice: &mut Dice| pick(dice, vec![None, None, None, Some(0), Some(1), Some(5000), Some(u64::MAX)]);
    Response {
        status,
        retry_after: number(dice),
        remaining: number(dice),
        limit: number(dice),
        reset: number(dice),
        next: Cursor::of_link(pick(dice, vec!["", r#"<https://x/y?cursor=abc>; rel="next""#])),
        body: body.into_bytes(),
        ..Response::default()
    }
}

fn sandbox(dice: &mut Dice) -> Sandbox {
    let values =
        ["7", "octo", "x", "jitney-7-aaaaaaaa", "9", "", "-1", "99999999999999999999", "a/b", "../.."];
    let names = ["job", "owner", "repository", "runner", "runner_id", "nonce", "started"];
    let tags = names.iter().filter_map(|name| {
        let value = pick(dice, values.to_vec());
        (!dice.roll().is_multiple_of(4)).then(|| ((*name).to_owned(), value.to_owned()))
    });
    Sandbox { id: "sb".to_owned(), tags: tags.collect() }
}

fn event(dice: &mut Dice, step: &Step) -> Event {
    // Mostly what fits, or else nothing would come far.
    let fitting = !dice.roll().is_multiple_of(8);
    let found = (0..dice.roll() % 6).map(|_| sandbox(dice)).collect();
    let any = vec![
        Report::Opened,
        Report::Started("sb".to_owned()),
        Report::Taken,
        Report::Full,
        Report::Found(found),
        Report::Ended(pick(dice, vec![0, 7, -1])),
        Report::Spent(Usd::from_nano(u64::MAX)),
        Report::Credential(Secret::new("ghs_1")),
        Report::NoCredential(Ok(response(dice))),
        Report::NoCredential(Err(Fault::Broken)),
        Report::Done,
        Report::Failed("X".to_owned()),
    ];
    match step {
        Step::Ask(_) if fitting => Event::Response(if dice.roll().is_multiple_of(8) {
            Err(Fault::TimedOut)
        } else {
            Ok(response(dice))
        }),
        Step::Tell(Command::Start(_)) if fitting => Event::Report(Report::Started("sb".to_owned())),
        Step::Tell(Command::Credential { .. }) if fitting => {
            Event::Report(Report::Credential(Secret::new("ghs_1")))
        }
        Step::Tell(Command::FindAll | Command::FindJob(_) | Command::FindName(_)) if fitting => {
            Event::Report(Report::Found((0..dice.roll() % 6).map(|_| sandbox(dice)).collect()))
        }
        Step::Tell(Command::Spent(_)) if fitting => Event::Report(Report::Spent(Usd::default())),
        Step::Consult(question) if fitting => Event::Ruling(ruling(dice, question)),
        Step::Consult(_) => Event::Ruling(pick(dice, rulings())),
        Step::Tell(Command::Watch { .. }) if fitting => Event::Report(Report::Ended(7)),
        Step::Tell(_) if fitting => Event::Report(Report::Done),
        _ => Event::Report(pick(dice, any)),
    }
}

fn rulings() -> Vec<Ruling> {
    let held = [0, 5_000, u64::MAX].map(Ruling::Held);
    let others = [Ruling::Go, Ruling::Full, Ruling::Count, Ruling::Runs(vec![RunId(3)]), Ruling::First];
    let claims = [Ruling::Again, Ruling::Taken, Ruling::Covered, Ruling::Over];
    held.into_iter().chain(others).chain(claims).collect()
}

fn ruling(dice: &mut Dice, question: &Question) -> Ruling {
    match question {
        Question::Claim(_) => pick(dice, vec![Ruling::First, Ruling::First, Ruling::Again]),
        Question::Walk { runs, .. } => Ruling::Runs(runs.clone()),
        Question::Room(_) if dice.roll().is_multiple_of(16) => pick(dice, rulings()),
        _ => Ruling::Go,
    }
}

fn settings(seed: u64) -> CoursesSettings {
    let sign =
        if seed.is_multiple_of(2) { ("GITHUB_TOKEN", "ghp_canary") } else { ("GITHUB_APP_ID", "Iv23li") };
    let scope = if seed % 4 < 2 { "repo" } else { "org" };
    let given =
        [sign, ("RUNNER_SCOPE", scope), ("ALLOWED_REPOS", "octo/x,octo/*"), ("MONTHLY_BUDGET_USD", "5")];
    let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    CoursesSettings::read(&given).settings.expect("good settings")
}

#[test]
fn whatever_the_host_reports_a_course_comes_to_an_end() {
    for seed in 0..8_000 {
        let mut dice = Dice::new(seed);
        let purpose = pick(&mut dice, vec!["launch", "refuse", "release", "pair", "sweep"]);
        let (deferrals, starts) = (pick(&mut dice, vec![0, 1, 5, u32::MAX]), pick(&mut dice, vec![0, 1, 12]));
        let private = pick(&mut dice, vec!["true", "true", "false", "null"]);
        let labels = pick(&mut dice, vec!["modal", "modal\",\"cpu=999"]);
        let text = format!(
            r#"{{"purpose":"{}","delivery":"d-1","repository":"octo/x","job":7,"run":3,"labels":["{labels}"],"created":1800000000000,
            "private":{private},"runner":"jitney-8-aaaaaaaa","deferrals":{deferrals},"starts":{starts}}}"#,
            if purpose == "sweep" { "launch" } else { purpose }
        );
        let ticket = Ticket::read(&text).expect("a ticket");
        let mut course = if purpose == "sweep" {
            Course::sweep(settings(seed), std::slice::from_ref(&ticket))
        } else {
            Course::open(ticket, settings(seed), seed)
        };
        let mut step = course.next(Event::Report(Report::Opened), NOW);
        let mut steps = 0;
        while !matches!(step, Step::Tell(Command::Finish(_) | Command::Defer(..))) {
            steps += 1;
            assert!(steps < 40_000, "seed {seed}: {purpose} does not end: {step:?}");
            let event = event(&mut dice, &step);
            step = course.next(event, NOW);
        }
        assert!(matches!(course.next(Event::Report(Report::Done), NOW), Step::Tell(Command::Finish(_))));
    }
}
