//! The desk: what is laid on it comes back in order, nonsense is a failure, and nobody waits for two things at once.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::course::desk::{Desk, Next, Play};
use jitney::course::{Command, Event, Failed, Report, Step};
use jitney::github::{CredentialScope, Etag, Fault, Request, Response};
use jitney::house::{Account, Came, Errand, Limited, Listing, Question, Rank, Ruling};
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
    let next = play.next(Event::Report(report), NOW).expect("it is not over");
    admitted(play, next)
}

/// What comes once the house has let every request go.
fn admitted<T>(play: &mut Play<T>, mut next: Next<T>) -> Next<T> {
    while let Next::Step(Step::Consult(Question::Send(_) | Question::Came(_))) = &next {
        next = play.next(Event::Ruling(Ruling::Go), NOW).expect("it is not over");
    }
    next
}

fn told<T>(next: Next<T>) -> Command {
    match next {
        Next::Step(Step::Tell(command)) => command,
        Next::Step(step) => panic!("{step:?}"),
        Next::Over(_) => panic!("over"),
    }
}

fn asked<T>(next: Next<T>) -> Request {
    match next {
        Next::Step(Step::Ask(request)) => request,
        Next::Step(step) => panic!("{step:?}"),
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
    let next = play.next(Event::Response(Ok(response)), NOW).expect("it is not over");
    admitted(play, next)
}

#[test]
fn a_play_goes_on_only_when_it_is_told_what_became_of_its_step() {
    let mut play = Play::new(token(), None, |desk: Desk| async move {
        let status = desk.watch("sb-1".to_owned(), 5).await;
        let response = desk.ask(Request::job(&octo(), JobId(7))).await;
        (status, response.map(|response| response.status), desk.now())
    });
    // The first event is not looked at, whatever it is.
    assert!(matches!(told(report(&mut play, Report::Full)), Command::Watch { seconds: 5, .. }));
    let request = asked(report(&mut play, Report::Done));
    assert_eq!(request.credential.as_ref().map(Secret::expose), Some("ghp_canary"));
    assert_eq!(over(answered(&mut play, 200)), (Ok(None), Ok(200), NOW));
    assert!(play.next(Event::Report(Report::Done), NOW).is_none(), "it was over");
}

#[test]
fn a_report_that_was_not_asked_for_is_a_failure() {
    let found = |told: Event| {
        let mut play = Play::new(token(), None, |desk: Desk| async move { desk.find_job(JobId(7)).await });
        report(&mut play, Report::Opened);
        over(play.next(told, NOW).expect("it is not over")).err()
    };
    let nonsense = Some(Failed("not-what-was-asked-for".to_owned()));
    assert_eq!(found(Event::Report(Report::Ended(0))), nonsense);
    assert_eq!(found(Event::Response(Err(Fault::Broken))), nonsense);
    assert_eq!(found(Event::Ruling(Ruling::Go)), nonsense);
    assert_eq!(found(Event::Report(Report::Failed("X".to_owned()))), Some(Failed("X".to_owned())));
    assert_eq!(over(report(&mut asking(), Report::Done)), Err(Fault::Broken));
}

/// What it came to that a job was asked for.
fn asking() -> Play<Result<u16, Fault>> {
    let mut play = Play::new(token(), None, |desk: Desk| async move {
        desk.ask(Request::job(&octo(), JobId(7))).await.map(|response| response.status)
    });
    report(&mut play, Report::Opened);
    play
}

#[test]
fn no_request_goes_unless_the_house_lets_it_and_the_house_hears_what_came_of_it() {
    let asking = || {
        let mut play = Play::ranked(Rank::Pair, token(), None, |desk: Desk| async move {
            desk.ask(Request::job(&octo(), JobId(7))).await
        });
        let first = play.next(Event::Report(Report::Opened), NOW).expect("it is not over");
        (consulted(first), play)
    };
    let ruled = |play: &mut Play<_>, ruling| play.next(Event::Ruling(ruling), NOW).expect("not over");
    let (question, mut play) = asking();
    let errand =
        Errand { account: Account::Token, rank: Rank::Pair, changes: false, listing: None, mints: false };
    assert_eq!(question, Question::Send(errand));
    asked(ruled(&mut play, Ruling::Go));
    let (remaining, reset) = (Some(9), Some(1_800_000_060));
    let response = Response { status: 429, remaining, reset, retry_after: Some(7), ..Response::default() };
    let came = consulted(play.next(Event::Response(Ok(response)), NOW).expect("it is not over"));
    let left = Some((9, Timestamp(1_800_000_060_000)));
    assert_eq!(
        came,
        Question::Came(Came {
            account: Account::Token,
            limited: Limited::For(7_000),
            left,
            listing: None,
            well: Some(true)
        })
    );
    assert_eq!(over(ruled(&mut play, Ruling::Go)).map(|response| response.status), Ok(429));
    // Where it does not, the course is told what GitHub would say.
    let (_, mut play) = asking();
    let held = over(ruled(&mut play, Ruling::Held(61_500)));
    assert_eq!(held.map(|held| (held.status, held.retry_after)), Ok((429, Some(62))));
    let (_, mut play) = asking();
    assert_eq!(
        over(report(&mut play, Report::Done)).err(),
        Some(Fault::Unreachable),
        "a host without a house"
    );
}

#[test]
fn a_listing_that_has_not_changed_is_the_one_that_is_known() {
    let asking =
        || {
            let mut play = Play::new(token(), None, |desk: Desk| async move {
                desk.ask(Request::job(&octo(), JobId(7))).await
            });
            let first = play.next(Event::Report(Report::Opened), NOW).expect("it is not over");
            let Question::Send(errand) = consulted(first) else { panic!("it sends nothing") };
            assert_eq!(errand.listing.as_deref(), Some("/repos/octo/x/actions/jobs/7"));
            play
        };
    let etag = |text: &str| Etag::parse(text).expect("an etag");
    let known = || Listing { etag: etag("\"1\""), body: "old".to_owned() };
    for (status, body, comes) in [(304, "", "old"), (200, "new", "new")] {
        let mut play = asking();
        let step = play.next(Event::Ruling(Ruling::Unless(known())), NOW).expect("it is not over");
        let request = asked(step);
        assert_eq!(request.known, Some(etag("\"1\"")));
        assert!(request.headers().contains(&("if-none-match", "\"1\"".to_owned())));
        let response =
            Response { status, body: body.into(), etag: Some(etag("\"2\"")), ..Response::default() };
        let came = consulted(play.next(Event::Response(Ok(response)), NOW).expect("it is not over"));
        let Question::Came(came) = came else { panic!("{came:?}") };
        assert_eq!(came.listing.map(|(_, listing)| listing.body), (status == 200).then(|| "new".to_owned()));
        let answer = over(play.next(Event::Ruling(Ruling::Go), NOW).expect("it is not over"));
        assert_eq!(answer.map(|answer| (answer.status, answer.body)), Ok((200, comes.into())));
    }
}

fn consulted<T>(next: Next<T>) -> Question {
    match next {
        Next::Step(Step::Consult(question)) => question,
        Next::Step(step) => panic!("{step:?}"),
        Next::Over(_) => panic!("over"),
    }
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
        let mut first = pin!(desk.find_job(JobId(7)));
        let mut second = pin!(desk.find_job(JobId(8)));
        std::future::poll_fn(|_| {
            let mut context = Context::from_waker(Waker::noop());
            let _ = first.as_mut().poll(&mut context);
            second.as_mut().poll(&mut context).map(|_| ())
        })
        .await;
    });
    report(&mut play, Report::Opened);
}
