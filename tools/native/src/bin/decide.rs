//! The core's verdicts natively: a JSON line `[head, body]` in, a JSON line with the verdict out. The component's fuzzer
//! holds the artifact against it. Settings come from the environment.
#![allow(clippy::expect_used, reason = "a tool for tests")]

use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::settings::IntakeSettings;
use std::io::{BufRead, Write};

fn main() {
    let environment: Vec<(String, String)> = std::env::vars().collect();
    let settings = IntakeSettings::read(&environment).settings.expect("good settings");
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let (head, body): (String, String) =
            serde_json::from_str(&line.expect("a line")).expect("a pair of texts");
        let (kind, said) =
            match decide(&settings.admission, &head, &body, Trust::Signed(&settings.secrets)).verdict {
                Verdict::Unread(answer) => ("unread", answer.body()),
                Verdict::Reply(answer) => ("reply", answer.body()),
                Verdict::Refuse(answer, _) => ("refuse", answer.body()),
                Verdict::Open(ticket) => ("open", ticket.write()),
            };
        writeln!(out, "{}", serde_json::json!([kind, said])).expect("written");
        out.flush().expect("flushed");
    }
}
