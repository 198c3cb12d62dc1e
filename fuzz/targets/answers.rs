//! GitHub's answers, of any status and with any body.

use arbitrary::{Arbitrary, Unstructured};
use jitney::github::{self, Response, app};
use jitney::words::repository::Repository;
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
    let answer = said.answer();
    let Ok(repository) = Repository::parse("octo/x") else { return };
    if let Ok(minted) = github::read_mint(Ok(&answer), NOW) {
        assert!(minted.runner.0 != 0 && !minted.config.expose().contains(['\n', '\r', ' ']));
    }
    if let github::Refusal::Limited(wait, _) = github::refusal(Ok(&answer), NOW) {
        assert!((1_000..=3_600_000).contains(&wait));
    }
    let _ = github::read_runners(Ok(&answer), "jitney-1-abcdefgh");
    let _ = github::read_runner(Ok(&answer));
    let _ = github::read_job(Ok(&answer));
    let _ = github::read_runs(Ok(&answer));
    let _ = github::read_registered(Ok(&answer), &repository);
    let _ = github::read_attempts(Ok(&answer));
    let _ = github::read_hooks(Ok(&answer), &|_| true);
    let _ = github::read_run(Ok(&answer));
    let _ = app::read_repositories(Ok(&answer));
    let _ = app::read_installations(Ok(&answer));
    for job in github::read_jobs(Ok(&answer)).map(|page| page.items).unwrap_or_default() {
        assert!(job.job.0 != 0 && job.labels.len() <= 100);
    }
    if let Some(grant) = app::read_token(&answer) {
        assert!(grant.token.expose().bytes().all(|b| b.is_ascii_graphic()));
    }
    let wanted = github::read_downloads(Ok(&answer));
    if let Ok(release) = github::read_release(Ok(&answer), wanted.as_ref()) {
        assert_eq!(Sha256Hex::parse(release.sha256.as_str()), Some(release.sha256));
        assert!(release.url.bytes().all(|b| b.is_ascii_alphanumeric() || b":/.-".contains(&b)));
    }
}
