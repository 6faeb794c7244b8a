//! The cells of a row to what it asks for.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    Action, Administered, BadFile, Column, Defaults, LONGEST_COMMENT, Line, RowRefused, Why,
    table::{Fault, Row},
};
use crate::{
    request::Asked,
    roles::{Benefit, Role},
    when::Date,
    words::{Address, LONGEST_TEXT, Licence, Programme, distance, typed_line},
};

/// Where the columns stand in a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    /// The place of each that there is.
    places: Vec<(Column, usize)>,
    /// How many there are, known or not.
    count: usize,
    /// Those that nobody knows, as they are called.
    pub(super) ignored: Vec<String>,
}

/// Names under which columns are known besides their own, as they are compared.
const OTHER_NAMES: [(&str, Column); 15] = [
    ("email", Column::Address),
    ("emailaddress", Column::Address),
    ("mail", Column::Address),
    ("program", Column::Programme),
    ("licensingid", Column::Number),
    ("licence", Column::Number),
    ("licencenumber", Column::Number),
    ("agreementnumber", Column::Number),
    ("role", Column::Roles),
    ("benefit", Column::Benefits),
    ("reservation", Column::Reservations),
    ("lastday", Column::Until),
    ("enddate", Column::Until),
    ("comments", Column::Comment),
    ("message", Column::Comment),
];

/// A file has so many columns at most, known or not: each name is compared with those that are known.
const MOST_COLUMNS: usize = 500;

/// What only goes with a role.
const EXTRAS: [Column; 2] = [Column::Benefits, Column::Reservations];

/// Names are compared by their letters: case, blanks and signs say nothing.
fn letters(name: &str) -> String {
    let letters: String = name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    letters.replace("license", "licence")
}

fn column(name: &str) -> Option<Column> {
    let name = letters(name);
    let own = Column::ALL.iter().copied().find(|column| letters(column.as_str()) == name);
    own.or_else(|| OTHER_NAMES.iter().find(|(other, _)| *other == name).map(|(_, column)| *column))
}

/// Whether a head's cell names a column.
pub(super) fn names_a_column(name: &str) -> bool {
    column(name).is_some()
}

/// The known word that somebody most likely means who writes it otherwise.
fn meant<T: Copy>(name: &str, all: impl Iterator<Item = (T, &'static str)>) -> Option<T> {
    let given: Vec<char> = letters(name).chars().take(40).collect();
    let apart = |known: &str| distance(&given, &letters(known).chars().collect::<Vec<_>>());
    let nearest = all.map(|(word, known)| (apart(known), word)).min_by_key(|(apart, _)| *apart);
    nearest.filter(|(apart, _)| *apart <= 2 && given.len() > 3).map(|(_, word)| word)
}

impl Columns {
    /// Of the first row.
    pub(super) fn of(heading: &Row<'_>, defaults: &Defaults) -> Result<Self, BadFile> {
        let cells = heading.cells.as_ref().map_err(|fault| BadFile::BadHead(fault.why()))?;
        if cells.len() > MOST_COLUMNS {
            return Err(BadFile::BadHead(Why::TooManyCells { cells: cells.len(), columns: MOST_COLUMNS }));
        }
        let mut columns = Self { count: cells.len(), ..Self::default() };
        for (place, name) in cells.iter().enumerate() {
            let name = name.trim();
            match column(name) {
                Some(column) if columns.has(column) => return Err(BadFile::Twice(name.to_owned())),
                Some(column) => columns.places.push((column, place)),
                None if name.is_empty() => {}
                None => {
                    if let Some(meant) = meant(name, Column::ALL.iter().map(|column| (*column, column.as_str()))) {
                        return Err(BadFile::Mistyped(name.to_owned(), meant));
                    }
                    columns.ignored.push(name.to_owned());
                }
            }
        }
        let known_before = (defaults.licence.is_some(), defaults.roles.is_some() || columns.has(Column::Action));
        for (column, is_known) in
            [(Column::Address, false), (Column::Number, known_before.0), (Column::Roles, known_before.1)]
        {
            if !is_known && !columns.has(column) {
                return Err(BadFile::Missing(column));
            }
        }
        Ok(columns)
    }

    fn has(&self, column: Column) -> bool {
        self.places.iter().any(|(known, _)| *known == column)
    }

    /// What a row asks for.
    pub(super) fn line(
        &self,
        row: &Row<'_>,
        administered: &Administered<'_>,
        defaults: &Defaults,
    ) -> Result<Line, RowRefused> {
        let whole = |why| RowRefused { row: row.number, column: None, why };
        let cells = row.cells.as_ref().map_err(|fault| whole(fault.why()))?;
        let used = cells.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
        if used > self.count {
            return Err(whole(Why::TooManyCells { cells: used, columns: self.count }));
        }
        let cells = Cells { columns: self, cells };
        let at = |column| move |why| RowRefused::new(row.number, column, why);
        let address = cells.address().map_err(at(Column::Address))?;
        let programme = cells.programme().map_err(at(Column::Programme))?;
        let licence = cells.licence(programme, administered, defaults).map_err(at(Column::Number))?;
        let action = cells.action().map_err(at(Column::Action))?;
        let comment = cells.comment().map_err(at(Column::Comment))?;
        let listings_count = cells.yes(Column::ListingsCount).map_err(at(Column::ListingsCount))?;
        if action == Action::Remove {
            let gives = [Column::Roles, Column::Benefits, Column::Reservations, Column::Until, Column::ListingsCount];
            if let Some(column) = gives.into_iter().find(|column| !cells.text(*column).is_empty()) {
                return Err(at(column)(Why::NotWithRemove));
            }
            return Ok(Line { address, licence, action, roles: Asked::default(), listings_count: false, comment });
        }
        let until = cells.until().map_err(at(Column::Until))?;
        let roles = match (&defaults.roles, cells.text(Column::Roles).is_empty()) {
            // What goes with a role stands beside it.
            (Some(_), true) if EXTRAS.iter().any(|column| !cells.text(*column).is_empty()) => {
                return Err(at(Column::Roles)(Why::Missing));
            }
            (Some(chosen), true) => Asked { until: until.or(chosen.until), ..chosen.clone() },
            (None, true) => return Err(at(Column::Roles)(Why::Missing)),
            (_, false) => {
                let roles = cells.roles().map_err(at(Column::Roles))?;
                let benefits = cells.benefits(&roles).map_err(at(Column::Benefits))?;
                let reservations = cells.yes(Column::Reservations).map_err(at(Column::Reservations))?;
                if reservations && !roles.contains(&Role::OnlineServicesManager) {
                    return Err(at(Column::Reservations)(Why::OnlyWith(Role::OnlineServicesManager)));
                }
                Asked { roles, benefits, reservations, until }
            }
        };
        if let Some(role) = roles.roles.iter().find(|role| !role.is_of(licence.programme)) {
            return Err(at(Column::Roles)(Why::NoSuchRole(*role)));
        }
        if listings_count && action != Action::Assign {
            return Err(at(Column::ListingsCount)(Why::UnknownAction));
        }
        Ok(Line { address, licence, action, roles, listings_count, comment })
    }
}

impl Fault {
    pub(super) const fn why(self) -> Why {
        match self {
            Self::Unclosed(cell) => Why::Unclosed { cell: cell + 1 },
            Self::BehindMark(cell) => Why::BehindMark { cell: cell + 1 },
            Self::NotUtf8(byte, zeros) => Why::NotUtf8 { byte, guess: if zeros { "UTF-16" } else { "WINDOWS-1252" } },
        }
    }
}

struct Cells<'a> {
    columns: &'a Columns,
    cells: &'a [Cow<'a, str>],
}

impl<'a> Cells<'a> {
    /// The text of a cell without the blanks around it; empty where it is not there.
    fn written(&self, column: Column) -> &'a str {
        let place = self.columns.places.iter().find(|(known, _)| *known == column).map(|(_, place)| *place);
        place.and_then(|place| self.cells.get(place)).map_or("", |cell| cell.trim())
    }

    /// The same, without the sign that our own files put before what a spreadsheet would take for a formula.
    fn text(&self, column: Column) -> &'a str {
        let written = self.written(column);
        match written.strip_prefix('\'') {
            Some(text) if super::write::is_formula(text.trim_start_matches('\'')) => text,
            _ => written,
        }
    }

    fn address(&self) -> Result<Address, Why> {
        match self.text(Column::Address) {
            "" => Err(Why::Missing),
            text => Address::typed(text).map_err(|bad| Why::BadAddress(bad.to_string())),
        }
    }

    fn programme(&self) -> Result<Option<Programme>, Why> {
        let text = self.text(Column::Programme);
        if text.is_empty() {
            return Ok(None);
        }
        let known = Programme::ALL.iter().find(|programme| letters(programme.as_str()) == letters(text));
        known.copied().map(Some).ok_or_else(|| Why::UnknownProgramme { meant: Programme::meant(text) })
    }

    fn licence(
        &self,
        programme: Option<Programme>,
        administered: &Administered<'_>,
        defaults: &Defaults,
    ) -> Result<Licence, Why> {
        let written = self.written(Column::Number);
        // A `'` before a number says that it stands as it was: what we write of numbers that spreadsheets change.
        let (number, exact) = written.strip_prefix('\'').map_or((written, false), |number| (number, true));
        if number.len() > LONGEST_NUMBER {
            return Err(Why::BadText);
        }
        if number.is_empty() {
            let licence = defaults.licence.clone().ok_or(Why::Missing)?;
            return if programme.is_none_or(|programme| programme == licence.programme) {
                Ok(licence)
            } else {
                Err(Why::Missing)
            };
        }
        // As paths and reports write it.
        let of_key = number.parse::<Licence>().ok().filter(|key| programme.is_none_or(|it| it == key.programme));
        if let Some(key) = of_key
            && let Ok(licence) = administered.find(Some(key.programme), key.number.as_str(), true)
        {
            return Ok(licence);
        }
        administered.find(programme, number, exact).map_err(Why::Number)
    }

    fn action(&self) -> Result<Action, Why> {
        match letters(self.text(Column::Action)).as_str() {
            "" => Ok(Action::Assign),
            text => text.parse().map_err(|_| Why::UnknownAction),
        }
    }

    fn comment(&self) -> Result<String, Why> {
        let text = typed_line(self.text(Column::Comment), LONGEST_COMMENT);
        text.map(str::to_owned).map_err(|_| Why::BadText)
    }

    /// The names in a cell: semicolons, commas or lines part them.
    fn names(&self, column: Column) -> impl Iterator<Item = &'a str> {
        self.text(column).split([';', ',', '\n', '|']).map(str::trim).filter(|name| !name.is_empty())
    }

    fn roles(&self) -> Result<BTreeSet<Role>, Why> {
        let role = |name: &str| {
            let known = Role::ALL.iter().find(|role| letters(role.as_str()) == letters(name));
            known.copied().ok_or_else(|| {
                let meant = meant(name, Role::ALL.iter().map(|role| (*role, role.as_str())));
                Why::UnknownRole { name: short(name), meant }
            })
        };
        let roles: BTreeSet<Role> = self.names(Column::Roles).map(role).collect::<Result<_, _>>()?;
        if roles.is_empty() { Err(Why::Missing) } else { Ok(roles) }
    }

    /// All where nothing stands there: as rows that are loaded.
    fn benefits(&self, roles: &BTreeSet<Role>) -> Result<BTreeSet<Benefit>, Why> {
        let text = letters(self.text(Column::Benefits));
        let goes = roles.contains(&Role::SoftwareAssuranceManager);
        match (text.as_str(), goes) {
            ("", false) | ("none", true) => return Ok(BTreeSet::new()),
            (_, false) => return Err(Why::OnlyWith(Role::SoftwareAssuranceManager)),
            ("" | "all", true) => return Ok(Benefit::ALL.iter().copied().collect()),
            _ => {}
        }
        let benefit = |name: &str| {
            let known = Benefit::ALL.iter().find(|benefit| letters(benefit.as_str()) == letters(name));
            known.copied().ok_or_else(|| Why::UnknownBenefit(short(name)))
        };
        self.names(Column::Benefits).map(benefit).collect()
    }

    fn yes(&self, column: Column) -> Result<bool, Why> {
        match letters(self.text(column)).as_str() {
            "yes" | "true" | "x" | "1" => Ok(true),
            "" | "no" | "false" | "0" => Ok(false),
            _ => Err(Why::NeitherYesNorNo),
        }
    }

    fn until(&self) -> Result<Option<Date>, Why> {
        match self.text(Column::Until) {
            "" => Ok(None),
            text => day(text).map(Some),
        }
    }
}

/// No number of an agreement is longer, in bytes.
const LONGEST_NUMBER: usize = 4 * LONGEST_TEXT;

/// As much of a name as a report repeats.
fn short(name: &str) -> String {
    name.chars().take(40).collect()
}

/// A day as spreadsheets write it, where it can be only one: the year has four digits.
fn day(text: &str) -> Result<Date, Why> {
    // A spreadsheet may put a time behind it that says nothing.
    let text = text.strip_suffix(" 00:00:00").unwrap_or(text);
    let sign = ['-', '/', '.'].into_iter().find(|sign| text.contains(*sign)).ok_or(Why::BadDay)?;
    let parts: Vec<&str> = text.split(sign).collect();
    let [first, second, third] = parts.as_slice() else { return Err(Why::BadDay) };
    if parts.iter().any(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit())) {
        return Err(Why::BadDay);
    }
    let date = |year: &str, month: &str, day: &str| {
        let fits = year.len() == 4 && month.len() <= 2 && day.len() <= 2;
        let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
        date.filter(|_| fits)
    };
    if first.len() == 4 {
        return date(first, second, third).ok_or(Why::BadDay);
    }
    let (day_first, month_first) = (date(third, second, first), date(third, first, second));
    match (day_first, month_first) {
        (Some(day), _) if sign == '.' => Ok(day),
        (Some(one), Some(other)) if one != other => Err(Why::TwoDays(one.min(other), one.max(other))),
        (Some(day), _) => Ok(day),
        (None, Some(day)) if sign != '.' => Ok(day),
        _ => Err(Why::BadDay),
    }
}
