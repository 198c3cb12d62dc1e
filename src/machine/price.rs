//! What a sandbox costs a second: Modal's published prices in one table, which `PRICES` overrides entry by entry.
//!
//! The table is of 2026-11-24, from Modal's pricing page as it was last quoted: a sandbox's core costs three times a
//! function's $0.0000131, its GiB $0.00000672; GPUs as listed in May 2026. Choosing a region costs up to 1.75 times as
//! much ("Region selection"), and that is what is reckoned. Credits, discounts and taxes are not known here: the bill
//! is Modal's, and `modal billing` shows it.

use super::Machine;
use crate::words::usd::Usd;
use serde::Deserialize;
use std::collections::BTreeMap;

/// When the table was last looked over.
pub const DATED: &str = "2026-11-24";

const CPU: Usd = Usd::from_nano(39_420);
const MEMORY: Usd = Usd::from_nano(6_720);
const REGION: f64 = 1.75;
/// In billionths of a dollar.
const GPUS: [(&str, u64); 12] = [
    ("B200", 1_736_000),
    ("H200", 1_261_000),
    ("H100", 1_097_000),
    ("RTX-PRO-6000", 842_000),
    ("A100", 694_000),
    ("A100-80GB", 694_000),
    ("A100-40GB", 583_000),
    ("L40S", 542_000),
    ("A10", 306_000),
    ("A10G", 306_000),
    ("L4", 222_000),
    ("T4", 164_000),
];

/// The types of GPU that Modal has a price for.
pub fn gpu_kinds() -> impl Iterator<Item = &'static str> {
    GPUS.iter().map(|&(kind, _)| kind)
}

/// Prices a second.
#[derive(Clone, Debug)]
pub struct Prices {
    /// A physical core's.
    cpu: Usd,
    /// A GiB's.
    memory: Usd,
    /// What a choice of regions multiplies all of it by.
    region: f64,
    /// A GPU's, by type.
    gpus: BTreeMap<String, Usd>,
}

/// `PRICES`: dollars a second; what it leaves out is as published.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    cpu: Option<f64>,
    memory: Option<f64>,
    region: Option<f64>,
    #[serde(default)]
    gpu: BTreeMap<String, f64>,
}

impl Default for Prices {
    fn default() -> Self {
        let gpus = GPUS.iter().map(|&(name, nano)| (name.to_owned(), Usd::from_nano(nano))).collect();
        Self { cpu: CPU, memory: MEMORY, region: REGION, gpus }
    }
}

impl Prices {
    /// Reads `PRICES`, as `{"cpu":0.00003942,"memory":0.00000672,"region":1.5,"gpu":{"H100":0.001097}}`. The error says
    /// what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let read: Override = serde_json::from_str(text)
            .map_err(|e| format!("is not an object of prices (column {})", e.column()))?;
        let published = Self::default();
        let dollars = |given: Option<f64>, usual| given.map_or(Some(usual), price);
        let region = read.region.unwrap_or(REGION);
        let mut gpus = published.gpus;
        let out_of_range = || "has a price that is not from 0 to 1 dollar a second".to_owned();
        for (name, dollars) in read.gpu {
            gpus.insert(name.to_ascii_uppercase(), price(dollars).ok_or_else(out_of_range)?);
        }
        if !(1.0..=10.0).contains(&region) {
            return Err("has a factor for regions that is not from 1 to 10".to_owned());
        }
        Ok(Self {
            cpu: dollars(read.cpu, published.cpu).ok_or_else(out_of_range)?,
            memory: dollars(read.memory, published.memory).ok_or_else(out_of_range)?,
            region,
            gpus,
        })
    }

    /// What a machine costs a second, as long as its sandbox lives. A GPU of which no price is known counts as the
    /// dearest, so that no budget is overrun unseen.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "below 2^53: a machine is bounded by the operator's limits"
    )]
    pub fn rate(&self, machine: &Machine) -> Usd {
        let gpu = machine.gpu.as_ref().map_or(0.0, |gpu| {
            let name = gpu.kind.trim_end_matches(['+', '!']);
            let dearest = || self.gpus.values().copied().max().unwrap_or_default();
            self.gpus.get(name).copied().unwrap_or_else(dearest).as_nano() as f64 * f64::from(gpu.count)
        });
        let memory = self.memory.as_nano() as f64 * f64::from(machine.memory) / 1024.0;
        let plain = self.cpu.as_nano() as f64 * machine.cpu + memory + gpu;
        let nano = if machine.regions.is_empty() { plain } else { plain * self.region };
        Usd::from_nano(nano.round() as u64)
    }
}

/// A price; `None` where the number is no sensible one.
fn price(dollars: f64) -> Option<Usd> {
    (0.0..=1.0).contains(&dollars).then(|| Usd::from_dollars(dollars))
}
