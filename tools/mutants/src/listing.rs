//! The mutants that cargo-mutants would make.

use crate::mutant::{Edit, Mutant};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

#[derive(Deserialize)]
struct Listed {
    file: String,
    name: String,
    replacement: String,
    span: Span,
}

#[derive(Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

#[derive(Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

/// Lists them for these packages.
pub(crate) fn list(root: &Path, packages: &[&str]) -> Result<Vec<Mutant>> {
    let mut command = Command::new(root.join(".tools/bin/cargo-mutants"));
    command.args(["mutants", "--list", "--json"]).current_dir(root);
    for package in packages {
        command.args(["--package", package]);
    }
    let done = command.output().context("cargo-mutants; ./build.sh mutants installs it")?;
    ensure!(done.status.success(), "cargo-mutants: {}", String::from_utf8_lossy(&done.stderr));
    let listed: Vec<Listed> = serde_json::from_slice(&done.stdout).context("cargo-mutants' list")?;
    let mut texts: HashMap<String, String> = HashMap::new();
    let mut counts: HashMap<String, u32> = HashMap::new();
    let mut mutants = Vec::new();
    for one in listed {
        if !texts.contains_key(&one.file) {
            texts.insert(one.file.clone(), std::fs::read_to_string(root.join(&one.file))?);
        }
        let text = texts.get(&one.file).map_or("", String::as_str);
        let range = byte_of(text, &one.span.start)?..byte_of(text, &one.span.end)?;
        let name = unplaced(&one);
        let count = counts.entry(format!("{} {name}", one.file)).or_default();
        *count += 1;
        let name = if *count > 1 { format!("{name} #{count}") } else { name };
        let edit = Edit { file: one.file, range, text: one.replacement };
        mutants.push(Mutant { name, edits: vec![edit] });
    }
    Ok(mutants)
}

/// The name without file, line and column, which say nothing tomorrow.
fn unplaced(one: &Listed) -> String {
    let place = format!("{}:{}:{}: ", one.file, one.span.start.line, one.span.start.column);
    let name = one.name.strip_prefix(&place).unwrap_or(&one.name);
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lines and columns begin at 1, and columns are characters.
fn byte_of(text: &str, place: &Place) -> Result<usize> {
    let mut start = 0;
    for (at, line) in text.split_inclusive('\n').enumerate() {
        if at + 1 == place.line {
            let column =
                line.char_indices().map(|(byte, _)| byte).nth(place.column - 1).unwrap_or(line.len());
            return Ok(start + column);
        }
        start += line.len();
    }
    anyhow::bail!("line {} is not there", place.line)
}
