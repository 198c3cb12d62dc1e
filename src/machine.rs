//! From a job's labels to what its sandbox is made of.
//!
//! A job is ours if its labels hold all of `RUNNER_LABELS` (`self-hosted` may be left out) and nothing beyond
//! those, `self-hosted`, `linux`, `x64`, shape labels (`cpu=4`, `memory=16`, `gpu=H100:2`, `timeout=2h`, `image=…`,
//! `docker`, `id=…`) and the profiles of `RUNNER_PROFILES`.

use crate::answer::Reason;
use crate::label::Label;
use crate::shown::Shown;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Seconds in an hour.
pub const HOUR: u32 = 3600;

/// What a sandbox is made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Physical cores.
    pub cpu: f64,
    /// MiB.
    pub memory: u32,
    /// The GPU, if any.
    pub gpu: Option<Gpu>,
    /// A registry image instead of jitney's own.
    pub image: Option<String>,
    /// Seconds until the sandbox is ended.
    pub timeout: u32,
    /// Whether it runs a Docker daemon.
    pub docker: bool,
}

/// A GPU and how many of it, as Modal spells them: `H100`, `A100-80GB:4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    kind: String,
    count: u32,
}

impl Gpu {
    /// Reads `TYPE` or `TYPE:COUNT`, 1 to 8 of them.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, count) = match text.split_once(':') {
            Some((kind, count)) => (kind, count.parse().ok().filter(|n| (1..=8).contains(n))?),
            None => (text, 1),
        };
        let plain = kind.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let fits = (1..=32).contains(&kind.len()) && plain;
        fits.then(|| Self { kind: kind.to_ascii_uppercase(), count })
    }
}

impl fmt::Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.count {
            1 => f.write_str(&self.kind),
            n => write!(f, "{}:{n}", self.kind),
        }
    }
}

/// One entry of `ALLOWED_GPUS`: a type, and how many of it a job may have (8 where none is written).
#[derive(Clone, Debug)]
pub struct GpuLimit(Gpu);

impl GpuLimit {
    /// Reads `TYPE` or `TYPE:MOST`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut gpu = Gpu::parse(text)?;
        if !text.contains(':') {
            gpu.count = 8;
        }
        Some(Self(gpu))
    }

    fn admits(&self, gpu: &Gpu) -> bool {
        self.0.kind == gpu.kind && gpu.count <= self.0.count
    }
}

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
    /// `MAX_JOB_HOURS`, in seconds.
    pub timeout: u32,
}

/// Which jobs are ours, and what they may ask for.
#[derive(Clone, Debug)]
pub struct JobRules {
    /// `RUNNER_LABELS`.
    pub labels: Vec<Label>,
    /// `RUNNER_PROFILES`, by name in lower case.
    pub profiles: BTreeMap<String, Shape>,
    /// The operator's limits.
    pub limits: Limits,
}

impl JobRules {
    /// Why a job of these labels is not ours, or `None` if it is.
    pub fn foreign(&self, labels: &[Label]) -> Option<Reason> {
        let foreign = |text: String| Some(Reason::new("labels-not-ours", text));
        if labels.is_empty() {
            return foreign("the job names no label".to_owned());
        }
        let missing = self
            .labels
            .iter()
            .find(|ours| !ours.is("self-hosted") && !labels.iter().any(|label| label.is(ours.as_str())));
        if let Some(missing) = missing {
            return foreign(format!("the job does not ask for `{}`", Shown(missing.as_str())));
        }
        let beyond = labels.iter().find(|label| !self.knows(label))?;
        foreign(format!("the job asks for `{}`, which is no label of ours", Shown(beyond.as_str())))
    }

    fn knows(&self, label: &Label) -> bool {
        const SHAPES: [&str; 6] = ["cpu", "memory", "gpu", "timeout", "image", "id"];
        ["self-hosted", "linux", "x64", "docker"].iter().any(|known| label.is(known))
            || self.labels.iter().any(|ours| label.is(ours.as_str()))
            || self.profile(label).is_some()
            || label.assignment().is_some_and(|(key, _)| SHAPES.contains(&key.as_str()))
    }

    fn profile(&self, label: &Label) -> Option<&Shape> {
        self.profiles.get(&label.as_str().to_ascii_lowercase())
    }

    /// The machine that these labels ask for, or why they may not have it. Labels win over profiles.
    pub fn machine(&self, labels: &[Label]) -> Result<Machine, Reason> {
        let mut shape = Shape::default();
        for label in labels {
            read_shape_label(&mut shape, label)?;
        }
        let mut allowed_image = None;
        for profile in labels.iter().filter_map(|label| self.profile(label)) {
            allowed_image = allowed_image.or(profile.image.as_deref());
            shape = shape.over(profile);
        }
        if shape.image.as_deref() != allowed_image {
            let text = "a job's label may not choose an image; the operator can offer one as a profile in RUNNER_PROFILES";
            return Err(Reason::new("image-not-allowed", text));
        }
        self.limits.machine(&shape)
    }
}

impl Shape {
    /// This shape, with `base` where it is silent.
    fn over(self, base: &Self) -> Self {
        let base = base.clone();
        Self {
            cpu: self.cpu.or(base.cpu),
            memory: self.memory.or(base.memory),
            gpu: self.gpu.or(base.gpu),
            image: self.image.or(base.image),
            timeout: self.timeout.or(base.timeout),
            docker: self.docker.or(base.docker),
        }
    }
}

impl Limits {
    /// The machine of this shape, within these limits; 2 cores and 8 GiB where the shape is silent.
    pub fn machine(&self, shape: &Shape) -> Result<Machine, Reason> {
        let cpu = shape.cpu.unwrap_or_else(|| self.cpu.min(2.0));
        let memory = shape.memory.unwrap_or_else(|| self.memory.min(8.0));
        let timeout = shape.timeout.as_deref().map_or(Ok(self.timeout), |text| {
            seconds(text).ok_or_else(|| malformed("timeout", "a number and s, m or h, as `90m` or `2h`"))
        })?;
        let gpu = shape
            .gpu
            .as_deref()
            .map(|text| Gpu::parse(text).ok_or_else(|| malformed("gpu", "as `A10G` or `H100:2`")));
        let gpu = gpu.transpose()?;
        within("cpu", cpu, 0.125, self.cpu, "MAX_CPU")?;
        within("memory", memory, 0.125, self.memory, "MAX_MEMORY_GIB")?;
        within("timeout", f64::from(timeout), 60.0, f64::from(self.timeout), "MAX_JOB_HOURS (in seconds)")?;
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
        Ok(Machine { cpu, memory, gpu, image: shape.image.clone(), timeout, docker })
    }
}

fn malformed(key: &str, form: &str) -> Reason {
    Reason::new("shape-malformed", format!("the label `{key}=` wants {form}"))
}

fn within(key: &str, value: f64, least: f64, most: f64, setting: &str) -> Result<(), Reason> {
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

/// Sets what one label says; a label that sets nothing is passed over.
fn read_shape_label(shape: &mut Shape, label: &Label) -> Result<(), Reason> {
    let set = if label.is("docker") {
        shape.docker.replace(true).is_none()
    } else if let Some((key, value)) = label.assignment() {
        let number =
            || value.parse::<f64>().ok().filter(|n| n.is_finite()).ok_or_else(|| malformed(&key, "a number"));
        match key.as_str() {
            "cpu" => shape.cpu.replace(number()?).is_none(),
            "memory" => shape.memory.replace(number()?).is_none(),
            "gpu" => shape.gpu.replace(value.to_owned()).is_none(),
            "image" => shape.image.replace(value.to_owned()).is_none(),
            "timeout" => shape.timeout.replace(value.to_owned()).is_none(),
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

/// The seconds that `90s`, `90m` or `2h` say.
fn seconds(text: &str) -> Option<u32> {
    let unit = text.chars().last()?;
    let scale = match unit.to_ascii_lowercase() {
        's' => 1,
        'm' => 60,
        'h' => HOUR,
        _ => return None,
    };
    text.get(..text.len() - unit.len_utf8())?.parse::<u32>().ok()?.checked_mul(scale)
}
