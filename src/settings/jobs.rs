//! The settings that say which jobs are ours and what they may ask for.

use super::fault::Fault;
use super::image;
use super::likeness::nearest;
use super::reader::Reader;
use super::row::Row;
use crate::machine::{GpuLimit, LEAST_TIMEOUT, SHAPE_KEYS, Shape, gpu_kinds};
use crate::words::duration::Duration;
use crate::words::label::Label;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The labels that runners of anybody have (GitHub's docs, "Using labels with self-hosted runners").
const ANYBODYS: [&str; 3] = ["self-hosted", "linux", "x64"];

pub(super) const PROFILES_CURE: &str = r#"write it as JSON, as {"big":{"cpu":8,"memory":32}}, with cpu, memory, gpu, image, timeout, docker, region, cache, outbound_domains"#;

pub(super) fn labels(reader: &mut Reader<'_>, row: &Row) -> Vec<Label> {
    let cure = r#"write it as JSON, as ["self-hosted","modal"], or unset it"#;
    let labels = reader.parsed(row, cure, |text| match serde_json::from_str::<Vec<Label>>(text) {
        Ok(labels) if (1..=100).contains(&labels.len()) => no_shape(labels),
        Ok(_) => Err(Fault::from("does not name 1 to 100 labels")),
        Err(_) => Err(Fault::from("is not a JSON array of labels")),
    });
    let labels = labels.unwrap_or_default();
    if !labels.is_empty() && labels.iter().all(|label| ANYBODYS.iter().any(|name| label.is(name))) {
        let fault = "names no label of its own, so every self-hosted job is taken for jitney's";
        reader.warn(row, fault, r#"add one, as ["self-hosted","modal"]"#);
    }
    labels
}

/// A label that a job sets for itself makes nobody's jobs ours: of all jobs it takes those of one shape, or none.
fn no_shape(labels: Vec<Label>) -> Result<Vec<Label>, Fault> {
    let binds = |label: &Label| label.assignment().is_some_and(|(key, _)| key == "id");
    let Some(label) = labels.iter().find(|label| Shape::is_set_by(label) || binds(label)) else {
        return Ok(labels);
    };
    let fault = Fault::of(label.as_str(), "names a label by which a job asks for its machine");
    Err(fault
        .cured("name labels that mark a job as yours, as modal; a shape that many jobs need is a profile"))
}

pub(super) fn gpus(reader: &mut Reader<'_>, row: &Row) -> Vec<GpuLimit> {
    let cure = "write it as A10,H100:2 (a type, and how many at most)";
    let entries = |text: &str| -> Vec<String> {
        text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    };
    let gpus = reader.parsed(row, cure, |text| entries(text).iter().map(|entry| gpu(entry)).collect());
    for entry in reader.text(row).map(entries).unwrap_or_default() {
        let is_kind = GpuLimit::parse(&entry).is_some();
        if is_kind && !gpu_kinds().any(|known| known == kind_of(&entry)) {
            reader.warn(row, Fault::of(&entry, "names a GPU that jitney does not know"), cure);
        }
    }
    gpus.unwrap_or_default()
}

/// One entry. A type with a letter more or less than one of Modal's is a slip; any other may be new there.
fn gpu(entry: &str) -> Result<GpuLimit, Fault> {
    let limit = GpuLimit::parse(entry).ok_or_else(|| match entry.split_once(':') {
        Some((_, count)) if count.bytes().all(|b| b.is_ascii_digit()) => {
            Fault::of(entry, "allows a number of GPUs that no machine has")
                .cured("a sandbox has 1 to 8; 8 is the most")
        }
        _ => Fault::of(entry, "names what is no GPU"),
    })?;
    let kind = kind_of(entry);
    match nearest(&kind, gpu_kinds()) {
        Some(known) if known.len() != kind.len() => {
            Err(Fault::of(entry, "names a GPU that Modal does not have")
                .cured(format!("did you mean {known}?")))
        }
        _ => Ok(limit),
    }
}

fn kind_of(entry: &str) -> String {
    entry.split(':').next().unwrap_or_default().trim_end_matches(['+', '!']).to_ascii_uppercase()
}

pub(super) fn timeout(hours: f64) -> Duration {
    Duration::of_hours(hours).max(LEAST_TIMEOUT)
}

/// The profiles by name in lower case.
pub(super) fn profiles(reader: &mut Reader<'_>, row: &Row) -> BTreeMap<String, Shape> {
    let profiles = reader.parsed(row, PROFILES_CURE, |text| {
        let written: BTreeMap<String, Value> = serde_json::from_str(text).map_err(|error| {
            Fault::from(format!("is not an object of profiles (column {})", error.column()))
        })?;
        written.into_iter().map(|(name, shape)| profile(&name, shape)).collect::<Result<BTreeMap<_, _>, _>>()
    });
    profiles.unwrap_or_default()
}

fn profile(name: &str, written: Value) -> Result<(String, Shape), Fault> {
    if Label::parse(name).is_err() || name.contains('=') {
        return Err(Fault::of(name, "has a profile whose name cannot be a label"));
    }
    let Value::Object(parts) = &written else {
        return Err(Fault::of(name, "has a profile that is no object"));
    };
    for (key, value) in parts {
        if !SHAPE_KEYS.contains(&key.as_str()) {
            let fault = Fault::of_key(key, name, "has the unknown key");
            return Err(
                fault.maybe_cured(nearest(key, SHAPE_KEYS).map(|known| format!("did you mean {known}?")))
            );
        }
        let alone = Map::from_iter([(key.clone(), value.clone())]);
        if serde_json::from_value::<Shape>(Value::Object(alone)).is_err() {
            return Err(Fault::of_key(key, name, "has a value of the wrong kind for the key"));
        }
    }
    let shape = serde_json::from_value::<Shape>(written)
        .map_err(|_| Fault::of(name, "has a profile that cannot be read"))?;
    if let Some(Err(fault)) = shape.image.as_deref().map(image::check) {
        let image = shape.image.as_deref().unwrap_or_default();
        return Err(Fault::of(image, format!("has a profile whose image {}", fault.text)).cured(image::CURE));
    }
    Ok((name.to_ascii_lowercase(), shape))
}
