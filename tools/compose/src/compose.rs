//! Two components become one: what either imports is imported once, the guard stands below the component, and what the
//! component exports is exported.

use crate::binary::{PREAMBLE, Result, Write};
use crate::interface::{Interface, Item, track};
use crate::merge::merge;
use crate::parsed::Parsed;
use std::collections::HashMap;

/// The sort of an interface, or of an instance of a component, wherever sorts are told apart.
const INSTANCE: u8 = 5;

/// Plugs `guard` under `component`.
pub(crate) fn compose(component: &[u8], guard: &[u8]) -> Result<Vec<u8>> {
    let upper = Parsed::read(component).map_err(|why| format!("the component: {why}"))?;
    let lower = Parsed::read(guard).map_err(|why| format!("the guard: {why}"))?;
    if !lower.exports.iter().any(|name| upper.imports.iter().any(|import| track(&import.name) == track(name)))
    {
        return Err("the guard exports nothing that the component imports".to_owned());
    }
    let mut imports = upper.imports.clone();
    merge(&mut imports, lower.imports.clone())?;

    let mut made = Composition { bytes: PREAMBLE.to_vec(), instances: Vec::new(), types: 0, components: 0 };
    made.import(&imports)?;
    made.instantiate(guard, &lower.imports)?;
    // From here on, what the guard exports stands in front of the import of its name.
    made.export_of_last(&lower.exports)?;
    made.instantiate(component, &upper.imports)?;
    made.export_of_last(&upper.exports)?;
    made.export(&upper.exports)?;
    Ok(made.bytes)
}

struct Composition {
    bytes: Vec<u8>,
    /// The instances that there are, by name where they have one.
    instances: Vec<Option<String>>,
    types: u32,
    components: u32,
}

impl Composition {
    /// The number of the last instance of this name, or of a version that works as well.
    fn instance(&self, name: &str) -> Result<usize> {
        let found = self
            .instances
            .iter()
            .rposition(|instance| instance.as_deref().is_some_and(|known| track(known) == track(name)));
        found.ok_or_else(|| format!("there is no {name}"))
    }

    fn import(&mut self, imports: &[Interface]) -> Result<()> {
        for interface in imports {
            let used = self.use_types(interface)?;
            let mut content = vec![1];
            interface.write(&mut content, |interface, name| {
                let found = used.get(&(interface, name)).copied();
                found.ok_or_else(|| format!("there is no type {name} of {interface}"))
            })?;
            self.bytes.section(7, &content)?;
            let mut content = vec![1];
            content.outer_name(&interface.name)?;
            content.push(INSTANCE);
            content.number(self.types);
            self.bytes.section(10, &content)?;
            self.types += 1;
            self.instances.push(Some(interface.name.clone()));
        }
        Ok(())
    }

    /// Takes what an interface uses out of the others.
    fn use_types<'a>(&mut self, interface: &'a Interface) -> Result<HashMap<(&'a str, &'a str), u32>> {
        let (mut used, mut content) = (HashMap::new(), Vec::new());
        for item in &interface.items {
            if let Item::Used { interface, name } = item
                && !used.contains_key(&(interface.as_str(), name.as_str()))
            {
                content.extend([3, 0]);
                content.size(self.instance(interface)?)?;
                content.name(name)?;
                used.insert((interface.as_str(), name.as_str()), self.types);
                self.types += 1;
            }
        }
        if !content.is_empty() {
            let mut section = Vec::new();
            section.size(used.len())?;
            section.extend(content);
            self.bytes.section(6, &section)?;
        }
        Ok(used)
    }

    fn instantiate(&mut self, component: &[u8], imports: &[Interface]) -> Result<()> {
        self.bytes.section(4, component)?;
        let mut content = vec![1, 0];
        content.number(self.components);
        content.size(imports.len())?;
        for import in imports {
            content.name(&import.name)?;
            content.push(INSTANCE);
            content.size(self.instance(&import.name)?)?;
        }
        self.bytes.section(5, &content)?;
        self.components += 1;
        self.instances.push(None);
        Ok(())
    }

    /// Takes what the last instance exports out of it.
    fn export_of_last(&mut self, exports: &[String]) -> Result<()> {
        let last = self.instances.len() - 1;
        let mut content = Vec::new();
        content.size(exports.len())?;
        for name in exports {
            content.extend([INSTANCE, 0]);
            content.size(last)?;
            content.name(name)?;
            self.instances.push(Some(name.clone()));
        }
        self.bytes.section(6, &content)
    }

    fn export(&mut self, exports: &[String]) -> Result<()> {
        let mut content = Vec::new();
        content.size(exports.len())?;
        for name in exports {
            content.outer_name(name)?;
            content.push(INSTANCE);
            content.size(self.instance(name)?)?;
            content.push(0);
        }
        self.bytes.section(11, &content)
    }
}

#[cfg(test)]
mod tests {
    use super::compose;
    use crate::binary::PREAMBLE;

    #[test]
    fn a_guard_that_guards_nothing_is_an_error() {
        assert!(compose(&PREAMBLE, &PREAMBLE).is_err_and(|why| why.contains("exports nothing")));
    }

    #[test]
    fn what_is_no_component_is_an_error() {
        let module = *b"\0asm\x01\0\0\0";
        assert!(compose(&module, &PREAMBLE).is_err_and(|why| why.starts_with("the component: ")));
        assert!(compose(&PREAMBLE, &module).is_err_and(|why| why.starts_with("the guard: ")));
    }
}
