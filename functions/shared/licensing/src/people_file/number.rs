//! The number of a Licensing ID as a spreadsheet left it: exactly as it was, or spoiled.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::words::{Licence, Programme};

/// What somebody administers, by number: all that a file of theirs may name.
#[derive(Debug, Default)]
pub struct Administered<'a> {
    by_number: BTreeMap<&'a str, BTreeSet<&'a Licence>>,
    /// By what a spreadsheet takes the number for.
    by_value: HashMap<Value, Vec<&'a Licence>>,
    /// Those that a spreadsheet may take for a day.
    days: Vec<(&'a Licence, Vec<Day>)>,
    /// Those of which it may make something else: amounts, percentages, times, words, formulas.
    odd: Vec<(&'a Licence, Odd)>,
}

/// Why a number names no Licensing ID that somebody administers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberFault {
    /// As it stands in the file.
    pub written: String,
    /// What a spreadsheet made of it; none: it is not theirs, known or not.
    pub spoiled: Option<Spoiled>,
    /// What was probably meant.
    pub meant: Vec<Licence>,
}

/// What a spreadsheet made of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoiled {
    /// `8.859E+07`.
    Shortened,
    /// `2026-03-12`.
    Day,
    /// `12` instead of `0012`.
    Zeros,
    /// `88,590,039`, or `88590039.00`.
    Separated,
    /// `123456789012345000`: a spreadsheet knows fifteen digits.
    LastDigits,
    /// It is one of theirs as it stands, and another one would look like this, too.
    Ambiguous,
    /// Several of theirs have it, and no programme is named.
    SeveralProgrammes,
    /// Something else that a spreadsheet made of one of theirs: of an amount, a percentage, a time or a word.
    Changed,
}

/// What a spreadsheet takes a number for: its digits without zeros around them, and the power of ten of the first.
type Value = (String, i32);

/// What it takes for a day: year of the century, where there is one, month and day.
type Day = (Option<u8>, u8, u8);

/// So many digits a spreadsheet knows of a number.
const KNOWN_DIGITS: usize = 15;

/// Numbers of more digits are shown, and saved, in a shortened form.
const SHOWN_DIGITS: usize = 11;

/// So many guesses are named.
const MOST_GUESSES: usize = 5;

impl<'a> Administered<'a> {
    /// Of these Licensing IDs.
    pub fn new(licences: impl IntoIterator<Item = &'a Licence>) -> Self {
        let mut all = Self::default();
        for licence in licences {
            let number = licence.number.as_str();
            all.by_number.entry(number).or_default().insert(licence);
            if let Some(read) = Number::read(number) {
                for value in BTreeSet::from([read.known().value(), rounded(&read.value(), KNOWN_DIGITS)]) {
                    all.by_value.entry(value).or_default().push(licence);
                }
            }
            let days = days(number);
            if !days.is_empty() {
                all.days.push((licence, days));
            }
            all.odd.extend(Odd::of(number).map(|odd| (licence, odd)));
        }
        all
    }

    /// The Licensing ID that is meant. `exact`: the number stands behind a `'`, so nothing was made of it.
    pub(super) fn find(&self, programme: Option<Programme>, number: &str, exact: bool) -> Result<Licence, NumberFault> {
        let fits = |licence: &&Licence| programme.is_none_or(|programme| licence.programme == programme);
        let fault = |spoiled: Option<Spoiled>, mut meant: Vec<&Licence>| {
            meant.retain(fits);
            meant.sort_unstable();
            meant.dedup();
            meant.truncate(MOST_GUESSES);
            NumberFault { written: number.to_owned(), spoiled, meant: meant.into_iter().cloned().collect() }
        };
        let named: Vec<&Licence> = self.by_number.get(number).into_iter().flatten().copied().filter(fits).collect();
        match named.as_slice() {
            [one] if exact => Ok((*one).clone()),
            [one] => match self.others_that_became(number, programme) {
                others if others.is_empty() => Ok((*one).clone()),
                others => Err(fault(Some(Spoiled::Ambiguous), others)),
            },
            [] if exact => Err(fault(None, Vec::new())),
            [] => {
                let like = self.like(number);
                let meant: Vec<&Licence> = like.iter().copied().filter(fits).collect();
                let spoiled = spoiled(number, &meant);
                Err(fault(spoiled, if spoiled.is_some() { meant } else { Vec::new() }))
            }
            several => Err(fault(Some(Spoiled::SeveralProgrammes), several.to_vec())),
        }
    }

    /// Whether a number has to be kept from spreadsheets, so that a file that comes back says the same: they would change it, or it
    /// would look like another one of theirs that they changed.
    pub(super) fn is_to_be_kept(&self, licence: &Licence) -> bool {
        let number = licence.number.as_str();
        is_fragile(number) || !self.others_that_became(number, Some(licence.programme)).is_empty()
    }

    /// Others of theirs of which a spreadsheet may have made this number.
    fn others_that_became(&self, number: &str, programme: Option<Programme>) -> Vec<&'a Licence> {
        let mut others = self.like(number);
        others.retain(|other| programme.is_none_or(|programme| other.programme == programme));
        others.retain(|other| could_become(other.number.as_str(), number));
        others
    }

    /// Those, of another number, that a spreadsheet may have shown or saved like this.
    fn like(&self, number: &str) -> Vec<&'a Licence> {
        let mut found = Vec::new();
        if let Some(read) = Number::read(number) {
            if read.is_shortened {
                // What is not shown was rounded.
                let shown = read.value();
                let all = self.by_value.iter().filter(|(value, _)| rounded(value, read.digits.len()) == shown);
                found.extend(all.flat_map(|(_, licences)| licences.iter().copied()));
            } else {
                found.extend(self.by_value.get(&read.known().value()).into_iter().flatten().copied());
            }
        }
        let days = days(number);
        let shared = |other: &[Day]| other.iter().any(|other| days.iter().any(|day| is_same_day(*day, *other)));
        found.extend(self.days.iter().filter(|(_, other)| shared(other)).map(|(licence, _)| *licence));
        found.extend(self.odd.iter().filter(|(_, other)| other.may_become(number)).map(|(licence, _)| *licence));
        found.retain(|licence| licence.number.as_str() != number);
        found
    }
}

/// Whether a spreadsheet may change this number, or show it in another form. What none of them changes is digits that begin with
/// none of the zeros and are few enough to be shown, and a letter or two before everything else.
fn is_fragile(number: &str) -> bool {
    let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    if is_digits {
        return number.starts_with('0') && number != "0" || number.len() > SHOWN_DIGITS;
    }
    let letters = number.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_plain = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    !((1..=2).contains(&letters) && is_plain)
}

/// Whether the one number may have become the other in a spreadsheet. What has leading zeros was made by none, but as the result of
/// a formula.
fn could_become(number: &str, other: &str) -> bool {
    let is_digits = other.bytes().all(|byte| byte.is_ascii_digit());
    number.starts_with('=') || is_fragile(number) && !(is_digits && other.starts_with('0') && other != "0")
}

/// What was made of a number that names nothing, by what it looks like.
fn spoiled(number: &str, meant: &[&Licence]) -> Option<Spoiled> {
    if !days(number).is_empty() {
        return Some(Spoiled::Day);
    }
    let Some(read) = Number::read(number) else { return (!meant.is_empty()).then_some(Spoiled::Changed) };
    if read.is_shortened {
        return Some(Spoiled::Shortened);
    }
    if read.is_separated {
        return Some(Spoiled::Separated);
    }
    let first = meant.first()?;
    if meant.iter().all(|other| Number::read(other.number.as_str()).is_none()) {
        return Some(Spoiled::Changed);
    }
    // Of digits alone it can only be told where there is something that was meant.
    let lost_digits = first.number.as_str().len() > KNOWN_DIGITS && first.number.as_str().len() == number.len();
    Some(if lost_digits { Spoiled::LastDigits } else { Spoiled::Zeros })
}

/// A number of which spreadsheets make something else than another form of its digits, or of a day. Who has such numbers gets a file
/// that keeps them; what comes back without that is refused rather than guessed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Odd {
    /// An amount, a percentage, a sign before or behind: these digits stay.
    Digits(String),
    /// A time of day.
    Time,
    /// A word, of which the letters stay.
    Word(String),
    /// A formula, or digits of another script: it may become anything.
    Anything,
}

impl Odd {
    fn of(number: &str) -> Option<Self> {
        if !is_fragile(number) || number.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let is_foreign = |c: char| !c.is_ascii() && c.is_numeric();
        if number.starts_with('=') || number.contains(is_foreign) {
            return Some(Self::Anything);
        }
        let number = number.to_ascii_lowercase();
        let is_half_of_a_day = number.starts_with(|c: char| c.is_ascii_digit())
            && ["am", "pm", "a", "p"].iter().any(|half| number.ends_with(half));
        if number.contains(':') || is_half_of_a_day {
            return Some(Self::Time);
        }
        if number.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Some(Self::Word(number));
        }
        // What is read as a number is found by its value.
        let has_digits = Number::read(&number).is_none() && number.contains(|c: char| c.is_ascii_digit());
        has_digits.then(|| Self::Digits(significant(&number)))
    }

    fn may_become(&self, number: &str) -> bool {
        match self {
            Self::Digits(digits) => *digits == significant(number),
            Self::Time => number.contains(':'),
            Self::Word(word) => {
                number.eq_ignore_ascii_case(word) || TRUTHS.iter().any(|truth| number.eq_ignore_ascii_case(truth))
            }
            Self::Anything => true,
        }
    }
}

/// What spreadsheets write for true and false, in the languages that we know of: they translate one into the other.
const TRUTHS: [&str; 8] = ["TRUE", "FALSE", "WAHR", "FALSCH", "VRAI", "FAUX", "VERDADERO", "FALSO"];

/// The digits of a text, without the zeros around them.
fn significant(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

/// A number as a spreadsheet reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Number {
    /// Without leading zeros.
    digits: String,
    /// The power of ten of the last of them.
    shift: i32,
    /// It stands with an exponent.
    is_shortened: bool,
    /// Separators stand between its digits.
    is_separated: bool,
}

impl Number {
    fn read(text: &str) -> Option<Self> {
        let is_blank = |c: char| matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}');
        let blanks = text.contains(is_blank);
        let text: String = text.chars().filter(|c| !is_blank(*c)).collect();
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => {
                let digits = exponent.strip_prefix('+').unwrap_or(exponent);
                let is_number =
                    !digits.is_empty() && digits.len() <= 3 && digits.bytes().all(|byte| byte.is_ascii_digit());
                (mantissa, Some(digits.parse::<i32>().ok().filter(|_| is_number)?))
            }
            None => (text.as_str(), None),
        };
        if !mantissa.starts_with(|c: char| c.is_ascii_digit()) || !mantissa.ends_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        if !mantissa.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',')) {
            return None;
        }
        let parts: Vec<&str> = mantissa.split(['.', ',']).collect();
        let is_separated = parts.len() > 1 || blanks;
        let (whole, behind) = match (parts.as_slice(), exponent) {
            ([whole], _) => ((*whole).to_owned(), ""),
            ([whole, behind], Some(_)) => ((*whole).to_owned(), *behind),
            (_, Some(_)) | ([], None) => return None,
            ([first, groups @ ..], None) => {
                let (groups, cents) = match groups.split_last() {
                    Some((last, before)) if last.len() != 3 && last.bytes().all(|byte| byte == b'0') => (before, true),
                    _ => (groups, false),
                };
                let are_groups = groups.iter().all(|group| group.len() == 3)
                    && (groups.is_empty() || (1..=3).contains(&first.len()));
                if !are_groups || !cents && groups.is_empty() {
                    return None;
                }
                (first.chars().chain(groups.iter().flat_map(|group| group.chars())).collect(), "")
            }
        };
        let digits = [whole.as_str(), behind].concat();
        let digits = digits.trim_start_matches('0').to_owned();
        let shift = exponent.unwrap_or_default() - i32::try_from(behind.len()).ok()?;
        Some(Self { digits, shift, is_shortened: exponent.is_some(), is_separated })
    }

    /// With zeros in the place of those digits that a spreadsheet forgets.
    fn known(&self) -> Self {
        let kept = self.digits.len().min(KNOWN_DIGITS);
        let forgotten = i32::try_from(self.digits.len() - kept).unwrap_or(i32::MAX);
        Self { digits: self.digits[..kept].to_owned(), shift: self.shift.saturating_add(forgotten), ..self.clone() }
    }

    fn value(&self) -> Value {
        if self.digits.is_empty() {
            return (String::new(), 0);
        }
        let first = self.shift.saturating_add(i32::try_from(self.digits.len()).unwrap_or(i32::MAX));
        (self.digits.trim_end_matches('0').to_owned(), first)
    }
}

/// A value with so many digits: the rest is rounded away.
fn rounded((digits, first): &Value, count: usize) -> Value {
    let (kept, rest) = digits.split_at(digits.len().min(count));
    let (mut kept, mut first) = (kept.as_bytes().to_vec(), *first);
    if rest.starts_with(|next: char| next >= '5') {
        let nines = kept.iter().rev().take_while(|digit| **digit == b'9').count();
        kept.truncate(kept.len() - nines);
        match kept.last_mut() {
            Some(last) => *last += 1,
            None => {
                kept.push(b'1');
                first += 1;
            }
        }
    }
    let kept: String = kept.into_iter().map(char::from).collect();
    (kept.trim_end_matches('0').to_owned(), first)
}

const MONTHS: [&[&str]; 12] = [
    &["jan"],
    &["feb"],
    &["mar", "mär", "mrz"],
    &["apr"],
    &["may", "mai"],
    &["jun"],
    &["jul"],
    &["aug"],
    &["sep"],
    &["oct", "okt"],
    &["nov"],
    &["dec", "dez"],
];

/// All days that a spreadsheet may mean by a text, or take it for. None: it takes it for something else.
fn days(text: &str) -> Vec<Day> {
    // Behind a day may stand a time.
    let text = match text.rsplit_once([' ', 'T']) {
        Some((day, time)) if time.contains(':') => day,
        _ => text,
    };
    let parts: Vec<&str> = text.split(['-', '/', '.', ' ']).filter(|part| !part.is_empty()).collect();
    let separators = text.matches(['-', '/', '.', ' ']).count();
    let month_of = |part: &str| {
        let start: String = part.to_lowercase().chars().take(3).collect();
        let is_word = part.chars().all(char::is_alphabetic) && part.chars().count() >= 3;
        let found = MONTHS.iter().position(|names| names.contains(&start.as_str())).filter(|_| is_word);
        found.and_then(|at| u8::try_from(at + 1).ok())
    };
    let number = |part: &str, most: u16| {
        let is_number = (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        part.parse::<u16>().ok().filter(|number| is_number && *number <= most)
    };
    let small = |part: &str, most: u8| {
        number(part, u16::from(most))
            .filter(|number| *number > 0 && part.len() <= 2)
            .and_then(|it| u8::try_from(it).ok())
    };
    let year = |part: &str| {
        let year = number(part, 9999).filter(|year| part.len() == 2 || part.len() == 4 && *year >= 1900);
        year.and_then(|year| u8::try_from(year % 100).ok())
    };
    let month = |part: &str| month_of(part).or_else(|| small(part, 12));
    let mut all = Vec::new();
    let mut add = |year: Option<Option<u8>>, month: Option<u8>, day: Option<u8>| {
        if let (Some(year), Some(month), Some(day)) = (year, month, day) {
            all.push((year, month, day));
        }
    };
    match parts.as_slice() {
        [one, other] if separators == 1 => {
            add(Some(None), month(one), small(other, 31));
            add(Some(None), month(other), small(one, 31));
            // The first of a month: with two digits only where the month is a word.
            let years = |part: &str, month: &str| year(part).filter(|_| part.len() == 4 || month_of(month).is_some());
            add(years(other, one).map(Some), month(one), Some(1));
            add(years(one, other).map(Some), month(other), Some(1));
        }
        [one, other, third] if separators <= 4 => {
            add(year(third).map(Some), month(one), small(other, 31));
            add(year(third).map(Some), month(other), small(one, 31));
            add(year(one).map(Some), month(other), small(third, 31));
        }
        _ => {}
    }
    all
}

fn is_same_day((year, month, day): Day, (other_year, other_month, other_day): Day) -> bool {
    (month, day) == (other_month, other_day) && year.is_none_or(|year| other_year.is_none_or(|other| year == other))
}
