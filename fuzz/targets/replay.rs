//! What `replay` takes: a raw request, the JSON of GitHub's delivery API, a bare payload.

use jitney_operator::replay::Input;

use super::delivery::delivery;

/// A replay's input in any of its forms.
pub fn replay(data: &[u8]) {
    if let Ok(input) = Input::parse(data, None) {
        delivery(format!("{}\n\n{}", input.head, input.body).as_bytes());
    }
    let _ = Input::parse(data, Some("workflow_job"));
}
