//! One part of the core, so many times over: what `tests/test_instructions.py` has callgrind count.
//! `count signature|parse|decide TIMES`.
#![allow(clippy::expect_used, clippy::panic, reason = "a tool for tests")]

use hmac::{Hmac, KeyInit, Mac};
use jitney::delivery::Headers;
use jitney::delivery::signature::{WebhookSecrets, verify};
use jitney::policy::delivery::{Trust, decide};
use jitney::settings::IntakeSettings;
use jitney::words::secret::Secret;
use std::hint::black_box;

const QUEUED: &str = include_str!("../../../../tests/payloads/workflow_job.queued.json");
const SECRET: &str = "secret";

fn main() {
    let mut arguments = std::env::args().skip(1);
    let part = arguments.next().unwrap_or_default();
    let times: u32 = arguments.next().and_then(|text| text.parse().ok()).expect("how often");
    let mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).expect("any key will do");
    let signature = format!("sha256={}", hex::encode(mac.chain_update(QUEUED).finalize().into_bytes()));
    let head = format!("x-github-event: workflow_job\nx-hub-signature-256: {signature}");
    let given = [("WEBHOOK_SECRET", SECRET), ("RUNNER_LABELS", r#"["self-hosted","k8s"]"#)];
    let settings = IntakeSettings::read(&given.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let settings = settings.settings.expect("good settings");
    let secrets = WebhookSecrets { current: Secret::new(SECRET), previous: None };
    for _ in 0..times {
        match part.as_str() {
            "signature" => drop(black_box(verify(black_box(&secrets), Some(&signature), black_box(QUEUED)))),
            "headers" => drop(black_box(Headers::parse(black_box(&head)))),
            "parse" => {
                drop(black_box(decide(
                    &settings.admission,
                    black_box(&head),
                    black_box(QUEUED),
                    Trust::Unsigned,
                )));
            }
            "decide" => {
                drop(black_box(decide(
                    &settings.admission,
                    black_box(&head),
                    black_box(QUEUED),
                    Trust::Signed(&settings.secrets),
                )));
            }
            _ => panic!("count signature|headers|parse|decide TIMES"),
        }
    }
}
