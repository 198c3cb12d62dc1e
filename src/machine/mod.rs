//! From a job's labels to what its sandbox is made of.
//!
//! A job is ours if its labels hold all of `RUNNER_LABELS` (`self-hosted` may be left out) and nothing beyond
//! those, `self-hosted`, `linux`, `x64`, shape labels (`cpu=4`, `memory=16`, `gpu=H100:2`, `timeout=2h`, `image=…`,
//! `docker`, `id=…`) and the profiles of `RUNNER_PROFILES`.

mod gpu;
mod network;
mod price;
mod shape;

pub use gpu::{Gpu, GpuLimit};
pub use network::{Domain, RUNNERS_OWN};
pub use price::{DATED as PRICES_DATED, NanoUsd, Prices};
pub use shape::{Limits, Regions, Shape};

use crate::reply::Reason;
use crate::words::label::Label;
use crate::words::printable::Shown;
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
    /// Modal's regions that it may run in; any, if there is none.
    pub regions: Vec<String>,
    /// Whether it has its repository's cache.
    pub cache: bool,
    /// The domains that it may reach; all, if it is not said.
    pub outbound: Option<Vec<Domain>>,
}

impl fmt::Display for Machine {
    /// As `2cpu-8GiB-H100:2-docker`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}cpu-{}GiB", self.cpu, f64::from(self.memory) / 1024.0)?;
        if let Some(gpu) = &self.gpu {
            write!(f, "-{gpu}")?;
        }
        f.write_str(if self.docker { "-docker" } else { "" })
    }
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
            shape::read_shape_label(&mut shape, label)?;
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
