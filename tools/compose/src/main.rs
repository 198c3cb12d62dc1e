//! `compose COMPONENT GUARD OUTPUT`: the guard's exports become the component's imports, and one artifact comes out.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};

fn main() -> Result<()> {
    let paths: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [component, guard, output] = paths.as_slice() else { bail!("usage: compose COMPONENT GUARD OUTPUT") };
    let mut graph = CompositionGraph::new();
    let socket = Package::from_file("jitney:component", None, component, graph.types_mut())
        .with_context(|| format!("{} is no component", component.display()))?;
    let plugged = Package::from_file("jitney:guard", None, guard, graph.types_mut())
        .with_context(|| format!("{} is no component", guard.display()))?;
    let socket = graph.register_package(socket)?;
    let plugged = graph.register_package(plugged)?;
    plug(&mut graph, vec![plugged], socket)?;
    let bytes = graph.encode(EncodeOptions::default())?;
    std::fs::write(output, bytes).with_context(|| format!("{} cannot be written", output.display()))
}
