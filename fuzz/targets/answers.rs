//! GitHub's answers, of any status and with any body.

use arbitrary::{Arbitrary, Unstructured};
use jitney::github::delivery::{Attempt, carried};
use jitney::github::hook::{HookConfig, ListedHook};
use jitney::github::job::Job;
use jitney::github::release::{read_downloads, read_release};
use jitney::github::runner::{Minted, Runner};
use jitney::github::{Refusal, Response, app, refusal, run};
use jitney::words::version::Sha256Hex;

use super::NOW;

#[derive(Arbitrary, Debug)]
pub(super) struct Said<'a> {
    status: u16,
    retry_after: Option<u64>,
    remaining: Option<u64>,
    limit: Option<u64>,
    reset: Option<u64>,
    body: &'a [u8],
}

impl Said<'_> {
    pub(super) fn answer(&self) -> Response {
        Response {
            status: self.status,
            retry_after: self.retry_after,
            remaining: self.remaining,
            limit: self.limit,
            reset: self.reset,
            body: self.body.to_vec(),
            ..Response::default()
        }
    }
}

/// GitHub's answers, of any status and with any body: they are read or not, and nothing worse.
pub fn answers(data: &[u8]) {
    let Ok(said) = Said::arbitrary(&mut Unstructured::new(data)) else { return };
    let answer = Ok(said.answer());
    if let Ok(minted) = Minted::read(&answer, NOW) {
        assert!(minted.runner.0 != 0 && !minted.config.expose().contains(['\n', '\r', ' ']));
    }
    if let Refusal::Limited(wait, _) = refusal(&answer, NOW) {
        assert!((1_000..=3_600_000).contains(&wait));
    }
    for runner in Runner::page(&answer).map(|page| page.items).unwrap_or_default() {
        assert!(runner.meant_for().is_none_or(|job| job.0 != 0));
    }
    for job in Job::page(&answer).map(|page| page.items).unwrap_or_default() {
        assert!(job.queued().is_none_or(|job| job.job.0 != 0 && job.labels.len() <= 100));
    }
    let _ = (Runner::seen(&answer), Job::seen(&answer), run::page(&answer), run::started_by(&answer));
    let _ = (Attempt::all(&answer), carried(&answer), ListedHook::all(&answer), HookConfig::seen(&answer));
    let _ = (app::read_repositories(&answer), app::read_installations(&answer));
    if let Some(grant) = app::read_token(&answer) {
        assert!(grant.token.expose().bytes().all(|b| b.is_ascii_graphic()));
    }
    let wanted = read_downloads(&answer);
    if let Ok(release) = read_release(&answer, wanted.as_ref()) {
        assert_eq!(Sha256Hex::parse(release.sha256.as_str()), Some(release.sha256));
        assert!(release.url.bytes().all(|b| b.is_ascii_alphanumeric() || b":/.-".contains(&b)));
    }
}
