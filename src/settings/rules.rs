//! The settings that say which jobs are ours and what they may ask for.

use super::reader::Reader;
use crate::label::Label;
use crate::machine::{GpuLimit, HOUR, JobRules, Limits, Shape};
use std::collections::BTreeMap;

pub(super) fn read(reader: &mut Reader<'_>) -> JobRules {
    let limits = Limits {
        cpu: reader.quantity("MAX_CPU", 16.0, 1024.0),
        memory: reader.quantity("MAX_MEMORY_GIB", 64.0, 4096.0),
        gpus: gpus(reader),
        timeout: hours(reader),
    };
    JobRules { labels: labels(reader), profiles: profiles(reader, &limits), limits }
}

fn labels(reader: &mut Reader<'_>) -> Vec<Label> {
    const NAME: &str = "RUNNER_LABELS";
    let text = reader.text(NAME).unwrap_or(r#"["self-hosted","modal"]"#);
    let cure = r#"write it as JSON, as ["self-hosted","modal"], or unset it"#;
    match serde_json::from_str::<Vec<Label>>(text) {
        Ok(labels) if (1..=100).contains(&labels.len()) => return labels,
        Ok(_) => reader.problem(NAME, "does not name 1 to 100 labels", cure),
        Err(_) => reader.problem(NAME, "is not a JSON array of labels", cure),
    }
    Vec::new()
}

fn gpus(reader: &mut Reader<'_>) -> Vec<GpuLimit> {
    const NAME: &str = "ALLOWED_GPUS";
    let entries =
        reader.text(NAME).unwrap_or_default().split(',').map(str::trim).filter(|entry| !entry.is_empty());
    let read: Option<Vec<_>> = entries.map(GpuLimit::parse).collect();
    read.unwrap_or_else(|| {
        reader.problem(
            NAME,
            "is not a list of GPU types",
            "write it as A10G,H100:2 (a type, and how many at most)",
        );
        Vec::new()
    })
}

fn hours(reader: &mut Reader<'_>) -> u32 {
    let hours = reader.quantity("MAX_JOB_HOURS", 6.0, 24.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 24, by `quantity`")]
    let seconds = (hours * f64::from(HOUR)) as u32;
    seconds.max(60)
}

fn profiles(reader: &mut Reader<'_>, limits: &Limits) -> BTreeMap<String, Shape> {
    const NAME: &str = "RUNNER_PROFILES";
    let Some(text) = reader.text(NAME) else { return BTreeMap::new() };
    let cure = r#"write it as JSON, as {"big":{"cpu":8,"memory":32}}, with cpu, memory, gpu, image, timeout, docker"#;
    let profiles = match serde_json::from_str::<BTreeMap<String, Shape>>(text) {
        Ok(profiles) => profiles,
        Err(error) => {
            reader.problem(NAME, format!("is not an object of profiles (column {})", error.column()), cure);
            return BTreeMap::new();
        }
    };
    for (name, shape) in &profiles {
        if Label::parse(name).is_err() || name.contains('=') {
            reader.problem(NAME, "has a profile whose name cannot be a label", cure);
        } else if let Err(reason) = limits.machine(shape) {
            reader.problem(NAME, format!("has a profile that no job could have: {}", reason.text), cure);
        }
    }
    profiles.into_iter().map(|(name, shape)| (name.to_ascii_lowercase(), shape)).collect()
}
