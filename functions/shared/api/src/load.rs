//! Loading agreements and orders by the API (ACT-01).

use serde::{Deserialize, Serialize};

/// What became of the rows of one request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Rows that were read, blank ones not counted.
    pub rows: u64,
    /// Rows that changed something.
    pub taken: u64,
    /// Rows that were stored like this already.
    pub unchanged: u64,
    /// Refused rows and, in a dry run, one line for every order line: the objects of the import format, in row order.
    pub lines: Vec<serde_json::Value>,
    /// For people: contacts at public mail providers, which are taken, and what was most likely meant by a refused row.
    pub warnings: Vec<String>,
    /// Lines and warnings that did not fit into the answer: send fewer rows at once to see them.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over like this")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
