//! The Actions runner's releases: which one goes into the runner image, and what its archive must hash to.

use super::{Answer, Fault};
use crate::ids::RunnerVersion;
use crate::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

/// A release older than this gets no jobs once a newer one is out ("Self-hosted runners", the update warning).
const STALE: u64 = 30 * 24 * 3600 * 1000;

/// One release of the Actions runner, for x64 Linux.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunnerRelease {
    /// As `2.336.0`.
    pub version: RunnerVersion,
    /// Where its archive is.
    pub url: String,
    /// What the archive must hash to, in lower-case hex.
    pub sha256: String,
    /// Whether it was published over 30 days ago.
    pub stale: bool,
}

/// Reads the answer to [`super::Request::runner_release`]. The checksum is the asset's `digest`, or stands in the
/// release's notes; a release without one is refused.
pub fn read_release(answer: Result<&Answer, Fault>, now: Timestamp) -> Result<RunnerRelease, String> {
    #[derive(Deserialize)]
    struct Release {
        tag_name: String,
        #[serde(default)]
        body: Option<String>,
        #[serde(default)]
        published_at: Option<String>,
        #[serde(default)]
        assets: Vec<Asset>,
    }
    #[derive(Deserialize)]
    struct Asset {
        name: String,
        #[serde(default)]
        digest: Option<String>,
    }
    let answer =
        answer.map_err(|fault| format!("GitHub did not say which runner is the newest: {fault:?}"))?;
    match answer.status {
        200 => {}
        404 => return Err("GitHub knows no runner of the version that RUNNER_VERSION pins".to_owned()),
        status => return Err(format!("GitHub did not say which runner is the newest: it answers {status}")),
    }
    let release: Release = serde_json::from_slice(&answer.body)
        .map_err(|_| "GitHub's answer about the runner's release cannot be read".to_owned())?;
    let version = RunnerVersion::parse(&release.tag_name)
        .ok_or("GitHub names a runner release that is no version".to_owned())?;
    let archive = format!("actions-runner-linux-x64-{version}.tar.gz");
    let digest = release.assets.iter().find(|asset| asset.name == archive).and_then(|asset| {
        asset.digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:")).map(str::to_owned)
    });
    let sha256 = digest
        .or_else(|| in_notes(release.body.as_deref().unwrap_or_default()))
        .filter(|hash| is_sha256(hash))
        .ok_or_else(|| format!("GitHub gives no checksum for {archive}, so it is not used"))?;
    let published = release.published_at.as_deref().and_then(Timestamp::parse);
    Ok(RunnerRelease {
        url: format!("https://github.com/actions/runner/releases/download/v{version}/{archive}"),
        version,
        sha256,
        stale: published.is_some_and(|published| now.since(published) > STALE),
    })
}

/// The checksum between the marks that actions/runner puts into its release notes.
fn in_notes(notes: &str) -> Option<String> {
    let (_, rest) = notes.split_once("<!-- BEGIN SHA linux-x64 -->")?;
    rest.split_once("<!-- END SHA linux-x64 -->").map(|(hash, _)| hash.trim().to_owned())
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}
