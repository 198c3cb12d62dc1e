//! The Actions runner's releases: which one goes into the runner image, and what its archive must hash to.

use super::credential::CredentialScope;
use super::request::Request;
use super::response::{Answer, Seen, read, seen};
use super::runner::home;
use crate::words::api_base::ApiBase;
use crate::words::duration::Duration;
use crate::words::repository::Repository;
use crate::words::scope::Scope;
use crate::words::time::Timestamp;
use crate::words::version::{RunnerPin, RunnerVersion, Sha256Hex};
use serde::{Deserialize, Serialize};

/// An image older than this is worth a look: it is built daily.
const OLD: Duration = Duration::days(14);

/// One release of the Actions runner, for x64 Linux.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunnerRelease {
    /// As `2.336.0`.
    pub version: RunnerVersion,
    /// Where its archive is.
    pub url: String,
    /// What the archive must hash to.
    pub sha256: Sha256Hex,
}

/// The response to [`Request::runner_downloads`]: the runner that this GitHub offers. Its `sha256_checksum` is
/// optional.
pub fn read_downloads(answer: &Answer) -> Option<RunnerPin> {
    #[derive(Deserialize)]
    struct Download {
        os: String,
        architecture: String,
        filename: String,
        #[serde(default)]
        sha256_checksum: Option<String>,
    }
    let all: Vec<Download> = read(answer)?;
    let ours = all.into_iter().find(|one| one.os == "linux" && one.architecture == "x64")?;
    let version = ours.filename.strip_prefix("actions-runner-linux-x64-")?.strip_suffix(".tar.gz")?;
    let sha256 = ours.sha256_checksum.as_deref().and_then(Sha256Hex::parse);
    Some(RunnerPin { version: RunnerVersion::parse(version)?, sha256 })
}

impl Request {
    /// "Get a release by tag name", or "Get the latest release", of the Actions runner. An enterprise's GitHub has none
    /// of its own, so github.com is asked then, which must not see the enterprise's credential.
    pub fn runner_release(pin: Option<RunnerVersion>, api: &ApiBase, needs: CredentialScope) -> Self {
        let which = pin.map_or_else(|| "latest".to_owned(), |version| format!("tags/v{version}"));
        let path = format!("/repos/actions/runner/releases/{which}");
        if api.has_releases() {
            return Self::get(path, needs);
        }
        Self { at_github_com: true, ..Self::get(path, CredentialScope::Nobody) }
    }

    /// "List runner applications for a repository", or an organization.
    pub fn runner_downloads(scope: Scope, repository: &Repository) -> Self {
        let path = format!("{}/downloads", home(scope, repository));
        Self::get(path, CredentialScope::of(repository))
    }
}

/// The response to [`Request::runner_release`] about `wanted`, or about the newest. The checksum is the asset's
/// `digest`, or stands in the release's notes, or is `wanted`'s; where two are known they must agree, and a release
/// without one is refused.
pub fn read_release(answer: &Answer, wanted: Option<&RunnerPin>) -> Result<RunnerRelease, String> {
    #[derive(Deserialize)]
    struct Release {
        tag_name: String,
        #[serde(default)]
        body: Option<String>,
        #[serde(default)]
        assets: Vec<Asset>,
    }
    #[derive(Deserialize)]
    struct Asset {
        name: String,
        #[serde(default)]
        digest: Option<String>,
    }
    let vouched = wanted.and_then(|wanted| wanted.sha256.clone().map(|hash| (wanted.version, hash)));
    let release: Release = match (seen(answer), answer) {
        (Seen::Is(release), _) => release,
        (_, Ok(response)) if response.status == 200 => {
            return Err("GitHub's answer about the runner's release cannot be read".to_owned());
        }
        (seen, answer) => {
            let fault = match (seen, answer) {
                (Seen::Gone, _) => "GitHub knows no runner of that version".to_owned(),
                (_, Ok(response)) => {
                    format!("GitHub did not say which runner it released: it answers {}", response.status)
                }
                (_, Err(fault)) => format!("GitHub did not say which runner it released: {fault:?}"),
            };
            let (version, sha256) = vouched.ok_or(fault)?;
            return Ok(RunnerRelease { url: url(version), version, sha256 });
        }
    };
    let version = RunnerVersion::parse(&release.tag_name)
        .filter(|version| wanted.is_none_or(|wanted| wanted.version == *version))
        .ok_or("GitHub names another runner release than was asked for, or none".to_owned())?;
    let archive = archive(version);
    let digest = release.assets.iter().find(|asset| asset.name == archive).and_then(|asset| {
        asset.digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:")).map(str::to_owned)
    });
    let published = digest
        .or_else(|| in_notes(release.body.as_deref().unwrap_or_default()))
        .and_then(|hash| Sha256Hex::parse(&hash));
    let sha256 = match (published, vouched) {
        (Some(published), Some((_, vouched))) if published != vouched => {
            return Err(format!("two checksums of {archive} disagree, so it is not used"));
        }
        (Some(hash), _) | (None, Some((_, hash))) => hash,
        (None, None) => return Err(format!("GitHub gives no checksum for {archive}, so it is not used")),
    };
    Ok(RunnerRelease { url: url(version), version, sha256 })
}

/// What an operator should know of a runner image of this version, built at this time.
pub fn alarms(version: RunnerVersion, built: Timestamp, server: bool, now: Timestamp) -> Vec<String> {
    let mut alarms = Vec::new();
    let days = now.since(built) / Duration::days(1).as_milliseconds();
    if now > built.after(OLD) {
        alarms.push(format!(
            "the runner image is {days} days old: refresh_runner_image fails, and `modal app logs jitney` shows why"
        ));
    }
    if !server && version < RunnerVersion::LEAST {
        let least = RunnerVersion::LEAST;
        alarms.push(format!("the runner image has runner {version}; GitHub takes none below {least}"));
    }
    alarms
}

fn archive(version: RunnerVersion) -> String {
    format!("actions-runner-linux-x64-{version}.tar.gz")
}

fn url(version: RunnerVersion) -> String {
    format!("https://github.com/actions/runner/releases/download/v{version}/{}", archive(version))
}

/// The checksum between the marks that actions/runner puts into its release notes.
fn in_notes(notes: &str) -> Option<String> {
    let (_, rest) = notes.split_once("<!-- BEGIN SHA linux-x64 -->")?;
    rest.split_once("<!-- END SHA linux-x64 -->").map(|(hash, _)| hash.trim().to_owned())
}
