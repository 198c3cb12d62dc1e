//! What is remembered: of a sandbox what its tags say, of a reply what it answers, and what the log says is no part of it.
#![allow(clippy::expect_used, reason = "a test")]

use jitney::ledger::{Entry, cost};
use jitney::reply::{Answered, News, Outcome, Reason, Reply, Stage, Subject, Tally, genuine};
use jitney::ticket::Ticket;
use jitney::words::ids::{Guid, JobId, RunId};
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use jitney::words::usd::Usd;

const RUNNER: &str = "jitney-7-abcdefgh";
const CREATED: Timestamp = Timestamp(1_800_000_000_000);
const TAKEN: Timestamp = Timestamp(1_800_000_012_000);

fn tags(changed: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = [
        ("job", "7"),
        ("run", "3"),
        ("owner", "octo"),
        ("repository", "demo"),
        ("shape", "2cpu-8GiB"),
        ("rate", "132600"),
        ("started", "1800000000000"),
    ];
    let left = own.iter().filter(|(name, _)| changed.iter().all(|(other, _)| other != name));
    left.chain(changed).map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn about_a_job() -> Subject {
    Subject {
        delivery: Guid::parse("d-1"),
        repository: Repository::parse("octo/demo").ok(),
        run: Some(RunId(3)),
        job: Some(JobId(8)),
    }
}

fn reply(outcome: Outcome, subject: Subject) -> Reply {
    Reply::new(outcome, Reason::new("job-in-progress", "a runner has the job"), subject)
}

fn field(json: &str, name: &str) -> Option<serde_json::Value> {
    serde_json::from_str::<serde_json::Value>(json).expect("JSON").get(name).cloned()
}

#[test]
fn a_sandbox_s_entry_says_what_its_tags_say() {
    let entry = Entry::of("sb-1", &tags(&[("runner", RUNNER)])).expect("an entry");
    assert_eq!((entry.sandbox.as_str(), entry.job, entry.run), ("sb-1", JobId(7), Some(RunId(3))));
    assert_eq!((entry.repository.as_str(), entry.shape.as_str()), ("octo/demo", "2cpu-8GiB"));
    assert_eq!(
        (entry.runner.as_str(), entry.rate, entry.started),
        (RUNNER, Usd::from_nano(132_600), CREATED)
    );
    assert!(entry.is_of(JobId(7)) && !entry.is_of(JobId(8)));
}

#[test]
fn tags_that_somebody_changed_are_no_numbers_and_no_entry() {
    for bad in ["", "x", "-5", "+5", " 5", "²", "1e3", "1234567890123456"] {
        assert_eq!(Entry::of("sb-1", &tags(&[("rate", bad)])), None, "{bad}");
        assert_eq!(Entry::of("sb-1", &tags(&[("started", bad)])), None, "{bad}");
        assert_eq!(Entry::of("sb-1", &tags(&[("job", bad)])).expect("an entry").job, JobId(0), "{bad}");
    }
    assert_eq!(Entry::of("sb-1", &[] as &[(String, String)]), None);
}

#[test]
fn a_life_costs_its_rate_for_its_time_to_the_nearest_billionth() {
    let nano = |rate, milliseconds| cost(Usd::from_nano(rate), milliseconds).as_nano();
    assert_eq!(nano(132_600, 60_000), 7_956_000);
    assert_eq!((nano(1, 499), nano(1, 500), nano(0, u64::MAX)), (0, 1, 0));
    assert_eq!(nano(u64::MAX, u64::MAX), u64::MAX);
}

#[test]
fn an_entry_is_read_as_the_ledger_keeps_it() {
    let kept = r#"{"sandbox":"sb-1","job":8,"run":"3","runner":"jitney-7-abcdefgh","rate":1,
        "started":1800000000.5,"ended":1800000012,"nano_usd":12,"queued_s":1.5}"#;
    let entry: Entry = serde_json::from_str(kept).expect("an entry");
    assert_eq!((entry.started, entry.ended), (Timestamp(1_800_000_000_500), Some(TAKEN)));
    assert_eq!(entry.nano_usd, Some(Usd::from_nano(12)));
    assert!(entry.is_of(JobId(8)) && entry.is_of(JobId(7)), "it has one job, and was meant for another");
}

#[test]
fn what_is_kept_of_a_reply_is_read_again() {
    let told = reply(Outcome::Launched, about_a_job());
    let kept = Answered::of(&told).write();
    let read = Answered::read(&kept).expect("what was kept");
    assert_eq!(
        (&*read.outcome, &*read.reason, &*read.why),
        ("launched", "job-in-progress", "a runner has the job")
    );
    assert_eq!((read.job, read.run), (Some(JobId(8)), Some(RunId(3))));
    assert_eq!(read.repository.as_deref(), Repository::parse("octo/demo").as_ref().ok());
    assert_eq!(read.delivery.as_deref(), Guid::parse("d-1").as_ref());
    assert!(Answered::read(r#"{"outcome":7}"#).is_none() && Answered::read("").is_none());
}

#[test]
fn only_a_job_s_delivery_and_a_ping_are_githubs_for_certain() {
    let unknown = || Subject { delivery: Guid::parse("d-1"), ..Subject::default() };
    assert_eq!(genuine(&reply(Outcome::Refused, about_a_job())), Guid::parse("d-1").as_ref());
    assert_eq!(genuine(&reply(Outcome::Pong, unknown())), Guid::parse("d-1").as_ref());
    for outcome in [Outcome::Unsigned, Outcome::Malformed, Outcome::Method, Outcome::Unready] {
        assert_eq!(genuine(&reply(outcome, unknown())), None, "{outcome:?}");
    }
}

#[test]
fn a_runner_of_ours_has_a_progress_and_the_log_says_the_same() {
    let stage = Stage::Running { created: Some(CREATED) };
    let told = reply(Outcome::Ignored, about_a_job()).with_progress(Some(RUNNER), Some(TAKEN), stage);
    let Some(News::Running(running)) = told.news.as_deref() else { unreachable!("{told:?}") };
    assert_eq!((running.job, running.run, running.queued), (JobId(8), RunId(3), Some(12_000)));
    assert_eq!(field(&told.log(), "running_at"), Some(TAKEN.0.into()));
    assert_eq!(field(&told.log(), "queued_ms"), Some(12_000.into()));
    assert_eq!(field(&Answered::of(&told).write(), "running_at"), None);

    let told = reply(Outcome::Released, about_a_job()).with_progress(Some(RUNNER), Some(TAKEN), Stage::Over);
    assert!(matches!(told.news.as_deref(), Some(News::Over { at, .. }) if *at == TAKEN));
    assert_eq!(field(&told.log(), "over_at"), Some(TAKEN.0.into()));
}

#[test]
fn a_ticket_s_answer_says_whether_its_job_runs_or_is_over() {
    for (purpose, is_over) in [("release", true), ("pair", false)] {
        let text = format!(
            r#"{{"purpose":"{purpose}","delivery":"d-1","repository":"octo/demo","job":8,"run":3,
            "labels":["modal"],"created":1800000000000,"private":true,"runner":"{RUNNER}","at":1800000012000}}"#
        );
        let ticket = Ticket::read(&text).expect("a ticket");
        let told = ticket.answer(Outcome::Ignored, Reason::new("job-in-progress", "a runner has the job"));
        let says_over = matches!(told.news.as_deref(), Some(News::Over { at, .. }) if *at == TAKEN);
        assert_eq!((told.news.is_some(), says_over), (true, is_over), "{purpose}");
    }
}

#[test]
fn somebody_elses_runner_and_an_unknown_time_have_none() {
    for (runner, at) in [(Some("GitHub Actions 5"), Some(TAKEN)), (Some(RUNNER), None), (None, Some(TAKEN))] {
        let told = reply(Outcome::Ignored, about_a_job()).with_progress(runner, at, Stage::Over);
        assert_eq!(told.news, None, "{runner:?} {at:?}");
    }
    let nothing = reply(Outcome::Ignored, Subject::default());
    let stage = Stage::Running { created: None };
    assert_eq!(nothing.with_progress(Some(RUNNER), Some(TAKEN), stage).news, None);
}

#[test]
fn a_sweep_s_counts_are_in_its_log_line() {
    let tally = Tally { queued: 2, oldest_queued_s: 700, quota_remaining: Some(4000), ..Tally::default() };
    let news = Some(Box::new(News::Swept(tally)));
    let told = Reply { news, ..reply(Outcome::Swept, Subject::default()) };
    for (name, value) in
        [("queued", 2), ("oldest_queued_s", 700), ("quota_remaining", 4000), ("hooks_hidden", 0)]
    {
        assert_eq!(field(&told.log(), name), Some(value.into()), "{name}");
    }
}
