//! Requests: parts of the path, cookies, bodies, and where they come from (REG-13).

use std::{borrow::Cow, net::IpAddr};

use api::{Code, Problem, activations::Target};
use http::{Method, header};
use lambda_http::{Body, RequestExt, request::RequestContext};
use licensing::{
    Licence, Sku,
    words::{BadWord, typed_line},
};
use serde::de::{DeserializeOwned, IgnoredAny};

use crate::{ApiError, App};

/// A request as Lambda hands it over.
pub type Request = http::Request<Body>;

/// The largest JSON body, bytes.
const LARGEST_JSON: usize = 64 * 1024;

/// The header by which the content network before the API proves itself.
pub const EDGE: &str = "x-countersign-edge";

/// The header in which it names the address that a request came from.
pub const VIEWER: &str = "x-countersign-viewer";

/// The parts of a request, as handlers ask for them.
pub trait RequestParts {
    /// The path's parts, decoded: `/api/activations/enterprise/100` is `["api", "activations", "enterprise", "100"]`.
    fn parts(&self) -> Vec<String>;
    /// A value of the query, decoded; empty is absent.
    fn query(&self, name: &str) -> Option<String>;
    /// A cookie.
    fn cookie(&self, name: &str) -> Option<String>;
    /// A header as text.
    fn text_header(&self, name: &str) -> Option<&str>;
    /// The kind of the body as its sender names it, without parameters; empty if nothing is said.
    fn kind(&self) -> &str;
    /// The body's bytes.
    fn bytes(&self) -> Cow<'_, [u8]>;
    /// The JSON body of a state-changing request, which must come from the portal's own pages (REG-13).
    fn json<T: DeserializeOwned>(&self, app: &App) -> Result<T, ApiError>;
    /// Refuses a state-changing request that does not come from the portal's own pages (REG-13).
    fn must_be_ours(&self, app: &App) -> Result<(), ApiError>;
    /// The network address that it came from, empty if nobody says who can be believed (REG-05): the API's own word, or
    /// that of the content network before it where the request carries the network's secret.
    fn network(&self, app: &App) -> String;
    /// Whether it only asks.
    fn only_reads(&self) -> bool;
}

impl RequestParts for Request {
    fn parts(&self) -> Vec<String> {
        self.uri()
            .path()
            .split('/')
            .filter(|part| !part.is_empty())
            .map(|part| api::path::unpart(part).unwrap_or_default())
            .collect()
    }

    fn query(&self, name: &str) -> Option<String> {
        let pairs = self.uri().query()?.split('&');
        let (_, value) = pairs.filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name)?;
        api::path::value_of(&value.replace('+', " ")).filter(|value| !value.is_empty())
    }

    fn cookie(&self, name: &str) -> Option<String> {
        self.headers()
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    }

    fn text_header(&self, name: &str) -> Option<&str> {
        self.headers().get(name).and_then(|value| value.to_str().ok())
    }

    fn kind(&self) -> &str {
        self.text_header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
    }

    fn bytes(&self) -> Cow<'_, [u8]> {
        match self.body() {
            Body::Text(text) => Cow::Borrowed(text.as_bytes()),
            Body::Binary(bytes) => Cow::Borrowed(bytes),
            _ => Cow::Borrowed(&[]),
        }
    }

    fn json<T: DeserializeOwned>(&self, app: &App) -> Result<T, ApiError> {
        self.must_be_ours(app)?;
        if !self.kind().eq_ignore_ascii_case("application/json") {
            return Err(Code::WrongContentType.into());
        }
        let bytes = self.bytes();
        if bytes.len() > LARGEST_JSON {
            return Err(Code::TooLarge.into());
        }
        parse(&bytes)
    }

    fn must_be_ours(&self, app: &App) -> Result<(), ApiError> {
        let ours = match (self.text_header("origin"), self.text_header("sec-fetch-site")) {
            (Some(origin), _) => origin == app.site.base,
            (None, Some(site)) => site == "same-origin",
            (None, None) => false,
        };
        if ours { Ok(()) } else { Err(Code::WrongOrigin.into()) }
    }

    fn network(&self, app: &App) -> String {
        // Whoever calls the API directly may send any header, but not with the secret; and then the address below is theirs.
        let by_edge = self.text_header(EDGE).is_some_and(|secret| app.keys.is_edge(secret));
        if by_edge && let Some(viewer) = self.text_header(VIEWER).and_then(|text| text.trim().parse::<IpAddr>().ok()) {
            return viewer.to_string();
        }
        match self.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.clone().unwrap_or_default(),
            Some(_) => String::new(),
            // No API at all: on one machine the portal itself hands requests over, and writes this header anew.
            None => self.text_header("x-countersign-network").unwrap_or_default().to_owned(),
        }
    }

    fn only_reads(&self) -> bool {
        self.method() == Method::GET || self.method() == Method::HEAD
    }
}

/// What a wizard is about, and the generation of the link that it came by.
pub fn target(app: &App, target: &Target) -> Result<(Licence, Sku, Option<u32>), ApiError> {
    match target {
        Target::Portal(which) => Ok((which.licence.clone(), which.product.clone(), None)),
        Target::Link(token) => {
            let (licence, product, generation) = app.keys.links().open_activation(token).map_err(|_| Code::BadLink)?;
            Ok((licence, product, Some(generation)))
        }
    }
}

/// A line that one person types and another one reads, in pages or mails: it shows as it stands.
pub fn typed(field: &str, text: &str, most: usize) -> Result<String, ApiError> {
    typed_line(text, most).map(str::to_owned).map_err(|bad| {
        let detail = if bad == BadWord::TooLong {
            format!("Type at most {most} characters. We saved nothing.")
        } else {
            "It has line breaks or invisible characters. Type it again without them. We saved nothing.".to_owned()
        };
        Problem::new(Code::BadField).field(field).detail(detail).into()
    })
}

/// Reads JSON; a refusal names the field where it can.
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    // Left to itself, the library takes an array for an object whose fields come in order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        let is_json = serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
        let code = if is_json { Code::BadField } else { Code::Malformed };
        return Err(Problem::new(code)
            .detail("Send a JSON object as our API description says. We saved nothing.")
            .into());
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let at = error.path().to_string();
        (Some(at).filter(|at| at != "." && at != "?"), error.into_inner())
    });
    let whole = read.and_then(|value: T| reader.end().map(|()| value).map_err(|error| (None, error)));
    whole.map_err(|(at, error)| {
        let said = error.to_string();
        // A value that is refused lies on a path; a field that is missing, unknown or there twice is named in the message.
        let named = said.split('`').nth(1).filter(|_| said.contains(" field `")).map(str::to_owned).or(at);
        let mut problem = match error.classify() {
            serde_json::error::Category::Data => Problem::new(Code::BadField),
            _ => Problem::new(Code::Malformed),
        };
        problem.field = named.filter(|name| name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.[]".contains(&b)));
        // The library's words tell where and what, and never repeat a value of ours.
        problem.detail = format!("{} ({})", problem.detail, said.split(" at line").next().unwrap_or_default());
        problem.into()
    })
}
