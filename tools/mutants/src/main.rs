//! `./build.sh mutants`: puts bugs into copies of jitney's code and says which of them nothing notices.
//!
//! All bugs of a run are in one build. A function that has some becomes a `match` on which of them is switched on
//! ([`schema`]), so a mutant costs the tests that reach it ([`suite`], [`judge`]) and no build. What cannot stand behind a
//! switch is built by itself. The mutants are cargo-mutants' ([`listing`]), and the bugs of simulator/planted_bugs.txt
//! ([`table`]). Verdicts are kept in the repository ([`kept`]) and shown in docs ([`page`]).

mod artifact;
mod cargo;
mod critical;
mod judge;
mod kept;
mod listing;
mod mechanical;
mod mutant;
mod page;
mod planted;
mod process;
mod schema;
mod source;
mod suite;
mod table;
mod tree;

use anyhow::{Context, Result, bail};
use mechanical::Wanted;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("mutants: {why:#}");
            ExitCode::from(2)
        }
    }
}

/// What is asked for after the command's name.
#[derive(Default)]
struct Asked {
    quick: bool,
    names: Vec<String>,
    wanted: Wanted,
}

fn run(arguments: &[String]) -> Result<bool> {
    let root = std::env::current_dir()?;
    let (command, rest) = arguments.split_first().context("a command is missing; see --help")?;
    let asked = read(command, rest)?;
    match command.as_str() {
        "planted" => {
            let how = match (asked.quick, asked.wanted.open) {
                (true, _) => planted::How::Quick,
                (false, true) => planted::How::Open,
                (false, false) => planted::How::Whole,
            };
            let well = planted::run(&root, &asked.names, how)?;
            if !asked.quick {
                pages(&root)?;
            }
            Ok(well)
        }
        "pages" => pages(&root),
        name => {
            let group = page::GROUPS.iter().find(|group| group.name == name && name != "host");
            let group = group.with_context(|| format!("{name} is no command; see --help"))?;
            if name == "artifact" {
                artifact::run(&root, group, &asked.wanted)?;
            } else {
                mechanical::run(&root, group, &asked.wanted)?;
            }
            pages(&root)
        }
    }
}

/// Writes the tables, and names what survived without an excuse.
fn pages(root: &Path) -> Result<bool> {
    for page in page::write(root)? {
        eprintln!("mutants: {page} has new tables");
    }
    let wrong = page::unexcused(root)?;
    for line in &wrong {
        println!("{line}");
    }
    Ok(wrong.is_empty())
}

fn read(command: &str, arguments: &[String]) -> Result<Asked> {
    let mut asked = Asked::default();
    asked.wanted.workers = std::thread::available_parallelism().map_or(1, usize::from);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match (command, argument.as_str()) {
            ("planted", "--quick") => asked.quick = true,
            ("planted" | "core" | "runner" | "artifact", "--open") => asked.wanted.open = true,
            ("core" | "runner", "--workers") => {
                asked.wanted.workers = value()?.parse().context("--workers needs a number")?;
            }
            ("core" | "runner" | "artifact", "--minutes") => {
                asked.wanted.minutes = Some(value()?.parse().context("--minutes needs a number")?);
            }
            ("runner", "--test") => asked.wanted.tests.push(value()?.clone()),
            ("core" | "runner" | "artifact", "--shard") => asked.wanted.shard = Some(shard(value()?)?),
            (_, option) if option.starts_with('-') => bail!("{command} has no option {option}; see --help"),
            ("planted", name) => asked.names.push(name.to_owned()),
            ("core" | "runner" | "artifact", file) => asked.wanted.files.push(file.to_owned()),
            (_, other) => bail!("{command} takes no {other}; see --help"),
        }
    }
    Ok(asked)
}

fn shard(text: &str) -> Result<(usize, usize)> {
    let (k, n) =
        text.split_once('/').with_context(|| format!("--shard must be K/N, such as 1/8, not {text}"))?;
    match (k.parse(), n.parse()) {
        (Ok(k), Ok(n)) if 1 <= k && k <= n => Ok((k, n)),
        _ => bail!("--shard must be K/N with K from 1 to N, not {text}"),
    }
}
