//! The settings of the Actions runner itself: where it is registered, and which version runs.

use super::image;
use super::reader::Reader;
use super::row::Row;
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
