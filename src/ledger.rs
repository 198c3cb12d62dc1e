//! What the ledger keeps of a sandbox: whose job it has, what it costs, and when it ended. A host's ledger keeps time
//! and sums; what a tag means and what a life costs is said here.

use crate::ending::Cause;
use crate::words::ids::{JobId, RunId, RunnerName};
use crate::words::time::Timestamp;
use crate::words::usd::Usd;
use alloc::borrow::Cow;
use serde::{Deserialize, Deserializer};

/// The tag of a sandbox whose runner only shows a refusal; its value is the reason's code.
pub const REFUSAL: &str = "refusal";
/// A tag of more digits is nobody's number, and whoever may use the workspace can set one.
const DIGITS: usize = 15;

/// A sandbox in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Entry {
    /// Its id.
    pub sandbox: String,
    /// The job that it has, or had; before it had any, the one that it was meant for.
    pub job: JobId,
    /// That job's run. Not read back: it was kept as text once.
    #[serde(skip)]
    pub run: Option<RunId>,
    /// That job's repository, as a tag has it.
    #[serde(default)]
    pub repository: String,
    /// Its runner, once it has its config.
    #[serde(default)]
    pub runner: String,
    /// What it is made of.
    #[serde(default)]
    pub shape: String,
    /// What it costs a second.
    #[serde(default)]
    pub rate: Usd,
    /// When it was started.
    #[serde(deserialize_with = "seconds")]
    pub started: Timestamp,
    /// When it ended.
    #[serde(default, deserialize_with = "some_seconds")]
    pub ended: Option<Timestamp>,
    /// What it cost.
    #[serde(default)]
    pub nano_usd: Option<Usd>,
    /// Why it ended, once that was seen.
    #[serde(default, deserialize_with = "known")]
    pub cause: Option<Cause>,
    /// Whether its runner only shows a job that it is refused: it is nobody's job, and is not counted as one.
    #[serde(default)]
    pub refusal: bool,
}

impl Entry {
    /// The entry of a sandbox by its tags; `None` where they do not say what it costs and since when.
    pub fn of<N: AsRef<str>>(sandbox: &str, tags: &[(N, String)]) -> Option<Self> {
        let tag =
            |name: &str| tags.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| value.as_str());
        let text = |name: &str| tag(name).unwrap_or_default();
        let number = |name: &str| tag(name).and_then(number);
        Some(Self {
            sandbox: sandbox.to_owned(),
            job: JobId(number("job").unwrap_or_default()),
            run: number("run").map(RunId),
            repository: format!("{}/{}", text("owner"), text("repository")),
            runner: text("runner").to_owned(),
            shape: text("shape").to_owned(),
            rate: number("rate").map(Usd::from_nano)?,
            started: Timestamp(number("started")?),
            ended: None,
            nano_usd: None,
            cause: None,
            refusal: tag(REFUSAL).is_some(),
        })
    }

    /// Whether it has, had, or was meant for this job.
    pub fn is_of(&self, job: JobId) -> bool {
        self.job == job || RunnerName::job_of(&self.runner) == Some(job)
    }
}

/// What a life of so many milliseconds costs at this rate a second.
pub fn cost(rate: Usd, milliseconds: u64) -> Usd {
    let nano = (u128::from(rate.as_nano()) * u128::from(milliseconds) + 500) / 1000;
    Usd::from_nano(u64::try_from(nano).unwrap_or(u64::MAX))
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.len() <= DIGITS && !text.starts_with('+'))
}

/// The cause of a word; another version's may be unknown here.
fn known<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Cause>, D::Error> {
    let word: Option<Cow<'de, str>> = Deserialize::deserialize(value)?;
    Ok(word.and_then(|word| Cause::of_word(&word)))
}

/// The ledger keeps times as seconds since the epoch.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and times are below 2^53"
)]
fn seconds<'de, D: Deserializer<'de>>(value: D) -> Result<Timestamp, D::Error> {
    f64::deserialize(value).map(|seconds| Timestamp((seconds * 1000.0) as u64))
}

fn some_seconds<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Timestamp>, D::Error> {
    seconds(value).map(Some)
}
