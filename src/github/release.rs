//! The Actions runner's releases: which one goes into the runner image, and what its archive must hash to.

use super::{Fault, Request, Response, Whose};
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

/// Reads the answer to [`Request::runner_downloads`]: the runner that this GitHub offers. Its `sha256_checksum` is
/// optional.
pub fn read_downloads(answer: Result<&Response, Fault>) -> Option<RunnerPin> {
    #[derive(Deserialize)]
    struct Download {
        os: String,
        architecture: String,
        filename: String,
        #[serde(default)]
        sha256_checksum: Option<String>,
    }
    let answer = answer.ok().filter(|answer| answer.status == 200)?;
    let all: Vec<Download> = serde_json::from_slice(&answer.body).ok()?;
    let ours = all.into_iter().find(|one| one.os == "linux" && one.architecture == "x64")?;
    let version = ours.filename.strip_prefix("actions-runner-linux-x64-")?.strip_suffix(".tar.gz")?;
    let sha256 = ours.sha256_checksum.as_deref().and_then(Sha256Hex::parse);
    Some(RunnerPin { version: RunnerVersion::parse(version)?, sha256 })
}

impl Request {
    /// "List runner applications for a repository", or an organization.
    pub fn runner_downloads(scope: Scope, repository: &Repository) -> Self {
        let path = match scope {
            Scope::Repository => format!("/repos/{repository}/actions/runners/downloads"),
            Scope::Organization => format!("/orgs/{}/actions/runners/downloads", repository.owner()),
        };
        Self::get(path, Whose::Repository(repository.clone(), None))
    }
}

/// Reads the answer to [`Request::runner_release`] about `wanted`, or about the newest. The checksum is the asset's
/// `digest`, or stands in the release's notes, or is `wanted`'s; where two are known they must agree, and a release
/// without one is refused.
pub fn read_release(
    answer: Result<&Response, Fault>,
    wanted: Option<&RunnerPin>,
) -> Result<RunnerRelease, String> {
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
    let fault = match answer {
        Ok(answer) if answer.status == 200 => None,
        Ok(answer) if answer.status == 404 => Some("GitHub knows no runner of that version".to_owned()),
        Ok(answer) => {
            Some(format!("GitHub did not say which runner it released: it answers {}", answer.status))
        }
        Err(fault) => Some(format!("GitHub did not say which runner it released: {fault:?}")),
    };
    if let Some(fault) = fault {
        let (version, sha256) = vouched.ok_or(fault)?;
        return Ok(RunnerRelease { url: url(version), version, sha256 });
    }
    let body = answer.map(|answer| answer.body.as_slice()).unwrap_or_default();
    let release: Release = serde_json::from_slice(body)
        .map_err(|_| "GitHub's answer about the runner's release cannot be read".to_owned())?;
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
            "the runner image is {days} days old: look why refresh_runner_image fails (modal app logs jitney)"
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
