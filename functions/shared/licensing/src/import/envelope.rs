//! What a file is that is no JSON lines: named in one sentence, with the cure, beside what is said of each row.
//!
//! It is told by how the file begins, and only where that can't be a row of good form: a file with one bad row in it is
//! loaded without that row.

use super::{LARGEST_ROW, json::Tape};

/// What was sent instead of JSON lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Envelope {
    /// Compressed by gzip.
    Gzip,
    /// A zip archive, as spreadsheets are.
    Zip,
    /// UTF-16 or UTF-32.
    Utf16,
    /// One list of all records, or records with commas between them.
    Array,
    /// Records that are written over several lines.
    Spread,
    /// Lines that end in a carriage return alone.
    CarriageReturns,
    /// Records without anything between them.
    Joined,
    /// Values parted by commas, semicolons or tabs.
    Csv,
}

/// So many bytes of a file's beginning are enough to tell.
pub const HEAD: usize = 2 * LARGEST_ROW;

impl Envelope {
    /// Of a file that begins like this: with [`HEAD`] bytes, or all that there are.
    pub fn of(head: &[u8]) -> Option<Self> {
        match head {
            [0x1f, 0x8b, ..] => return Some(Self::Gzip),
            [b'P', b'K', 3, 4, ..] => return Some(Self::Zip),
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Some(Self::Utf16),
            [first, second, ..] if (*first == 0) != (*second == 0) => return Some(Self::Utf16),
            [0, 0, 0 | 0xfe, _, ..] => return Some(Self::Utf16),
            _ => {}
        }
        let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
        // A character that is cut at the end of the head is no fault of the file.
        let text = match str::from_utf8(head) {
            Ok(text) => text,
            Err(error) => str::from_utf8(&head[..error.valid_up_to()]).unwrap_or_default(),
        };
        match text.bytes().next()? {
            b'[' => of_list(text),
            b'{' => of_object(text),
            _ => of_words(text),
        }
    }

    /// What it is, and what to do.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Gzip => {
                "The rows are compressed by gzip: to the API send them with `Content-Encoding: gzip`, or unpack them (gunzip)."
            }
            Self::Zip => {
                "This is a zip archive or a spreadsheet: unpack it, or export it, and send one JSON object a line in UTF-8."
            }
            Self::Utf16 => {
                "The text is UTF-16 or UTF-32: save it as UTF-8 (iconv -f UTF-16 -t UTF-8; in PowerShell `Out-File -Encoding utf8`)."
            }
            Self::Array => {
                "The records stand in a list or have commas between them: send one JSON object a line, without brackets and commas (jq -c '.[]')."
            }
            Self::Spread => "Each record is spread over several lines: write each on one line (jq -c .).",
            Self::CarriageReturns => {
                "Lines end in a carriage return alone: end them with a line feed (tr '\\r' '\\n')."
            }
            Self::Joined => {
                "The records follow each other on one line: keep the line ends (with curl --data-binary @FILE instead of -d @FILE)."
            }
            Self::Csv => "This looks like CSV: send one JSON object a line, in the format for loading.",
        }
    }
}

fn of_list(text: &str) -> Option<Envelope> {
    // A row that is a list, with others below it, is only a row that is malformed.
    let first = text.lines().next().unwrap_or_default();
    let is_row = Tape::default().read(first).is_ok() && !is_blank(&text[first.len()..]);
    (!is_row).then_some(Envelope::Array)
}

fn of_object(text: &str) -> Option<Envelope> {
    let end = end_of_object(text)?;
    let (record, behind) = text.split_at(end);
    if Tape::default().read(record).is_err() {
        return None;
    }
    if record.contains('\n') {
        return Some(Envelope::Spread);
    }
    let next = behind.trim_start_matches([' ', '\t']);
    let further = next.trim_ascii_start();
    match next.bytes().next() {
        Some(b'{') => Some(Envelope::Joined),
        Some(b'\r') if further.starts_with('{') && !next[..next.len() - further.len()].contains('\n') => {
            Some(Envelope::CarriageReturns)
        }
        Some(b',') if next[1..].trim_ascii_start().starts_with('{') => Some(Envelope::Array),
        _ => None,
    }
}

fn of_words(text: &str) -> Option<Envelope> {
    let mut lines = text.split(['\n', '\r']).filter(|line| !is_blank(line));
    let heading = lines.next()?;
    // Rows below it would be taken.
    let is_heading = |part: &str| {
        let name = part.trim().trim_matches('"');
        !name.is_empty() && name.len() <= 100 && name.chars().all(|c| c.is_alphanumeric() || " _.-".contains(c))
    };
    let is_csv = [',', ';', '\t'].iter().any(|by| heading.contains(*by) && heading.split(*by).all(is_heading));
    (is_csv && !lines.next().is_some_and(|line| line.trim_start().starts_with('{'))).then_some(Envelope::Csv)
}

fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

/// Where the object ends with which a text begins, if it does.
fn end_of_object(text: &str) -> Option<usize> {
    let (mut depth, mut in_text, mut is_escaped) = (0_u32, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_text => is_escaped = true,
            b'"' => in_text = !in_text,
            _ if in_text => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: &str = r#"{"type": "customer", "id": "c1", "name": "a } b \" {", "country": "SE"}"#;

    /// ACT-01 what is no JSON lines is named by what it is.
    #[test]
    fn act_01_an_envelope_is_named() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let big = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
        let spread = ROW.replace(", ", ",\n  ");
        for (bytes, expected) in [
            (vec![0x1f, 0x8b, 8, 0], Envelope::Gzip),
            (b"PK\x03\x04...".to_vec(), Envelope::Zip),
            (utf16(&format!("\u{feff}{ROW}\n")), Envelope::Utf16),
            (utf16(ROW), Envelope::Utf16),
            (big(ROW), Envelope::Utf16),
            (format!("[{ROW},\n{ROW}]").into_bytes(), Envelope::Array),
            (format!("[{ROW},{ROW}]\n").into_bytes(), Envelope::Array),
            (format!("[\n  {spread}\n]\n").into_bytes(), Envelope::Array),
            (format!("{ROW},\n{ROW}\n").into_bytes(), Envelope::Array),
            (format!("{spread}\n{spread}\n").into_bytes(), Envelope::Spread),
            (format!("\u{feff}\n{spread}").into_bytes(), Envelope::Spread),
            (format!("{ROW}\r{ROW}\r").into_bytes(), Envelope::CarriageReturns),
            (format!("{ROW}{ROW}").into_bytes(), Envelope::Joined),
            (format!("{ROW} {ROW}\n{ROW}").into_bytes(), Envelope::Joined),
            (b"type,id,name\ncustomer,c1,Kestrel\n".to_vec(), Envelope::Csv),
            (b"\"type\";\"id\"\r\ncustomer;c1\r\n".to_vec(), Envelope::Csv),
        ] {
            assert_eq!(Envelope::of(&bytes), Some(expected), "{}", String::from_utf8_lossy(&bytes));
            assert!(expected.sentence().ends_with('.') && expected.sentence().contains(':'));
        }
    }

    /// ACT-01 rows are rows, and one that is bad is only that, wherever it stands.
    #[test]
    fn act_01_rows_are_no_envelope() {
        for text in [
            "",
            "\n\n",
            ROW,
            &format!("\u{feff}{ROW}\r\n{ROW}\r\n"),
            &format!("{ROW}\r"),
            &format!("{ROW}\n{ROW}{ROW}\n"),
            &format!("[]\n{ROW}\n"),
            &format!("{{\"type\":\"customer\"\n{ROW}\n{ROW}\n"),
            &format!("{{\"type\":\n{ROW}\n"),
            &format!("nonsense, really\n{ROW}\n"),
            "nonsense\n",
            "{}}\n",
            &format!("{ROW} x\n{ROW}"),
            &format!("{{\"a\":{}\n", "[".repeat(100_000)),
        ] {
            assert_eq!(Envelope::of(text.as_bytes()), None, "{text}");
        }
    }
}
