//! Of a case that fails, a shorter one: fewer jobs, fewer faults, another seed if need be.

use crate::faults::FAULTS;
use crate::promises::Broken;
use crate::report::play_all;
use crate::world::Play;

/// How many other seeds are tried for each number of jobs.
const TRIED: u64 = 200;

/// The shortest case that was found in which the same promise is broken.
pub fn shrink(play: &Play, broken: &Broken, threads: usize) -> Play {
    let mut best = Play { trace: false, ..play.clone() };
    for jobs in [1, 2, 3, 4, 5, 6, 8, 10, 14, 20, 30, 50, 70] {
        if jobs >= play.jobs {
            break;
        }
        let seeds = std::iter::once(play.seed).chain(play.seed + 1..play.seed + TRIED);
        let plays: Vec<Play> = seeds.map(|seed| Play { seed, jobs, ..best.clone() }).collect();
        if let Some(found) = first_failing(&plays, broken, threads) {
            best = found;
            break;
        }
    }
    for fault in best.strengths.clone().present() {
        let mut without = best.clone();
        without.strengths.set(fault, 0);
        if let Some(found) = first_failing(&[without], broken, threads) {
            best = found;
        }
    }
    best
}

fn first_failing(plays: &[Play], broken: &Broken, threads: usize) -> Option<Play> {
    let played = play_all(plays, threads);
    let fails =
        played.iter().position(|(_, found, _)| found.as_ref().is_some_and(|b| b.promise == broken.promise));
    fails.and_then(|at| plays.get(at)).cloned()
}

/// The command that plays it again.
pub fn command(play: &Play) -> String {
    let gone = play.kind.strengths();
    let mut left_out = Vec::new();
    for (fault, name) in FAULTS {
        if gone.get(*fault) > 0 && play.strengths.get(*fault) == 0 {
            left_out.push(format!(" --without {name}"));
        }
    }
    for row in play.promises.iter().map(|promise| promise.row()).filter(|row| row.broken_by.is_some()) {
        left_out.push(format!(" --promise {}", row.name));
    }
    let left_out = left_out.concat();
    format!(
        "./build.sh simulate --first {} --seeds 1 --jobs {} --kind '{}'{left_out} --trace",
        play.seed, play.jobs, play.kind.name
    )
}
