//! Files of people: what spreadsheets write, what we write for them, and what is refused by name (APR-07).

use std::collections::BTreeSet;

use licensing::{
    Address, Date, Licence, Programme,
    import::Envelope,
    manage::Change,
    people_file::{
        Action, Administered, BadFile, Column, Defaults, Line, NumberFault, PeopleFile, Spoiled, Why, head, line, read,
    },
    policy::PeoplePolicy,
    request::Asked,
    roles::{Benefit, Role},
};
use proptest::{prelude::*, sample::select};

use Role::{Administrator, Download, LicensingInfo, OnlineServicesManager, SoftwareAssuranceManager};

fn licence(text: &str) -> Licence {
    text.parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// What the person of these tests administers.
const MINE: [&str; 8] = [
    "enterprise/88590039",
    "enterprise/0012",
    "select/12",
    "select/0700",
    "open-licence/3-12",
    "open-licence/123456789012345678",
    "open-value/V0700",
    "select-plus/0700",
];

fn with<T>(mine: &[&str], act: impl FnOnce(&Administered<'_>) -> T) -> T {
    let mine: Vec<Licence> = mine.iter().map(|key| licence(key)).collect();
    act(&Administered::new(&mine))
}

fn reads(text: impl AsRef<[u8]>) -> PeopleFile {
    with(&MINE, |mine| read(text.as_ref(), mine, &Defaults::default(), &PeoplePolicy::default())).expect("it is a file")
}

fn bad(text: impl AsRef<[u8]>) -> BadFile {
    let read = with(&MINE, |mine| read(text.as_ref(), mine, &Defaults::default(), &PeoplePolicy::default()));
    read.expect_err("it is none")
}

/// The only row of a file, which is refused.
fn refused(text: impl AsRef<[u8]>) -> (u32, Option<Column>, Why) {
    let file = reads(text);
    let [refused] = file.refused.as_slice() else { panic!("{:?}", file.refused) };
    assert_eq!(file.lines, []);
    (refused.row, refused.column, refused.why.clone())
}

fn taken(text: impl AsRef<[u8]>) -> Line {
    let file = reads(text);
    assert_eq!((file.refused.as_slice(), file.lines.len()), (&[][..], 1));
    file.lines[0].1.clone()
}

fn asked(roles: &[Role]) -> Asked {
    Asked { roles: roles.iter().copied().collect(), ..Asked::default() }
}

/// One row with this number.
fn number(number: &str) -> String {
    format!("address;programme;number;roles\nann@contoso.example;;{number};download\n")
}

// ---- The form ----

/// APR-07 a file is read whatever parts its values and ends its lines, with or without a byte-order mark, a first line that names the
/// separator, blank rows, and cells in quotation marks; the rows are those that a spreadsheet shows.
#[test]
fn apr_07_a_file_is_read_as_spreadsheets_write_it() {
    let expected = Line {
        address: "ann@contoso.example".parse().unwrap(),
        licence: licence("enterprise/88590039"),
        action: Action::Assign,
        roles: Asked { until: Some(date("2027-01-31")), ..asked(&[LicensingInfo, Download]) },
        listings_count: false,
        comment: "Welcome, \"Ann\"".into(),
    };
    for by in [",", ";", "\t"] {
        for end in ["\n", "\r\n", "\r"] {
            for before in ["", "\u{feff}", "SEP"] {
                let before = if before == "SEP" { format!("sep={by}{end}") } else { before.to_owned() };
                let heading =
                    ["Email address", "Program", "Licensing ID", "Roles", "Until", "Comment", "Office"].join(by);
                let row = [
                    " Ann@Contoso.example ",
                    "Enterprise",
                    "88590039",
                    "\"Licensing Info; download\"",
                    "2027-01-31",
                    "\"Welcome, \"\"Ann\"\"\"",
                    "\"2nd\nfloor\"",
                ];
                let blank = [by.repeat(6), String::new(), "  ".into()].join(end);
                let text = [&*before, &heading, end, &blank, end, &row.join(by), end].concat();
                let file = reads(&text);
                let offset = if before.starts_with("sep") { 6 } else { 5 };
                assert_eq!(file.lines, [(offset, expected.clone())], "{text:?}");
                assert_eq!((file.refused, file.ignored), (vec![], vec!["Office".to_owned()]));
            }
        }
    }
    // Without an end of the last line.
    assert_eq!(taken("address,number,roles\nann@contoso.example,88590039,download").roles, asked(&[Download]));
}

/// APR-07 a quotation mark that is never closed, and text behind a closing one, are refused by name; a mark inside an unquoted cell
/// is taken as it stands.
#[test]
fn apr_07_nothing_is_swallowed_by_a_quotation_mark() {
    let head = "address,number,roles,comment\n";
    let row = |comment: &str| {
        format!("{head}ann@contoso.example,88590039,download,{comment}\nbob@contoso.example,88590039,download,\n")
    };
    assert_eq!(refused(row("\"Hello")), (2, None, Why::Unclosed { cell: 4 }));
    let file = reads(row("\"Hello\" there"));
    assert_eq!((file.refused[0].row, &file.refused[0].why), (2, &Why::BehindMark { cell: 4 }));
    assert_eq!((file.lines.len(), file.lines[0].0), (1, 3), "the next row is read");
    assert_eq!(reads(row("12\" rack")).lines[0].1.comment, "12\" rack");
    let many = format!("{head}ann@contoso.example,88590039,download,Hello, Ann\n");
    assert_eq!(refused(many), (2, None, Why::TooManyCells { cells: 5, columns: 4 }));
    assert_eq!(taken(format!("{head}ann@contoso.example,88590039,download,Hello,,\n")).comment, "Hello");
}

/// APR-07 ACT-01 a row that is not UTF-8 names the byte and the cure, as the command line does; other rows are read. A file that
/// is no text is named.
#[test]
fn apr_07_what_is_no_utf_8_is_named() {
    let mut text = b"address,number,roles,comment\nann@contoso.example,88590039,download,Gr\xfc\xdfe\nbob@contoso.example,88590039,download,\n".to_vec();
    let file = reads(&text);
    assert_eq!((file.lines.len(), file.refused.len()), (1, 1));
    assert_eq!(file.refused[0].to_string(), "Row 2: Byte 41 of the row is not UTF-8.");
    assert_eq!(
        file.refused[0].why.next(),
        "Save the file as UTF-8. If it is WINDOWS-1252, convert it: iconv -f WINDOWS-1252 -t UTF-8 FILE"
    );
    text[0] = 0xe4;
    assert!(matches!(bad(&text), BadFile::BadHead(Why::NotUtf8 { byte: 1, guess: "WINDOWS-1252" })));
    assert_eq!(bad(b"PK\x03\x04\x14\x00\x06\x00"), BadFile::NotText(Envelope::Zip));
    assert_eq!(bad(b"\x1f\x8b\x08\x00"), BadFile::NotText(Envelope::Gzip));
    let utf_16: Vec<u8> = "address\tnumber\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(bad([b"\xff\xfe".to_vec(), utf_16].concat()), BadFile::NotText(Envelope::Utf16));
}

/// APR-07 the columns that are needed are named, one that stands there twice too, and one that looks like a known one: what stands
/// in it would be lost.
#[test]
fn apr_07_columns_are_known_by_their_names() {
    for (text, expected) in [
        ("", BadFile::Empty),
        ("\n\n", BadFile::Empty),
        ("address,number,roles\n", BadFile::Empty),
        ("{\"type\":\"order\"}\n", BadFile::Missing(Column::Address)),
        ("number,roles\n12,download\n", BadFile::Missing(Column::Address)),
        ("address,roles\nann@contoso.example,download\n", BadFile::Missing(Column::Number)),
        ("address,number\nann@contoso.example,12\n", BadFile::Missing(Column::Roles)),
        ("address,number,roles,e-mail\n", BadFile::Twice("e-mail".into())),
        ("address,number,roles,untill\n", BadFile::Mistyped("untill".into(), Column::Until)),
        ("address,number,rolles\n", BadFile::Mistyped("rolles".into(), Column::Roles)),
    ] {
        assert_eq!(bad(text), expected, "{text:?}");
        assert!(
            expected.to_string().ends_with('.') && expected.next().ends_with('.'),
            "{expected} {}",
            expected.next()
        );
    }
    let many = format!("address,number,roles{}\n", ",x".repeat(498));
    assert_eq!(bad(many), BadFile::BadHead(Why::TooManyCells { cells: 501, columns: 500 }));
    let file = reads("name;e-mail;licence number;role\nAnn;ann@contoso.example;88590039;download\n");
    assert_eq!((file.lines.len(), file.ignored), (1, vec!["name".to_owned()]));
}

/// APR-07 a file is at most so large, and has at most so many rows.
#[test]
fn apr_07_a_file_has_its_bounds() {
    let policy = PeoplePolicy { file_rows: 2, file_bytes: 1000, ..PeoplePolicy::default() };
    let of = |rows: usize| {
        let row = |number| format!("a{number}@contoso.example,88590039,download\n");
        let text: String = (0..rows).map(row).collect();
        with(&MINE, |mine| {
            read(format!("address,number,roles\n{text}").as_bytes(), mine, &Defaults::default(), &policy)
        })
    };
    assert_eq!(of(2).map(|file| file.lines.len()), Ok(2));
    assert_eq!(of(3), Err(BadFile::TooManyRows { most: 2 }));
    assert_eq!(of(40), Err(BadFile::TooLarge { most: 1000 }));
}

// ---- Numbers ----

fn fault(text: &str) -> NumberFault {
    match refused(number(text)) {
        (2, Some(Column::Number), Why::Number(fault)) => fault,
        other => panic!("{text}: {other:?}"),
    }
}

/// APR-07 what a spreadsheet made of a number is refused by name, with the number that was probably meant among those that the
/// person administers.
#[test]
fn apr_07_a_spoiled_number_is_refused_by_name() {
    for (written, spoiled, meant) in [
        ("8.859E+07", Spoiled::Shortened, &["enterprise/88590039"][..]),
        ("8,859E+07", Spoiled::Shortened, &["enterprise/88590039"]),
        ("8.86E+07", Spoiled::Shortened, &["enterprise/88590039"]),
        ("8.8590039E+07", Spoiled::Shortened, &["enterprise/88590039"]),
        ("8.9e7", Spoiled::Shortened, &["enterprise/88590039"]),
        ("1.23457E+17", Spoiled::Shortened, &["open-licence/123456789012345678"]),
        ("8.85E+07", Spoiled::Shortened, &[]),
        ("8.859E+06", Spoiled::Shortened, &[]),
        ("700", Spoiled::Zeros, &["select/0700", "select-plus/0700"]),
        ("88,590,039", Spoiled::Separated, &["enterprise/88590039"]),
        ("88.590.039", Spoiled::Separated, &["enterprise/88590039"]),
        ("88 590 039", Spoiled::Separated, &["enterprise/88590039"]),
        ("88590039.00", Spoiled::Separated, &["enterprise/88590039"]),
        ("88.590.039,00", Spoiled::Separated, &["enterprise/88590039"]),
        ("1,234,567", Spoiled::Separated, &[]),
        ("123456789012345000", Spoiled::LastDigits, &["open-licence/123456789012345678"]),
        ("123456789012346000", Spoiled::LastDigits, &["open-licence/123456789012345678"]),
        ("12-Mar", Spoiled::Day, &["open-licence/3-12"]),
        ("Mar-12", Spoiled::Day, &["open-licence/3-12"]),
        ("03-Dez", Spoiled::Day, &["open-licence/3-12"]),
        ("2026-03-12", Spoiled::Day, &["open-licence/3-12"]),
        ("3/12/2026", Spoiled::Day, &["open-licence/3-12"]),
        ("12.03.26", Spoiled::Day, &["open-licence/3-12"]),
        ("2026-03-12 00:00:00", Spoiled::Day, &["open-licence/3-12"]),
        ("2026-04-12", Spoiled::Day, &[]),
    ] {
        let fault = fault(written);
        assert_eq!(fault.spoiled, Some(spoiled), "{written}");
        assert_eq!(fault.meant, meant.iter().map(|key| licence(key)).collect::<Vec<_>>(), "{written}");
        assert!(fault.to_string().ends_with('.') && fault.next().ends_with('.'));
        assert!(fault.meant.iter().all(|meant| fault.next().contains(meant.number.as_str())), "{}", fault.next());
    }
}

/// APR-07 REQ-02 a number that is known and not theirs is answered as one that is not known; nothing is guessed of those.
#[test]
fn apr_07_unknown_and_not_yours_are_answered_alike() {
    let answers: BTreeSet<String> = ["77", "0077", "9999999999999999", "abc", "'88590040", "V7", "2-40"]
        .iter()
        .map(|number| {
            let fault = fault(number);
            assert_eq!((fault.spoiled, fault.meant.len()), (None, 0), "{number}");
            format!("{fault} {}", fault.next())
        })
        .collect();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

/// APR-07 a number that is theirs and that another one of theirs may have become is refused, unless the programme tells them apart
/// or it stands behind a `'`, which says that nothing was made of it.
#[test]
fn apr_07_an_ambiguous_number_is_not_guessed() {
    let ambiguous = fault("12");
    assert_eq!((ambiguous.spoiled, ambiguous.meant), (Some(Spoiled::Ambiguous), vec![licence("enterprise/0012")]));
    assert_eq!(taken(number("'12")).licence, licence("select/12"));
    assert_eq!(taken(number("0012")).licence, licence("enterprise/0012"), "no spreadsheet writes zeros");
    let of_programme = "address,programme,number,roles\nann@contoso.example,select,12,download\n";
    assert_eq!(taken(of_programme).licence, licence("select/12"));
    let several = fault("0700");
    assert_eq!(several.spoiled, Some(Spoiled::SeveralProgrammes));
    assert_eq!(several.next(), "Write the programme in a column of its own: select or select-plus.");
    assert_eq!(taken(number("select-plus/0700")).licence, licence("select-plus/0700"), "as reports write it");
    assert_eq!(taken(number("3-12")).licence, licence("open-licence/3-12"));
}

// ---- The other cells ----

/// APR-07 each cell that can't be taken is refused with its column, why, and what to do.
#[test]
fn apr_07_each_cell_is_refused_with_its_column() {
    let head = "address,programme,number,action,roles,benefits,reservations,until,listings_count,comment\n";
    let good = ["ann@contoso.example", "enterprise", "88590039", "", "download", "", "", "", "", ""];
    let long = "x".repeat(201);
    for (column, cell, why) in [
        (Column::Address, "", "The cell is empty."),
        (Column::Address, "Ann <ann@contoso.example>", "The address is not of the expected form."),
        (Column::Programme, "enterprice", "There is no such programme."),
        (Column::Number, "", "The cell is empty."),
        (Column::Number, &*"1".repeat(801), "The text is too long, or has characters that nobody sees."),
        (Column::Action, "give", "There is no such action."),
        (Column::Roles, "", "The cell is empty."),
        (Column::Roles, "downlod", "There is no role \"downlod\"."),
        (Column::Roles, "; ;", "The cell is empty."),
        (Column::Benefits, "all", "This only goes with the role software-assurance-manager."),
        (Column::Reservations, "yes", "This only goes with the role online-services-manager."),
        (Column::Reservations, "maybe", "This is neither yes nor no."),
        (Column::Until, "soon", "This is no day."),
        (Column::Until, "2027-02-30", "This is no day."),
        (Column::Until, "1/31/27", "This is no day."),
        (Column::Until, "1/2/2027", "This may be 2027-01-02 or 2027-02-01."),
        (Column::Until, "31.13.2027", "This is no day."),
        (Column::ListingsCount, "perhaps", "This is neither yes nor no."),
        (Column::Comment, &*long, "The text is too long, or has characters that nobody sees."),
    ] {
        let place = Column::ALL.iter().position(|known| *known == column).unwrap();
        let mut cells = good;
        cells[place] = cell;
        let (row, refused, found) = refused(format!("{head}{}\n", cells.join(",")));
        assert_eq!((row, refused, found.to_string().as_str()), (2, Some(column), why), "{cell}");
        assert!(found.next().ends_with(['.', '?']), "{}", found.next());
    }
    let mut master = good;
    (master[1], master[2]) = ("master", "7");
    let file = with(&["master/7"], |mine| {
        read(format!("{head}{}\n", master.join(",")).as_bytes(), mine, &Defaults::default(), &PeoplePolicy::default())
    });
    assert_eq!(file.unwrap().refused[0].why, Why::NoSuchRole(Download));
    let meant = |cells: [&str; 10]| refused(format!("{head}{}\n", cells.join(","))).2.next();
    assert_eq!(meant([good[0], "enterprice", good[2], "", "download", "", "", "", "", ""]), "Did you mean enterprise?");
    assert_eq!(meant([good[0], "", good[2], "", "downlod", "", "", "", "", ""]), "Did you mean download?");
}

/// APR-07 a day is taken where it can be only one; roles and benefits are known by their names as pages write them; what stands for
/// yes is what spreadsheets make of it.
#[test]
fn apr_07_days_roles_and_benefits_are_read_as_people_write_them() {
    let day = |text: &str| {
        let file = format!("address;number;roles;until\nann@contoso.example;88590039;download;{text}\n");
        taken(file).roles.until
    };
    for text in
        ["2027-01-31", "2027/01/31", "31.1.2027", "31.01.2027", "1/31/2027", "31/01/2027", "2027-01-31 00:00:00"]
    {
        assert_eq!(day(text), Some(date("2027-01-31")), "{text}");
    }
    assert_eq!((day("2/2/2027"), day("")), (Some(date("2027-02-02")), None));
    assert_eq!(day("1.2.2027"), Some(date("2027-02-01")), "with points the day stands first");
    let text = "address;number;roles;benefits;reservations\n\
        ann@contoso.example;88590039;\"Software Assurance Manager, online services manager\";E-Learning | home use;TRUE\n\
        bob@contoso.example;88590039;software-assurance-manager;;\n\
        cat@contoso.example;88590039;software-assurance-manager;none;no\n";
    let roles: Vec<Asked> = reads(text).lines.into_iter().map(|(_, line)| line.roles).collect();
    let both = [Benefit::ELearning, Benefit::HomeUse].into();
    assert_eq!(
        roles[0],
        Asked { benefits: both, reservations: true, ..asked(&[SoftwareAssuranceManager, OnlineServicesManager]) }
    );
    assert_eq!(roles[1].benefits.len(), Benefit::ALL.len(), "all where nothing is said");
    assert_eq!(roles[2], asked(&[SoftwareAssuranceManager]));
}

/// APR-07 a row assigns, sets or removes; whoever is removed gets nothing; and a person stands once on a Licensing ID, but for roles
/// with an end each.
#[test]
fn apr_07_a_row_says_what_is_done() {
    let head = "address,number,action,roles,until,listings_count\n";
    let row = |cells: &str| taken(format!("{head}ann@contoso.example,88590039,{cells}\n")).change();
    let roles = asked(&[Download]);
    assert_eq!(row(",download,,yes"), Change::Assign { roles: roles.clone(), listings_count: true });
    assert_eq!(row("Set,download,,"), Change::Edit { roles: vec![roles] });
    assert_eq!(row("remove,,,"), Change::Remove);
    let gets = refused(format!("{head}ann@contoso.example,88590039,remove,download,,\n"));
    assert_eq!(gets, (2, Some(Column::Roles), Why::NotWithRemove));
    let ticked = refused(format!("{head}ann@contoso.example,88590039,set,download,,yes\n"));
    assert_eq!((ticked.0, ticked.1), (2, Some(Column::ListingsCount)));

    let rows = |rows: &[&str]| {
        let rows: Vec<String> = rows.iter().map(|cells| format!("ann@contoso.example,{cells}\n")).collect();
        let file = reads(format!("{head}{}", rows.concat()));
        file.refused.into_iter().map(|refused| (refused.row, refused.why)).collect::<Vec<_>>()
    };
    assert_eq!(rows(&["88590039,,download,,", "88590039,,download,2027-01-31,", "0012,,download,,"]), []);
    for twin in ["88590039,,licensing-info,,", "88590039,set,download,2027-01-31,", "88590039,remove,,,"] {
        assert_eq!(rows(&["88590039,,download,,", twin]), [(3, Why::Twice { row: 2 })], "{twin}");
    }
    assert_eq!(rows(&["88590039,remove,,,", "88590039,,download,,"]), [(3, Why::Twice { row: 2 })]);
}

/// APR-07 on a licence's own page a list of addresses is enough: the licence and the roles are chosen there. A row may say more,
/// and what goes with roles stands beside them.
#[test]
fn apr_07_a_list_of_addresses_is_enough_on_a_licences_page() {
    let chosen = Asked { until: Some(date("2027-06-30")), ..asked(&[LicensingInfo, Download]) };
    let defaults = Defaults { licence: Some(licence("select/12")), roles: Some(chosen.clone()) };
    let reads =
        |text: &str| with(&MINE, |mine| read(text.as_bytes(), mine, &defaults, &PeoplePolicy::default())).unwrap();
    let forty: Vec<String> = (0..40).map(|number| format!("a{number}@contoso.example\r\n")).collect();
    let file = reads(&format!("E-Mail\r\n{}", forty.concat()));
    assert_eq!((file.lines.len(), file.refused.len()), (40, 0));
    let (row, line) = &file.lines[39];
    assert_eq!((*row, &line.roles, &line.licence), (41, &chosen, &licence("select/12")));
    let file = reads(
        "email,number,roles,until,benefits\na@contoso.example,88590039,administrator,,\nb@contoso.example,,,2027-01-31,\nc@contoso.example,,,,all\n",
    );
    assert_eq!(
        (&file.lines[0].1.licence, &file.lines[0].1.roles),
        (&licence("enterprise/88590039"), &asked(&[Administrator]))
    );
    assert_eq!(file.lines[1].1.roles, Asked { until: Some(date("2027-01-31")), ..chosen });
    assert_eq!((file.refused[0].row, file.refused[0].column), (4, Some(Column::Roles)));
}

// ---- What we write ----

fn write(lines: &[Line], mine: &Administered<'_>) -> String {
    head() + &lines.iter().map(|it| line(it, mine)).collect::<String>()
}

/// APR-07 UI-03 what spreadsheets would change or run is kept from it: formulas, leading zeros, long numbers, days, numbers that
/// another one may have become. Plain numbers stand as they are.
#[test]
fn apr_07_what_we_write_is_kept_from_spreadsheets() {
    let cell = |mine: &[&str], key: &str| {
        let of = Line {
            address: "ann@contoso.example".parse().unwrap(),
            licence: licence(key),
            action: Action::Assign,
            roles: asked(&[Download]),
            listings_count: false,
            comment: "=1+1".into(),
        };
        with(mine, |mine| line(&of, mine))
    };
    for (key, written) in [
        ("enterprise/88590039", "88590039"),
        ("select/0700", "'0700"),
        ("open-licence/3-12", "'3-12"),
        ("open-licence/123456789012345678", "'123456789012345678"),
        ("enterprise/123456789012", "'123456789012"),
        ("enterprise/12E5", "'12E5"),
        ("enterprise/1,234", "'1,234"),
        ("enterprise/-5", "'-5"),
        ("enterprise/'5", "''5"),
        ("open-value/V0700", "V0700"),
        ("select/12", "12"),
    ] {
        let line = cell(&MINE, key);
        assert!(line.contains(&format!(",\"{written}\",")), "{line}");
        assert!(line.ends_with(",\"'=1+1\"\r\n"), "{line}");
    }
    assert!(cell(&["select/12", "select/0012"], "select/12").contains(",\"'12\","), "another may have become this");
    assert_eq!(head().as_bytes()[..3], *b"\xef\xbb\xbf");
}

/// Numbers of all kinds that agreements have, and that spreadsheets like to change.
fn any_number() -> impl Strategy<Value = String> {
    prop_oneof![
        "[0-9]{1,20}",
        "0{1,3}[1-9]{1,3}",
        "[1-9]{1,3}",
        "[1-9]{1,2}[-/.][0-9]{1,2}",
        "(19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]",
        "[0-9]{1,2}-(Mar|Dec|jan)",
        "[1-9](\\.[0-9]{1,3})?E\\+?[0-9]{1,2}",
        "[0-9]{1,3}(,[0-9]{3}){1,2}",
        "['=+@-]{1,2}[0-9]{1,3}",
        "[A-Z][0-9]{3,5}",
        "[ -~&&[^ /]]{1,8}",
    ]
}

fn any_line() -> impl Strategy<Value = Line> {
    let roles = prop::collection::btree_set(select(Role::ALL), 1..4);
    let benefits = prop_oneof![
        prop::collection::btree_set(select(Benefit::ALL), 0..8),
        Just(Benefit::ALL.iter().copied().collect())
    ];
    let until =
        prop::option::of((2027..2031_i16, 1..13_i8, 1..29_i8).prop_map(|(y, m, d)| Date::new(y, m, d).unwrap()));
    let asked = (roles, benefits, any::<bool>(), until)
        .prop_map(|(roles, benefits, reservations, until)| Asked { roles, benefits, reservations, until }.tidy());
    let programme = select(&Programme::ALL[..5]);
    let comment = prop_oneof!["", "['=+@ -~äöü€,;\"-]{1,20}", "'{1,2}[=+]x"].prop_map(|text| text.trim().to_owned());
    let address = ("['=+-]{0,2}[a-z]{1,6}", "[a-z]{1,6}")
        .prop_map(|(local, domain)| format!("{local}@{domain}.example").parse::<Address>().unwrap());
    (address, programme, any_number(), select(Action::ALL), asked, any::<bool>(), comment).prop_map(
        |(address, programme, number, action, roles, listings_count, comment)| Line {
            address,
            licence: Licence { programme, number: number.parse().unwrap() },
            action,
            roles: if action == Action::Remove { Asked::default() } else { roles },
            listings_count: listings_count && action == Action::Assign,
            comment,
        },
    )
}

/// A person stands once on a Licensing ID.
fn once(mut lines: Vec<Line>) -> Vec<Line> {
    let mut seen = BTreeSet::new();
    lines.retain(|line| seen.insert((line.licence.clone(), line.address.clone())));
    lines
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// APR-07 what we write is read back as it was, whatever numbers and texts there are.
    #[test]
    fn apr_07_import_of_export_is_the_same(lines in prop::collection::vec(any_line(), 1..8).prop_map(once)) {
        let licences: Vec<Licence> = lines.iter().map(|line| line.licence.clone()).collect();
        let mine = Administered::new(&licences);
        let text = write(&lines, &mine);
        let file = read(text.as_bytes(), &mine, &Defaults::default(), &PeoplePolicy::default()).unwrap();
        prop_assert_eq!(&file.refused, &[], "{}", text);
        prop_assert_eq!(file.lines, (2..).zip(lines).collect::<Vec<_>>(), "{}", text);
        prop_assert_eq!(file.ignored.len(), 0);
    }

    /// APR-07 what a spreadsheet makes of any number is never taken for another one: it is taken as it was, or refused; and where it
    /// is refused, the number that was meant is among the guesses.
    #[test]
    fn apr_07_no_number_is_changed_silently(numbers in prop::collection::btree_set(any_number(), 1..6), which in any::<prop::sample::Index>()) {
        let licences: Vec<Licence> = numbers.iter().map(|number| Licence { programme: Programme::Select, number: number.parse().unwrap() }).collect();
        let mine = Administered::new(&licences);
        let meant = &licences[which.index(licences.len())];
        for spoiled in spoil(meant.number.as_str()) {
            let text = format!("address\tprogramme\tnumber\troles\nann@contoso.example\tselect\t{spoiled}\tdownload\n");
            let file = read(text.as_bytes(), &mine, &Defaults::default(), &PeoplePolicy::default()).unwrap();
            match (file.lines.as_slice(), file.refused.as_slice()) {
                ([(_, line)], []) => prop_assert_eq!(&line.licence, meant, "{}", spoiled),
                ([], [refused]) => match &refused.why {
                    Why::Number(fault) => prop_assert!(fault.meant.contains(meant) || fault.written == meant.number.as_str() || fault.meant.len() == 5, "{} {:?}", spoiled, fault),
                    other => prop_assert!(false, "{} {:?}", spoiled, other),
                },
                other => prop_assert!(false, "{:?}", other),
            }
        }
    }

    /// APR-07 no bytes bring the reader down, and every row is either taken or refused, once.
    #[test]
    fn apr_07_any_bytes_are_read_or_refused(bytes in prop::collection::vec(prop_oneof![select(&b",;\t\"\r\n'"[..]), any::<u8>()], 0..200)) {
        let text = [b"address,number,roles\n".as_slice(), &bytes].concat();
        let file = with(&MINE, |mine| read(&text, mine, &Defaults::default(), &PeoplePolicy::default()));
        if let Ok(file) = file {
            let rows: Vec<u32> = file.lines.iter().map(|(row, _)| *row).chain(file.refused.iter().map(|refused| refused.row)).collect();
            prop_assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
        }
    }
}

/// What spreadsheets make of a number, in the forms that we know of.
fn spoil(number: &str) -> Vec<String> {
    let mut all = Vec::new();
    let is_digits = number.bytes().all(|byte| byte.is_ascii_digit());
    let digits = number.trim_start_matches('0');
    if is_digits && !digits.is_empty() {
        let kept = digits.len().min(15);
        let known = format!("{}{}", &digits[..kept], "0".repeat(digits.len() - kept));
        all.push(known.clone());
        all.push(format!("{known}.00"));
        for shown in 1..=5.min(digits.len()) {
            // In whole numbers, so that nothing is rounded twice.
            let unit = 10_u128.pow(u32::try_from(digits.len() - shown).unwrap());
            let value: u128 = digits.parse().unwrap();
            let rounded = (value + unit / 2) / unit;
            // Where it becomes a digit longer, no more are shown.
            let text = rounded.to_string();
            let power = digits.len() - shown + text.len() - 1;
            let text = text[..shown].to_owned();
            all.push(match text.split_at(1) {
                (first, "") => format!("{first}E+{power:02}"),
                (first, rest) => format!("{first}.{rest}E+{power:02}"),
            });
        }
    }
    let parts = number.split_once(['-', '/', '.']);
    let parts = parts.and_then(|(one, other)| Some((one.parse::<i8>().ok()?, other.parse::<i8>().ok()?)));
    for (month, day) in parts.into_iter().flat_map(|(one, other)| [(one, other), (other, one)]) {
        if let Ok(date) = Date::new(2026, month, day) {
            let forms = ["%Y-%m-%d", "%d.%m.%Y", "%-m/%-d/%Y", "%d-%b"];
            all.extend(forms.map(|form| date.strftime(form).to_string()));
        }
    }
    all
}
