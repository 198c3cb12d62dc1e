//! jitney's core: from the bytes of a webhook delivery to one runner for one job.
//!
//! Everything here is values to values: no clock, no network, no environment. Only `component` (built for WASI
//! alone) touches the world. Data flows one way, and this is the order to read in:
//!
//! 1. [`settings`]: the environment becomes validated settings, or problems that name variable, fault and cure.
//! 2. [`signature`]: raw bytes become [`signature::Verified`] bytes; nothing else can make one.
//! 3. [`delivery`]: verified bytes become a typed [`delivery::Delivery`].
//! 4. [`admission`]: a delivery becomes a [`admission::Verdict`], with the trace of every check.
//!    [`machine`] turns a job's labels into what its sandbox is made of.
//!    [`vetting`] says which runs may run here at all.
//! 5. [`ticket`]: what a verdict hands on; [`course`] plays it out, a command at a time.
//! 6. [`github`]: the requests that courses make, and what GitHub's answers mean.
//! 7. [`doctor`]: what an operator asks when nothing runs.
//! 8. [`explain`]: the story of one job, told from what GitHub and the host know of it.
//! 9. [`status`]: who may see the status page, and what on it wants an operator.
//! 10. [`setup`]: what `setup` and `teardown` ask of GitHub.
//! 11. [`replay`]: one delivery, decided again at the command line, with its reasons.
//!
//! [`answer`] is what GitHub and the log are told; the types that a name is parsed into once and for all are
//! [`repository`], [`label`], [`ids`], [`timestamp`], [`secret`] and [`shown`].

extern crate alloc;

pub mod admission;
pub mod answer;
pub mod course;
pub mod delivery;
pub mod doctor;
pub mod explain;
pub mod github;
pub mod ids;
pub mod label;
pub mod machine;
pub mod replay;
pub mod repository;
pub mod secret;
pub mod settings;
pub mod setup;
pub mod shown;
pub mod signature;
pub mod status;
pub mod ticket;
pub mod timestamp;
pub mod vetting;

#[cfg(target_os = "wasi")]
mod component;
