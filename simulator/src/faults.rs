//! What can go wrong, by name and strength, and the kinds of world that are made of it.

use crate::dice::{MINUTE, SECOND};

macro_rules! faults {
    ($($(#[doc = $what:literal])* $name:ident $text:literal;)*) => {
        /// One thing that can go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[doc = $what])* $name,)*
        }

        /// Each, by the name that `--without` takes.
        pub const FAULTS: &[(Fault, &str)] = &[$((Fault::$name, $text),)*];
    };
}

faults! {
    /// Deliveries that fail, and are in GitHub's log as failed; per mille.
    Lost "lost";
    /// Deliveries that are never made, and are in no log; per mille.
    Never "never";
    /// Deliveries that come twice; per mille.
    Doubled "doubled";
    /// Deliveries that come up to ten minutes late; per mille.
    Late "late";
    /// Old deliveries that somebody delivers again, hours to days later; per mille of all.
    Again "again";
    /// Requests that never reach GitHub; per mille.
    Unreachable "unreachable";
    /// Requests whose answer is lost after they took effect; per mille.
    AnswerLost "answer-lost";
    /// Requests answered 502 or 503 without effect; per mille.
    Failing "failing";
    /// Answers that are no JSON, or a JIT config of more than one line; per mille.
    Garbled "garbled";
    /// GitHub's API is gone once, for so many milliseconds.
    Outage "outage";
    /// Requests answered with a secondary limit; per mille.
    Limited "limited";
    /// The hour's quota of requests; 5,000 if 0.
    Quota "quota";
    /// App tokens that are revoked early, or cannot be had; per mille.
    Tokens "tokens";
    /// The host is killed at a step of a course; in so many of 100,000 steps.
    Kills "kills";
    /// Two hosts at once, as while a new version is deployed; so many times.
    Deploys "deploys";
    /// jitney is down once, for so many milliseconds.
    Down "down";
    /// Sandboxes that die within ten minutes; per mille.
    Deaths "deaths";
    /// Sandboxes that live on after their job; per mille.
    Hung "hung";
    /// Creates that fail without effect; per mille.
    CreateFails "create-fails";
    /// Creates that take effect and are reported as failed; per mille.
    CreateUnclear "create-unclear";
    /// Creates that take effect and are told that the name is taken; per mille.
    CreateTold "create-told";
    /// Modal throttles creates three times, for up to so many milliseconds.
    Throttled "throttled";
    /// Hand-overs that fail, half of them after the config was taken; per mille.
    HandOver "hand-over";
    /// Deeds at Modal that fail: ending and listing sandboxes; per mille.
    Modal "modal";
    /// Modal's listing lags, by up to so many milliseconds.
    Lag "lag";
    /// Names that linger after their sandbox, for up to so many milliseconds.
    Linger "linger";
    /// How long a boot takes at the most, in milliseconds.
    Boot "boot";
    /// GitHub deletes idle runners after 2 to 6 minutes, if 1.
    IdleDeleted "idle-deleted";
    /// Clocks apart, by up to so many milliseconds, either ahead.
    Clocks "clocks";
    /// Jobs that are cancelled; per mille.
    Cancels "cancels";
    /// Jobs that want a GPU; per mille. Modal may need 21 minutes for one.
    Gpus "gpus";
    /// Jobs that wait for approval, are a fork's, ask for too much, or are not ours; per mille.
    Odd "odd";
    /// All jobs come within a minute, in one run, and so many per mille of their deliveries are never made.
    Matrix "matrix";
    /// The same, in runs of their own.
    Burst "burst";
    /// Runners and runs of others, so many of each, fill GitHub's listings.
    Crowd "crowd";
    /// So few sandboxes may live at once; 40 if 0.
    Places "places";
}

/// How strong each fault is in a world.
#[derive(Clone, Debug, Default)]
pub struct Strengths(Vec<u64>);

impl Strengths {
    fn of(given: &[(Fault, u64)]) -> Self {
        let mut strengths = Self(vec![0; FAULTS.len()]);
        for (fault, strength) in given {
            strengths.set(*fault, *strength);
        }
        strengths
    }

    /// One fault's.
    pub fn get(&self, fault: Fault) -> u64 {
        self.0.get(fault as usize).copied().unwrap_or(0)
    }

    /// Makes it as strong as that.
    pub fn set(&mut self, fault: Fault, strength: u64) {
        if let Some(slot) = self.0.get_mut(fault as usize) {
            *slot = strength;
        }
    }

    /// Those that there are.
    pub fn present(&self) -> impl Iterator<Item = Fault> {
        FAULTS.iter().map(|(fault, _)| *fault).filter(|fault| self.get(*fault) > 0)
    }
}

/// A kind of world.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Its name, which `--kind` takes.
    pub name: &'static str,
    /// In how many of a hundred seeds there is one.
    pub share: u64,
    /// The longest that a job of ours may be queued, in milliseconds.
    pub bound: u64,
    /// The most requests about one job, sweeps apart, and the most deferrals.
    pub most: (u64, u64),
    /// Its faults.
    pub faults: &'static [(Fault, u64)],
}

impl Kind {
    /// How strong its faults are.
    pub fn strengths(&self) -> Strengths {
        Strengths::of(self.faults)
    }
}

use Fault as F;

const fn kind(
    name: &'static str,
    share: u64,
    bound: u64,
    most: (u64, u64),
    faults: &'static [(Fault, u64)],
) -> Kind {
    Kind { name, share, bound: bound * SECOND, most, faults }
}

/// All kinds. What one of them has, the kind `all` has too, as far as it goes together.
pub const KINDS: &[Kind] = &[
    kind("none", 7, 420, (20, 6), &[(F::Boot, 5 * SECOND), (F::Cancels, 100), (F::Odd, 60)]),
    kind("slow boots", 4, 420, (20, 6), &[(F::Boot, MINUTE), (F::Cancels, 100)]),
    kind(
        "lost deliveries",
        8,
        900,
        (50, 8),
        &[(F::Boot, 5 * SECOND), (F::Lost, 100), (F::Never, 150), (F::Cancels, 100)],
    ),
    kind(
        "late and doubled",
        5,
        700,
        (70, 8),
        &[(F::Boot, 5 * SECOND), (F::Doubled, 200), (F::Late, 150), (F::Cancels, 200), (F::Odd, 100)],
    ),
    kind(
        "old deliveries",
        4,
        700,
        (150, 8),
        &[(F::Boot, 5 * SECOND), (F::Again, 300), (F::Lost, 100), (F::Cancels, 100), (F::Odd, 60)],
    ),
    kind(
        "requests fail",
        7,
        900,
        (40, 10),
        &[
            (F::Boot, 5 * SECOND),
            (F::Unreachable, 30),
            (F::AnswerLost, 40),
            (F::Failing, 30),
            (F::Garbled, 20),
            (F::Tokens, 50),
            (F::Cancels, 100),
        ],
    ),
    kind(
        "2 minutes without GitHub",
        4,
        600,
        (60, 10),
        &[(F::Boot, 5 * SECOND), (F::Outage, 2 * MINUTE), (F::Cancels, 50)],
    ),
    kind(
        "10 minutes without GitHub",
        4,
        1500,
        (200, 40),
        &[(F::Boot, 5 * SECOND), (F::Outage, 10 * MINUTE), (F::Cancels, 50)],
    ),
    kind("limits", 5, 800, (40, 10), &[(F::Boot, 5 * SECOND), (F::Limited, 15), (F::Cancels, 100)]),
    kind(
        "little quota",
        3,
        3900,
        (60, 10),
        &[(F::Boot, 5 * SECOND), (F::Quota, 420), (F::Cancels, 100), (F::Hung, 30)],
    ),
    kind(
        "sandboxes die",
        5,
        700,
        (40, 10),
        &[(F::Boot, 5 * SECOND), (F::Deaths, 150), (F::HandOver, 40), (F::Hung, 50), (F::Cancels, 100)],
    ),
    kind(
        "creates fail",
        5,
        1000,
        (60, 20),
        &[
            (F::Boot, 5 * SECOND),
            (F::CreateFails, 60),
            (F::CreateUnclear, 60),
            (F::CreateTold, 40),
            (F::Throttled, 2 * MINUTE),
            (F::Modal, 20),
            (F::Linger, MINUTE),
        ],
    ),
    kind(
        "listing lags",
        4,
        800,
        (60, 10),
        &[
            (F::Boot, 20 * SECOND),
            (F::Lag, 30 * SECOND),
            (F::Linger, MINUTE),
            (F::Never, 100),
            (F::Cancels, 100),
        ],
    ),
    kind(
        "kills",
        5,
        700,
        (40, 10),
        &[(F::Boot, 10 * SECOND), (F::Kills, 120), (F::Linger, MINUTE), (F::Cancels, 100)],
    ),
    kind(
        "deploys",
        4,
        600,
        (40, 12),
        &[
            (F::Boot, 5 * SECOND),
            (F::Deploys, 5),
            (F::Doubled, 300),
            (F::CreateFails, 150),
            (F::CreateUnclear, 50),
            (F::Cancels, 50),
        ],
    ),
    kind(
        "down for an hour",
        3,
        4800,
        (200, 60),
        &[(F::Boot, 5 * SECOND), (F::Down, 60 * MINUTE), (F::Cancels, 150)],
    ),
    kind(
        "clocks apart",
        4,
        330,
        (20, 6),
        &[(F::Boot, 5 * SECOND), (F::Clocks, 45 * SECOND), (F::Cancels, 100)],
    ),
    kind(
        "idle runners deleted",
        3,
        600,
        (40, 8),
        &[(F::Boot, 20 * SECOND), (F::IdleDeleted, 1), (F::Cancels, 300), (F::Never, 50)],
    ),
    kind("GPUs", 3, 9000, (80, 20), &[(F::Boot, 5 * SECOND), (F::Gpus, 150), (F::Cancels, 100)]),
    kind("matrix", 2, 1000, (80, 10), &[(F::Boot, 5 * SECOND), (F::Matrix, 600)]),
    kind("burst", 2, 1200, (90, 10), &[(F::Boot, 5 * SECOND), (F::Burst, 600)]),
    kind(
        "crowded listings",
        3,
        2400,
        (40, 8),
        &[(F::Boot, 20 * SECOND), (F::Crowd, 130), (F::Never, 50), (F::Cancels, 50)],
    ),
    kind("few places", 2, 700, (60, 12), &[(F::Boot, 5 * SECOND), (F::Places, 12), (F::Cancels, 50)]),
    kind(
        "all",
        4,
        1800,
        (180, 60),
        &[
            (F::Boot, 30 * SECOND),
            (F::Lost, 50),
            (F::Never, 80),
            (F::Doubled, 100),
            (F::Late, 50),
            (F::Unreachable, 20),
            (F::AnswerLost, 30),
            (F::Failing, 20),
            (F::Garbled, 10),
            (F::Limited, 5),
            (F::Tokens, 20),
            (F::Kills, 60),
            (F::Deploys, 1),
            (F::Deaths, 40),
            (F::Hung, 20),
            (F::CreateFails, 30),
            (F::CreateUnclear, 20),
            (F::CreateTold, 10),
            (F::HandOver, 25),
            (F::Modal, 10),
            (F::Lag, 5 * SECOND),
            (F::Linger, MINUTE),
            (F::Clocks, 20 * SECOND),
            (F::Cancels, 150),
            (F::Odd, 60),
            (F::Outage, 2 * MINUTE),
        ],
    ),
];

/// The kind that a seed plays, unless it is told which.
pub fn kind_of(seed: u64) -> &'static Kind {
    let mut at = seed.wrapping_mul(37) % 100;
    for kind in KINDS {
        if at < kind.share {
            return kind;
        }
        at -= kind.share;
    }
    &KINDS[0]
}
