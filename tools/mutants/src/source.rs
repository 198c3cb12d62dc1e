//! Where the functions of a source file are, so that a change can be put behind a switch in a copy of one's body.

use anyhow::{Context, Result};
use std::ops::Range;
use syn::visit::Visit;

/// A function's body, as bytes of the file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// What is between its braces.
    pub inside: Range<usize>,
    /// Whether it can hold a switch: a `const fn` cannot, and `-> impl Trait` allows one type only.
    pub switchable: bool,
}

/// The outermost functions of a file, in order.
pub(crate) fn bodies(text: &str) -> Result<Vec<Body>> {
    let file = syn::parse_file(text).context("the file is not Rust")?;
    let mut found = Found::default();
    found.visit_file(&file);
    Ok(found.bodies)
}

#[derive(Default)]
struct Found {
    bodies: Vec<Body>,
}

impl Found {
    fn keep(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let braces = block.brace_token.span.join().byte_range();
        let opaque = matches!(&signature.output, syn::ReturnType::Type(_, ty) if has_impl(ty));
        self.bodies.push(Body {
            inside: braces.start + 1..braces.end - 1,
            switchable: signature.constness.is_none() && !opaque,
        });
    }
}

impl<'ast> Visit<'ast> for Found {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.keep(&function.sig, &function.block);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.keep(&function.sig, &function.block);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast syn::TraitItemFn) {
        if let Some(block) = &function.default {
            self.keep(&function.sig, block);
        }
    }
}

fn has_impl(ty: &syn::Type) -> bool {
    struct Looking(bool);
    impl<'ast> Visit<'ast> for Looking {
        fn visit_type_impl_trait(&mut self, _: &'ast syn::TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut looking = Looking(false);
    looking.visit_type(ty);
    looking.0
}
