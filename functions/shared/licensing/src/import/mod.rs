//! Loading agreements, orders and what people hold: JSON lines to records, each row judged against everything above it (ACT-01).
//!
//! ```text
//! bytes ── Lines ──▶ Line ── Reader ──▶ Row ── World::take ──▶ RowOutcome, or a Refusal
//! ```
//!
//! Each step is pure and holds no more than a row, except for the [`World`]: the state that rows are judged against. A
//! dry run starts from [`World::empty`]; a function that loads into a database starts from [`World::partial`], asks
//! [`World::needs`] what a row depends on, and puts that in. Both then run the same code, so they can't disagree.

mod access;
mod envelope;
mod everybody;
mod interned_table;
mod json;
mod lines;
mod read;
pub mod record;
mod report;
mod world;

use std::fmt;

pub use envelope::{Envelope, HEAD};
pub use everybody::{AccessLine, Everybody};
pub use lines::{LARGEST_ROW, Line, Lines};
pub use read::{Reader, Row};
pub use record::Record;
pub use report::LineReport;
pub use world::{Need, Reached, RowOutcome, Standing, Suppressed, World};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::words::names;

names! {
    /// Why a row can't be taken. The names are stable.
    Code {
        /// A text of more than 200 characters, a row of more than 64 KiB, or an order of more lines than are taken.
        TooLong = "too-long",
        /// A text with blanks around it, or with characters that nobody sees.
        BadText = "bad-text",
        /// No JSON object, none of the ten types, a wrong JSON type, or a field that stands there twice.
        Malformed = "malformed",
        /// A field that the record doesn't have.
        UnknownField = "unknown-field",
        /// A field that is absent, `null` or an empty text.
        MissingField = "missing-field",
        /// No day of the form `YYYY-MM-DD`.
        BadDate = "bad-date",
        /// Not the form of an email address.
        BadAddress = "bad-address",
        /// No JSON integer from 1 to 10,000,000.
        BadQuantity = "bad-quantity",
        /// No ISO 3166-1 code in capital letters.
        BadCountry = "bad-country",
        /// No kind of product, no reason for a suppression, no older portal, or nothing to opt out of.
        UnknownKind = "unknown-kind",
        /// No role of the portal that the row comes from.
        UnknownRole = "unknown-role",
        /// No software-assurance benefit.
        UnknownBenefit = "unknown-benefit",
        /// No programme.
        UnknownProgramme = "unknown-programme",
        /// The agreement ends before it starts.
        EndsBeforeStart = "ends-before-start",
        /// No agreement with that programme and number stands above, or it holds no licences, where the row needs one that does.
        UnknownLicensingId = "unknown-licensing-id",
        /// No product with that key stands above.
        UnknownProduct = "unknown-product",
        /// No account with that id stands above.
        UnknownAccount = "unknown-account",
        /// No customer with that id stands above.
        UnknownCustomer = "unknown-customer",
        /// The token with which it is loaded does not allow it (ACT-01). No part of the format: only the API says it.
        NotAllowed = "not-allowed",
        /// It contradicts what is stored and can't be replaced.
        Conflict = "conflict",
    }
}

/// A row that can't be taken: which, why, and the field where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The row's number, from 1.
    pub row: u64,
    /// Why.
    pub code: Code,
    /// The field, such as `contacts.primary` or `lines[0].product`.
    pub field: Option<Box<str>>,
    /// What people are told besides, where there is a guess: no part of the format.
    pub hint: Option<Box<str>>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.row, self.code)?;
        self.field.iter().try_for_each(|field| write!(f, " ({field})"))
    }
}

impl std::error::Error for Refusal {}

impl Serialize for Refusal {
    /// As the dry run prints it: `{"row":17,"error":"unknown-product","field":"lines[0].product"}`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("row", &self.row)?;
        map.serialize_entry("error", self.code.as_str())?;
        if let Some(field) = &self.field {
            map.serialize_entry("field", field)?;
        }
        map.end()
    }
}
