//! Chance and time: all that a world has of either comes from its seed.

use jitney::words::ids;

/// A millisecond is the unit of all times here.
pub const SECOND: u64 = 1000;
/// A minute.
pub const MINUTE: u64 = 60 * SECOND;
/// An hour.
pub const HOUR: u64 = 60 * MINUTE;
/// A day.
pub const DAY: u64 = 24 * HOUR;
/// When every world begins, on jitney's clock: late enough that GitHub's clock can be behind.
pub const DAWN: u64 = 10 * DAY;

/// The core's dice, and what a world asks of them.
#[derive(Clone, Debug)]
pub struct Dice(ids::Dice);

impl Dice {
    /// Dice that roll the same way for the same seed. Neighbouring seeds have nothing in common.
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(ids::Dice::new(seed.wrapping_mul(0xd134_2543_de82_ef95)));
        dice.roll();
        dice
    }

    /// The next 64 bits.
    pub fn roll(&mut self) -> u64 {
        self.0.roll()
    }

    /// A number below `most`, or 0 where there is none.
    pub fn below(&mut self, most: u64) -> u64 {
        self.roll() % most.max(1)
    }

    /// A number from `least` to `most`.
    pub fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.below(most.saturating_sub(least) + 1)
    }

    /// Whether what happens in so many of a thousand cases happens.
    pub fn strikes(&mut self, per_mille: u64) -> bool {
        per_mille > 0 && self.roll() % 1000 < per_mille
    }

    /// One of several.
    pub fn pick<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        let at = usize::try_from(self.below(of.len() as u64)).unwrap_or(0);
        of.get(at).copied()
    }
}

/// GitHub's form of a time; the worlds' days all lie in January and February 1970.
pub fn time_text(at: u64) -> String {
    let seconds = at / 1000;
    let (day, rest) = (seconds / 86_400, seconds % 86_400);
    let (month, day) = if day < 31 { (1, day + 1) } else { (2, day - 30) };
    format!("1970-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}
