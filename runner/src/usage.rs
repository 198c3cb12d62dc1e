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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// A folder laid out as the kernel lays out a cgroup.
    struct Cgroup(PathBuf);

    impl Cgroup {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("jitney-cgroup-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            Self(folder)
        }

        fn counts(&self, files: &[(&str, &str)]) {
            for (file, text) in files {
                let path = self.0.join(file);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
        }
    }

    impl Drop for Cgroup {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn told(usage: &Usage) -> (Option<f64>, Option<u64>, Option<u64>) {
        (usage.cpu_s, usage.peak_memory, usage.oom_kills)
    }

    #[test]
    fn what_a_cgroup_counted_before_is_not_this_sandbox_s() {
        let cgroup = Cgroup::new("second");
        let events = "low 0\noom 7\noom_kill 4\noom_group_kill 9\n";
        cgroup.counts(&[("cpu.stat", "usage_usec 1500000\nuser_usec 1\n"), ("memory.events", events)]);
        let meter = Meter::start(&cgroup.0);
        let events = "low 0\noom 8\noom_kill 6\noom_group_kill 9\n";
        cgroup.counts(&[("cpu.stat", "usage_usec 4001600\nuser_usec 1\n"), ("memory.events", events)]);
        cgroup.counts(&[("memory.peak", "123456789\n")]);
        assert_eq!(told(&meter.read()), (Some(2.502), Some(123_456_789), Some(2)));
    }

    #[test]
    fn an_older_cgroup_counts_nanoseconds_and_by_other_names() {
        let cgroup = Cgroup::new("first");
        cgroup.counts(&[
            ("cpuacct/cpuacct.usage", "1500000000\n"),
            ("memory/memory.oom_control", "oom_kill 0\n"),
        ]);
        let meter = Meter::start(&cgroup.0);
        cgroup.counts(&[
            ("cpuacct/cpuacct.usage", "4000000000\n"),
            ("memory/memory.oom_control", "oom_kill 1\n"),
        ]);
        cgroup.counts(&[("memory/memory.max_usage_in_bytes", "123456789\n")]);
        assert_eq!(told(&meter.read()), (Some(2.5), Some(123_456_789), Some(1)));
    }
}
