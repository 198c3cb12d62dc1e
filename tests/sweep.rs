//! The sweep reads every listing of GitHub's to its end, and deletes no registration that may be at work.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod granted;

use granted::Course;
use jitney::course::{Command, Event, Report, Step};
use jitney::github::Response;
use jitney::house::{Question, Ruling};
use jitney::settings::CoursesSettings;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use std::collections::BTreeSet;

/// GitHub, where each listing's first page is full of what is over or somebody else's, and no other holds anything.
fn answer(path: &str) -> String {
    let full = |name: &str, one: &str| format!(r#"{{"{name}":[{}]}}"#, vec![one; 100].join(","));
    match path {
        "/repos/octo/x/actions/runs?status=queued&per_page=100&page=1" => {
            full("workflow_runs", r#"{"id":3}"#)
        }
        path if path.contains("/jobs?") && path.ends_with("page=1") => {
            full("jobs", r#"{"id":7,"run_id":3,"status":"completed","labels":[]}"#)
        }
        path if path.contains("/runners?") && path.ends_with("page=1") => {
            full("runners", r#"{"id":5,"name":"other"}"#)
        }
        _ => r#"{"workflow_runs":[],"jobs":[],"runners":[]}"#.to_owned(),
    }
}

/// What a sweep of one repository asks, as `METHOD path`, of a GitHub that answers so.
fn asked(answer: impl Fn(&str) -> String) -> Vec<String> {
    asked_of("octo/x", answer)
}

fn asked_of(repositories: &str, answer: impl Fn(&str) -> String) -> Vec<String> {
    asked_at(Timestamp(1_800_000_000_000), repositories, answer)
}

fn asked_at(now: Timestamp, repositories: &str, answer: impl Fn(&str) -> String) -> Vec<String> {
    let given = [("GITHUB_TOKEN", "ghp_canary"), ("ALLOWED_REPOS", repositories)];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut course = Course::sweep(CoursesSettings::read(&given).settings.expect("good settings"), &[]);
    let (mut event, mut asked) = (Event::Report(Report::Opened), Vec::new());
    loop {
        event = match course.next(event, now) {
            Step::Ask(request) => {
                let body = answer(&request.path).into();
                asked.push(format!("{:?} {}", request.method, request.path));
                Event::Response(Ok(Response { status: 200, body, ..Response::default() }))
            }
            Step::Tell(Command::FindAll) => Event::Report(Report::Found(Vec::new())),
            Step::Tell(Command::Finish(_)) => return asked,
            other => panic!("{other:?}"),
        };
    }
}

#[test]
fn a_full_page_is_followed_by_the_next_one() {
    let asked = asked(answer);
    for second in ["runs?status=queued&", "runs/3/jobs?", "runners?"] {
        let there = |path: &String| path.contains(second) && path.ends_with("page=2");
        assert!(asked.iter().any(there), "{second}: {asked:?}");
    }
}

#[test]
fn what_failed_and_never_succeeded_is_delivered_again() {
    let hook = r#"[{"id":4,"active":true,"events":["workflow_job"],"config":{"url":"https://o--jitney.modal.run"}}]"#;
    let attempt = |id: u32, guid: &str, minute: u32, status: u32| {
        format!(
            r#"{{"id":{id},"guid":"{guid}","delivered_at":"2027-01-15T07:{minute:02}:00Z","status_code":{status},
                "event":"workflow_job","action":"queued"}}"#
        )
    };
    let failed = [(23, "late", 3, 502), (22, "early", 2, 0), (21, "refused", 1, 403), (20, "again", 0, 503)];
    let failed = failed.map(|(id, guid, minute, status)| attempt(id, guid, minute, status)).join(",");
    let asked = asked(|path| match path {
        path if path.contains("/deliveries?") && path.contains("failure") => format!("[{failed}]"),
        path if path.contains("/deliveries?") => format!("[{}]", attempt(24, "again", 4, 201)),
        path if path.ends_with("/hooks?per_page=100") || path.ends_with("/hooks") => hook.to_owned(),
        _ => "{}".to_owned(),
    });
    let mut again: Vec<_> = asked.iter().filter(|one| one.starts_with("Post")).collect();
    again.sort_unstable();
    let path = |id: u32| format!("Post /repos/octo/x/hooks/4/deliveries/{id}/attempts");
    assert_eq!(again, [&path(22), &path(23)], "{asked:?}");
}

#[test]
fn many_repositories_cost_no_more_than_one_sweeps_budget() {
    let many: Vec<String> = (0..400).map(|nth| format!("octo/x{nth}")).collect();
    let asked = asked_of(&many.join(","), |_| r#"{"workflow_runs":[]}"#.to_owned());
    assert_eq!(asked.len(), 250);
}

#[test]
fn a_budget_that_reaches_few_repositories_reaches_each_of_them_in_its_turn() {
    const EVERY: u64 = 180_000;
    for count in [1, 2, 4, 5, 7, 8, 10, 20, 40, 41] {
        let names: Vec<_> = (0..count).map(|number| format!("octo/x{number}")).collect();
        let first = |sweep: u64| {
            let now = Timestamp(1_800_000_000_000 + sweep * EVERY);
            asked_at(now, &names.join(","), answer).first().cloned()
        };
        let firsts: BTreeSet<_> = (0..count).map(first).collect();
        assert_eq!(firsts.len() as u64, count, "{firsts:?}");
    }
}

#[test]
fn a_registration_without_a_sandbox_is_deleted_only_while_it_is_offline() {
    let runner =
        |id: u32, status: &str| format!(r#"{{"id":{id},"name":"jitney-{id}-abcdefgh","status":"{status}"}}"#);
    let runners = format!("{},{}", runner(5, "online"), runner(6, "offline"));
    let asked = asked(|_| format!(r#"{{"workflow_runs":[],"jobs":[],"runners":[{runners}]}}"#));
    let deleted: Vec<_> = asked.iter().filter(|one| one.starts_with("Delete")).collect();
    assert_eq!(deleted, ["Delete /repos/octo/x/actions/runners/6"]);
}

/// A sweep of `octo/x` up to its end, played with what each request is answered; what it asked and how long it paused.
fn played(
    mut answer: impl FnMut(&str) -> Response,
    rule: fn(&Question) -> Option<Ruling>,
) -> (Vec<String>, Vec<u64>) {
    let given = [("GITHUB_TOKEN", "ghp_canary"), ("ALLOWED_REPOS", "octo/x")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = CoursesSettings::read(&given).settings.expect("good settings");
    let mut course = Course::sweep(settings, &[]).ruled(rule);
    let (mut event, mut asked, mut paused) = (Event::Report(Report::Opened), Vec::new(), Vec::new());
    loop {
        event = match course.next(event, Timestamp(1_800_000_000_000)) {
            Step::Ask(request) => {
                asked.push(format!("{:?} {}", request.method, request.path));
                Event::Response(Ok(answer(&request.path)))
            }
            Step::Tell(Command::Pause(wait)) => {
                paused.push(wait);
                Event::Report(Report::Done)
            }
            Step::Tell(Command::FindAll) => Event::Report(Report::Found(Vec::new())),
            Step::Tell(Command::Finish(_)) => return (asked, paused),
            other => panic!("{other:?}"),
        };
    }
}

const NOTHING: &str = r#"{"workflow_runs":[],"jobs":[],"runners":[]}"#;

fn good(body: &str) -> Response {
    Response { status: 200, body: body.into(), ..Response::default() }
}

fn limited(seconds: u64, remaining: Option<u64>) -> Response {
    Response { status: 429, retry_after: Some(seconds), remaining, limit: Some(5000), ..Response::default() }
}

#[test]
fn a_short_limit_is_sat_out_a_long_one_and_a_spent_quota_end_the_sweep() {
    let once = |first: Response| {
        let mut first = Some(first);
        played(move |_| first.take().unwrap_or_else(|| good(NOTHING)), |_| None)
    };
    let (asked, paused) = once(limited(60, None));
    assert_eq!(paused, [60_000]);
    assert_eq!(asked.first(), asked.get(1), "the same request again");
    assert!(asked.len() > 4, "{asked:?}");
    for first in [limited(121, None), limited(60, Some(0))] {
        let (asked, paused) = once(first);
        assert_eq!((asked.len(), paused.len()), (1, 0));
    }
    let (asked, paused) = played(|_| limited(60, None), |_| None);
    assert_eq!((asked.len(), paused.len()), (4, 3), "a sweep does not wait for ever");
}

#[test]
fn a_registration_that_is_without_a_sandbox_for_the_first_time_may_be_one_that_is_not_listed_yet() {
    let runner = r#"{"workflow_runs":[],"jobs":[],"runners":[{"id":6,"name":"jitney-7-abcdefgh","status":"offline"}]}"#;
    let deleted = |rule: fn(&Question) -> Option<Ruling>| {
        let (asked, _) = played(|_| good(runner), rule);
        asked.iter().any(|one| one.starts_with("Delete"))
    };
    let first =
        |question: &Question| matches!(question, Question::Orphans(_)).then(|| Ruling::Runners(Vec::new()));
    assert!(!deleted(first));
    assert!(deleted(|_| None), "it was so a while ago");
}

#[test]
fn repositories_that_were_heard_of_are_visited_if_they_are_allowed() {
    let heard = |question: &Question| {
        let named = ["octo/y", "mallory/z"].map(|name| Repository::parse(name).expect("a name"));
        matches!(question, Question::Repositories).then(|| Ruling::Repositories(named.to_vec()))
    };
    let given = [("GITHUB_TOKEN", "ghp_canary"), ("ALLOWED_REPOS", "octo/*")];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut course =
        Course::sweep(CoursesSettings::read(&given).settings.expect("good settings"), &[]).ruled(heard);
    match course.next(Event::Report(Report::Opened), Timestamp(1_800_000_000_000)) {
        Step::Ask(request) => assert!(request.path.starts_with("/repos/octo/y/"), "{}", request.path),
        other => panic!("{other:?}"),
    }
}

#[test]
fn jobs_of_a_run_that_was_created_just_now_are_not_asked_for() {
    let of = |created: &str| {
        let runs =
            format!(r#"{{"workflow_runs":[{{"id":3,"created_at":"{created}"}}],"jobs":[],"runners":[]}}"#);
        let (asked, _) = played(move |_| good(&runs), |_| None);
        asked.iter().any(|one| one.contains("/runs/3/jobs"))
    };
    // The sweep is of 2027-01-15T08:00:00Z.
    assert!(!of("2027-01-15T07:59:01Z"));
    assert!(of("2027-01-15T07:59:00Z") && of("no date"));
}

#[test]
fn below_half_of_the_hours_quota_a_sweep_cleans_nothing_and_below_a_tenth_it_stops() {
    let with = |remaining| {
        let left = Response { remaining: Some(remaining), limit: Some(5000), ..good(NOTHING) };
        played(move |_| left.clone(), |_| None).0
    };
    let cleans = |asked: &[String]| asked.iter().any(|one| one.contains("/actions/runners?"));
    assert!(cleans(&with(2500)) && !cleans(&with(2499)));
    assert!(with(500).len() > 2, "it still looks for jobs that wait");
    assert_eq!(with(499).len(), 1);
}
