//! The house's order: what imports what goes one way, the settings know no request, and the core knows no WASI.
#![allow(clippy::expect_used, clippy::indexing_slicing, reason = "a test")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The core's top-level modules, and which of the others each imports.
type Graph = BTreeMap<String, BTreeSet<String>>;

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The modules that a file's text names at the root: `crate::NAME`, and `super::NAME` where that is the root too.
fn named(text: &str, is_top: bool) -> BTreeSet<String> {
    let roots: &[&str] = if is_top { &["crate::", "super::"] } else { &["crate::"] };
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let mut names = BTreeSet::new();
    for line in code {
        for (at, root) in roots.iter().flat_map(|root| line.match_indices(*root)) {
            let rest = line.get(at + root.len()..).unwrap_or_default();
            assert!(!rest.starts_with('{'), "one `use` a module, so that this test can read it: {line}");
            names.insert(rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect());
        }
    }
    names
}

fn graph() -> Graph {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&source, &mut files);
    let mut graph = Graph::new();
    for file in files {
        let below = file.strip_prefix(&source).expect("below src").to_str().expect("a name in UTF-8");
        let module = below.split('/').next().unwrap_or_default().trim_end_matches(".rs").to_owned();
        if module == "lib" {
            continue;
        }
        let is_top = !below.contains('/') || below == format!("{module}/mod.rs");
        let text = std::fs::read_to_string(&file).expect("a text");
        graph.entry(module).or_default().extend(named(&text, is_top));
    }
    let modules: BTreeSet<String> = graph.keys().cloned().collect();
    for (module, imports) in &mut graph {
        imports.retain(|name| name != module && modules.contains(name));
    }
    graph
}

/// The modules that cannot be put in an order: those of a circle, and those that stand on one. Empty if there is none.
fn unordered(graph: &Graph) -> Graph {
    let mut left = graph.clone();
    while let Some(free) = left.iter().find(|(_, imports)| imports.is_empty()).map(|(name, _)| name.clone()) {
        left.remove(&free);
        for imports in left.values_mut() {
            imports.remove(&free);
        }
    }
    left
}

#[test]
fn imports_between_modules_form_no_circle() {
    let graph = graph();
    assert!(graph.len() >= 9 && graph["course"].contains("github"), "the imports were not read: {graph:?}");
    assert_eq!(unordered(&graph), Graph::new(), "these modules import each other, or one that does");
}

#[test]
fn a_circle_would_be_found() {
    let of = |module: &str, imports: &[&str]| {
        (module.to_owned(), imports.iter().map(|&name| name.to_owned()).collect::<BTreeSet<_>>())
    };
    let straight = Graph::from([of("a", &["b", "c"]), of("b", &["c"]), of("c", &[])]);
    assert!(unordered(&straight).is_empty());
    let round = Graph::from([of("a", &["b"]), of("b", &["c"]), of("c", &["b"]), of("d", &[])]);
    assert_eq!(unordered(&round).keys().collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[test]
fn words_know_nobody_and_settings_know_no_request() {
    let graph = graph();
    assert!(graph["words"].is_empty(), "{:?}", graph["words"]);
    assert!(!graph["settings"].contains("github") && !graph["policy"].contains("settings"), "{graph:?}");
}

#[test]
fn the_core_needs_no_wasi() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--package", "jitney", "--target", "all", "--edges", "normal", "--prefix", "none"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).expect("text");
    let packages: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(packages.contains("serde"), "{tree}");
    for name in ["wasi", "wasip2", "waki", "wit-bindgen"] {
        assert!(
            !packages.contains(name),
            "the core depends on {name}; what needs it belongs into component/"
        );
    }
}
