//! A shape, as a label or a profile writes it, and the machine that it comes to within the operator's limits.

use super::Machine;
use super::gpu::{Gpu, GpuLimit};
use super::network::{self, Domain};
use crate::reply::Reason;
use crate::words::duration::Duration;
use crate::words::label::Label;
use crate::words::printable::Shown;
use serde::Deserialize;
use std::fmt::Display;

/// The part of a machine that a label or a profile sets.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Physical cores.
    pub cpu: Option<f64>,
    /// GiB.
    pub memory: Option<f64>,
    /// `TYPE[:COUNT]`.
    pub gpu: Option<String>,
    /// A registry image.
    pub image: Option<String>,
    /// `90m`, `2h`.
    pub timeout: Option<String>,
    /// Whether it runs a Docker daemon.
    pub docker: Option<bool>,
    /// Where it runs: a region of Modal's, or several to choose from.
    pub region: Option<Regions>,
    /// Whether it has its repository's cache.
    pub cache: Option<bool>,
    /// The domains that it may reach, beside those that the runner needs; without it, all.
    pub outbound_domains: Option<Vec<Domain>>,
}

/// What a profile may set.
pub const SHAPE_KEYS: [&str; 9] =
    ["cpu", "memory", "gpu", "image", "timeout", "docker", "region", "cache", "outbound_domains"];

/// One region or several, as `"us-east"` or `["us-east","eu"]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Regions {
    /// This one.
    One(String),
    /// Any of these.
    Any(Vec<String>),
}

/// What an operator allows.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `MAX_CPU`, physical cores.
    pub cpu: f64,
    /// `MAX_MEMORY_GIB`.
    pub memory: f64,
    /// `ALLOWED_GPUS`.
    pub gpus: Vec<GpuLimit>,
    /// `MAX_JOB_HOURS`.
    pub timeout: Duration,
}

/// The least that a sandbox is given to live: what a boot and a runner's start take.
pub const LEAST_TIMEOUT: Duration = Duration::minutes(1);
/// The labels that set a part of a shape: their keys, and `docker`, which has no value.
const KEYS: [&str; 5] = ["cpu", "memory", "gpu", "timeout", "image"];
const DOCKER: &str = "docker";

impl Shape {
    /// The shape that a job's labels ask for. A label that sets nothing is passed over.
    pub fn of_labels(labels: &[Label]) -> Result<Self, Reason> {
        let mut shape = Self::default();
        labels.iter().try_for_each(|label| shape.set(label))?;
        Ok(shape)
    }

    /// Whether a label sets a part of a shape.
    pub fn is_set_by(label: &Label) -> bool {
        label.is(DOCKER) || label.assignment().is_some_and(|(key, _)| KEYS.contains(&key.as_str()))
    }

    fn set(&mut self, label: &Label) -> Result<(), Reason> {
        let set = if label.is(DOCKER) {
            self.docker.replace(true).is_none()
        } else if let Some((key, value)) = label.assignment() {
            let number = || {
                value.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(|| malformed(&key, "a number"))
            };
            match key.as_str() {
                "cpu" => self.cpu.replace(number()?).is_none(),
                "memory" => self.memory.replace(number()?).is_none(),
                "gpu" => self.gpu.replace(value.to_owned()).is_none(),
                "image" => self.image.replace(value.to_owned()).is_none(),
                "timeout" => self.timeout.replace(value.to_owned()).is_none(),
                _ => true,
            }
        } else {
            true
        };
        if set {
            return Ok(());
        }
        let text = format!("the job sets `{}` more than once", Shown(label.as_str()));
        Err(Reason::new("shape-repeated", text))
    }

    /// This shape, with `base` where it is silent.
    #[must_use]
    pub fn over(self, base: &Self) -> Self {
        let base = base.clone();
        Self {
            cpu: self.cpu.or(base.cpu),
            memory: self.memory.or(base.memory),
            gpu: self.gpu.or(base.gpu),
            image: self.image.or(base.image),
            timeout: self.timeout.or(base.timeout),
            docker: self.docker.or(base.docker),
            region: self.region.or(base.region),
            cache: self.cache.or(base.cache),
            outbound_domains: self.outbound_domains.or(base.outbound_domains),
        }
    }
}

impl Limits {
    /// The machine of this shape, within these limits; 2 cores and 8 GiB where the shape is silent.
    pub fn machine(&self, shape: &Shape) -> Result<Machine, Reason> {
        let cpu = shape.cpu.unwrap_or_else(|| self.cpu.min(2.0));
        let memory = shape.memory.unwrap_or_else(|| self.memory.min(8.0));
        let timeout = shape.timeout.as_deref().map_or(Ok(self.timeout), |text| {
            Duration::parse(text)
                .ok_or_else(|| malformed("timeout", "a number and s, m or h, as `90m` or `2h`"))
        })?;
        let gpu = shape
            .gpu
            .as_deref()
            .map(|text| Gpu::parse(text).ok_or_else(|| malformed("gpu", "as `A10` or `H100:2`")));
        let gpu = gpu.transpose()?;
        within("cpu", cpu, 0.125, self.cpu, "MAX_CPU")?;
        within("memory", memory, 0.125, self.memory, "MAX_MEMORY_GIB")?;
        within("timeout", timeout, LEAST_TIMEOUT, self.timeout, "MAX_JOB_HOURS")?;
        if let Some(gpu) = gpu.as_ref().filter(|gpu| !self.gpus.iter().any(|limit| limit.admits(gpu))) {
            let text = format!("the job asks for gpu={gpu}, which ALLOWED_GPUS does not allow");
            return Err(Reason::new("gpu-not-allowed", text));
        }
        let docker = shape.docker.unwrap_or(false);
        if docker && gpu.is_some() {
            let text = "docker and gpu cannot be had together: Modal's virtual machines have no GPU";
            return Err(Reason::new("docker-with-gpu", text));
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bounded by MAX_MEMORY_GIB above"
        )]
        let memory = (memory * 1024.0) as u32;
        let outbound = shape.outbound_domains.clone().map(network::with_runners_own);
        Ok(Machine {
            cpu,
            memory,
            gpu,
            image: shape.image.clone(),
            timeout,
            docker,
            regions: regions(shape.region.as_ref())?,
            cache: shape.cache.unwrap_or(false),
            outbound,
        })
    }
}

fn regions(wanted: Option<&Regions>) -> Result<Vec<String>, Reason> {
    let regions = match wanted {
        None => Vec::new(),
        Some(Regions::One(region)) => vec![region.clone()],
        Some(Regions::Any(regions)) => regions.clone(),
    };
    let plain = |region: &String| {
        (1..=32).contains(&region.len()) && region.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    if regions.iter().all(plain) {
        return Ok(regions);
    }
    Err(Reason::new("shape-malformed", "`region` wants a region of Modal's, as `us-east`, or a list of them"))
}

fn malformed(key: &str, form: &str) -> Reason {
    Reason::new("shape-malformed", format!("the label `{key}=` wants {form}"))
}

fn within<T: Copy + PartialOrd + Display>(
    key: &str,
    value: T,
    least: T,
    most: T,
    setting: &str,
) -> Result<(), Reason> {
    if value < least {
        return Err(Reason::new(
            "shape-too-small",
            format!("the job asks for {key}={value}; the least is {least}"),
        ));
    }
    if value > most {
        let text = format!("the job asks for {key}={value}; the operator's {setting} is {most}");
        return Err(Reason::new("shape-over-limit", text));
    }
    Ok(())
}
