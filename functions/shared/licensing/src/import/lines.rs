//! Bytes to lines, in bounded memory and without I/O: the caller passes chunks of any size.

use memchr::memchr;

/// The largest row that is taken, in bytes, without its line ending.
pub const LARGEST_ROW: usize = 64 * 1024;

/// What may stand around a row of [`LARGEST_ROW`] bytes: a byte-order mark before it, a carriage return behind.
const AROUND: usize = BYTE_ORDER_MARK.len() + 1;

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One line that isn't blank, with its number from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// A row, without line ending and byte-order mark.
    Text {
        /// The row's number.
        row: u64,
        /// Its bytes.
        bytes: &'a [u8],
    },
    /// More bytes than a row may have; they weren't kept.
    TooLong {
        /// The row's number.
        row: u64,
    },
}

/// Parts a stream of bytes into lines, holding no more than one row.
#[derive(Debug, Default)]
pub struct Lines {
    row: u64,
    /// The beginning of a line whose end hasn't come yet.
    begun: Begun,
    /// The line in `begun` has been handed out.
    spent: bool,
}

#[derive(Debug, Default)]
struct Begun {
    bytes: Vec<u8>,
    too_long: bool,
    /// Something other than white space came after the bytes that were kept.
    inked: bool,
}

impl Lines {
    /// Before the first byte.
    pub fn new() -> Self {
        Self::default()
    }

    /// Before the first byte of a part of a file whose first line has this number.
    pub fn from_row(first: u64) -> Self {
        Self { row: first.saturating_sub(1), ..Self::default() }
    }

    /// The number of the last line that was begun, blank ones included.
    pub fn row(&self) -> u64 {
        self.row
    }

    /// The next line that ends within `chunk`, which is moved on; `None` when the chunk is used up.
    pub fn next<'a, 'c: 'a>(&'a mut self, chunk: &mut &'c [u8]) -> Option<Line<'a>> {
        loop {
            self.forget_spent();
            let Some(end) = memchr(b'\n', chunk) else {
                self.begun.keep(chunk);
                *chunk = &[];
                return None;
            };
            let (line, rest) = (&chunk[..end], &chunk[end + 1..]);
            *chunk = rest;
            self.row += 1;
            if self.begun.is_nothing() {
                if !is_blank(line, self.row) {
                    return Some(whole(line, self.row));
                }
            } else {
                self.begun.keep(line);
                self.spent = true;
                if !self.begun.is_blank(self.row) {
                    return Some(self.begun.line(self.row));
                }
            }
        }
    }

    /// The last line, if the bytes didn't end with a line ending.
    pub fn last(&mut self) -> Option<Line<'_>> {
        self.forget_spent();
        if self.begun.is_nothing() {
            return None;
        }
        self.row += 1;
        self.spent = true;
        (!self.begun.is_blank(self.row)).then(|| self.begun.line(self.row))
    }

    fn forget_spent(&mut self) {
        if std::mem::take(&mut self.spent) {
            self.begun.bytes.clear();
            (self.begun.too_long, self.begun.inked) = (false, false);
        }
    }
}

impl Begun {
    fn is_nothing(&self) -> bool {
        self.bytes.is_empty() && !self.too_long
    }

    fn keep(&mut self, more: &[u8]) {
        let room = LARGEST_ROW + AROUND - self.bytes.len();
        let (kept, dropped) = more.split_at(room.min(more.len()));
        self.bytes.extend_from_slice(kept);
        self.too_long |= !dropped.is_empty();
        self.inked |= !dropped.iter().copied().all(is_space);
    }

    fn is_blank(&self, row: u64) -> bool {
        !self.inked && is_blank(&self.bytes, row)
    }

    fn line(&self, row: u64) -> Line<'_> {
        if self.too_long { Line::TooLong { row } } else { whole(&self.bytes, row) }
    }
}

fn whole(line: &[u8], row: u64) -> Line<'_> {
    let line = without_mark(line, row);
    let bytes = line.strip_suffix(b"\r").unwrap_or(line);
    if bytes.len() > LARGEST_ROW { Line::TooLong { row } } else { Line::Text { row, bytes } }
}

fn is_blank(line: &[u8], row: u64) -> bool {
    without_mark(line, row).iter().copied().all(is_space)
}

/// A byte-order mark belongs to the file, so it is taken off the first row and nowhere else.
fn without_mark(line: &[u8], row: u64) -> &[u8] {
    if row == 1 { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line }
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ACT-01 a line without end takes no more memory than the longest row, in whatever pieces it comes.
    #[test]
    fn act_01_no_more_than_a_row_is_held() {
        for size in [1_000, 100_000] {
            let mut lines = Lines::new();
            for _ in 0..1_000_000 / size {
                assert_eq!(lines.next(&mut vec![b'y'; size].as_slice()), None);
                assert!(lines.begun.bytes.len() <= LARGEST_ROW + 4, "{}", lines.begun.bytes.len());
            }
            assert_eq!(lines.next(&mut b"y\n".as_slice()), Some(Line::TooLong { row: 1 }));
        }
    }
}
