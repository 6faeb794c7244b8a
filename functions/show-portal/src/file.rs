//! Files: a click gives the whole result wherever it fits into one answer. Where it does not, the file's name says that it
//! is a part, and the header `link` with `rel="next"` names the next one.

use gateway::{Request, Response, answer};
use http::{HeaderValue, header};

/// A file ends after this many bytes: Lambda answers 6 MB, of which the quoting of the text takes its part.
pub(crate) const LONGEST: usize = 4_000_000;

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
    let link = format!("<{}?{}&after={}>; rel=\"next\"", request.uri().path(), asked.join("&"), api::path::part(after));
    if let Ok(value) = HeaderValue::from_str(&link) {
        response.headers_mut().insert(header::LINK, value);
    }
    response
}
