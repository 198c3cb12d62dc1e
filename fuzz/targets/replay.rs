//! The command line: arguments, and what `replay` takes: a raw request, the JSON of GitHub's delivery API, a bare payload.

use jitney::policy::delivery::decide;
use jitney::settings::IntakeSettings;
use jitney_operator::replay::{Input, Options, exit_code, render, render_json};

use super::delivery::delivery;
use super::{SECRET, owned};

/// A replay's input in any of its forms. Before a line `--` stand arguments, one a line.
pub fn replay(data: &[u8]) {
    let text = std::str::from_utf8(data).unwrap_or_default();
    let (arguments, input) = match text.split_once("\n--\n") {
        Some((arguments, input)) => (arguments.lines().map(str::to_owned).collect(), input.as_bytes()),
        None => (Vec::new(), data),
    };
    if let Ok(input) = Input::parse(input, None) {
        delivery(format!("{}\n\n{}", input.head, input.body).as_bytes());
    }
    let options = match Options::parse(arguments) {
        Ok(options) => options,
        Err(fault) => return assert!(!fault.chars().any(char::is_control), "an escape shows: {fault:?}"),
    };
    let Ok(input) = Input::parse(input, options.event.as_deref()) else { return };
    let given = owned(&[("WEBHOOK_SECRET", SECRET), ("ALLOWED_REPOS", "octo/*,Codertocat/*")]);
    let Some(settings) = IntakeSettings::read(&given).settings else { return };
    let decision = decide(&settings.admission, &input.head, &input.body, options.trust(&settings.secrets));
    assert!([0, 2, 3].contains(&exit_code(&decision)));
    let shown = if options.json { render_json(&decision) } else { render(&decision) };
    assert!(!shown.contains(SECRET) || text.contains(SECRET));
    assert!(shown.lines().all(|line| !line.chars().any(char::is_control)), "an escape shows: {shown:?}");
    if options.json {
        assert!(serde_json::from_str::<serde_json::Value>(&shown).is_ok(), "it is no JSON: {shown:?}");
    }
}
