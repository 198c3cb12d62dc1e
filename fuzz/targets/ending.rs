//! What a sandbox wrote last, which a job may have written.

use jitney::ending::{Cause, Ending};

/// A status in the first byte, then output: a cause of the known ones, and figures that are figures.
pub fn ending(data: &[u8]) {
    let (status, output) = data.split_first().unwrap_or((&0, &[]));
    let status = i32::from(*status) - 64;
    let ending = Ending::read(&String::from_utf8_lossy(output), status);
    assert_eq!(Cause::of_word(ending.cause.word()), Some(ending.cause));
    assert!(ending.figures.iter().all(|(name, figure)| name.is_ascii() && (0.0..1e18).contains(figure)));
    assert_eq!(Ending::read("", status), Ending { figures: Vec::new(), ..Ending::read("\n[]\n", status) });
}
