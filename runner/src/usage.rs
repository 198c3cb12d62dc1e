//! What a sandbox used, as its cgroup counts it, and otherwise as far as the kernel tells a parent about its children.

use nix::sys::resource::{UsageWho, getrusage};
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::time::Duration;

#[derive(Debug, Serialize)]
pub(crate) struct Usage {
    /// Seconds of CPU time.
    pub(crate) cpu_s: Option<f64>,
    /// The most memory at a time, in bytes; without a cgroup, that of the largest process.
    pub(crate) peak_memory: Option<u64>,
    /// How many processes the kernel ended for want of memory; `None` if it does not count.
    pub(crate) oom_kills: Option<u64>,
}

/// What the cgroup counted before, and where it is.
pub(crate) struct Meter<'a> {
    cgroup: &'a Path,
    cpu: Option<u64>,
    oom_kills: Option<u64>,
}

impl<'a> Meter<'a> {
    pub(crate) fn start(cgroup: &'a Path) -> Self {
        Self { cgroup, cpu: cpu(cgroup), oom_kills: oom_kills(cgroup) }
    }

    pub(crate) fn read(&self) -> Usage {
        let children = getrusage(UsageWho::RUSAGE_CHILDREN).ok();
        let cpu_s = match (cpu(self.cgroup), self.cpu) {
            (Some(now), Some(before)) => Some(Duration::from_micros(now.saturating_sub(before))),
            _ => children.and_then(|used| {
                let time = used.user_time() + used.system_time();
                Some(Duration::new(
                    u64::try_from(time.tv_sec()).ok()?,
                    u32::try_from(time.tv_usec()).ok()?.checked_mul(1000)?,
                ))
            }),
        };
        let largest = children.and_then(|used| u64::try_from(used.max_rss()).ok()).map(|kib| kib * 1024);
        let rose = |now: u64| now.saturating_sub(self.oom_kills.unwrap_or(0));
        Usage {
            cpu_s: cpu_s.map(seconds),
            peak_memory: peak(self.cgroup).or(largest),
            oom_kills: oom_kills(self.cgroup).map(rose),
        }
    }
}

/// Microseconds, by cgroup v2 or v1.
fn cpu(cgroup: &Path) -> Option<u64> {
    counter(cgroup, "cpu.stat", "usage_usec")
        .or_else(|| number(cgroup, "cpuacct/cpuacct.usage").map(|nanoseconds| nanoseconds / 1000))
}

fn peak(cgroup: &Path) -> Option<u64> {
    number(cgroup, "memory.peak").or_else(|| number(cgroup, "memory/memory.max_usage_in_bytes"))
}

fn oom_kills(cgroup: &Path) -> Option<u64> {
    counter(cgroup, "memory.events", "oom_kill")
        .or_else(|| counter(cgroup, "memory/memory.oom_control", "oom_kill"))
}

fn number(cgroup: &Path, file: &str) -> Option<u64> {
    fs::read_to_string(cgroup.join(file)).ok()?.trim().parse().ok()
}

fn counter(cgroup: &Path, file: &str, name: &str) -> Option<u64> {
    let text = fs::read_to_string(cgroup.join(file)).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

/// Seconds to the millisecond.
pub(crate) fn seconds(span: Duration) -> f64 {
    (span.as_secs_f64() * 1000.0).round() / 1000.0
}
