//! The directory in which supervisor, hook and launcher leave each other marks: empty files that say that something
//! has happened.

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The supervisor is about to read its config; the launcher's readiness probe looks for this.
pub(crate) const READING: &str = "reading";
/// The listener took a job.
pub(crate) const JOB_STARTED: &str = "job-started";
/// The hook lets the job go on.
pub(crate) const ADMITTED: &str = "admitted";
/// The hook refuses the job and waits for the listener to be shut down.
pub(crate) const REFUSED: &str = "refused";

/// Where the marks are.
pub(crate) const VARIABLE: &str = "JITNEY_STATE";

pub(crate) struct State(PathBuf);

impl State {
    /// `JITNEY_STATE`, or where an image has it.
    pub(crate) fn open() -> Self {
        Self(std::env::var_os(VARIABLE).map_or_else(|| "/run/jitney".into(), PathBuf::from))
    }

    /// Makes the directory, with no mark of an earlier life.
    pub(crate) fn prepare(&self) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        for mark in [JOB_STARTED, ADMITTED, REFUSED] {
            match fs::remove_file(self.0.join(mark)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn mark(&self, name: &str) -> io::Result<()> {
        fs::write(self.0.join(name), "")
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    /// When a mark was left.
    pub(crate) fn marked(&self, name: &str) -> Option<SystemTime> {
        fs::metadata(self.0.join(name)).and_then(|mark| mark.modified()).ok()
    }

    /// Writes the hook, whose name must end in `.sh`. It replaces its shell by this binary, which can then be
    /// interrupted at once and leaves no child behind.
    pub(crate) fn write_hook(&self, binary: &Path) -> io::Result<PathBuf> {
        let hook = self.0.join("job-started.sh");
        let quoted = binary.to_string_lossy().replace('\'', r"'\''");
        fs::write(&hook, format!("#!/bin/sh\nexec '{quoted}' hook\n"))?;
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755))?;
        Ok(hook)
    }

    /// Makes a directory for `PATH` in which `docker` is this binary.
    pub(crate) fn without_docker(&self, binary: &Path) -> io::Result<PathBuf> {
        let directory = self.0.join("no-docker");
        fs::create_dir_all(&directory)?;
        let docker = directory.join("docker");
        let _ = fs::remove_file(&docker);
        symlink(binary, docker)?;
        Ok(directory)
    }
}
