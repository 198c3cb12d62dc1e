//! A component, as far as its surroundings see it: what it imports and what it exports.

use crate::binary::{PREAMBLE, Reader, Result};
use crate::interface::{Interface, Item};

/// Imports and exports are interfaces; nothing else is expected.
#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) imports: Vec<Interface>,
    pub(crate) exports: Vec<String>,
}

/// A type at the top of a component.
enum Top {
    /// An interface's, before it is imported.
    Interface(Vec<Item>),
    /// One out of an imported interface.
    Of(String, String),
}

impl Parsed {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self> {
        let mut from = Reader::new(bytes);
        if from.bytes(PREAMBLE.len())? != PREAMBLE {
            return Err("it does not begin as a component does".to_owned());
        }
        let mut parsed = Self { imports: Vec::new(), exports: Vec::new() };
        let mut types: Vec<Top> = Vec::new();
        // Behind the first module there is no import.
        let mut importing = true;
        while !from.is_empty() {
            let (id, size) = (from.byte()?, from.size()?);
            let mut section = Reader::new(from.bytes(size)?);
            match id {
                6 if importing => each(&mut section, |section| parsed.alias(section, &mut types))?,
                7 if importing => each(&mut section, |section| {
                    section.expect(0x42, "an interface's type")?;
                    let items = Interface::read_items(section, |index| named(&types, index))?;
                    types.push(Top::Interface(items));
                    Ok(())
                })?,
                10 => each(&mut section, |section| parsed.import(section, &mut types))?,
                11 => each(&mut section, |section| parsed.export(section))?,
                0 => {}
                _ => importing = false,
            }
        }
        Ok(parsed)
    }

    fn import(&mut self, from: &mut Reader<'_>, types: &mut [Top]) -> Result<()> {
        let name = from.outer_name()?.to_owned();
        from.expect(5, "an interface to import")?;
        match types.get(from.size()?) {
            Some(Top::Interface(items)) => {
                self.imports.push(Interface { name, items: items.clone() });
                Ok(())
            }
            _ => Err(format!("the import {name} has no interface's type")),
        }
    }

    fn alias(&self, from: &mut Reader<'_>, types: &mut Vec<Top>) -> Result<()> {
        from.expect(3, "a type")?;
        from.expect(0, "a type of an import")?;
        let interface = self.imports.get(from.size()?).ok_or("a type is of no import")?;
        types.push(Top::Of(interface.name.clone(), from.name()?.to_owned()));
        Ok(())
    }

    fn export(&mut self, from: &mut Reader<'_>) -> Result<()> {
        let name = from.outer_name()?.to_owned();
        from.expect(5, "an interface to export")?;
        from.number()?;
        from.expect(0, "an export without a type")?;
        self.exports.push(name);
        Ok(())
    }
}

fn each(from: &mut Reader<'_>, mut read: impl FnMut(&mut Reader<'_>) -> Result<()>) -> Result<()> {
    (0..from.number()?).try_for_each(|_| read(from))
}

fn named(types: &[Top], index: u32) -> Result<(String, String)> {
    match usize::try_from(index).ok().and_then(|index| types.get(index)) {
        Some(Top::Of(interface, name)) => Ok((interface.clone(), name.clone())),
        _ => Err(format!("the type {index} is of no import")),
    }
}
