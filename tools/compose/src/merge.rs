//! What two components import, as one list: where both import an interface, it has what either of them uses.

use crate::binary::{Reader, Result};
use crate::interface::{Interface, Item, copy_type, patch, track};

/// Adds to `all` what is missing of `more`.
pub(crate) fn merge(all: &mut Vec<Interface>, more: Vec<Interface>) -> Result<()> {
    for interface in more {
        match all.iter_mut().find(|known| track(&known.name) == track(&interface.name)) {
            Some(known) => {
                add(known, &interface)?;
                if patch(&interface.name) > patch(&known.name) {
                    known.name = interface.name;
                }
            }
            None => all.push(interface),
        }
    }
    Ok(())
}

fn add(known: &mut Interface, more: &Interface) -> Result<()> {
    let types: Vec<&Item> = more.items.iter().filter(|item| item.is_type()).collect();
    let mut merge = Merge { places: vec![None; types.len()], types, known };
    for (place, item) in merge.types.clone().into_iter().enumerate() {
        if item.name().is_some() {
            merge.place_of(place)?;
        }
    }
    for item in &more.items {
        if let Item::Function { name, of } = item
            && !merge.knows(name)
        {
            let of = merge.renumbered(*of)?;
            merge.known.items.push(Item::Function { name: name.clone(), of });
        }
    }
    Ok(())
}

/// One interface on its way into another of its name.
struct Merge<'a> {
    types: Vec<&'a Item>,
    /// Which number each of them has in `known`, where that is decided.
    places: Vec<Option<u32>>,
    known: &'a mut Interface,
}

impl Merge<'_> {
    fn knows(&self, name: &str) -> bool {
        self.known.items.iter().any(|item| item.name() == Some(name))
    }

    fn renumbered(&mut self, index: u32) -> Result<u32> {
        self.place_of(usize::try_from(index).map_err(|_| "a type's number is too large")?)
    }

    /// The number in `known` of a type; it gets one if it is not there under its name.
    fn place_of(&mut self, index: usize) -> Result<u32> {
        if let Some(place) = self.places.get(index).copied().flatten() {
            return Ok(place);
        }
        let item = *self.types.get(index).ok_or_else(|| format!("there is no type {index}"))?;
        let place = if let Some(place) = self.same(item) {
            place
        } else {
            let made = self.carried(item)?;
            self.known.items.push(made);
            self.known.items.iter().filter(|item| item.is_type()).count() - 1
        };
        let place = u32::try_from(place).map_err(|_| "there are too many types")?;
        if let Some(known) = self.places.get_mut(index) {
            *known = Some(place);
        }
        Ok(place)
    }

    /// Where the type is already, which only one with a name can be told to be.
    fn same(&self, item: &Item) -> Option<usize> {
        let same = |known: &&Item| match item {
            Item::Used { interface, name } => matches!(
                known,
                Item::Used { interface: other, name: same } if track(other) == track(interface) && same == name
            ),
            _ => item.name().is_some() && known.name() == item.name(),
        };
        self.known.items.iter().filter(|item| item.is_type()).position(|known| same(&known))
    }

    fn carried(&mut self, item: &Item) -> Result<Item> {
        Ok(match item {
            Item::Unnamed(written) => {
                let mut made = Vec::new();
                copy_type(&mut Reader::new(written), &mut made, &mut |index| self.renumbered(index))?;
                Item::Unnamed(made)
            }
            Item::Type { name, is } => Item::Type { name: name.clone(), is: self.renumbered(*is)? },
            other => other.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::merge;
    use crate::interface::{Interface, Item};

    fn types(items: Vec<Item>) -> Vec<Interface> {
        vec![Interface { name: "wasi:http/types".to_owned(), items }]
    }

    fn resource(name: &str) -> Item {
        Item::Resource { name: name.to_owned() }
    }

    fn function(name: &str, of: u32) -> Item {
        Item::Function { name: name.to_owned(), of }
    }

    #[test]
    fn what_is_missing_is_added_with_the_numbers_that_its_types_have_there() {
        let borrow = |index| Item::Unnamed(vec![0x68, index]);
        let mut all = types(vec![resource("fields"), borrow(0), function("get", 1)]);
        let more =
            vec![resource("request"), resource("fields"), borrow(1), function("has", 2), function("get", 2)];
        assert_eq!(merge(&mut all, types(more)), Ok(()));
        let made = vec![
            resource("fields"),
            borrow(0),
            function("get", 1),
            resource("request"),
            borrow(0),
            function("has", 3),
        ];
        assert_eq!(all, types(made));
    }

    #[test]
    fn versions_that_work_together_are_one_import_of_the_newer() {
        let named = |name: &str| vec![Interface { name: name.to_owned(), items: vec![resource("fields")] }];
        let mut all = named("wasi:http/types@0.2.9");
        assert_eq!(merge(&mut all, named("wasi:http/types@0.2.12")), Ok(()));
        assert_eq!(merge(&mut all, named("wasi:http/types@0.2.4")), Ok(()));
        assert_eq!(all, named("wasi:http/types@0.2.12"));
        for other in ["wasi:http/types@0.3.0", "wasi:http/types@1.2.12", "wasi:http/handler@0.2.12"] {
            assert_eq!(merge(&mut all, named(other)), Ok(()));
        }
        assert_eq!(all.len(), 4);
        assert_eq!(merge(&mut all, named("wasi:http/types@1.3.0")), Ok(()));
        assert_eq!(all.len(), 4);
    }

    #[test]
    fn an_interface_that_only_the_other_one_imports_is_imported_too() {
        let mut all = Vec::new();
        assert_eq!(merge(&mut all, types(vec![resource("fields")])), Ok(()));
        assert_eq!(all, types(vec![resource("fields")]));
    }
}
