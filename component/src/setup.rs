//! `setup` and `teardown`: errands at GitHub, and a GitHub App made.

use super::Jitney;
use super::bindings::exports::jitney::core::{courses, setup as wit};
use super::play::{Conversation, settings};
use jitney::course::desk::{Desk, Play};
use jitney::settings::{ApiBase, CoursesSettings, SignIn};
use jitney::words::scope::Scope;
use jitney::words::secret::Secret;
use jitney_operator::setup::{self, Item, Made, Manifest, Mode, Origin, Standing, Target};
use wasi::cli::environment::get_environment;

type Errand = Conversation<Vec<Item>>;
type SecretOrigin = Conversation<Origin>;
type Conversion = Conversation<Result<Made, String>>;

/// What the settings about GitHub's place come to.
fn api() -> Result<ApiBase, String> {
    ApiBase::of(&get_environment()).ok_or_else(|| "the settings about GitHub's place are at fault".to_owned())
}

fn scope() -> Scope {
    let org = get_environment().iter().any(|(name, value)| name == "RUNNER_SCOPE" && value.trim() == "org");
    if org { Scope::Organization } else { Scope::Repository }
}

fn target(settings: CoursesSettings, url: String) -> Target {
    Target { settings, url: Some(url).filter(|url| !url.is_empty()) }
}

/// Opens an errand at the endpoint's `url`.
fn errand<F>(url: String, make: impl FnOnce(Desk, Target) -> F) -> Result<wit::Errand, String>
where
    F: Future<Output = Vec<Item>> + 'static,
{
    let settings = settings()?;
    let (api, credential) = (settings.api.clone(), settings.credential.clone());
    let play = Play::new(credential, None, |desk| make(desk, target(settings, url)));
    Ok(wit::Errand::new(Errand::new(api, play)))
}

impl wit::Guest for Jitney {
    type Errand = Errand;
    type SecretOrigin = SecretOrigin;
    type Conversion = Conversion;

    fn manifest(owner: String, url: String, redirect: String) -> Result<wit::Form, String> {
        let Manifest { manifest, action } = Manifest::new(&api()?, scope(), Some(&owner), &url, &redirect)?;
        Ok(wit::Form { manifest, action })
    }
}

impl wit::GuestErrand for Errand {
    fn hooks(url: String, mode: wit::Mode, secret: Option<String>) -> Result<wit::Errand, String> {
        let mode = match mode {
            wit::Mode::Look => Mode::Look,
            wit::Mode::Mend => Mode::Mend,
            wit::Mode::Renew => Mode::Renew,
        };
        let secret = secret.map(Secret::new);
        errand(url, |desk, target| setup::hooks(desk, target, secret, mode))
    }

    fn ping(url: String) -> Result<wit::Errand, String> {
        errand(url, setup::ping)
    }

    fn remove_hooks(url: String, look: bool) -> Result<wit::Errand, String> {
        errand(url, |desk, target| setup::remove_hooks(desk, target, look))
    }

    fn remove_registrations(look: bool) -> Result<wit::Errand, String> {
        errand(String::new(), |desk, target| setup::remove_registrations(desk, target.settings, look))
    }

    fn next(&self, report: courses::Report) -> Option<courses::Command> {
        Self::next(self, report)
    }

    fn items(&self) -> Vec<wit::Item> {
        self.take().unwrap_or_default().into_iter().map(carry).collect()
    }
}

pub(super) fn carry(item: Item) -> wit::Item {
    let standing = match item.standing {
        Standing::Done => wit::Standing::Done,
        Standing::Kept => wit::Standing::Kept,
        Standing::Wanted => wit::Standing::Wanted,
        Standing::Refused => wit::Standing::Refused,
        Standing::Failed => wit::Standing::Failed,
        Standing::Skipped => wit::Standing::Skipped,
    };
    wit::Item { standing, what: item.what, why: item.why, cure: item.cure }
}

impl wit::GuestSecretOrigin for SecretOrigin {
    fn open(url: String, given: bool, stored: bool) -> Result<wit::SecretOrigin, String> {
        // An App whose key is elsewhere, or which is yet to be made, leaves no credential to ask with.
        let settings = settings().ok();
        let credential = settings.as_ref().map_or(SignIn::App, |settings| settings.credential.clone());
        let target = settings.map(|settings| target(settings, url));
        let play = Play::new(credential, None, |desk| setup::secret_origin(desk, target, given, stored));
        Ok(wit::SecretOrigin::new(Self::new(api()?, play)))
    }

    fn next(&self, report: courses::Report) -> Option<courses::Command> {
        Self::next(self, report)
    }

    fn origin(&self) -> Option<wit::Origin> {
        Some(match self.take()? {
            Origin::Given => wit::Origin::Given,
            Origin::Stored => wit::Origin::Stored,
            Origin::Made => wit::Origin::Made,
        })
    }
}

impl wit::GuestConversion for Conversion {
    fn open(code: String) -> Result<wit::Conversion, String> {
        let api = api()?;
        let play = Play::new(SignIn::App, None, |desk| setup::convert(desk, api.clone(), code));
        Ok(wit::Conversion::new(Self::new(api, play)))
    }

    fn next(&self, report: courses::Report) -> Option<courses::Command> {
        Self::next(self, report)
    }

    fn app(&self) -> Result<wit::App, String> {
        let made = self.take().ok_or("the conversion is not over")??;
        Ok(wit::App {
            id: made.id,
            key: made.key.expose().to_owned(),
            webhook_secret: made.webhook_secret.expose().to_owned(),
            install: made.install,
        })
    }
}
