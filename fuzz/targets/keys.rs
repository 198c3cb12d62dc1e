//! A GitHub App's credentials: whatever is wanted, and whatever GitHub says to it.

use jitney::course::desk::Next;
use jitney::course::keys::{credential, retry_after};
use jitney::course::{Event, Report, Step};
use jitney::github::CredentialScope;
use jitney::house::Ruling;
use jitney::settings::KeysSettings;
use std::sync::OnceLock;

use super::{NOW, answers_of, owned};

const KEY: &str = include_str!("../../tests/standin/keys/app.pkcs1.pem");

/// The key is read once: that takes longer than all the rest.
fn settings(org: bool) -> Option<&'static KeysSettings> {
    static SETTINGS: [OnceLock<Option<KeysSettings>>; 2] = [OnceLock::new(), OnceLock::new()];
    let read = || {
        let scope = if org { "org" } else { "repo" };
        let given = [("GITHUB_APP_ID", "Iv1"), ("GITHUB_APP_PRIVATE_KEY", KEY), ("RUNNER_SCOPE", scope)];
        KeysSettings::read(&owned(&given)).settings
    };
    SETTINGS.get(usize::from(org))?.get_or_init(read).as_ref()
}

/// What is wanted, in JSON as a course says it, then answers as `STATUS BODY`, with `---` between them. The App's key is
/// in nothing that comes out, GitHub is asked twice at most, and a credential is fit for a header.
pub fn keys(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (wanted, told) = text.split_once("\n---\n").unwrap_or((text, ""));
    let Some(scope) = CredentialScope::read(wanted) else { return };
    assert_eq!(CredentialScope::read(&scope.write()), Some(scope.clone()));
    let Some(settings) = settings(text.len() % 2 == 1) else { return };
    let Ok(mut way) = credential(settings, scope, NOW, 7) else { return };
    let mut answers = answers_of(told).into_iter();
    let mut event = Event::Report(Report::Opened);
    let mut asked = 0;
    for _ in 0..12 {
        event = match way.next(event, NOW) {
            Some(Next::Step(Step::Ask(request))) => {
                assert!(request.path.starts_with('/') && request.path.bytes().all(|b| b.is_ascii_graphic()));
                assert!(request.credential.is_some() && !format!("{request:?}").contains("PRIVATE KEY"));
                asked += 1;
                assert!(asked <= 2, "it asks GitHub a third time");
                let Some(answer) = answers.next() else { return };
                Event::Response(Ok(answer))
            }
            Some(Next::Step(Step::Consult(_))) => Event::Ruling(Ruling::Go),
            Some(Next::Over(Ok(got))) => {
                assert!(got.token.expose().bytes().all(|b| b.is_ascii_graphic()));
                return;
            }
            Some(Next::Over(Err(refused))) => {
                let wait = refused.ok().and_then(|response| retry_after(&response, NOW));
                assert!(wait.is_none_or(|seconds| seconds <= 3600));
                return;
            }
            other => panic!("it only asks GitHub: {other:?}"),
        }
    }
    panic!("it does not end");
}
