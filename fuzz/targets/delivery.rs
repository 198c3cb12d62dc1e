//! Deliveries: an unsigned one never gets in, and a ticket reads what it wrote.

use hmac::{Hmac, KeyInit, Mac};
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::settings::IntakeSettings;
use jitney::ticket::Ticket;
use jitney::words::repository::Repository;

use super::{SECRET, holds, owned};

/// A header block, an empty line, a body: signed, so that the payload is reached, and unsigned, so that it is not.
pub fn delivery(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if holds(data, SECRET) {
        return;
    }
    let (head, body) = text.split_once("\n\n").unwrap_or(("x-github-event: workflow_job", text));
    let given = owned(&[
        ("WEBHOOK_SECRET", SECRET),
        ("ALLOWED_REPOS", "octo/*,Codertocat/*,lineville/*,!octo/secret"),
        ("RUNNER_LABELS", r#"["self-hosted","k8s"]"#),
        ("RUNNER_PROFILES", r#"{"big":{"cpu":8,"region":"eu"}}"#),
        ("ALLOWED_GPUS", "H100:2"),
    ]);
    let Some(settings) = IntakeSettings::read(&given).settings else { return };
    let unsigned = decide(&settings.admission, head, body, Trust::Signed(&settings.secrets));
    let Verdict::Unread(answer) = unsigned.verdict else { panic!("an unsigned delivery got in") };
    assert!((400..500).contains(&answer.outcome.status()), "{}", answer.body());

    let Ok(mac) = Hmac::<sha2::Sha256>::new_from_slice(SECRET.as_bytes()) else { return };
    let signature = hex::encode(mac.chain_update(body.as_bytes()).finalize().into_bytes());
    let decision = decide(
        &settings.admission,
        &format!("{head}\nx-hub-signature-256: sha256={signature}"),
        body,
        Trust::Signed(&settings.secrets),
    );
    for check in &decision.trace {
        assert!(!check.found.contains('\n') && !check.found.contains(SECRET));
    }
    match decision.verdict {
        Verdict::Unread(answer) | Verdict::Reply(answer) => {
            let log: serde_json::Value = serde_json::from_str(&answer.log()).expect("a log line is JSON");
            assert!(log["outcome"].is_string() && !answer.log().contains('\n'));
            assert!(!answer.body().contains(SECRET));
        }
        Verdict::Open(ticket) | Verdict::Refuse(_, ticket) => {
            let again = Ticket::read(&ticket.write()).expect("a ticket reads what it wrote");
            assert_eq!(again.write(), ticket.write());
            assert!(Repository::parse(&ticket.repository.to_string()).is_ok());
        }
    }
}
