//! The core natively: `cargo bench -p jitney-native --features times`. Instruction counts, which need no clock, are in
//! `tests/test_instructions.py` (natively) and `tests/test_cost.py` (in wasmtime).
#![allow(missing_docs, clippy::expect_used, clippy::unwrap_used, reason = "a benchmark")]

use criterion::{Criterion, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use jitney::delivery::signature::{WebhookSecrets, verify};
use jitney::policy::delivery::{Trust, decide};
use jitney::settings::IntakeSettings;
use jitney::words::secret::Secret;
use std::hint::black_box;

const QUEUED: &str = include_str!("../../../tests/payloads/workflow_job.queued.json");
const SECRET: &str = "secret";

fn core(criterion: &mut Criterion) {
    let mac = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    let signature = format!("sha256={}", hex::encode(mac.chain_update(QUEUED).finalize().into_bytes()));
    let head = format!("x-github-event: workflow_job\nx-hub-signature-256: {signature}");
    let given = [("WEBHOOK_SECRET", SECRET), ("RUNNER_LABELS", r#"["self-hosted","k8s"]"#)];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let settings = IntakeSettings::read(&given).settings.expect("good settings");
    let secrets = WebhookSecrets { current: Secret::new(SECRET), previous: None };
    criterion.bench_function("signature", |b| {
        b.iter(|| verify(black_box(&secrets), Some(&signature), black_box(QUEUED)).is_ok());
    });
    criterion.bench_function("settings", |b| {
        b.iter(|| IntakeSettings::read(black_box(&given)).settings.is_some());
    });
    criterion.bench_function("parse and decide", |b| {
        b.iter(|| {
            decide(black_box(&settings.admission), &head, black_box(QUEUED), Trust::Unsigned).trace.len()
        });
    });
    criterion.bench_function("decide", |b| {
        b.iter(|| {
            decide(black_box(&settings.admission), &head, black_box(QUEUED), Trust::Signed(&settings.secrets))
                .trace
                .len()
        });
    });
}

criterion_group!(benches, core);
criterion_main!(benches);
