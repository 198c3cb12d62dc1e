//! Names that others chose: repositories, labels, branches, domains, GPUs, cursors.

use jitney::github::delivery::Went;
use jitney::github::hook::{Hook, HookHome};
use jitney::github::{Cursor, Request};
use jitney::machine::{Domain, Gpu};
use jitney::policy::allowlist::Allowlist;
use jitney::policy::run::{RefPattern, Vetting, taken};
use jitney::words::label::Label;
use jitney::words::repository::Repository;

/// Names: what parses is safe where it is put.
pub fn names(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(repository) = Repository::parse(text) {
        let shown = repository.to_string();
        assert!(
            shown.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b))
                && shown.split('/').all(|part| part != "..")
        );
    }
    if let Ok(domain) = Domain::parse(text) {
        assert!(domain.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-.*".contains(&b)));
    }
    if let Some(gpu) = Gpu::parse(text) {
        assert_eq!(Gpu::parse(&gpu.to_string()), Some(gpu));
    }
    if let Ok(label) = Label::parse(text) {
        assert!(!label.as_str().chars().any(char::is_control));
    }
    let (pattern, name) = text.split_once('\n').unwrap_or((text, "octo/x"));
    let _ = RefPattern::new(pattern).matches(name);
    let rules = Vetting::parse(pattern).unwrap_or_default();
    for event in ["push", "pull_request", "workflow_run"] {
        let told =
            |variable: &str| Some(if variable == "GITHUB_EVENT_NAME" { event } else { name }.to_owned());
        if let Some((repository, run)) = taken::read(told, pattern) {
            let _ = rules.judge(&repository, None, &run);
        }
    }
    if let (Ok(list), Ok(repository)) = (Allowlist::parse(pattern), Repository::parse(name)) {
        let admitted = list.admits(&repository);
        let excluded =
            Allowlist::parse(&format!("{pattern},!{repository}")).expect("a pattern and an exclusion");
        assert!(!excluded.admits(&repository));
        assert!(!admitted || !list.exact().is_empty() || !list.owners().is_empty());
    }
    let shown = jitney::words::printable::Shown(text).to_string();
    assert!(!shown.chars().any(|c| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c)));
    if let Some(cursor) = Cursor::of_link(text) {
        let hook = Hook { home: HookHome::App, id: None };
        let path = Request::deliveries(&hook, Went::Well, Some(&cursor)).path;
        assert!(path.bytes().all(|b| b.is_ascii_graphic()) && path.starts_with("/app/hook/deliveries?"));
    }
}
