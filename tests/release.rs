//! Which runner goes into the image, and what its archive must hash to.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use jitney::github::release::{alarms, read_downloads, read_release};
use jitney::github::{Answer, Fault, Response};
use jitney::words::time::Timestamp;
use jitney::words::version::{RunnerPin, RunnerVersion, Sha256Hex};

const NOW: Timestamp = Timestamp(1_800_000_000_000);
const DAY: u64 = 24 * 3_600_000;

fn answer(body: &serde_json::Value) -> Response {
    Response { status: 200, body: body.to_string().into_bytes(), ..Response::default() }
}

fn hash(letter: &str) -> String {
    letter.repeat(64)
}

fn wanted(version: &str, sha256: Option<String>) -> RunnerPin {
    let sha256 = sha256.map(|hash| Sha256Hex::parse(&hash).expect("a checksum"));
    RunnerPin { version: RunnerVersion::parse(version).expect("a version"), sha256 }
}

fn release(version: &str, digest: Option<String>) -> Response {
    let asset = serde_json::json!({
        "name": format!("actions-runner-linux-x64-{version}.tar.gz"),
        "digest": digest.map(|hash| format!("sha256:{hash}"))
    });
    answer(&serde_json::json!({"tag_name": format!("v{version}"), "assets": [asset], "body": ""}))
}

#[test]
fn the_runner_that_this_github_offers_is_found_with_or_without_a_checksum() {
    let offer = |hash: Option<String>| {
        let other = serde_json::json!({"os": "osx", "architecture": "x64", "download_url": "u",
                                       "filename": "actions-runner-osx-x64-2.340.0.tar.gz"});
        let ours = serde_json::json!({"os": "linux", "architecture": "x64", "download_url": "u",
                                      "filename": "actions-runner-linux-x64-2.336.0.tar.gz",
                                      "sha256_checksum": hash});
        read_downloads(&Ok(answer(&serde_json::json!([other, ours]))))
    };
    assert_eq!(offer(None), Some(wanted("2.336.0", None)));
    assert_eq!(
        offer(Some(hash("AB").get(..64).expect("64").to_owned())),
        Some(wanted("2.336.0", Some("ab".repeat(32))))
    );
    assert_eq!(offer(Some("no hash".to_owned())), Some(wanted("2.336.0", None)));
    assert_eq!(read_downloads(&Err(Fault::TimedOut)), None);
    assert_eq!(read_downloads(&Ok(answer(&serde_json::json!([])))), None);
}

#[test]
fn a_checksum_must_come_from_somewhere_and_two_must_agree() {
    let pin = |hash: Option<String>| wanted("2.336.0", hash);
    let read = |answer: Result<&Response, Fault>, wanted: Option<&RunnerPin>| {
        let answer: Answer = answer.cloned();
        read_release(&answer, wanted).map(|release| String::from(release.sha256))
    };
    let published = release("2.336.0", Some(hash("a")));
    let silent = release("2.336.0", None);
    assert_eq!(read(Ok(&published), None), Ok(hash("a")));
    assert_eq!(read(Ok(&published), Some(&pin(Some(hash("a"))))), Ok(hash("a")));
    assert!(read(Ok(&published), Some(&pin(Some(hash("b"))))).is_err());
    assert_eq!(read(Ok(&silent), Some(&pin(Some(hash("b"))))), Ok(hash("b")));
    assert!(read(Ok(&silent), Some(&pin(None))).is_err());
    assert_eq!(read(Err(Fault::TimedOut), Some(&pin(Some(hash("b"))))), Ok(hash("b")));
    assert!(read(Err(Fault::TimedOut), Some(&pin(None))).is_err());
    assert!(read(Ok(&release("2.337.0", Some(hash("a")))), Some(&pin(None))).is_err());
}

#[test]
fn an_old_image_and_one_that_github_refuses_raise_an_alarm() {
    let about = |version: &str, days: u64, server: bool| {
        let version = RunnerVersion::parse(version).expect("a version");
        alarms(version, Timestamp(NOW.0 - days * DAY), server, NOW).len()
    };
    assert_eq!(about("2.336.0", 13, false), 0);
    assert_eq!(about("2.336.0", 15, false), 1);
    assert_eq!(about("2.328.9", 1, false), 1);
    assert_eq!(about("2.311.0", 15, false), 2);
    assert_eq!(about("2.311.0", 1, true), 0);
}
