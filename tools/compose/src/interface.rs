//! An imported interface: the types and functions that it consists of, and how they are written.

use crate::binary::{Reader, Result, Write};

/// One interface that a component imports.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Interface {
    pub(crate) name: String,
    pub(crate) items: Vec<Item>,
}

/// One line of an interface. All but functions are types, and types are counted from 0.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    /// A type without a name, as it is written; the types in it are this interface's.
    Unnamed(Vec<u8>),
    /// A type of another interface.
    Used {
        interface: String,
        name: String,
    },
    /// A name for a type.
    Type {
        name: String,
        is: u32,
    },
    /// A resource.
    Resource {
        name: String,
    },
    Function {
        name: String,
        of: u32,
    },
}

/// What versions of an interface that work with one another have in common: of `wasi:http/types@0.2.12`, all but the 12.
pub(crate) fn track(name: &str) -> &str {
    let Some((_, version)) = name.split_once('@') else { return name };
    let kept = if version.starts_with("0.") { 2 } else { 1 };
    let rest: usize = version.split('.').skip(kept).map(|part| part.len() + 1).sum();
    name.get(..name.len() - rest).unwrap_or(name)
}

/// The last number of a version.
pub(crate) fn patch(name: &str) -> u32 {
    name.rsplit_once('.').and_then(|(_, patch)| patch.parse().ok()).unwrap_or(0)
}

impl Item {
    /// By which name others know it.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Type { name, .. } | Self::Resource { name } | Self::Function { name, .. } => Some(name),
            Self::Unnamed(_) | Self::Used { .. } => None,
        }
    }

    pub(crate) fn is_type(&self) -> bool {
        !matches!(self, Self::Function { .. })
    }
}

impl Interface {
    /// Reads the lines of one. `outer` knows what the component around it calls its types.
    pub(crate) fn read_items(
        from: &mut Reader<'_>,
        outer: impl Fn(u32) -> Result<(String, String)>,
    ) -> Result<Vec<Item>> {
        (0..from.number()?)
            .map(|_| match from.byte()? {
                1 => {
                    let mut written = Vec::new();
                    copy_type(from, &mut written, &mut Ok)?;
                    Ok(Item::Unnamed(written))
                }
                2 => {
                    from.expect(3, "a type")?;
                    from.expect(2, "a type of what is around")?;
                    from.expect(1, "the component around the interface")?;
                    let (interface, name) = outer(from.number()?)?;
                    Ok(Item::Used { interface, name })
                }
                4 => read_export(from),
                kind => Err(format!("an interface has a line of a kind {kind:#x}")),
            })
            .collect()
    }

    /// Writes the interface's type. `outer` knows the types of other interfaces.
    pub(crate) fn write(&self, to: &mut Vec<u8>, outer: impl Fn(&str, &str) -> Result<u32>) -> Result<()> {
        to.push(0x42);
        to.size(self.items.len())?;
        for item in &self.items {
            match item {
                Item::Unnamed(written) => {
                    to.push(1);
                    to.extend(written);
                }
                Item::Used { interface, name } => {
                    to.extend([2, 3, 2, 1]);
                    to.number(outer(interface, name)?);
                }
                Item::Type { name, is } => {
                    to.push(4);
                    to.outer_name(name)?;
                    to.extend([3, 0]);
                    to.number(*is);
                }
                Item::Resource { name } => {
                    to.push(4);
                    to.outer_name(name)?;
                    to.extend([3, 1]);
                }
                Item::Function { name, of } => {
                    to.push(4);
                    to.outer_name(name)?;
                    to.push(1);
                    to.number(*of);
                }
            }
        }
        Ok(())
    }
}

fn read_export(from: &mut Reader<'_>) -> Result<Item> {
    let name = from.outer_name()?.to_owned();
    match (from.byte()?, from) {
        (1, from) => Ok(Item::Function { name, of: from.number()? }),
        (3, from) => match from.byte()? {
            0 => Ok(Item::Type { name, is: from.number()? }),
            1 => Ok(Item::Resource { name }),
            bound => Err(format!("the type {name} has a bound {bound:#x}")),
        },
        (sort, _) => Err(format!("{name} is of a sort {sort:#x}")),
    }
}

/// Copies a type. Each type that it refers to is written as what `renumber` makes of its number.
pub(crate) fn copy_type(
    from: &mut Reader<'_>,
    to: &mut Vec<u8>,
    renumber: &mut dyn FnMut(u32) -> Result<u32>,
) -> Result<()> {
    let kind = from.peek()?;
    if (0x73..=0x7f).contains(&kind) {
        return copy_value(from, to, renumber);
    }
    to.push(from.byte()?);
    match kind {
        // A record, or a function's parameters: names and values.
        0x72 | 0x40 => {
            each(from, to, |from, to| {
                to.name(from.name()?)?;
                copy_value(from, to, renumber)
            })?;
            if kind == 0x40 { copy_result(from, to, renumber) } else { Ok(()) }
        }
        // A variant.
        0x71 => each(from, to, |from, to| {
            to.name(from.name()?)?;
            copy_optional(from, to, renumber)?;
            from.expect(0, "the end of a case")?;
            to.push(0);
            Ok(())
        }),
        // A list, an option.
        0x70 | 0x6b => copy_value(from, to, renumber),
        // A tuple.
        0x6f => each(from, to, |from, to| copy_value(from, to, renumber)),
        // Flags, an enum.
        0x6e | 0x6d => each(from, to, |from, to| to.name(from.name()?)),
        // A result.
        0x6a => {
            copy_optional(from, to, renumber)?;
            copy_optional(from, to, renumber)
        }
        // A handle, owned or borrowed.
        0x69 | 0x68 => {
            to.number(renumber(from.number()?)?);
            Ok(())
        }
        kind => Err(format!("there is a type of a kind {kind:#x}")),
    }
}

type Renumber<'a> = dyn FnMut(u32) -> Result<u32> + 'a;

fn each(
    from: &mut Reader<'_>,
    to: &mut Vec<u8>,
    mut copy: impl FnMut(&mut Reader<'_>, &mut Vec<u8>) -> Result<()>,
) -> Result<()> {
    let count = from.number()?;
    to.number(count);
    (0..count).try_for_each(|_| copy(from, to))
}

/// A type by its number, or a plain one, which is a negative number of one byte.
fn copy_value(from: &mut Reader<'_>, to: &mut Vec<u8>, renumber: &mut Renumber<'_>) -> Result<()> {
    if (0x40..0x80).contains(&from.peek()?) {
        to.push(from.byte()?);
    } else {
        to.signed(renumber(from.number()?)?);
    }
    Ok(())
}

fn copy_optional(from: &mut Reader<'_>, to: &mut Vec<u8>, renumber: &mut Renumber<'_>) -> Result<()> {
    let is_there = from.byte()?;
    to.push(is_there);
    match is_there {
        0 => Ok(()),
        1 => copy_value(from, to, renumber),
        other => Err(format!("there is {other:#x} where a value is there or not")),
    }
}

fn copy_result(from: &mut Reader<'_>, to: &mut Vec<u8>, renumber: &mut Renumber<'_>) -> Result<()> {
    let kind = from.byte()?;
    to.push(kind);
    match kind {
        0 => copy_value(from, to, renumber),
        1 => {
            from.expect(0, "no result")?;
            to.push(0);
            Ok(())
        }
        other => Err(format!("a function has a result of a kind {other:#x}")),
    }
}
