//! Writes `component/src/bindings.rs` and `guard/src/bindings.rs`: what wit-bindgen makes of the WIT. They are kept in the
//! tree, so that who builds jitney compiles neither wit-bindgen's macro nor its readers of WIT; the test below fails where
//! they are not what would be written.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::Opts;

/// What is made, and of what.
struct Bindings {
    wit: &'static str,
    world: &'static str,
    output: &'static str,
}

const ALL: [Bindings; 2] = [
    Bindings {
        wit: "wit/jitney.wit",
        world: "jitney:core/jitney@0.1.0",
        output: "component/src/bindings.rs",
    },
    Bindings { wit: "guard/guard.wit", world: "jitney:guard/guard", output: "guard/src/bindings.rs" },
];

fn main() -> Result<()> {
    for bindings in &ALL {
        let path = root().join(bindings.output);
        let made = bindings.generate()?;
        let is_new = std::fs::read_to_string(&path).is_ok_and(|kept| kept == made);
        if !is_new {
            std::fs::write(&path, made).with_context(|| format!("{} cannot be written", path.display()))?;
        }
        println!("{}: {}", bindings.output, if is_new { "is as it should be" } else { "written" });
    }
    Ok(())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Bindings {
    fn generate(&self) -> Result<String> {
        let path = root().join(self.wit);
        let wit = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let mut resolve = Resolve::default();
        let package = resolve.push_str(self.wit, &wit)?;
        let world = resolve.select_world(&[package], Some(self.world))?;
        let mut files = Files::default();
        Opts { generate_all: true, ..Opts::default() }.build().generate(&mut resolve, world, &mut files)?;
        let (_, code) = files.iter().next().context("wit-bindgen made nothing")?;
        Ok(format!("{}{}", self.head(&wit), std::str::from_utf8(code)?))
    }

    /// What stands above the code. A build with an older file is refused.
    fn head(&self, wit: &str) -> String {
        let up = "../".repeat(self.output.matches('/').count());
        format!(
            "\
//! What wit-bindgen makes of `{wit}`. Written by `./build.sh bindings`, not by hand.
#![allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = \"generated code\"
)]

const _: () = {{
    let wit = include_bytes!(\"{up}{wit}\");
    let (mut sum, mut at) = (0_u64, 0);
    while at < wit.len() {{
        sum = (sum ^ wit[at] as u64).wrapping_mul({PRIME});
        at += 1;
    }}
    assert!(sum == {sum}, \"{wit} was changed; run ./build.sh bindings\");
}};

",
            wit = self.wit,
            sum = checksum(wit)
        )
    }
}

/// FNV-1a's multiplier.
const PRIME: u64 = 0x100_0000_01b3;

/// As the head of what is written computes it again, when it is compiled.
fn checksum(wit: &str) -> u64 {
    wit.bytes().fold(0, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::{ALL, root};

    #[test]
    fn what_is_kept_is_what_would_be_written() {
        for bindings in &ALL {
            let kept = std::fs::read_to_string(root().join(bindings.output)).unwrap_or_default();
            assert!(
                bindings.generate().is_ok_and(|made| made == kept),
                "{} is stale; run ./build.sh bindings",
                bindings.output
            );
        }
    }
}
