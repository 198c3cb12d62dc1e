//! GPUs as Modal spells them (docs, "GPU acceleration"), and which of them an operator allows.

use std::fmt;

/// A GPU and how many of it, as Modal spells them: `H100`, `A100-80GB:4`, `B200+` (that or better), `H100!` (no other).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    pub(super) kind: String,
    pub(super) count: u32,
}

impl Gpu {
    /// Reads `TYPE` or `TYPE:COUNT`, 1 to 8 of them.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, count) = match text.split_once(':') {
            Some((kind, count)) => (kind, count.parse().ok().filter(|n| (1..=8).contains(n))?),
            None => (text, 1),
        };
        let plain = kind.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'!'));
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

impl fmt::Display for GpuLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.kind, self.0.count)
    }
}

impl GpuLimit {
    /// Reads `TYPE` or `TYPE:MOST`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut gpu = Gpu::parse(text)?;
        if !text.contains(':') {
            gpu.count = 8;
        }
        Some(Self(gpu))
    }

    pub(super) fn admits(&self, gpu: &Gpu) -> bool {
        self.0.kind == gpu.kind && gpu.count <= self.0.count
    }
}
