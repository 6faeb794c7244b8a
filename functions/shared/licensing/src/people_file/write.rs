//! The file that we write for spreadsheets, and read back as it was.

use super::{Action, Administered, Column, Line};
use crate::{
    roles::{Benefit, Role},
    words::Licence,
};

/// The first row. Before it stands the mark by which spreadsheets know UTF-8.
pub fn head() -> String {
    let names: Vec<&str> = Column::ALL.iter().map(|column| column.as_str()).collect();
    ["\u{feff}", &names.join(","), "\r\n"].concat()
}

/// A row. `administered` is what whoever gets the file administers: it is written so that it is read back as it was.
pub fn line(line: &Line, administered: &Administered<'_>) -> String {
    let Line { address, licence, action, roles, listings_count, comment } = line;
    let yes = |yes: bool| if yes { "yes" } else { "" };
    let names = |all: Vec<&str>| all.join("; ");
    let benefits = if !roles.roles.contains(&Role::SoftwareAssuranceManager) {
        String::new()
    } else if roles.benefits.is_empty() {
        "none".into()
    } else if roles.benefits.len() == Benefit::ALL.len() {
        "all".into()
    } else {
        names(roles.benefits.iter().map(|benefit| benefit.as_str()).collect())
    };
    let of = |column: &Column| match column {
        Column::Address => cell(address.as_str()),
        Column::Programme => cell(licence.programme.as_str()),
        Column::Number => number(licence, administered),
        Column::Action => cell(if *action == Action::Assign { "" } else { action.as_str() }),
        Column::Roles => cell(&names(roles.roles.iter().map(|role| role.as_str()).collect())),
        Column::Benefits => cell(&benefits),
        Column::Reservations => cell(yes(roles.reservations)),
        Column::Until => roles.until.map(|until| until.to_string()).unwrap_or_default(),
        Column::ListingsCount => cell(yes(*listings_count)),
        Column::Comment => cell(comment),
    };
    Column::ALL.iter().map(of).collect::<Vec<_>>().join(",") + "\r\n"
}

/// Whether a spreadsheet would take a text for a formula.
pub(super) fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// A text in quotation marks. One that a spreadsheet would take for a formula is kept from being one by a `'`; one that looks like
/// that already gets another, so that it is read back as it was.
pub fn cell(text: &str) -> String {
    let guard = if is_formula(text.trim_start_matches('\'')) { "'" } else { "" };
    quoted(guard, text)
}

/// The same of a number, which a spreadsheet might change besides.
fn number(licence: &Licence, administered: &Administered<'_>) -> String {
    let number = licence.number.as_str();
    let is_kept = number.starts_with('\'') || is_formula(number) || administered.is_to_be_kept(licence);
    quoted(if is_kept { "'" } else { "" }, number)
}

fn quoted(guard: &str, text: &str) -> String {
    ["\"", guard, &text.replace('"', "\"\""), "\""].concat()
}
