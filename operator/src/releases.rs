//! Which release of the Actions runner goes into the runner image.

use jitney::course::desk::Desk;
use jitney::github::release::{RunnerRelease, read_downloads, read_release};
use jitney::github::{CredentialScope, Request};
use jitney::settings::{CoursesSettings, SignIn};
use jitney::words::repository::Repository;
use jitney::words::version::RunnerPin;

/// The release that `RUNNER_VERSION` pins, else the one that this GitHub offers its repositories, else the newest.
/// The error says why there is none whose checksum is known.
pub async fn search(desk: Desk, settings: CoursesSettings) -> Result<RunnerRelease, String> {
    let repository = settings.allowlist.exact().into_iter().next();
    let wanted = match (&settings.runner_version, &repository) {
        (Some(pinned), _) => Some(pinned.clone()),
        (None, Some(repository)) => offered(&desk, &settings, repository).await,
        (None, None) => None,
    };
    let needs = match (&settings.credential, repository) {
        (_, Some(repository)) => CredentialScope::Repository(repository, None),
        (SignIn::Token(_), None) => CredentialScope::App,
        (SignIn::App, None) => CredentialScope::Nobody,
    };
    let request = Request::runner_release(wanted.as_ref().map(|wanted| wanted.version), &settings.api, needs);
    let response = desk.ask(request).await;
    read_release(&response, wanted.as_ref())
}

async fn offered(desk: &Desk, settings: &CoursesSettings, repository: &Repository) -> Option<RunnerPin> {
    let response = desk.ask(Request::runner_downloads(settings.scope, repository)).await;
    read_downloads(&response)
}
