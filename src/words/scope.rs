//! Where a runner is registered, which decides whose jobs may take it.

/// Where a runner is registered: `RUNNER_SCOPE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// At the job's repository: no other repository's job can take it.
    Repository,
    /// At the repository's organisation: any of its repositories that the runner group admits can take it.
    Organization,
}
