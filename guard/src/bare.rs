//! What the standard library would bring: an allocator and an end for panics. With that library the guard would have
//! to carry all of WASI's interface, in which it is versed, and not the part that it looks at.
//!
//! This is the one place with unsafe code of our own. The host puts what it passes into this memory by the C library's
//! `cabi_realloc`, and what it put there is freed as Rust's, so Rust's allocator must be the C library's too.
#![allow(
    unsafe_code,
    reason = "an allocator is unsafe to write, and none that is published fits this target"
)]

use core::alloc::{GlobalAlloc, Layout};

#[link(name = "c")]
unsafe extern "C" {
    fn aligned_alloc(align: usize, size: usize) -> *mut u8;
    fn free(memory: *mut u8);
    fn cabi_realloc(old: *mut u8, length: usize, align: usize, wanted: usize) -> *mut u8;
}

/// Referred to, so that it is linked in and exported.
#[used]
static EXPORTED: unsafe extern "C" fn(*mut u8, usize, usize, usize) -> *mut u8 = cabi_realloc;

struct C;

// SAFETY: C's allocator does what the trait asks for, given a power of two and a size that is a multiple of it.
unsafe impl GlobalAlloc for C {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let align = layout.align().max(8);
        // SAFETY: as above; `Layout` bounds the size so that rounding up does not overflow.
        unsafe { aligned_alloc(align, layout.size().next_multiple_of(align)) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: `memory` comes from `alloc` or from `cabi_realloc`, which are both C's.
        unsafe { free(memory) }
    }
}

#[global_allocator]
static ALLOCATOR: C = C;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
