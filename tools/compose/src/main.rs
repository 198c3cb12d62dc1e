//! `compose COMPONENT GUARD OUTPUT`: the guard's exports become the component's imports, and one artifact comes out.
//!
//! It has no dependency, so that whoever builds jitney does not wait for a composer of everything: the two components are
//! carried over as they are, and what is written around them is what they import, how they are joined, and what is
//! exported. Whatever it does not expect in a component is an error, and wasmtime validates what comes out.

mod binary;
mod compose;
mod interface;
mod merge;
mod parsed;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [component, guard, output] = paths.as_slice() else {
        eprintln!("usage: compose COMPONENT GUARD OUTPUT");
        return ExitCode::from(2);
    };
    match run(component, guard, output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("compose: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run(component: &Path, guard: &Path, output: &Path) -> Result<(), String> {
    let read = |path: &Path| std::fs::read(path).map_err(|why| format!("{}: {why}", path.display()));
    let composed = compose::compose(&read(component)?, &read(guard)?)?;
    std::fs::write(output, composed).map_err(|why| format!("{}: {why}", output.display()))
}
