//! Every fuzz target on every seed and on every crash that was ever found, without a fuzzer.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

#[path = "../fuzz/targets/mod.rs"]
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    reason = "shared with the fuzzers, which are no part of this workspace"
)]
mod targets;

use std::path::Path;

#[test]
fn no_seed_and_no_crash_of_the_past_breaks_a_promise() {
    for (name, target) in targets::TARGETS {
        let mut seen = 0;
        for kind in ["corpus", "crashes"] {
            let Ok(files) = std::fs::read_dir(Path::new("fuzz").join(kind).join(name)) else { continue };
            for file in files {
                target(&std::fs::read(file.expect("an entry").path()).expect("a file"));
                seen += 1;
            }
        }
        assert!(seen > 0, "{name} has no seeds");
    }
}
