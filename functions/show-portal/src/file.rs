//! Files: a click gives the whole result wherever it fits into one answer. Where it does not, the file's name says that it
//! is a part, and the header `link` with `rel="next"` names the next one. The parts one after the other are the file.

use gateway::{Request, Response, front::quoted_size, request::RequestParts};
use http::{HeaderValue, header};

/// A file's text, with what it takes when it is sent: Lambda answers 6 MB, and quotes the text.
#[derive(Default)]
pub(crate) struct Sheet {
    pub(crate) text: String,
    sent: usize,
}

/// A file takes no more than this when it is sent, bytes.
const LARGEST: usize = 5_000_000;

impl Sheet {
    /// One more line, if there is room. The first one always has.
    pub(crate) fn push(&mut self, line: &str) -> bool {
        let sent = self.sent + quoted_size(line);
        let fits = sent <= LARGEST || self.text.is_empty();
        if fits {
            self.sent = sent;
            self.text.push_str(line);
        }
        fits
    }

    /// Whether most of the room is taken.
    pub(crate) const fn is_nearly_full(&self) -> bool {
        self.sent > LARGEST - LARGEST / 8
    }
}

/// As a reader types it, for what is looked for in lists.
pub(crate) fn asked(request: &Request) -> Option<String> {
    request.query("q").map(|text| text.trim().to_lowercase()).filter(|text| !text.is_empty())
}

/// A value of a CSV file.
pub(crate) enum Cell<'a> {
    /// Always in quotation marks: a Licensing ID of digits, `0012`, is no number, and spreadsheets can be told to take what is
    /// quoted for text.
    Text(&'a str),
    /// A number, a day or a time.
    Plain(String),
}

/// The first line of a CSV file. Before it stands the mark by which spreadsheets know UTF-8.
pub(crate) fn csv_head(names: &[&str]) -> String {
    ["\u{feff}", &names.join(","), "\r\n"].concat()
}

/// One line of a CSV file.
pub(crate) fn csv_line(cells: &[Cell<'_>]) -> String {
    let cell = |cell: &Cell<'_>| match cell {
        Cell::Text(text) => csv_text(text),
        Cell::Plain(value) => value.clone(),
    };
    cells.iter().map(cell).collect::<Vec<_>>().join(",") + "\r\n"
}

/// A text in quotation marks; one that a spreadsheet would take for a formula is kept from being one.
fn csv_text(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    ["\"", guard, &text.replace('"', "\"\""), "\""].concat()
}

/// Names the next part of a file, if there is one: the same request with another place to begin.
pub(crate) fn with_next(mut response: Response, request: &Request, after: Option<&str>) -> Response {
    let Some(after) = after else { return response };
    let asked = request.uri().query().unwrap_or_default().split('&').filter(|pair| !pair.starts_with("after="));
    let asked: Vec<&str> = asked.collect();
    let link =
        format!("<{}?{}&after={}>; rel=\"next\"", request.uri().path(), asked.join("&"), api::path::value(after));
    if let Ok(value) = HeaderValue::from_str(&link) {
        response.headers_mut().insert(header::LINK, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UI-03 what a spreadsheet would change or run comes back as it was: digits, formulas, quotation marks, lines.
    #[test]
    fn ui_03_a_text_is_a_text_in_every_spreadsheet() {
        for (text, written) in [
            ("0012", "\"0012\""),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("12\" rack\nof \"them\"", "\"12\"\" rack\nof \"\"them\"\"\""),
            ("=1+1", "\"'=1+1\""),
            ("-1", "\"'-1\""),
            ("+46", "\"'+46\""),
            ("@sum", "\"'@sum\""),
            ("\t=1", "\"'\t=1\""),
        ] {
            assert_eq!(csv_text(text), written);
        }
        assert_eq!(csv_line(&[Cell::Text("0012"), Cell::Plain("12".into())]), "\"0012\",12\r\n");
        assert_eq!(csv_head(&["a", "b"]).as_bytes(), b"\xef\xbb\xbfa,b\r\n");
    }
}
