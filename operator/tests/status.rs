//! The status page's lock, and its alarms.
#![allow(clippy::expect_used, reason = "a test")]

use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::words::time::Timestamp;
use jitney::words::usd::Usd;
use jitney_operator::status::{Figures, alarms, close_session, limits, may_see, open_session, waiting};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const TOKEN: &str = "status-token-canary-0123456789";

fn given(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn intake(token: &str) -> IntakeSettings {
    IntakeSettings::read(&given(&[("WEBHOOK_SECRET", "s"), ("STATUS_TOKEN", token)])).settings.expect("good")
}

fn courses(more: &[(&str, &str)]) -> CoursesSettings {
    CoursesSettings::read(&given(&[&[("GITHUB_TOKEN", "ghp_canary")], more].concat())).settings.expect("good")
}

#[test]
fn the_token_opens_the_page_as_a_bearer_or_through_a_session() {
    let settings = intake(TOKEN);
    assert!(may_see(&settings, &format!("Bearer {TOKEN}"), "", NOW));
    let set = open_session(&settings, &format!(" {TOKEN}\n"), NOW).expect("a session");
    for flag in
        ["__Host-jitney=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Max-Age=43200"]
    {
        assert!(set.contains(flag), "{set}");
    }
    assert!(!set.contains(TOKEN) && !set.contains("Domain"));
    let cookie = set.split(';').next().expect("a pair");
    assert!(may_see(&settings, "", &format!("theme=dark; {cookie}"), NOW));
    assert!(close_session().starts_with("__Host-jitney=;") && close_session().contains("Max-Age=0"));
}

#[test]
fn a_session_ends_and_cannot_be_stretched_forged_or_kept_past_the_token() {
    let settings = intake(TOKEN);
    let set = open_session(&settings, TOKEN, NOW).expect("a session");
    let cookie = set.split(';').next().expect("a pair");
    assert!(!may_see(&settings, "", cookie, Timestamp(NOW.0 + 12 * 3_600_000)));
    assert!(!may_see(&intake("another-token-of-some-length"), "", cookie, NOW));
    let (_, mac) = cookie.split_once('.').expect("a mac");
    for forged in [
        format!("__Host-jitney=1900000000.{mac}"),
        "__Host-jitney=1900000000.".to_owned(),
        "__Host-jitney=".to_owned(),
        cookie.replace("__Host-", ""),
        format!("{cookie}0"),
        "=;;=".repeat(3000),
    ] {
        assert!(!may_see(&settings, "", &forged, NOW), "{forged}");
    }
    for typed in ["", "status-token-canary", &format!("{TOKEN}x")] {
        assert!(open_session(&settings, typed, NOW).is_none());
        assert!(!may_see(&settings, &format!("Bearer {typed}"), "", NOW));
    }
}

#[test]
fn where_there_is_no_token_nobody_sees_anything() {
    let settings = IntakeSettings::read(&given(&[("WEBHOOK_SECRET", "s")])).settings.expect("good");
    assert!(!may_see(&settings, "Bearer ", "__Host-jitney=1.2", NOW));
    assert!(open_session(&settings, "", NOW).is_none());
}

#[test]
fn what_needs_attention_is_said_and_nothing_else_is() {
    let settings = courses(&[("MONTHLY_BUDGET_USD", "10"), ("MAX_RUNNERS", "2")]);
    let well = Figures {
        oldest_queued: 900,
        quota: Some(500),
        living: 1,
        spent: Usd::from_nano(7_999_999_999),
        swept: Some(900),
    };
    assert_eq!(alarms(&settings, &well), Vec::<String>::new());
    assert_eq!(alarms(&settings, &Figures::default()), Vec::<String>::new());
    for (figures, said) in [
        (Figures { oldest_queued: 1800, ..well }, "a job has been queued for 30 minutes"),
        (Figures { swept: Some(1200), ..well }, "the last sweep was 20 minutes ago"),
        (Figures { quota: Some(499), ..well }, "only 499 GitHub requests are left"),
        (Figures { spent: Usd::from_nano(8_000_000_000), ..well }, "80 % of this month's budget"),
        (Figures { spent: Usd::from_nano(10_000_000_000), ..well }, "budget is spent"),
        (Figures { living: 2, ..well }, "MAX_RUNNERS (2)"),
    ] {
        let told = alarms(&settings, &figures);
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told.iter().all(|alarm| alarm.contains(said)), "{told:?}");
    }
    let shown = limits(&settings);
    assert!(shown.contains(&("MONTHLY_BUDGET_USD", "$10".to_owned())));
    assert!(shown.contains(&("MAX_JOB_HOURS", "6.0".to_owned())));
}

#[test]
fn a_budget_of_half_a_dollar_is_not_shown_as_nothing() {
    let shown = limits(&courses(&[("MONTHLY_BUDGET_USD", "0.5")]));
    assert!(shown.contains(&("MONTHLY_BUDGET_USD", "$0.50".to_owned())), "{shown:?}");
}

#[test]
fn a_job_waits_once_however_many_tickets_it_has() {
    let ticket = |job: u64, deferrals: u32| {
        format!(
            r#"{{"purpose":"launch","delivery":"g","repository":"octo/demo","job":{job},"run":3,"labels":["modal"],
            "created":null,"runner":null,"deferrals":{deferrals}}}"#
        )
    };
    let tickets = [ticket(1, 0), ticket(2, 1), "no ticket".to_owned(), ticket(1, 3), ticket(1, 2)];
    let seen: Vec<(u64, u32)> =
        waiting(&tickets).iter().map(|ticket| (ticket.job.0, ticket.deferrals)).collect();
    assert_eq!(seen, [(1, 3), (2, 1)]);
}

#[test]
fn the_gpus_that_are_allowed_are_named() {
    let shown = limits(&courses(&[("ALLOWED_GPUS", "a10,H100:2")]));
    assert!(shown.contains(&("ALLOWED_GPUS", "A10:8, H100:2".to_owned())), "{shown:?}");
}
