//! What spreadsheet programs really made of our own export, and of a list that somebody typed (APR-07). The files stand in
//! `tests/data/people-files`, with the script that made them and the versions of the programs.

use std::path::PathBuf;

use licensing::{
    Licence, Programme,
    people_file::{Administered, Defaults, PeopleFile, Why, head, line, read},
    policy::PeoplePolicy,
};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../tests/data/people-files")
}

fn licences() -> Vec<Licence> {
    let numbers = std::fs::read_to_string(folder().join("numbers.txt")).expect("a list of numbers");
    let licence = |number: &str| Licence { programme: Programme::Select, number: number.parse().expect("a number") };
    numbers.lines().map(licence).collect()
}

fn reads(name: &str, mine: &Administered<'_>) -> PeopleFile {
    let bytes = std::fs::read(folder().join(name)).expect("a file");
    read(&bytes, mine, &Defaults::default(), &PeoplePolicy::default()).unwrap_or_else(|why| panic!("{name}: {why}"))
}

/// APR-07 200 awkward numbers, exported by us, opened and saved by `LibreOffice` and Gnumeric, in two languages, also in their own
/// formats and twice: nothing is changed silently. Each row is taken as it was, or refused for its number.
#[test]
fn apr_07_what_spreadsheets_saved_is_taken_as_it_was_or_refused() {
    let licences = licences();
    assert_eq!(licences.len(), 200);
    // Of a formula and of another script's digits may become anything. Who has such numbers is asked about nearly each row, so what is
    // taken is counted for who has all the others.
    let is_wild = |licence: &&Licence| {
        let number = licence.number.as_str();
        number.starts_with('=') || number.contains(|c: char| !c.is_ascii() && c.is_numeric())
    };
    let tame: Vec<&Licence> = licences.iter().filter(|licence| !is_wild(licence)).collect();
    let (all, but_wild) = (Administered::new(&licences), Administered::new(tame));
    let mut taken: Vec<(String, usize)> = Vec::new();
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("a folder")
        .map(|file| file.expect("a file").file_name().into_string().expect("a name"))
        .filter(|name| std::path::Path::new(name).extension().is_some_and(|end| end == "csv"))
        .collect();
    names.sort_unstable();
    for name in names {
        let counts = [(&all, true), (&but_wild, false)].map(|(mine, has_all)| {
            let file = reads(&name, mine);
            assert_eq!(file.lines.len() + file.refused.len(), 200, "{name}: each row is answered");
            for (row, line) in &file.lines {
                let at: usize = line.address.as_str()[1..4].parse().expect("a place");
                assert_eq!(*row as usize, at + 1, "{name}");
                let meant = &licences[at - 1];
                if has_all || !is_wild(&meant) {
                    assert_eq!(line.licence, *meant, "{name}: row {row} is taken for another licence");
                }
            }
            for refused in &file.refused {
                assert!(matches!(&refused.why, Why::Number(_)), "{name}: {refused:?}");
            }
            file.lines.len()
        });
        taken.push((name, counts[1]));
    }
    let taken: Vec<(&str, usize)> = taken.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(taken, TAKEN, "the files, or what is taken of them, have changed");
}

/// How many rows are taken of each file, of the 190 that are not about what may become anything. Many of these numbers look alike. What we wrote comes back whole from `LibreOffice`. Gnumeric takes our marks away: what
/// may then be another number's is refused, and once it opens such a file again, what it changed.
const TAKEN: &[(&str, usize)] = &[
    ("exported-gnumeric-office.csv", 31),
    ("exported-gnumeric-twice.csv", 32),
    ("exported-gnumeric.csv", 54),
    ("exported-office-as-text.csv", 190),
    ("exported-office-german-semicolon.csv", 190),
    ("exported-office-gnumeric.csv", 54),
    ("exported-office-ods.csv", 190),
    ("exported-office-twice.csv", 190),
    ("exported-office-xlsx.csv", 190),
    ("exported-office.csv", 190),
    ("exported.csv", 190),
    ("typed-gnumeric-office.csv", 28),
    ("typed-gnumeric-twice.csv", 31),
    ("typed-gnumeric.csv", 32),
    ("typed-office-as-text.csv", 54),
    ("typed-office-german-semicolon.csv", 34),
    ("typed-office-gnumeric.csv", 28),
    ("typed-office-ods.csv", 31),
    ("typed-office-twice.csv", 30),
    ("typed-office-xlsx.csv", 30),
    ("typed-office.csv", 31),
    ("typed.csv", 54),
];

/// APR-07 the file that was given to the programs is what we write, and it is read back as it was.
#[test]
fn apr_07_our_own_export_is_what_was_given_to_them() {
    let licences = licences();
    let mine = Administered::new(&licences);
    let file = reads("exported.csv", &mine);
    assert_eq!(file.refused, []);
    let lines = file.lines.iter().map(|(_, asked)| line(asked, &mine));
    let again: String = std::iter::once(head()).chain(lines).collect();
    assert!(std::fs::read_to_string(folder().join("exported.csv")).expect("a file") == again);
}
