//! The one line that a sandbox is handed: its JIT config.

use base64ct::{Base64, Encoding};
use std::io::Read;
use std::sync::mpsc::Sender;

/// The longest config that is taken. GitHub's are a few thousand characters long, and the kernel passes on an
/// environment variable of up to 128 KiB.
pub(crate) const LONGEST: usize = 96 * 1024;

/// What standard input said.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// Its first line, without the line break.
    Line(Vec<u8>),
    /// Something after the first line that is not that line again.
    More,
    /// A line beyond [`LONGEST`].
    TooLong,
    /// Its end.
    End,
}

/// Reads until the end of standard input, or until it is clear that the input is bad. A launcher that was not told that
/// its line arrived writes it again, so the same line may come more than once.
pub(crate) fn listen<T: From<Input>>(mut input: impl Read, tell: &Sender<T>) {
    let mut line = Vec::new();
    let mut first: Option<Vec<u8>> = None;
    let mut buffer = [0; 4096];
    loop {
        let read = match input.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => buffer.get(..read).unwrap_or_default(),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => break,
        };
        line.extend_from_slice(read);
        if first.is_none()
            && let Some(at) = line.iter().position(|byte| *byte == b'\n')
        {
            let rest = line.split_off(at + 1);
            let whole = std::mem::replace(&mut line, rest);
            let _ = tell.send(Input::Line(whole.get(..at).unwrap_or_default().to_vec()).into());
            first = Some(whole);
        }
        if let Some(first) = &first {
            while line.starts_with(first) {
                line.drain(..first.len());
            }
            if !first.starts_with(&line) {
                let _ = tell.send(Input::More.into());
                return;
            }
        }
        if line.len() > LONGEST {
            let _ = tell.send(Input::TooLong.into());
            return;
        }
    }
    if first.is_none() && !line.is_empty() {
        let _ = tell.send(Input::Line(line).into());
    }
    let _ = tell.send(Input::End.into());
}

/// The config in a line, or what is wrong with the line.
pub(crate) fn read(line: &[u8]) -> Result<String, &'static str> {
    let text = std::str::from_utf8(line).map_err(|_| "the line is not text")?.trim();
    if text.is_empty() {
        return Err("the line is empty");
    }
    if text.len() > LONGEST {
        return Err("the line is too long");
    }
    Base64::decode_vec(text).map_err(|_| "the line is not base64")?;
    Ok(text.to_owned())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use std::io::{Error, ErrorKind};
    use std::sync::mpsc::channel;

    /// Gives these one after the other, then its last for ever.
    struct Pieces(Vec<Result<&'static [u8], ErrorKind>>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let piece = if self.0.len() > 1 { self.0.remove(0) } else { *self.0.first().unwrap() };
            let piece = piece.map_err(Error::from)?;
            buffer.get_mut(..piece.len()).unwrap().copy_from_slice(piece);
            Ok(piece.len())
        }
    }

    fn heard(pieces: Vec<Result<&'static [u8], ErrorKind>>) -> Vec<String> {
        let (tell, told) = channel::<Input>();
        listen(Pieces(pieces), &tell);
        drop(tell);
        told.iter().map(|input| format!("{input:?}")).collect()
    }

    #[test]
    fn a_signal_between_two_pieces_loses_nothing_and_what_cannot_be_read_is_the_end() {
        let line = format!("{:?}", Input::Line(b"config".to_vec()));
        let end = format!("{:?}", Input::End);
        let pieces: Vec<Result<&[u8], _>> =
            vec![Ok(b"con"), Err(ErrorKind::Interrupted), Ok(b"fig\n"), Err(ErrorKind::ConnectionReset)];
        assert_eq!(heard(pieces), [line.clone(), end.clone()]);
        assert_eq!(heard(vec![Ok(b"config"), Ok(b"")]), [line, end]);
    }

    #[test]
    fn a_line_that_does_not_end_is_heard_up_to_its_bound() {
        let piece: &[u8] = &[b'A'; 4096];
        let (mut most, end) = (vec![Ok(piece); LONGEST / 4096], Err(ErrorKind::ConnectionReset));
        most.push(end);
        assert_eq!(heard(most.clone()).last().unwrap(), &format!("{:?}", Input::End));
        most.insert(0, Ok(b"A"));
        assert_eq!(heard(most), [format!("{:?}", Input::TooLong)]);
    }

    #[test]
    fn a_config_as_long_as_github_s_is_read() {
        let line = "c29tZSBqaXQgY29uZmln".repeat(400);
        assert_eq!(read(line.as_bytes()).unwrap(), line);
    }

    #[test]
    fn a_line_of_as_much_as_may_be_is_read_and_one_byte_more_is_too_long() {
        let longest = "A".repeat(LONGEST);
        assert_eq!(read(longest.as_bytes()).unwrap(), longest);
        assert_eq!(read(format!("{longest}A").as_bytes()).unwrap_err(), "the line is too long");
    }
}
