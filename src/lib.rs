//! jitney's core: from the bytes of a webhook delivery to one runner for one job.
//!
//! Everything here is values to values: no clock, no network, no environment. The crate `component` alone touches the
//! world. Data flows one way, and this is the order to read in:
//!
//! 1. [`words`]: the types that text from outside is parsed into, once.
//! 2. [`settings`]: the environment becomes valid settings, or problems that name variable, fault and cure.
//! 3. [`delivery`]: raw bytes become verified bytes, those a typed delivery.
//! 4. [`policy`]: a delivery becomes a [`policy::delivery::Verdict`], with the trace of every check; a run is admitted
//!    or not. [`machine`] turns a job's labels into what its sandbox is made of.
//! 5. [`ticket`]: what a verdict hands on; [`course`] plays it out, a command at a time.
//! 6. [`github`]: the requests that courses make, and what GitHub's responses mean.
//!
//! [`house`] is what all courses share: who has which job, who goes next, what GitHub may be asked. [`reply`] is what
//! GitHub and the log are told, [`ledger`] what is remembered of a sandbox, [`ending`] why it ended. What an operator asks is
//! in the crate `operator`.

extern crate alloc;

pub mod course;
pub mod delivery;
pub mod ending;
pub mod github;
pub mod house;
pub mod ledger;
pub mod machine;
pub mod policy;
pub mod reply;
pub mod settings;
pub mod ticket;
pub mod words;
