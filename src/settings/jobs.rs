//! The settings that say which jobs are ours and what they may ask for.

use super::reader::Reader;
use super::row::Row;
use super::table::{self, RUNNER_PROFILES};
use crate::machine::{GpuLimit, LEAST_TIMEOUT, Limits, Shape};
use crate::policy::labels::JobRules;
use crate::words::duration::Duration;
use crate::words::label::Label;
use std::collections::BTreeMap;

const PROFILES_CURE: &str = r#"write it as JSON, as {"big":{"cpu":8,"memory":32}}, with cpu, memory, gpu, image, timeout, docker, region, cache, outbound_domains"#;

/// Which jobs are ours, and what they may ask for. A profile that no job could have is a problem at once, not at the
/// first job that names it.
pub(super) fn rules(reader: &mut Reader<'_>) -> JobRules {
    let limits = Limits {
        cpu: table::MAX_CPU.read(reader),
        memory: table::MAX_MEMORY_GIB.read(reader),
        gpus: table::ALLOWED_GPUS.read(reader),
        timeout: table::MAX_JOB_HOURS.read(reader),
    };
    let labels = table::RUNNER_LABELS.read(reader);
    let profiles = RUNNER_PROFILES.read(reader);
    for shape in profiles.values() {
        if let Err(reason) = limits.machine(shape) {
            let fault = format!("has a profile that no job could have: {}", reason.text);
            reader.problem(&RUNNER_PROFILES.row, fault, PROFILES_CURE);
        }
    }
    JobRules { labels, profiles, limits }
}

/// In org scope another repository's job could take the runner that has a repository's cache.
pub(super) fn refuse_caches(reader: &mut Reader<'_>, rules: &JobRules) {
    if rules.profiles.values().any(|shape| shape.cache == Some(true)) {
        let fault = "has a profile with a cache, and with RUNNER_SCOPE=org any repository's job could take its runner";
        reader.problem(&RUNNER_PROFILES.row, fault, "leave the cache out, or set RUNNER_SCOPE=repo");
    }
}

pub(super) fn labels(reader: &mut Reader<'_>, row: &Row) -> Vec<Label> {
    let cure = r#"write it as JSON, as ["self-hosted","modal"], or unset it"#;
    let labels = reader.parsed(row, cure, |text| match serde_json::from_str::<Vec<Label>>(text) {
        Ok(labels) if (1..=100).contains(&labels.len()) => Ok(labels),
        Ok(_) => Err("does not name 1 to 100 labels"),
        Err(_) => Err("is not a JSON array of labels"),
    });
    labels.unwrap_or_default()
}

pub(super) fn gpus(reader: &mut Reader<'_>, row: &Row) -> Vec<GpuLimit> {
    let cure = "write it as A10,H100:2 (a type, and how many at most)";
    let gpus = reader.parsed(row, cure, |text| {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(GpuLimit::parse).collect::<Option<Vec<_>>>().ok_or("is not a list of GPU types")
    });
    gpus.unwrap_or_default()
}

pub(super) fn timeout(hours: f64) -> Duration {
    Duration::of_hours(hours).max(LEAST_TIMEOUT)
}

/// The profiles by name in lower case.
pub(super) fn profiles(reader: &mut Reader<'_>, row: &Row) -> BTreeMap<String, Shape> {
    let profiles = reader.parsed(row, PROFILES_CURE, |text| {
        let profiles: BTreeMap<String, Shape> = serde_json::from_str(text)
            .map_err(|error| format!("is not an object of profiles (column {})", error.column()))?;
        if profiles.keys().any(|name| Label::parse(name).is_err() || name.contains('=')) {
            return Err("has a profile whose name cannot be a label".to_owned());
        }
        Ok(profiles)
    });
    let lower = |(name, shape): (String, Shape)| (name.to_ascii_lowercase(), shape);
    profiles.unwrap_or_default().into_iter().map(lower).collect()
}
