//! What the browser and the functions say to each other: paths, requests, answers and problems.
//!
//! Both sides compile this crate, so neither can misspell the other. Times are RFC 3339 texts ([`Instant`]): the browser
//! shows them in the reader's zone by its own means and needs no calendar of ours.

pub mod activations;
pub mod audit;
pub mod joins;
pub mod load;
pub mod me;
pub mod path;
pub mod people;
pub mod problem;
pub mod requests;
pub mod sign_in;
pub mod target;

pub use problem::{Code, Problem};

use licensing::{Licence, Programme, words::Number};
use serde::{Deserialize, Deserializer, Serialize};

/// All of this for those who don't write Rust: the description of the API as OpenAPI 3.1. Tests hold it to the types.
pub const OPENAPI: &str = include_str!("../openapi.json");

/// A point in time as RFC 3339 text in UTC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
pub struct Instant(pub String);

impl From<licensing::Timestamp> for Instant {
    fn from(at: licensing::Timestamp) -> Self {
        Self(at.to_string())
    }
}

/// A page of a list, and how to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Pass this as `after` for the next page; none on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// A Licensing ID of a request: a field that it does not have is refused, as everywhere else in requests.
pub(crate) fn exact_licence<'de, D: Deserializer<'de>>(reader: D) -> Result<Licence, D::Error> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Exact {
        programme: Programme,
        number: Number,
    }
    let Exact { programme, number } = Exact::deserialize(reader)?;
    Ok(Licence { programme, number })
}
