//! How an operator looks into a running job's machine: the commands of Modal's own client that do it.

/// What each command is for, and the command. None for a sandbox that is a process of this machine.
pub fn inside(sandbox: &str) -> Vec<(&'static str, String)> {
    let is_modals = sandbox.strip_prefix("sb-").is_some_and(|id| {
        !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    });
    if !is_modals {
        return Vec::new();
    }
    vec![
        ("open a shell in it", format!("modal shell {sandbox}")),
        ("show its output", format!("modal container logs {sandbox}")),
    ]
}
