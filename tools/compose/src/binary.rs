//! The component model's binary format, as far as it is the same everywhere: numbers, names and sections.

/// What goes wrong, in words.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// What a component begins with.
pub(crate) const PREAMBLE: [u8; 8] = *b"\0asm\x0d\0\x01\0";

/// Bytes that are read from the front.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    left: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    pub(crate) fn peek(&self) -> Result<u8> {
        self.left.first().copied().ok_or_else(|| "it ends early".to_owned())
    }

    pub(crate) fn byte(&mut self) -> Result<u8> {
        let (first, rest) = self.left.split_first().ok_or("it ends early")?;
        self.left = rest;
        Ok(*first)
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8]> {
        let (taken, rest) = self.left.split_at_checked(count).ok_or("it ends early")?;
        self.left = rest;
        Ok(taken)
    }

    /// An unsigned number in LEB128.
    pub(crate) fn number(&mut self) -> Result<u32> {
        let mut number = 0_u64;
        for place in 0..5 {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return u32::try_from(number).map_err(|_| "a number is too large".to_owned());
            }
        }
        Err("a number is too long".to_owned())
    }

    pub(crate) fn size(&mut self) -> Result<usize> {
        usize::try_from(self.number()?).map_err(|_| "a size is too large".to_owned())
    }

    pub(crate) fn name(&mut self) -> Result<&'a str> {
        let size = self.size()?;
        std::str::from_utf8(self.bytes(size)?).map_err(|_| "a name is not UTF-8".to_owned())
    }

    /// The name of an import or an export, which may be said to be an interface's.
    pub(crate) fn outer_name(&mut self) -> Result<&'a str> {
        match self.byte()? {
            0 | 1 => self.name(),
            kind => Err(format!("there is a name of a kind {kind:#x}")),
        }
    }

    pub(crate) fn expect(&mut self, byte: u8, what: &str) -> Result<()> {
        match self.byte()? {
            found if found == byte => Ok(()),
            found => Err(format!("there is {found:#x} where {what} was expected")),
        }
    }
}

/// Bytes that are written at the end.
pub(crate) trait Write {
    fn number(&mut self, number: u32);
    /// A number that could be negative, for the places where a negative one means something else.
    fn signed(&mut self, number: u32);
    fn size(&mut self, size: usize) -> Result<()>;
    fn name(&mut self, name: &str) -> Result<()>;
    fn outer_name(&mut self, name: &str) -> Result<()>;
    fn section(&mut self, id: u8, content: &[u8]) -> Result<()>;
}

impl Write for Vec<u8> {
    fn number(&mut self, number: u32) {
        let mut left = number;
        while let low @ 0x80.. = left {
            self.push((low & 0x7f) as u8 | 0x80);
            left >>= 7;
        }
        self.push((left & 0x7f) as u8);
    }

    fn signed(&mut self, number: u32) {
        let mut left = number;
        while let low @ 0x40.. = left {
            self.push((low & 0x7f) as u8 | 0x80);
            left >>= 7;
        }
        self.push((left & 0x3f) as u8);
    }

    fn size(&mut self, size: usize) -> Result<()> {
        self.number(u32::try_from(size).map_err(|_| "it is too large")?);
        Ok(())
    }

    fn name(&mut self, name: &str) -> Result<()> {
        self.size(name.len())?;
        self.extend(name.as_bytes());
        Ok(())
    }

    fn outer_name(&mut self, name: &str) -> Result<()> {
        self.push(0);
        self.name(name)
    }

    fn section(&mut self, id: u8, content: &[u8]) -> Result<()> {
        self.push(id);
        self.size(content.len())?;
        self.extend(content);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Reader, Write};

    #[test]
    fn numbers_are_read_as_they_were_written() {
        for number in [0, 1, 63, 64, 127, 128, 8191, 8192, 16_383, 16_384, 1 << 27, u32::MAX] {
            let mut plain = Vec::new();
            plain.number(number);
            assert_eq!(Reader::new(&plain).number(), Ok(number));
            let mut signed = Vec::new();
            signed.signed(number);
            assert_eq!(Reader::new(&signed).number(), Ok(number));
            assert_eq!(signed.last().map(|last| last & 0x40), Some(0), "{number} would be negative");
        }
    }

    #[test]
    fn what_ends_early_is_an_error() {
        assert!(Reader::new(&[0x80, 0x80]).number().is_err());
        assert!(Reader::new(&[5, b'a']).name().is_err());
        assert!(Reader::new(&[0xff; 6]).number().is_err());
    }
}
