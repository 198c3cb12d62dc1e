//! The settings that say which jobs are ours and what they may ask for.

use super::reader::Reader;
use crate::machine::{GpuLimit, LEAST_TIMEOUT, Limits, Shape};
use crate::policy::labels::JobRules;
use crate::policy::run::{BranchPattern, Vetting};
use crate::words::duration::Duration;
use crate::words::label::Label;
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

/// `REFUSALS_PER_HOUR`: 20 unless told otherwise, none at 0.
pub(super) fn refusals(reader: &mut Reader<'_>) -> u32 {
    u32::try_from(reader.number("REFUSALS_PER_HOUR", 20, 0, 1000)).unwrap_or(20)
}

/// Which runs may run here.
pub(super) fn vetting(reader: &mut Reader<'_>) -> Vetting {
    const FORKS: &str = "ALLOW_FORKS";
    let forks = match reader.text(FORKS).map(str::to_ascii_lowercase).as_deref() {
        None | Some("no" | "false" | "0") => false,
        Some("yes" | "true" | "1") => {
            let fault = "lets anybody who can open a pull request on a public repository run code here";
            reader.warn(FORKS, fault, "unset it unless every such repository asks for approval first");
            true
        }
        Some(_) => {
            reader.problem(FORKS, "is neither `yes` nor `no`", "unset it for no");
            false
        }
    };
    let lower = |names: Vec<String>| names.iter().map(|name| name.to_ascii_lowercase()).collect();
    Vetting {
        forks,
        events: names(reader, "ALLOWED_EVENTS", "name events, as push,workflow_dispatch").map(lower),
        branches: names(reader, "ALLOWED_BRANCHES", "name branches, as main,release/*")
            .map(|names| names.iter().map(|name| BranchPattern::new(name)).collect()),
        actors: names(reader, "ALLOWED_ACTORS", "name GitHub users, as octocat,dependabot[bot]").map(lower),
    }
}

/// A comma-separated list that, if it is set, names something.
fn names(reader: &mut Reader<'_>, name: &'static str, cure: &'static str) -> Option<Vec<String>> {
    let text = reader.raw(name)?;
    let names: Vec<String> =
        text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
    if names.is_empty() {
        reader.problem(name, "is set but names nothing", cure);
    }
    Some(names)
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
            "write it as A10,H100:2 (a type, and how many at most)",
        );
        Vec::new()
    })
}

fn hours(reader: &mut Reader<'_>) -> Duration {
    let hours = reader.quantity("MAX_JOB_HOURS", 6.0, 24.0);
    Duration::of_hours(hours).max(LEAST_TIMEOUT)
}

fn profiles(reader: &mut Reader<'_>, limits: &Limits) -> BTreeMap<String, Shape> {
    const NAME: &str = "RUNNER_PROFILES";
    let Some(text) = reader.text(NAME) else { return BTreeMap::new() };
    let cure = r#"write it as JSON, as {"big":{"cpu":8,"memory":32}}, with cpu, memory, gpu, image, timeout, docker, region, cache, outbound_domains"#;
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
