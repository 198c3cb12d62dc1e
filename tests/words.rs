//! The words for money, spans of time and runners: how they are read, and the one way in which each is shown.
#![allow(clippy::expect_used, reason = "a test")]

use jitney::words::duration::Duration;
use jitney::words::ids::{JobId, Nonce, RunnerName};
use jitney::words::usd::Usd;
use jitney::words::version::{RunnerVersion, Sha256Hex};

#[test]
fn money_shows_its_cents_where_it_has_any_and_is_never_nothing() {
    for (dollars, shown) in [
        (0.0, "$0"),
        (0.5, "$0.50"),
        (12.0, "$12"),
        (12.5, "$12.50"),
        (0.02, "$0.02"),
        (0.999, "$1"),
        (1.004, "$1"),
        (1234.567, "$1234.57"),
        (0.01, "$0.01"),
        (0.009_999, "$0.009999"),
        (0.001_234, "$0.001234"),
        (0.000_000_001, "$0.000000001"),
    ] {
        assert_eq!(Usd::from_dollars(dollars).to_string(), shown);
    }
    assert_eq!(Usd::from_nano(u64::MAX).to_string(), "$18446744073.70");
    assert_eq!((Usd::from_dollars(-1.0), Usd::from_dollars(f64::NAN)), (Usd::default(), Usd::default()));
}

#[test]
fn sums_and_shares_of_money_are_exact() {
    let cents: Usd = (0..10).map(|_| Usd::from_dollars(0.1)).sum();
    assert_eq!(cents, Usd::from_dollars(1.0));
    assert_eq!(Usd::from_dollars(8.0).percent_of(Usd::from_dollars(10.0)), 80);
    assert_eq!(Usd::from_nano(1).percent_of(Usd::default()), 100);
}

#[test]
fn a_span_shows_the_largest_unit_that_it_is_a_whole_number_of() {
    for (span, shown) in [
        (Duration::seconds(90), "90 s"),
        (Duration::seconds(900), "15 min"),
        (Duration::minutes(360), "6 h"),
        (Duration::hours(24), "24 h"),
        (Duration::days(2), "48 h"),
        (Duration::milliseconds(1_500), "1500 ms"),
        (Duration::default(), "0 s"),
    ] {
        assert_eq!(span.to_string(), shown);
    }
}

#[test]
fn a_span_is_read_with_its_unit_and_without_one_not_at_all() {
    assert_eq!(Duration::parse("90s"), Some(Duration::seconds(90)));
    assert_eq!(Duration::parse("90m"), Some(Duration::minutes(90)));
    assert_eq!(Duration::parse("2H"), Some(Duration::hours(2)));
    for bad in ["", "h", "90", "1.5h", "-1h", "2 h", "99999999999h", "2d", "2µ"] {
        assert_eq!(Duration::parse(bad), None, "{bad}");
    }
    assert_eq!(Duration::of_hours(0.5).as_seconds(), 1800);
    assert_eq!(Duration::hours(u64::MAX).as_milliseconds(), u64::MAX);
}

#[test]
fn a_checksum_is_64_hex_digits_and_a_version_three_numbers() {
    let upper = Sha256Hex::parse(&"AB".repeat(32)).expect("a checksum");
    assert_eq!(upper.as_str(), "ab".repeat(32));
    assert!(Sha256Hex::parse(&"a".repeat(63)).is_none() && Sha256Hex::parse(&"g".repeat(64)).is_none());
    assert!(RunnerVersion::parse("2.329.0").is_some_and(|version| version == RunnerVersion::LEAST));
    assert!(RunnerVersion::parse("2.336").is_none() && RunnerVersion::parse("2.336.0.1").is_none());
}

#[test]
fn a_runner_is_ours_by_the_exact_form_of_its_name() {
    for bits in [0, 1, 0x1234_5678_9abc_def0, u64::MAX] {
        let name = RunnerName::new(JobId(41), &Nonce::from_bits(bits));
        assert_eq!(RunnerName::job_of(name.as_str()), Some(JobId(41)), "{}", name.as_str());
    }
    for other in [
        "jitney-41-ABCDEFGH",
        "jitney-41-abcdefg1",
        "jitney-41-abcdefg8",
        "jitney-41-abcd-fgh",
        "jitney-41-ab/../gh",
        "jitney-41-ab\u{1b}[1mgh",
        "jitney-41-\u{e9}\u{e9}\u{e9}\u{e9}",
        "jitney-41-abcdefg",
        "jitney-41-abcdefghi",
        "jitney-041-abcdefgh",
        "jitney-0-abcdefgh",
        "jitney-+41-abcdefgh",
        "jitney--abcdefgh",
    ] {
        assert_eq!(RunnerName::job_of(other), None, "{other}");
    }
}
