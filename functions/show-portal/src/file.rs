//! Files: a click gives the whole result wherever it fits into one answer. Where it does not, the file's name says that it
//! is a part, and the header `link` with `rel="next"` names the next one. The parts one after the other are the file.

use gateway::{Request, Response, answer, front::quoted_size, request::Ask};
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

/// One line of a CSV file.
pub(crate) fn csv_line(values: &[&str]) -> String {
    let values: Vec<String> = values.iter().map(|value| answer::csv_value(value)).collect();
    values.join(",") + "\r\n"
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
