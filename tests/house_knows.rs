//! What the house remembers, so that GitHub is asked once: who started a run, what a listing said, what was found without
//! a sandbox, and what of it outlives the house.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::github::Etag;
use jitney::house::{
    Account, Came, Changes, Claim, CourseId, Errand, House, Limited, Listing, Question, Rank, Ruling,
};
use jitney::policy::run::{Reference, Run};
use jitney::words::ids::{JobId, RunId, RunnerId};
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;

const NOW: Timestamp = Timestamp(1_800_000_000_000);

fn at(seconds: u64) -> Timestamp {
    Timestamp(NOW.0 + seconds * 1000)
}

fn told(changes: Changes) -> Vec<(CourseId, Ruling)> {
    changes.told
}

fn octo(name: &str) -> Repository {
    Repository::parse(&format!("octo/{name}")).expect("a name")
}

fn run(event: &str) -> Run {
    Run {
        event: event.to_owned(),
        reference: Reference::Full("refs/heads/main".to_owned()),
        actors: vec!["octocat".to_owned()],
        workflow: None,
        head: Some(octo("x")),
        private: None,
    }
}

fn said(event: &str) -> Box<Run> {
    Box::new(run(event))
}

fn started(event: &str) -> Ruling {
    Ruling::StartedBy(Box::new(run(event)))
}

#[test]
fn what_started_a_run_is_asked_once_for_all_its_jobs() {
    let mut house = House::default();
    let mut ask = |course, question| told(house.ask(course, question, NOW));
    let wants = || Question::StartedBy(octo("x"), RunId(3), 1);
    assert_eq!(ask(1, wants()), [(1, Ruling::Go)]);
    assert_eq!((ask(2, wants()), ask(3, wants())), (vec![], vec![]), "they wait for what the first is told");
    let heard = ask(1, Question::Heard(octo("x"), RunId(3), 1, Some(said("push"))));
    assert_eq!(heard, [(2, started("push")), (3, started("push")), (1, Ruling::Go)]);
    assert_eq!(ask(4, wants()), [(4, started("push"))]);
    assert_eq!(
        ask(5, Question::StartedBy(octo("x"), RunId(3), 2)),
        [(5, Ruling::Go)],
        "somebody else may have started it again"
    );
    assert_eq!(ask(6, Question::StartedBy(octo("x"), RunId(4), 1)), [(6, Ruling::Go)]);
    let elsewhere = Question::StartedBy(octo("y"), RunId(3), 1);
    assert_eq!(
        ask(7, elsewhere),
        [(7, Ruling::Go)],
        "what is said of one repository's run is said of no other's"
    );
}

#[test]
fn where_github_does_not_say_or_who_asks_is_gone_the_next_one_asks() {
    let mut house = House::default();
    let wants = || Question::StartedBy(octo("x"), RunId(3), 1);
    for course in 1..=4 {
        house.ask(course, wants(), NOW);
    }
    assert_eq!(
        told(house.ask(1, Question::Heard(octo("x"), RunId(3), 1, None), NOW)),
        [(2, Ruling::Go), (1, Ruling::Go)]
    );
    assert_eq!(told(house.leave(3, NOW)), [], "it only waited");
    assert_eq!(told(house.leave(2, NOW)), [(4, Ruling::Go)]);
}

fn listing(etag: &str, body: &str) -> Listing {
    Listing { etag: Etag::parse(etag).expect("an etag"), body: body.to_owned() }
}

fn errand(path: &str) -> Question {
    let listing = Some(path.to_owned());
    Question::Send(Errand {
        account: Account::Token,
        rank: Rank::Sweep,
        changes: false,
        listing,
        mints: false,
    })
}

fn came(path: &str, version: Listing) -> Question {
    let listing = Some((path.to_owned(), version));
    Question::Came(Came {
        account: Account::Token,
        limited: Limited::No,
        left: None,
        listing,
        well: Some(true),
    })
}

#[test]
fn a_listing_is_asked_for_unless_it_is_the_one_that_is_known() {
    let mut house = House::default();
    assert_eq!(told(house.ask(1, errand("/a"), NOW)), [(1, Ruling::Go)]);
    house.ask(1, came("/a", listing("\"1\"", "{}")), NOW);
    assert_eq!(told(house.ask(2, errand("/a"), NOW)), [(2, Ruling::Unless(listing("\"1\"", "{}")))]);
    house.ask(2, came("/a", listing("\"2\"", "[]")), NOW);
    assert_eq!(told(house.ask(3, errand("/b"), NOW)), [(3, Ruling::Go)]);
    assert_eq!(told(house.ask(4, errand("/a"), NOW)), [(4, Ruling::Unless(listing("\"2\"", "[]")))]);
    house.ask(4, came("/a", listing("\"3\"", &"x".repeat(5_000))), NOW);
    assert_eq!(told(house.ask(5, errand("/a"), NOW)), [(5, Ruling::Go)], "what is long is not kept");
}

#[test]
fn an_entity_tag_is_sent_back_only_if_it_is_one() {
    for good in ["\"abc\"", "W/\"abc\"", "\"\""] {
        assert_eq!(Etag::parse(good).map(String::from).as_deref(), Some(good));
    }
    for bad in
        ["", "abc", "\"", "W/abc", "\"a b\"", "\"a\r\nx: y\"", "\"ä\"", &format!("\"{}\"", "a".repeat(200))]
    {
        assert_eq!(Etag::parse(bad), None, "{bad:?}");
    }
}

#[test]
fn a_registration_is_without_a_sandbox_for_certain_once_it_was_so_half_a_minute_ago() {
    let mut house = House::default();
    let mut orphans = |ids: &[u64], seconds| {
        let ids = ids.iter().copied().map(RunnerId).collect();
        match house.ask(1, Question::Orphans(ids), at(seconds)).told.pop() {
            Some((1, Ruling::Runners(before))) => before.into_iter().map(|id| id.0).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(orphans(&[5, 6], 0), [0; 0]);
    assert_eq!(orphans(&[5, 7], 29), [0; 0]);
    assert_eq!(orphans(&[5, 7], 30), [5]);
    assert_eq!(orphans(&[5, 6, 7], 3_600 + 31), [0; 0], "of an hour ago nothing is known");
}

fn claim(job: u64, repository: &str) -> Question {
    Question::Claim(Claim {
        job: JobId(job),
        repository: octo(repository),
        delivery: None,
        resumed: false,
        found: false,
        labels: "modal".to_owned(),
        launches: true,
    })
}

#[test]
fn what_the_house_knows_outlives_it() {
    let mut house = House::default();
    house.ask(1, claim(7, "x"), NOW);
    house.ask(2, claim(8, "y"), NOW);
    house.ask(3, Question::Over(JobId(9), Some("jitney-7-abcdefgh".to_owned())), NOW);
    house.ask(4, Question::Orphans(vec![RunnerId(5)]), NOW);
    house.ask(5, errand("/a"), NOW);
    house.ask(5, came("/a", listing("\"1\"", "{}")), NOW);
    let runs = || Question::Walk { repository: octo("x"), runs: (1..=9).map(RunId).collect() };
    house.ask(6, runs(), NOW);
    house.ask(6, runs(), NOW);

    let mut next = House::default();
    next.remember(&house.memory());
    let mut ask = |question| next.ask(9, question, at(61)).told.pop().expect("a ruling").1;
    assert_eq!(ask(Question::IsOver(JobId(9))), Ruling::Over);
    assert_eq!(ask(Question::IsAtWork("jitney-7-abcdefgh".to_owned())), Ruling::Over);
    assert_eq!(ask(Question::Repositories), Ruling::Repositories(vec![octo("x"), octo("y")]));
    assert_eq!(ask(Question::Orphans(vec![RunnerId(5)])), Ruling::Runners(vec![RunnerId(5)]));
    assert_eq!(ask(errand("/a")), Ruling::Unless(listing("\"1\"", "{}")));
    assert_eq!(ask(runs()), Ruling::Runs([4, 5, 6].map(RunId).to_vec()), "the walk goes on where it was");
    assert_eq!(ask(claim(7, "x")), Ruling::First, "a claim ends with its course");
    for nonsense in ["", "{}", "[1]", "{\"claims\":7}", "\u{0}"] {
        House::default().remember(nonsense);
    }
}

#[test]
fn a_job_is_claimed_while_a_course_of_it_runs() {
    let mut house = House::default();
    let claimed =
        |house: &mut House| house.ask(9, Question::IsClaimed(JobId(7)), NOW).told.pop().map(|told| told.1);
    assert_eq!(claimed(&mut house), Some(Ruling::Go));
    house.ask(1, claim(7, "x"), NOW);
    assert_eq!(claimed(&mut house), Some(Ruling::Taken));
    house.leave(1, NOW);
    assert_eq!(claimed(&mut house), Some(Ruling::Go));
}

#[test]
fn the_first_response_after_an_outage_says_that_github_is_back() {
    let mut house = House::default();
    let mut came = |well| {
        let came = Came { account: Account::Token, limited: Limited::No, left: None, listing: None, well };
        house.ask(1, Question::Came(came), NOW).back
    };
    assert!(!came(Some(true)));
    let few = [Some(false), Some(false), None, Some(true)];
    assert_eq!(few.map(&mut came), [false; 4], "a few failures are no outage");
    assert_eq!([Some(false); 5].map(&mut came), [false; 5]);
    assert!(!came(None) && came(Some(true)), "a request that this machine forbids says nothing of GitHub");
    assert!(!came(Some(true)), "it is said once");
}
