//! Which of the mutants of this build is switched on. Laid into the copy of each crate by tools/mutants.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

/// The folder that tells: JITNEY_MUTANTS, or where a test clears the environment, the one known when this was built.
static TOLD: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::var_os("JITNEY_MUTANTS").map_or_else(|| PathBuf::from(FOLDER), PathBuf::from));

static ACTIVE: LazyLock<u32> = LazyLock::new(|| {
    let text = std::fs::read_to_string(TOLD.join("active")).unwrap_or_default();
    text.trim().parse().unwrap_or(0)
});

static REACHED: LazyLock<Option<Mutex<HashSet<u32>>>> =
    LazyLock::new(|| TOLD.join("reached").exists().then(Mutex::default));

/// The mutant that is switched on; 0 is none. Where reach is asked for, writes down who could be.
pub fn active(here: &[u32]) -> u32 {
    if let Some(seen) = REACHED.as_ref() {
        let mut seen = seen.lock().unwrap();
        let new: String = here.iter().filter(|id| seen.insert(**id)).map(|id| format!("{id}\n")).collect();
        if !new.is_empty() {
            let mut file = std::fs::OpenOptions::new().append(true).open(TOLD.join("reached")).unwrap();
            file.write_all(new.as_bytes()).unwrap();
        }
    }
    *ACTIVE
}
