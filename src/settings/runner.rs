//! The settings of the Actions runner itself: where it is registered, and which version runs.

use super::fault::Fault;
use super::image;
use super::reader::Reader;
use super::row::Row;
use crate::words::action::{Action, InvalidAction};
use crate::words::scope::Scope;
use crate::words::version::{RunnerPin, RunnerVersion, Sha256Hex};

pub(super) fn scope(reader: &mut Reader<'_>, row: &Row) -> Scope {
    let scope = reader.parsed(row, "set it to org, or unset it for repo", |text| match text {
        "repo" => Ok(Scope::Repository),
        "org" => Ok(Scope::Organization),
        _ => Err("is neither `repo` nor `org`"),
    });
    scope.unwrap_or(Scope::Repository)
}

/// The registry image that jobs run in.
pub(super) fn image(reader: &mut Reader<'_>, row: &Row) -> Option<String> {
    reader.parsed(row, image::CURE, |text| image::check(text).map(|()| text.to_owned()))
}

/// Each is a repository that the nightly build of the runner image waits for.
const MOST_ARCHIVES: usize = 50;

/// The actions whose archives are wanted beside the well-known ones'.
pub(super) fn archives(reader: &mut Reader<'_>, row: &Row) -> Vec<Action> {
    let cure =
        "name actions, separated by commas, such as docker/build-push-action,octo/action@v2, or unset it";
    let read = |entry: &str| {
        Action::parse(entry).map_err(|fault| {
            let whole = (fault == InvalidAction::Folder).then(|| {
                let (path, at) = entry.split_once('@').map_or((entry, None), |(path, at)| (path, Some(at)));
                let repository = path.split('/').take(2).collect::<Vec<_>>().join("/");
                at.map_or(format!("write {repository}"), |at| format!("write {repository}@{at}"))
            });
            Fault::of(entry, fault.to_string()).maybe_cured(whole)
        })
    };
    let parsed = reader.parsed(row, cure, |text| {
        let entries: Vec<&str> = text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).collect();
        match entries.len() {
            0 => Err(Fault::from("is set but names nothing")),
            1..=MOST_ARCHIVES => entries.into_iter().map(read).collect(),
            _ => Err(Fault::from(format!("names more than {MOST_ARCHIVES} actions"))),
        }
    });
    parsed.unwrap_or_default()
}

/// The pinned version, as it is written.
pub(super) fn pin(reader: &mut Reader<'_>, row: &Row) -> Option<RunnerPin> {
    let cure = "write it as 2.336.0, or as 2.336.0@sha256:HEX, or unset it for the newest";
    reader.parsed(row, cure, |text| {
        let (version, hash) =
            text.split_once("@sha256:").map_or((text, None), |(version, hash)| (version, Some(hash)));
        let version = RunnerVersion::parse(version).ok_or("is not a version")?;
        let sha256 =
            hash.map(|hash| Sha256Hex::parse(hash).ok_or("has a checksum that is not a SHA-256 in hex"));
        Ok::<_, &str>(RunnerPin { version, sha256: sha256.transpose()? })
    })
}
