//! The cells of a text that spreadsheets write: separator comma, semicolon or tab, quotation marks as in RFC 4180.

use std::borrow::Cow;

use super::names_a_column;

/// One row, with its number: blank rows are counted, so that it is the number that a spreadsheet shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row<'a> {
    /// From 1.
    pub(super) number: u32,
    /// Its cells, or what is wrong with it as a whole.
    pub(super) cells: Result<Vec<Cow<'a, str>>, Fault>,
}

/// Why a row has no cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// A quotation mark opens this cell, from 0, and none closes it before the file ends.
    Unclosed(usize),
    /// Something stands between the closing quotation mark of this cell and the separator.
    BehindMark(usize),
    /// This byte of the row, from 1, is not UTF-8; and whether the file seems to be UTF-16.
    NotUtf8(usize, bool),
}

/// Rows, but for those in which nothing stands.
#[derive(Debug)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    by: u8,
    at: usize,
    row: u32,
}

/// The separator of a file, and how many bytes its first row has that only names it (`sep=;`).
pub(super) fn separator(bytes: &[u8]) -> (u8, usize) {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
    let first = &bytes[..end];
    let named = first.strip_prefix(b"sep=").or_else(|| first.strip_prefix(b"SEP="));
    if let Some([by @ (b',' | b';' | b'\t')]) = named {
        let behind = if bytes[end..].starts_with(b"\r\n") { 2 } else { 1 };
        return (*by, (end + behind).min(bytes.len()));
    }
    // That which parts the most columns that we know; of several the one that parts the most.
    let parts = |by: u8| {
        let Some(Row { cells: Ok(cells), .. }) = Table::new(first, by, 0).next() else { return (0, 0) };
        (cells.iter().filter(|name| names_a_column(name)).count(), cells.len())
    };
    let by = [b'\t', b';', b','].into_iter().max_by_key(|by| parts(*by)).unwrap_or(b',');
    (by, 0)
}

impl<'a> Table<'a> {
    /// The rows behind so many bytes, which are a row of their own.
    pub(super) fn new(bytes: &'a [u8], by: u8, skipped: usize) -> Self {
        Self { bytes, by, at: skipped, row: u32::from(skipped > 0) }
    }

    /// Where the cell ends that begins here, and whether it is one in quotation marks; or why it has no end.
    fn end_of_cell(&self, from: usize, cell: usize) -> (usize, Result<bool, Fault>) {
        let rest = &self.bytes[from..];
        let is_end = |byte: &u8| *byte == self.by || matches!(byte, b'\n' | b'\r');
        let end_from =
            |at: usize| rest[at..].iter().position(is_end).map_or(self.bytes.len(), |behind| from + at + behind);
        if rest.first() != Some(&b'"') {
            return (end_from(0), Ok(false));
        }
        let mut at = 1;
        loop {
            match rest.get(at..) {
                Some([b'"', b'"', ..]) => at += 2,
                Some([b'"', behind, ..]) if !is_end(behind) => {
                    return (end_from(at + 1), Err(Fault::BehindMark(cell)));
                }
                Some([b'"', ..]) => return (from + at + 1, Ok(true)),
                Some([_, ..]) => at += 1,
                Some([]) | None => return (self.bytes.len(), Err(Fault::Unclosed(cell))),
            }
        }
    }

    fn row(&mut self) -> Result<Vec<Cow<'a, str>>, Fault> {
        let begin = self.at;
        let mut spans = Vec::new();
        let mut fault = None;
        loop {
            let (end, cell) = self.end_of_cell(self.at, spans.len());
            match cell {
                Ok(quoted) => spans.push((self.at, end, quoted)),
                Err(first) => {
                    fault.get_or_insert(first);
                    spans.push((self.at, end, false));
                }
            }
            self.at = end + 1;
            if self.bytes.get(end) != Some(&self.by) {
                break;
            }
        }
        let end = spans.last().map_or(begin, |(_, end, _)| *end);
        if self.bytes.get(end..end + 2) == Some(b"\r\n") {
            self.at += 1;
        }
        let row = &self.bytes[begin..end];
        // An encoding that is none of ours comes before all that is read with it.
        let text = str::from_utf8(row).map_err(|bad| Fault::NotUtf8(bad.valid_up_to() + 1, row.contains(&0)))?;
        if let Some(fault) = fault {
            return Err(fault);
        }
        Ok(spans
            .into_iter()
            .map(|(from, to, quoted)| match &text[from - begin..to - begin] {
                cell if !quoted => Cow::Borrowed(cell),
                cell => match &cell[1..cell.len() - 1] {
                    cell if cell.contains("\"\"") => Cow::Owned(cell.replace("\"\"", "\"")),
                    cell => Cow::Borrowed(cell),
                },
            })
            .collect())
    }
}

impl<'a> Iterator for Table<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        while self.at < self.bytes.len() {
            self.row += 1;
            let cells = self.row();
            if cells.as_ref().is_ok_and(|cells| cells.iter().all(|cell| cell.trim().is_empty())) {
                continue;
            }
            return Some(Row { number: self.row, cells });
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    fn rows(text: &str, by: u8) -> Vec<Row<'_>> {
        Table::new(text.as_bytes(), by, 0).collect()
    }

    /// APR-07 where a cell ends, in the cases that are easily taken for another.
    #[test]
    fn apr_07_cells_end_where_they_do() {
        for (text, cells) in [
            ("a;b", &["a", "b"][..]),
            ("a;;", &["a", "", ""]),
            (";a", &["", "a"]),
            ("\"\";\"\"\"\"", &["", "\""]),
            ("\"a;b\";c", &["a;b", "c"]),
            ("\"a\r\nb\"\r\n", &["a\r\nb"]),
            ("a\"b\";c", &["a\"b\"", "c"]),
            (" \"a\";b", &[" \"a\"", "b"]),
        ] {
            let row = &rows(text, b';')[0];
            assert_eq!(row.cells.as_ref().unwrap(), cells, "{text:?}");
        }
        for (text, fault) in [
            ("a;\"b", Fault::Unclosed(1)),
            ("\"", Fault::Unclosed(0)),
            ("\"\"\"", Fault::Unclosed(0)),
            ("\"a\"b;c", Fault::BehindMark(0)),
            ("\"a\" ;c", Fault::BehindMark(0)),
        ] {
            assert_eq!(rows(text, b';')[0].cells, Err(fault), "{text:?}");
        }
        let numbers: Vec<u32> = rows("\n\na\r\rb\r\n\r\n;;\nc", b';').iter().map(|row| row.number).collect();
        assert_eq!(numbers, [3, 5, 8]);
    }

    /// APR-07 the separator is the one that parts the most columns that we know.
    #[test]
    fn apr_07_the_separator_is_found_by_the_columns() {
        for (text, by) in [
            ("address,number;roles,until\n", b','),
            ("\"address\";\"number, or so\";\"a,b,c,d\"\n", b';'),
            ("address\tnumber\troles, in full, here\n", b'\t'),
            ("address\n", b','),
            ("one;two;three\n", b';'),
        ] {
            assert_eq!(separator(text.as_bytes()), (by, 0), "{text:?}");
        }
        assert_eq!(separator(b"sep=;\r\naddress,number\r\n"), (b';', 7));
        assert_eq!(separator(b"sep=;"), (b';', 5));
        assert_eq!(separator(b"sep=x\naddress,number\n"), (b',', 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// APR-07 what another writer writes of any texts is read as it was, and as another reader reads it.
        #[test]
        fn apr_07_cells_are_those_of_another_reader(
            texts in prop::collection::vec(prop::collection::vec("[a-zö,;\"\n\r\t' ]{0,6}", 3), 1..6),
            by in select(&b",;\t"[..]),
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(by).from_writer(Vec::new());
            for row in &texts {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let is_blank = |row: &&Vec<String>| row.iter().all(|cell| cell.trim().is_empty());
            let written: Vec<&Vec<String>> = texts.iter().filter(|row| !is_blank(row)).collect();
            let ours: Vec<Vec<String>> =
                rows(&text, by).into_iter().map(|row| row.cells.unwrap().into_iter().map(Cow::into_owned).collect()).collect();
            prop_assert_eq!(ours.iter().collect::<Vec<_>>(), written);
            let mut theirs = csv::ReaderBuilder::new().delimiter(by).has_headers(false).from_reader(text.as_bytes());
            let theirs: Vec<Vec<String>> = theirs.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            prop_assert_eq!(ours, theirs.into_iter().filter(|row| !is_blank(&row)).collect::<Vec<_>>());
        }
    }
}
