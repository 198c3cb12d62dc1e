//! From a job's labels to what its sandbox is made of.
//!
//! Labels such as `cpu=4`, `memory=16`, `gpu=H100:2`, `timeout=2h`, and profiles, make a [`Shape`]; a shape within the
//! operator's [`Limits`] is a [`Machine`]; a machine has a price a second. Whether a job's labels are ours at all is
//! `policy`'s to say.

pub mod archives;
mod gpu;
mod network;
mod price;
mod shape;

pub use gpu::{Gpu, GpuLimit};
pub use network::{Domain, RUNNERS_OWN};
pub use price::{DATED as PRICES_DATED, Prices, gpu_kinds};
pub use shape::{LEAST_TIMEOUT, Limits, Regions, SHAPE_KEYS, Shape};

use crate::words::duration::Duration;
use std::fmt;

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
    /// How long the sandbox may live.
    pub timeout: Duration,
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
