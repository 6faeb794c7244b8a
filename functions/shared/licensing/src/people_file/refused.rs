//! Why a file or a row of it can't be taken: where, why, and what to do.

use std::fmt;

use super::{NumberFault, Spoiled};
use crate::{import::Envelope, roles::Role, words::names};

names! {
    /// The columns of a file, by the names under which we write them.
    Column {
        /// The email address.
        Address = "address",
        /// The programme of the Licensing ID.
        Programme = "programme",
        /// Its number.
        Number = "number",
        /// What is to be done.
        Action = "action",
        /// The roles.
        Roles = "roles",
        /// With Software Assurance Manager: the benefits.
        Benefits = "benefits",
        /// With Online Services Manager: the permission to reserve.
        Reservations = "reservations",
        /// The last day.
        Until = "until",
        /// Whether listings count again.
        ListingsCount = "listings_count",
        /// What the person is told.
        Comment = "comment",
    }
}

/// Why a file can't be read at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadFile {
    /// It is larger than this, bytes.
    TooLarge {
        /// At most.
        most: u32,
    },
    /// It has more rows than this.
    TooManyRows {
        /// At most.
        most: u32,
    },
    /// It is no text with separators.
    NotText(Envelope),
    /// No row stands below the head.
    Empty,
    /// The head has no cells that can be read.
    BadHead(Why),
    /// This column is needed.
    Missing(Column),
    /// This column stands there twice.
    Twice(String),
    /// Nobody knows this column; it looks like that one, and what stands in it would be lost.
    Mistyped(String, Column),
}

impl BadFile {
    /// What to do next.
    pub fn next(&self) -> String {
        match self {
            Self::TooLarge { .. } | Self::TooManyRows { .. } => {
                "Split the file, and send one part after the other.".into()
            }
            Self::NotText(Envelope::Zip) => {
                "Open it in your spreadsheet program and save it as CSV, in UTF-8. Then choose that file.".into()
            }
            Self::NotText(Envelope::Gzip) => "Unpack it first, then choose the unpacked file.".into(),
            Self::NotText(_) => {
                "Save it as UTF-8: in the spreadsheet program choose \"CSV UTF-8\", or the character set UTF-8.".into()
            }
            Self::Empty => "Write one person a row below the names of the columns.".into(),
            Self::BadHead(why) => why.next(),
            Self::Missing(_) => format!("Give the columns names in the first row: {}.", all_columns()),
            Self::Twice(_) => "Delete one of the two.".into(),
            Self::Mistyped(_, meant) => {
                format!("Call it {meant}, or give it quite another name: then it is not looked at.")
            }
        }
    }
}

impl fmt::Display for BadFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge { most } => write!(f, "The file is larger than {most} bytes."),
            Self::TooManyRows { most } => write!(f, "The file has more than {most} rows."),
            Self::NotText(Envelope::Zip) => f.write_str("This is a spreadsheet or an archive, not a CSV file."),
            Self::NotText(Envelope::Gzip) => f.write_str("This file is compressed."),
            Self::NotText(_) => f.write_str("This file is not in UTF-8, but in UTF-16 or UTF-32."),
            Self::Empty => f.write_str("The file has no rows with people."),
            Self::BadHead(why) => write!(f, "The first row can't be read. {why}"),
            Self::Missing(column) => write!(f, "The file has no column {column}."),
            Self::Twice(name) => write!(f, "Two columns say the same: {name}."),
            Self::Mistyped(name, meant) => write!(f, "The column {name} is not known. It looks like {meant}."),
        }
    }
}

impl std::error::Error for BadFile {}

fn all_columns() -> String {
    Column::ALL.iter().map(|column| column.as_str()).collect::<Vec<_>>().join(", ")
}

/// A row that can't be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowRefused {
    /// Which, from 1 for the head: the number that spreadsheets show.
    pub row: u32,
    /// In which column; none where it is the row as a whole.
    pub column: Option<Column>,
    /// Why.
    pub why: Why,
}

impl RowRefused {
    pub(super) const fn new(row: u32, column: Column, why: Why) -> Self {
        Self { row, column: Some(column), why }
    }
}

/// Why a row can't be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// A quotation mark opens this cell, from 1, and none closes it.
    Unclosed {
        /// Which.
        cell: usize,
    },
    /// Something stands behind the closing quotation mark of this cell, from 1.
    BehindMark {
        /// Which.
        cell: usize,
    },
    /// The row is not UTF-8.
    NotUtf8 {
        /// The first byte of the row that is not, from 1.
        byte: usize,
        /// What it probably is.
        guess: &'static str,
    },
    /// More cells than there are columns.
    TooManyCells {
        /// So many.
        cells: usize,
        /// There are.
        columns: usize,
    },
    /// Nothing stands there, and something is needed.
    Missing,
    /// It is no email address.
    BadAddress(String),
    /// It is no programme.
    UnknownProgramme {
        /// What was probably meant.
        meant: Option<crate::Programme>,
    },
    /// The number is not what was meant, or not theirs.
    Number(NumberFault),
    /// It is no action.
    UnknownAction,
    /// This is no role.
    UnknownRole {
        /// As it stands there.
        name: String,
        /// What was probably meant.
        meant: Option<Role>,
    },
    /// Agreements of this programme don't have the role.
    NoSuchRole(Role),
    /// This is no benefit.
    UnknownBenefit(String),
    /// It only goes with this role.
    OnlyWith(Role),
    /// Whoever is removed gets nothing.
    NotWithRemove,
    /// It is neither yes nor no.
    NeitherYesNorNo,
    /// It is no day.
    BadDay,
    /// It may be one of two days.
    TwoDays(crate::Date, crate::Date),
    /// It is too long, or has characters that nobody sees.
    BadText,
    /// Another row says something of the same person on the same Licensing ID.
    Twice {
        /// Which.
        row: u32,
    },
}

impl Why {
    /// What to do next.
    pub fn next(&self) -> String {
        match self {
            Self::Unclosed { .. } => {
                "Close the quotation mark. One that belongs to the text is written twice: \"\". All rows below it were taken for one cell."
                    .into()
            }
            Self::BehindMark { .. } => "Put the whole cell in quotation marks, and write those inside it twice: \"\".".into(),
            Self::NotUtf8 { guess, .. } => format!(
                "Save the file as UTF-8. If it is {guess}, convert it: iconv -f {guess} -t UTF-8 FILE"
            ),
            Self::TooManyCells { .. } => "Put cells that hold the separator in quotation marks.".into(),
            Self::Missing => "Fill in the cell.".into(),
            Self::BadAddress(_) => "Write the email address alone, such as ann@contoso.example.".into(),
            Self::UnknownProgramme { meant: Some(meant) } => format!("Did you mean {meant}?"),
            Self::UnknownProgramme { meant: None } => {
                let all: Vec<&str> = crate::Programme::ALL.iter().map(|programme| programme.as_str()).collect();
                format!("Write one of: {}.", all.join(", "))
            }
            Self::Number(fault) => fault.next(),
            Self::UnknownAction => "Write assign, set or remove, or leave the cell empty to assign.".into(),
            Self::UnknownRole { meant: Some(meant), .. } => format!("Did you mean {meant}?"),
            Self::UnknownRole { meant: None, .. } => {
                let all: Vec<&str> = Role::ALL.iter().map(|role| role.as_str()).collect();
                format!("Write roles from this list, with a semicolon between them: {}.", all.join(", "))
            }
            Self::NoSuchRole(_) => "Choose a role that agreements of this programme have.".into(),
            Self::UnknownBenefit(_) => {
                let all: Vec<&str> = crate::roles::Benefit::ALL.iter().map(|benefit| benefit.as_str()).collect();
                format!("Write all, none, or names from this list, with a semicolon between them: {}.", all.join(", "))
            }
            Self::OnlyWith(role) => format!("Empty the cell, or add the role {role}."),
            Self::NotWithRemove => "Empty the cell. To take single roles, write set and the roles that stay.".into(),
            Self::NeitherYesNorNo => "Write yes or no, or leave the cell empty for no.".into(),
            Self::BadDay | Self::TwoDays(..) => "Write the day as 2027-01-31, or leave the cell empty for no end.".into(),
            Self::BadText => format!("Write at most {} characters on one line.", super::LONGEST_COMMENT),
            Self::Twice { .. } => "Keep one of the two. Roles with different last days may stand in rows of their own.".into(),
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclosed { cell } => write!(f, "A quotation mark opens cell {cell}, and none closes it."),
            Self::BehindMark { cell } => {
                write!(f, "Something stands behind the closing quotation mark of cell {cell}.")
            }
            Self::NotUtf8 { byte, .. } => write!(f, "Byte {byte} of the row is not UTF-8."),
            Self::TooManyCells { cells, columns } => {
                write!(f, "The row has {cells} cells, and there are {columns} columns.")
            }
            Self::Missing => f.write_str("The cell is empty."),
            Self::BadAddress(why) => write!(f, "The address {why}."),
            Self::UnknownProgramme { .. } => f.write_str("There is no such programme."),
            Self::Number(fault) => fault.fmt(f),
            Self::UnknownAction => f.write_str("There is no such action."),
            Self::UnknownRole { name, .. } => write!(f, "There is no role {name:?}."),
            Self::NoSuchRole(role) => write!(f, "Agreements of this programme don't have the role {role}."),
            Self::UnknownBenefit(name) => write!(f, "There is no benefit {name:?}."),
            Self::OnlyWith(role) => write!(f, "This only goes with the role {role}."),
            Self::NotWithRemove => f.write_str("Whoever is removed gets nothing."),
            Self::NeitherYesNorNo => f.write_str("This is neither yes nor no."),
            Self::BadDay => f.write_str("This is no day."),
            Self::TwoDays(one, other) => write!(f, "This may be {one} or {other}."),
            Self::BadText => f.write_str("The text is too long, or has characters that nobody sees."),
            Self::Twice { row } => write!(f, "Row {row} is about the same person on the same licence."),
        }
    }
}

impl NumberFault {
    /// What to do next.
    pub fn next(&self) -> String {
        match (self.meant.as_slice(), self.spoiled) {
            ([], Some(_)) => {
                "Format the column as text in your spreadsheet, write the number again, and save the file.".into()
            }
            ([], None) => {
                "Check the number and the programme. Or ask an Administrator of this licence to do it.".into()
            }
            (meant, Some(Spoiled::SeveralProgrammes)) => {
                let all: Vec<String> = meant.iter().map(|licence| licence.programme.to_string()).collect();
                format!("Write the programme in a column of its own: {}.", all.join(" or "))
            }
            (meant, Some(Spoiled::Ambiguous)) => {
                let all: Vec<&str> = meant.iter().map(|licence| licence.number.as_str()).collect();
                format!("If it is this one, write it as '{}. You also administer {}.", self.written, all.join(", "))
            }
            ([one], _) => {
                format!("You probably mean {}. Format the column as text, or write it as '{}.", one.number, one.number)
            }
            (meant, _) => {
                let all: Vec<&str> = meant.iter().map(|licence| licence.number.as_str()).collect();
                format!(
                    "You may mean one of {}. Format the column as text, or write a ' before the number.",
                    all.join(", ")
                )
            }
        }
    }
}

impl fmt::Display for NumberFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.spoiled {
            None => "You don't administer a licence with this number.",
            Some(Spoiled::Shortened) => "A spreadsheet has shortened this number.",
            Some(Spoiled::Day) => "A spreadsheet has made a day of this number.",
            Some(Spoiled::Zeros) => "This number has probably lost its leading zeros.",
            Some(Spoiled::Separated) => "A spreadsheet has put separators into this number.",
            Some(Spoiled::LastDigits) => "A spreadsheet has put zeros in the place of the last digits.",
            Some(Spoiled::Ambiguous) => "A spreadsheet may have made this number of another one.",
            Some(Spoiled::Changed) => "A spreadsheet has probably changed this number.",
            Some(Spoiled::SeveralProgrammes) => "Licences of several programmes have this number.",
        })
    }
}

impl fmt::Display for RowRefused {
    /// As reports write it: where and why.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row {}", self.row)?;
        self.column.iter().try_for_each(|column| write!(f, ", {column}"))?;
        write!(f, ": {}", self.why)
    }
}
