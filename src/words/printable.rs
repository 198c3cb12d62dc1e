//! Text from outside, made safe to show: in a reason, a log line, a trace.

use std::fmt::{self, Display, Write};

/// How many characters of foreign text are shown at most.
pub const LIMIT: usize = 80;

/// Shows foreign text with control, format and bidirectional characters escaped, cut at [`LIMIT`] characters.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a>(pub &'a str);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, LIMIT, f)
    }
}

/// As [`Shown`], for a foreign text that is a sentence: cut at five times as many characters.
#[derive(Clone, Copy, Debug)]
pub struct Sentence<'a>(pub &'a str);

impl Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(self.0, 5 * LIMIT, f)
    }
}

fn show(text: &str, limit: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (shown, c) in text.chars().enumerate() {
        if shown == limit {
            return f.write_char('…');
        }
        if c.is_control() || is_invisible(c) {
            write!(f, "{}", c.escape_unicode())?;
        } else {
            f.write_char(c)?;
        }
    }
    Ok(())
}

/// Unicode's line separators and the format characters that reorder or hide text (UAX #9, "Trojan Source").
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}
