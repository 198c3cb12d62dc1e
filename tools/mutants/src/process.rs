//! A process that is given only so long.

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::fs::File;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How a process ended.
#[derive(Debug)]
pub(crate) struct Done {
    /// Whether it said that all is well; `None` where it was ended because its time was over.
    pub well: Option<bool>,
    /// What it printed.
    pub said: String,
    /// How long it took.
    pub took: Duration,
}

/// Runs a command, and ends it with all that it started when its time is over.
pub(crate) fn run(command: &mut Command, within: Duration) -> Result<Done> {
    let (mut read, write) = std::io::pipe().context("a pipe")?;
    let began = Instant::now();
    command.stdin(Stdio::null()).stdout(write.try_clone()?).stderr(write).process_group(0);
    let mut child = command.spawn().with_context(|| command.get_program().display().to_string())?;
    // Or the pipe would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let reader = std::thread::spawn(move || {
        let mut said = Vec::new();
        let _ = read.read_to_end(&mut said);
        String::from_utf8_lossy(&said).into_owned()
    });
    let well = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status.success());
        }
        if began.elapsed() > within {
            break None;
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    // Whatever it left behind goes too.
    let _ = killpg(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGKILL);
    let _ = child.wait();
    Ok(Done { well, said: reader.join().unwrap_or_default(), took: began.elapsed() })
}

/// Makes a file empty, or makes an empty one.
pub(crate) fn empty(path: &std::path::Path) -> Result<()> {
    File::create(path).with_context(|| path.display().to_string())?;
    Ok(())
}
