//! One text of a file that holds all of its mutants: a function that has some becomes a `match` on which of them is
//! switched on, with the body as it was for none.

use crate::mutant::{Edit, Mutant, edited};
use crate::source::{Body, bodies};
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

/// A file with its mutants.
#[derive(Debug, Default)]
pub(crate) struct Schema {
    /// The new text.
    pub text: String,
    /// Which bytes of it belong to which mutant alone.
    pub variants: Vec<(Range<usize>, u32)>,
}

impl Schema {
    /// The mutant that owns a byte.
    pub(crate) fn owner(&self, byte: usize) -> Option<u32> {
        self.variants.iter().find(|(range, _)| range.contains(&byte)).map(|(_, id)| *id)
    }
}

/// Which of the edits lie in which body. `None` where one lies in no function, or in one that cannot hold a switch.
fn body_of<'a>(bodies: &'a [Body], edit: &Edit) -> Option<&'a Body> {
    let lies = |body: &&Body| body.inside.start <= edit.range.start && edit.range.end <= body.inside.end;
    bodies.iter().find(lies).filter(|body| body.switchable)
}

/// Whether all of a mutant's edits in this file can stand behind a switch.
pub(crate) fn switchable(text: &str, file: &str, mutant: &Mutant) -> Result<bool> {
    let bodies = bodies(text)?;
    Ok(mutant.edits.iter().filter(|edit| edit.file == file).all(|edit| body_of(&bodies, edit).is_some()))
}

/// Puts all mutants of one file into its text.
pub(crate) fn plant(text: &str, file: &str, mutants: &[(u32, &Mutant)]) -> Result<Schema> {
    let bodies = bodies(text)?;
    let mut by_body: BTreeMap<usize, (&Body, BTreeMap<u32, Vec<&Edit>>)> = BTreeMap::new();
    for (id, mutant) in mutants {
        for edit in mutant.edits.iter().filter(|edit| edit.file == file) {
            let Some(body) = body_of(&bodies, edit) else { continue };
            let (_, variants) = by_body.entry(body.inside.start).or_insert((body, BTreeMap::new()));
            variants.entry(*id).or_default().push(edit);
        }
    }
    let (mut schema, mut at) = (Schema::default(), 0);
    for (body, variants) in by_body.values() {
        schema.text.push_str(text.get(at..body.inside.start).unwrap_or_default());
        let ids: Vec<String> = variants.keys().map(u32::to_string).collect();
        let _ = writeln!(schema.text, "match crate::planted::active(&[{}]) {{", ids.join(", "));
        for (id, edits) in variants {
            let start = schema.text.len();
            let _ = writeln!(schema.text, "{id}u32 => {{ {} }}", edited(text, &body.inside, edits)?);
            schema.variants.push((start..schema.text.len(), *id));
        }
        let inside = text.get(body.inside.clone()).unwrap_or_default();
        let _ = write!(schema.text, "_ => {{ {inside} }}\n}}");
        at = body.inside.end;
    }
    schema.text.push_str(text.get(at..).unwrap_or_default());
    Ok(schema)
}
