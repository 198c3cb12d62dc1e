//! The settings that say which jobs are ours and what they may ask for.

use super::reader::Reader;
use super::row::Row;
use crate::machine::{GpuLimit, LEAST_TIMEOUT, Shape};
use crate::words::duration::Duration;
use crate::words::label::Label;
use std::collections::BTreeMap;

pub(super) const PROFILES_CURE: &str = r#"write it as JSON, as {"big":{"cpu":8,"memory":32}}, with cpu, memory, gpu, image, timeout, docker, region, cache, outbound_domains"#;

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
