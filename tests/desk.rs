//! The desk: what is laid on it comes back in order, nonsense is a failure, and nobody waits for two things at once.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::course::desk::{Claim, Desk, Next, Play};
use jitney::course::{Command, Event, Failed, Report, Step};
use jitney::github::{CredentialScope, Fault, Request, Response};
use jitney::settings::SignIn;
use jitney::words::ids::{InstallationId, JobId};
use jitney::words::repository::Repository;
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;
use std::pin::pin;
use std::task::{Context, Waker};

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn token() -> SignIn {
    SignIn::Token(Secret::new("ghp_canary"))
}

fn octo() -> Repository {
    Repository::parse("octo/x").expect("a name")
}

fn report<T>(play: &mut Play<T>, report: Report) -> Next<T> {
    play.next(Event::Report(report), NOW).expect("it is not over")
}

fn told<T>(next: Next<T>) -> Command {
    match next {
        Next::Step(Step::Tell(command)) => command,
        Next::Step(Step::Ask(request)) => panic!("asked {request:?}"),
        Next::Over(_) => panic!("over"),
    }
}

fn asked<T>(next: Next<T>) -> Request {
    match next {
        Next::Step(Step::Ask(request)) => request,
        Next::Step(Step::Tell(command)) => panic!("told {command:?}"),
        Next::Over(_) => panic!("over"),
    }
}

fn over<T>(next: Next<T>) -> T {
    match next {
        Next::Over(over) => over,
        Next::Step(step) => panic!("{step:?}"),
    }
}

fn answered<T>(play: &mut Play<T>, status: u16) -> Next<T> {
    let response = Response { status, ..Response::default() };
    play.next(Event::Response(Ok(response)), NOW).expect("it is not over")
}

#[test]
fn a_play_goes_on_only_when_it_is_told_what_became_of_its_step() {
    let mut play = Play::new(token(), None, |desk: Desk| async move {
        let claim = desk.claim(JobId(7)).await;
        let response = desk.ask(Request::job(&octo(), JobId(7))).await;
        (claim, response.map(|response| response.status), desk.now())
    });
    // The first event is not looked at, whatever it is.
    assert!(matches!(told(report(&mut play, Report::Full)), Command::Claim(JobId(7))));
    let request = asked(report(&mut play, Report::Again));
    assert_eq!(request.credential.as_ref().map(Secret::expose), Some("ghp_canary"));
    assert_eq!(over(answered(&mut play, 200)), (Ok(Claim::Again), Ok(200), NOW));
    assert!(play.next(Event::Report(Report::Done), NOW).is_none(), "it was over");
}

#[test]
fn a_report_that_was_not_asked_for_is_a_failure() {
    let claim = |told: Event| {
        let mut play = Play::new(token(), None, |desk: Desk| async move { desk.claim(JobId(7)).await });
        report(&mut play, Report::Opened);
        over(play.next(told, NOW).expect("it is not over"))
    };
    let nonsense = Err(Failed("not-what-was-asked-for".to_owned()));
    assert_eq!(claim(Event::Report(Report::Ended(0))), nonsense);
    assert_eq!(claim(Event::Response(Err(Fault::Broken))), nonsense);
    assert_eq!(claim(Event::Report(Report::Failed("X".to_owned()))), Err(Failed("X".to_owned())));
    let mut play = Play::new(token(), None, |desk: Desk| async move {
        desk.ask(Request::job(&octo(), JobId(7))).await.map(|response| response.status)
    });
    report(&mut play, Report::Opened);
    assert_eq!(over(report(&mut play, Report::Done)), Err(Fault::Broken));
}

#[test]
fn what_is_anybodys_to_know_is_asked_without_a_credential() {
    let mut play = Play::new(token(), None, |desk: Desk| async move {
        desk.ask(Request { needs: CredentialScope::Nobody, ..Request::job(&octo(), JobId(7)) }).await.is_ok()
    });
    assert_eq!(asked(report(&mut play, Report::Opened)).credential, None);
}

#[test]
fn an_apps_token_is_got_once_and_a_second_time_only_where_it_is_refused() {
    let mut play = Play::new(SignIn::App, Some(InstallationId(5)), |desk: Desk| async move {
        let mut statuses = Vec::new();
        for _ in 0..2 {
            let response = desk.ask(Request::job(&octo(), JobId(7))).await;
            statuses.push(response.expect("a response").status);
        }
        statuses
    });
    let authorize = |command: Command| match command {
        Command::Credential { scope, again } => (scope, again),
        command => panic!("told {command:?}"),
    };
    let installed = CredentialScope::Repository(octo(), Some(InstallationId(5)));
    let wanted = authorize(told(report(&mut play, Report::Opened)));
    assert_eq!(wanted, (installed.clone(), false));
    let first = asked(report(&mut play, Report::Credential(Secret::new("ghs_1"))));
    assert_eq!(first.credential.as_ref().map(Secret::expose), Some("ghs_1"));
    let second = asked(answered(&mut play, 200));
    assert_eq!(second.credential.as_ref().map(Secret::expose), Some("ghs_1"), "it was got already");
    assert_eq!(authorize(told(answered(&mut play, 401))), (installed, true));
    let third = asked(report(&mut play, Report::Credential(Secret::new("ghs_2"))));
    assert_eq!(third.credential.as_ref().map(Secret::expose), Some("ghs_2"));
    assert_eq!(over(answered(&mut play, 401)), [200, 401], "what a new token is told is final");
}

#[test]
#[cfg(debug_assertions)]
#[should_panic(expected = "waits for two things at once")]
fn a_course_that_waits_for_two_things_at_once_is_a_bug() {
    let mut play = Play::new(token(), None, |desk: Desk| async move {
        let mut first = pin!(desk.claim(JobId(7)));
        let mut second = pin!(desk.claim(JobId(8)));
        std::future::poll_fn(|_| {
            let mut context = Context::from_waker(Waker::noop());
            let _ = first.as_mut().poll(&mut context);
            second.as_mut().poll(&mut context).map(|_| ())
        })
        .await;
    });
    report(&mut play, Report::Opened);
}
