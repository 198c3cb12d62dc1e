//! Whether bytes come from GitHub.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use jitney::delivery::signature::{SignatureError, WebhookSecrets, verify};
use jitney::words::secret::Secret;

const BODY: &str = "Hello, World!";
/// GitHub's own example ("Validating webhook deliveries").
const VECTOR: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

fn secrets(current: &str, previous: Option<&str>) -> WebhookSecrets {
    WebhookSecrets { current: Secret::new(current), previous: previous.map(Secret::new) }
}

#[test]
fn githubs_own_example_is_accepted() {
    let verified = verify(&secrets("It's a Secret to Everybody", None), Some(VECTOR), BODY);
    assert_eq!(verified.map(jitney::delivery::signature::Verified::body).ok(), Some(BODY));
}

#[test]
fn the_secret_before_this_one_still_signs_while_it_is_rotated() {
    let both = secrets("new", Some("It's a Secret to Everybody"));
    assert!(verify(&both, Some(VECTOR), BODY).is_ok());
    assert_eq!(verify(&secrets("new", None), Some(VECTOR), BODY).err(), Some(SignatureError::Mismatch));
}

#[test]
fn whatever_else_stands_in_the_header_is_refused() {
    let ours = secrets("It's a Secret to Everybody", None);
    let refusal = |header: Option<&str>, body| verify(&ours, header, body).err();
    assert_eq!(refusal(None, BODY), Some(SignatureError::Missing));
    assert_eq!(refusal(Some(VECTOR), "Hello, World"), Some(SignatureError::Mismatch));
    for malformed in
        ["", "sha256=", "sha1=757107ea", &VECTOR[7..], &VECTOR[..70], &format!("{VECTOR}00"), "sha256=zz"]
    {
        assert_eq!(refusal(Some(malformed), BODY), Some(SignatureError::Malformed), "{malformed}");
    }
}

#[test]
fn a_secret_shows_itself_in_no_debug_print() {
    assert!(!format!("{:?}", secrets("canary", Some("canary"))).contains("canary"));
}
