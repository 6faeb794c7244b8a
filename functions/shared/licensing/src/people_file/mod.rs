//! Files of people: who is to have which roles on which Licensing ID, as spreadsheets write it, and as we write it for them
//! (APR-07).
//!
//! ```text
//! bytes ── Table ──▶ cells ── read, Administered ──▶ Line, or RowRefused (row, column, why, what to do)
//! ```
//!
//! Spreadsheets change what they think they understand: `0012` becomes `12`, `88590039` becomes `8.859E+07`, `3-12` becomes a
//! day. Nothing of that is taken silently: a value is taken as it was, or refused by name, with the number that was probably
//! meant. The file that we write keeps such numbers from being changed, and is read back as it was.
//!
//! The cells are read here and not by a library: those that are well kept take a quotation mark that is never closed, text behind a
//! closing one and blank rows without a word, and each of them would move or change rows that people see.

mod cells;
mod number;
mod refused;
mod table;
mod write;

use std::collections::BTreeMap;

use self::{
    cells::{Columns, names_a_column},
    table::{Row, Table, separator},
};
pub use self::{
    number::{Administered, NumberFault, Spoiled},
    refused::{BadFile, Column, RowRefused, Why},
    write::{cell, head, line},
};
use crate::{
    import::Envelope,
    manage::Change,
    policy::PeoplePolicy,
    request::Asked,
    when::Date,
    words::{Address, Licence, names},
};

names! {
    /// What a row asks for.
    Action {
        /// The roles are given, besides what is there.
        Assign = "assign",
        /// Acts give these roles from now on, and no others.
        Set = "set",
        /// The person has nothing there any more.
        Remove = "remove",
    }
}

/// What a row of a file asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Whose rights.
    pub address: Address,
    /// On which Licensing ID.
    pub licence: Licence,
    /// What is to be done.
    pub action: Action,
    /// The roles, until a day; none where somebody is removed.
    pub roles: Asked,
    /// Whether listings, inheritance and orders count again (PERM-04): only where roles are given.
    pub listings_count: bool,
    /// What the person is told with it; may be empty.
    pub comment: String,
}

/// What stands for columns that a file does not have: the page knows it already.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The Licensing ID on whose page the file was chosen.
    pub licence: Option<Licence>,
    /// The roles that were chosen for all rows that name none.
    pub roles: Option<Asked>,
}

/// A file that was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeopleFile {
    /// What rows ask for, each with its row: 1 is the head.
    pub lines: Vec<(u32, Line)>,
    /// The rows that can't be taken.
    pub refused: Vec<RowRefused>,
    /// The columns that are not looked at, as the file calls them.
    pub ignored: Vec<String>,
}

/// A comment has so many characters at most.
pub const LONGEST_COMMENT: usize = 200;

impl Line {
    /// The change that it asks for.
    pub fn change(&self) -> Change {
        match self.action {
            Action::Assign => Change::Assign { roles: self.roles.clone(), listings_count: self.listings_count },
            Action::Set => Change::Edit { roles: vec![self.roles.clone()] },
            Action::Remove => Change::Remove,
        }
    }
}

/// Reads a file. `administered` is what whoever sends it administers: other numbers are refused alike, known or not.
pub fn read(
    bytes: &[u8],
    administered: &Administered<'_>,
    defaults: &Defaults,
    policy: &PeoplePolicy,
) -> Result<PeopleFile, BadFile> {
    if bytes.len() > policy.file_bytes as usize {
        return Err(BadFile::TooLarge { most: policy.file_bytes });
    }
    let what = Envelope::of(&bytes[..bytes.len().min(ENOUGH)]);
    if let Some(what @ (Envelope::Gzip | Envelope::Zip | Envelope::Utf16)) = what {
        return Err(BadFile::NotText(what));
    }
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    let (by, skipped) = separator(bytes);
    let mut table = Table::new(bytes, by, skipped);
    let Some(heading) = table.next() else { return Err(BadFile::Empty) };
    let columns = Columns::of(&heading, defaults)?;
    let mut file = PeopleFile { ignored: columns.ignored.clone(), ..PeopleFile::default() };
    let mut seen = Seen::new();
    for row in table {
        if file.lines.len() + file.refused.len() >= policy.file_rows as usize {
            return Err(BadFile::TooManyRows { most: policy.file_rows });
        }
        match columns.line(&row, administered, defaults).and_then(|line| not_twice(&mut seen, &row, line)) {
            Ok(line) => file.lines.push((row.number, line)),
            Err(refused) => file.refused.push(refused),
        }
    }
    if file.lines.is_empty() && file.refused.is_empty() {
        return Err(BadFile::Empty);
    }
    Ok(file)
}

/// To tell what a file is.
const ENOUGH: usize = 64;
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The rows about a person on a Licensing ID, each with what it asks for and until when.
type Seen = BTreeMap<(Licence, Address), Vec<(u32, Action, Option<Date>)>>;

/// Roles may be given to one person in several rows, with an end each. All else stands once: rows that say different things of a
/// person are not taken.
fn not_twice(seen: &mut Seen, row: &Row<'_>, line: Line) -> Result<Line, RowRefused> {
    let before = seen.entry((line.licence.clone(), line.address.clone())).or_default();
    let goes_with =
        |action, until| (action, line.action) == (Action::Assign, Action::Assign) && until != line.roles.until;
    if let Some((row_before, ..)) = before.iter().find(|(_, action, until)| !goes_with(*action, *until)) {
        return Err(RowRefused::new(row.number, Column::Address, Why::Twice { row: *row_before }));
    }
    before.push((row.number, line.action, line.roles.until));
    Ok(line)
}
