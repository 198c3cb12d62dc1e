//! What is fuzzed, as functions from bytes to assertions, a file each. libFuzzer calls them (`fuzz/fuzz_targets`), and
//! so does `tests/corpus.rs`, with every seed and every crash that was ever found.

mod answers;
mod course;
mod delivery;
mod ending;
mod house;
mod keys;
mod names;
mod operator;
mod replay;
mod settings;

use jitney::github::Response;
use jitney::words::time::Timestamp;

pub use answers::answers;
pub use course::course;
pub use delivery::delivery;
pub use ending::ending;
pub use house::house;
pub use keys::keys;
pub use names::names;
pub use operator::operator;
pub use replay::replay;
pub use settings::settings;

const SECRET: &str = "secret-canary";
const TOKEN: &str = "ghp_canary";
const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// Bytes in, or a panic.
pub type Target = fn(&[u8]);

/// All targets, by name.
pub const TARGETS: [(&str, Target); 10] = [
    ("delivery", delivery),
    ("settings", settings),
    ("names", names),
    ("answers", answers),
    ("course", course),
    ("replay", replay),
    ("operator", operator),
    ("keys", keys),
    ("ending", ending),
    ("house", house),
];

/// Answers of GitHub's as `STATUS BODY`, with `---` between them.
fn answers_of(text: &str) -> Vec<Response> {
    let answer = |part: &str| {
        let (status, body) = part.split_once(' ').unwrap_or((part, ""));
        Response { status: status.parse().unwrap_or(200), body: body.into(), ..Response::default() }
    };
    text.split("\n---\n").map(answer).collect()
}

/// Whether an input holds a secret itself. Then it proves nothing: the core may repeat what it was given.
fn holds(data: &[u8], secret: &str) -> bool {
    data.windows(secret.len()).any(|bytes| bytes == secret.as_bytes())
}

fn owned(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
