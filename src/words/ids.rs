//! Numbers and names that stand for one thing: a job, a run, a runner, a sandbox, a delivery.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A workflow job's id. GitHub's ids exceed 2^32.
    JobId
}
number! {
    /// A workflow run's id.
    RunId
}
number! {
    /// A registered runner's id.
    RunnerId
}
number! {
    /// An installation of the App.
    InstallationId
}
number! {
    /// A webhook.
    HookId
}
number! {
    /// One attempt to deliver; a delivery's attempts share its [`Guid`].
    DeliveryId
}

/// `X-GitHub-Delivery`: the GUID of a delivery, kept by its redeliveries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Guid(String);

impl Guid {
    /// Takes 1 to 64 characters of `[A-Za-z0-9-]`.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len());
        let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (fits && plain).then(|| Self(text.to_owned()))
    }

    /// The GUID as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a nonce is spelt in.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Eight characters that make a runner's name new at every try: a lost answer leaves the old name taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// The nonce that `bits` spell, five bits a character.
    pub fn from_bits(bits: u64) -> Self {
        #[allow(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "five bits are below 32"
        )]
        let spell = |i: u32| ALPHABET[(bits >> (5 * i) & 31) as usize];
        Self((0..8).map(|i| char::from(spell(i))).collect())
    }

    /// Whether a text could be a nonce.
    fn spells(text: &str) -> bool {
        text.len() == 8 && text.bytes().all(|b| ALPHABET.contains(&b))
    }

    /// The nonce as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A runner's name at GitHub, `jitney-<job id>-<nonce>`: at most 36 characters of `[a-z0-9-]`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct RunnerName(String);

impl RunnerName {
    /// The name of the runner that is meant for `job`.
    pub fn new(job: JobId, nonce: &Nonce) -> Self {
        Self(format!("jitney-{job}-{}", nonce.as_str()))
    }

    /// The name of a runner that is for no job, but to see whether one comes up.
    pub fn trial(nonce: &Nonce) -> Self {
        Self(format!("jitney-try-{}", nonce.as_str()))
    }

    /// The job that the runner of this name was meant for; `None` if it is no runner of ours.
    pub fn job_of(name: &str) -> Option<JobId> {
        let (job, nonce) = name.strip_prefix("jitney-")?.split_once('-')?;
        let ours = Nonce::spells(nonce) && job.bytes().all(|b| b.is_ascii_digit()) && !job.starts_with('0');
        job.parse().ok().filter(|_| ours).map(JobId)
    }

    /// A name that GitHub tells, if it is one of ours.
    pub fn parse(name: &str) -> Option<Self> {
        Self::job_of(name).map(|_| Self(name.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A sandbox's name, which is the claim on a job: `job-<job id>`, then `job-<job id>-2`, `-3`, ….
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct SandboxName(String);

impl SandboxName {
    /// The name for `job`'s launch, after `earlier` sandboxes were started for it and are gone.
    pub fn new(job: JobId, earlier: u32) -> Self {
        match earlier {
            0 => Self(format!("job-{job}")),
            n => Self(format!("job-{job}-{}", u64::from(n) + 1)),
        }
    }

    /// The name of a sandbox that is for no job, but to see whether a runner comes up in it.
    pub fn trial(nonce: &Nonce) -> Self {
        Self(format!("try-{}", nonce.as_str()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A deterministic stream of random bits (the generator `SplitMix64`), so that a course can be replayed from its seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Dice that roll the same way for the same seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A new nonce.
    pub fn nonce(&mut self) -> Nonce {
        Nonce::from_bits(self.roll())
    }

    /// `delay` milliseconds and up to half as much again, so that what failed together does not return together.
    pub fn jitter(&mut self, delay: u64) -> u64 {
        delay.saturating_add(self.roll() % (delay / 2 + 1))
    }
}
