//! Corners of the format, one row each: what is taken, and which fault of a row is reported.

mod dry_run;

use dry_run::{dry_run, load, row, rows, take};
use licensing::import::{LARGEST_ROW, Line, Lines, Record, RowOutcome, World};

const ABOVE: &str = r#"
{"type":"product","sku":"MAIL","name":"Mail","kind":"online-service"}
{"type":"product","sku":"KEY","name":"Key","kind":"keyed-service"}
{"type":"product","sku":"DOCS","name":"Documents","kind":"online-service"}
{"type":"customer","id":"c1","name":"Kestrel Foods","country":"SE"}
{"type":"account","id":"a1","name":"Kestrel","customer":"c1","domains":["kestrel.example"],"global_admins":["ann@kestrel.example","bob@kestrel.example"],"billing_admins":[]}
{"type":"account","id":"a2","name":"Kestrel Labs","domains":[],"global_admins":["bob@kestrel.example"],"billing_admins":[]}
{"type":"agreement","programme":"enterprise","number":"100","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"online-services-manager":"osm@kestrel.example"}}
{"type":"agreement","programme":"master","number":"M1","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{}}
{"type":"activation","programme":"enterprise","number":"100","product":"DOCS","account":"a1","activated":"2026-05-01"}
{"type":"suppression","address":"dead@kestrel.example","reason":"hard-bounce"}
{"type":"order","id":"PO-1","programme":"enterprise","number":"100","purchased":"2026-08-31","usage_starts":"2026-09-01","lines":[{"product":"MAIL","quantity":25}]}
"#;

/// The world in which the rows below are judged.
fn above() -> World {
    let mut world = World::empty();
    load(&mut world, ABOVE);
    world
}

/// `taken`, `unchanged`, or the code and the field of the refusal.
fn fate(text: &str) -> String {
    match take(&mut above(), row(text)) {
        Ok(RowOutcome::Unchanged) => "unchanged".into(),
        Ok(RowOutcome::Stored(_) | RowOutcome::Ordered(..)) => "taken".into(),
        Err(refusal) => match refusal.field {
            Some(field) => format!("{} {field}", refusal.code),
            None => refusal.code.to_string(),
        },
    }
}

fn expect(cases: &[(&str, &str)]) {
    let wrong: Vec<_> = cases
        .iter()
        .map(|(text, expected)| (text, expected, fate(text)))
        .filter(|(_, expected, found)| **expected != found.as_str())
        .map(|(text, expected, found)| format!("{text}\n  expected: {expected}\n  found:    {found}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A product with `fields` behind its type.
fn product(fields: &str) -> String {
    format!(r#"{{"type":"product",{fields}}}"#)
}

/// An agreement in which `replaced` (`"name":value`) stands for the field of that name, or is added.
fn agreement(replaced: &str) -> String {
    with(
        &[
            r#""type":"agreement""#,
            r#""programme":"enterprise""#,
            r#""number":"101""#,
            r#""customer":"c1""#,
            r#""starts":"2026-01-01""#,
            r#""ends":"2028-12-31""#,
            r#""contacts":{}"#,
        ],
        replaced,
    )
}

/// An order, likewise.
fn order(replaced: &str) -> String {
    with(
        &[
            r#""type":"order""#,
            r#""id":"PO-2""#,
            r#""programme":"enterprise""#,
            r#""number":"100""#,
            r#""purchased":"2026-08-31""#,
            r#""usage_starts":"2026-09-01""#,
            r#""lines":[{"product":"MAIL","quantity":1}]"#,
        ],
        replaced,
    )
}

/// An account, likewise.
fn account(replaced: &str) -> String {
    with(
        &[
            r#""type":"account""#,
            r#""id":"a9""#,
            r#""name":"Kestrel""#,
            r#""domains":["k.example"]"#,
            r#""global_admins":["x@k.example"]"#,
            r#""billing_admins":[]"#,
        ],
        replaced,
    )
}

fn with(fields: &[&str], replaced: &str) -> String {
    let name = replaced.split(':').next().unwrap();
    let mut found = false;
    let mut all: Vec<String> = fields
        .iter()
        .map(|field| {
            let same = field.split(':').next() == Some(name);
            found |= same;
            if same { replaced.into() } else { (*field).into() }
        })
        .collect();
    if !found {
        all.push(replaced.into());
    }
    format!("{{{}}}", all.join(","))
}

fn each(make: impl Fn(&str) -> String, cases: &[(&str, &str)]) {
    let rows: Vec<_> = cases.iter().map(|(field, expected)| (make(field), *expected)).collect();
    expect(&rows.iter().map(|(row, expected)| (row.as_str(), *expected)).collect::<Vec<_>>());
}

/// ACT-01 a row is one JSON object, and nothing else.
#[test]
fn act_01_what_is_no_json_object_is_malformed() {
    expect(&[
        ("{", "malformed"),
        ("[]", "malformed"),
        ("null", "malformed"),
        ("\"product\"", "malformed"),
        ("5", "malformed"),
        ("{}{}", "malformed"),
        ("{} x", "malformed"),
        ("{'type':'product'}", "malformed"),
        ("{\"type\":\"product\",}", "malformed"),
        ("{\"type\":NaN}", "malformed"),
        ("{\"type\":\"product\",\"sku\":\"\\ud800\"}", "malformed"),
        ("{\"type\":\"product\",\"\\udc00\":1}", "malformed"),
        ("{\"type\":\"product\",\"sku\":\"a\tb\"}", "malformed"),
        ("\u{feff}\u{feff}{\"type\":\"x\"}", "malformed"),
        ("\u{a0}", "malformed"),
    ]);
}

/// ACT-01 bytes that aren't UTF-8 make a row malformed, wherever they stand.
#[test]
fn act_01_what_is_no_utf_8_is_malformed() {
    for bytes in [
        &b"{\"type\":\"product\",\"sku\":\"\xff\"}"[..],
        b"{\"x\xc3\":1}",
        b"\xff\xfe{\0}\0",
        b"{\"a\":\"\xed\xa0\x80\"}",
    ] {
        assert_eq!(dry_run(&mut World::empty(), bytes), "{\"row\":1,\"error\":\"malformed\"}\n");
    }
}

/// ACT-01 whoever's file is in another encoding is told where the row stops being UTF-8, and how to convert the file.
#[test]
fn act_01_a_row_in_another_encoding_says_where_and_how_to_convert_it() {
    let hint = |bytes: &[u8]| take(&mut above(), rows(bytes).remove(0)).unwrap_err().hint.expect("a hint");
    assert_eq!(
        &*hint(b"{\"type\":\"customer\",\"id\":\"c1\",\"name\":\"M\xfcller\",\"country\":\"DE\"}"),
        "byte 39 of the row is not UTF-8. Save the file as UTF-8. If it is WINDOWS-1252, convert it: iconv -f WINDOWS-1252 -t \
         UTF-8 FILE"
    );
    let utf16: Vec<u8> = "{\"name\":\"M\u{fc}ller\"}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(hint(&utf16).contains("byte 21 ") && hint(&utf16).contains("iconv -f UTF-16"), "{}", hint(&utf16));
}

/// ACT-01 deep nesting neither overflows the stack nor hides what is wrong.
#[test]
fn act_01_deep_nesting_is_harmless() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    each(
        product,
        &[
            (&format!(r#""x":{}"#, deep(30_000)), "unknown-field x"),
            (&format!(r#""sku":{},"name":"n","kind":"on-premises""#, deep(30_000)), "malformed sku"),
            (&format!(r#""sku":"S","name":"n","kind":{}"#, "{\"a\":".repeat(10_000)), "malformed"),
        ],
    );
    assert_eq!(fate(&deep(30_000)), "malformed");
    assert_eq!(fate(&"{\"a\":".repeat(10_000)), "malformed");
}

/// ACT-01 the type comes before everything else in a row.
#[test]
fn act_01_the_type_is_one_of_seven() {
    expect(&[
        (r"{}", "missing-field type"),
        (r#"{"type":null,"x":1}"#, "missing-field type"),
        (r#"{"type":"","x":1}"#, "missing-field type"),
        (r#"{"type":5,"x":1}"#, "malformed type"),
        (r#"{"type":["product"]}"#, "malformed type"),
        (r#"{"type":"Product","x":1}"#, "malformed type"),
        (r#"{"type":"product ","x":1}"#, "malformed type"),
        (r#"{"TYPE":"product"}"#, "missing-field type"),
        (r#"{"type":"product","type":"product"}"#, "malformed type"),
        (r#"{"type":null,"type":"product","sku":"S","name":"n","kind":"on-premises"}"#, "taken"),
        (r#"{"ty\u0070e":"prod\u0075ct","sku":"S","name":"n","kind":"on-premises"}"#, "taken"),
    ]);
}

/// ACT-01 unknown fields are refused by name: a typing error must not lose data.
#[test]
fn act_01_the_first_unknown_field_of_the_document_is_reported() {
    each(
        product,
        &[
            (r#""sku":"","z":1,"a":2"#, "unknown-field z"),
            (r#""sku":"S","name":"n","kind":"none","Sku":"s""#, "unknown-field Sku"),
            (r#""sku":"S","name":"n","kind":"on-premises","x":null"#, "taken"),
            (r#""":1"#, "unknown-field "),
            (r#""a\"b\\c\u000a":1"#, "unknown-field a\"b\\c\n"),
            (r#""sku":"S","name":"n","kind":"on-premises","programme":"master""#, "unknown-field programme"),
        ],
    );
}

/// ACT-01 a field that stands there twice would lose data as well.
#[test]
fn act_01_a_field_that_stands_there_twice_is_malformed() {
    each(
        product,
        &[
            (r#""sku":"S","sku":"S","name":"n","kind":"on-premises""#, "malformed sku"),
            (r#""sku":"S","s\u006bu":"T","name":"","kind":"on-premises""#, "malformed sku"),
            (r#""sku":null,"sku":"S","name":"n","kind":"on-premises""#, "taken"),
            (r#""sku":"S","sku":"S","x":1"#, "malformed sku"),
            (r#""x":1,"sku":"S","sku":"S""#, "unknown-field x"),
        ],
    );
    each(order, &[(r#""lines":[{"product":"MAIL","quantity":1,"quantity":2}]"#, "malformed lines[0].quantity")]);
    each(
        agreement,
        &[
            (r#""contacts":{"primary":"a@b.example","primary":"c@d.example"}"#, "malformed contacts.primary"),
            (r#""parent":{"programme":"master","programme":"master","number":"M1"}"#, "malformed parent.programme"),
        ],
    );
}

/// ACT-01 an absent field, `null` and an empty text are all missing, in the order of the table.
#[test]
fn act_01_missing_fields_are_reported_in_the_order_of_the_table() {
    each(
        product,
        &[
            (r#""kind":"","name":"","sku":"""#, "missing-field sku"),
            (r#""kind":"nonsense","sku":"S""#, "missing-field name"),
            (r#""name":null,"sku":5,"kind":5"#, "missing-field name"),
            (r#""sku":" ","name":" ","kind":"on-premises""#, "bad-text sku"),
        ],
    );
    each(
        order,
        &[
            (r#""purchased":"""#, "missing-field purchased"),
            (r#""lines":null"#, "missing-field lines"),
            (r#""lines":"""#, "missing-field lines"),
            (r#""lines":[{"quantity":"x"}]"#, "missing-field lines[0].product"),
            (r#""lines":[{"product":"MAIL","quantity":""}]"#, "missing-field lines[0].quantity"),
            (r#""lines":[{"product":"NO-SUCH","quantity":null}]"#, "missing-field lines[0].quantity"),
        ],
    );
    each(
        account,
        &[
            (r#""domains":null"#, "missing-field domains"),
            (r#""global_admins":null"#, "missing-field global_admins"),
            (r#""billing_admins":null"#, "missing-field billing_admins"),
            (r#""billing_admins":[]"#, "taken"),
            (r#""global_admins":[]"#, "taken"),
            (r#""domains":[]"#, "taken"),
        ],
    );
    each(agreement, &[(r#""contacts":null"#, "missing-field contacts"), (r#""contacts":{}"#, "taken")]);
}

/// ACT-01 an empty optional text is refused in its turn, not before.
#[test]
fn act_01_an_empty_optional_text_is_refused_in_its_turn() {
    expect(&[
        (r#"{"type":"customer","id":"c9","name":"n","country":"Sweden","address":""}"#, "bad-country country"),
        (r#"{"type":"customer","id":"c9","name":"n","country":"SE","address":""}"#, "missing-field address"),
        (r#"{"type":"customer","id":"c9","name":"n","country":"SE","address":null}"#, "taken"),
    ]);
    each(order, &[(r#""reseller":"""#, "missing-field reseller"), (r#""reseller":null"#, "taken")]);
    each(
        account,
        &[
            (r#""customer":"""#, "missing-field customer"),
            (r#""domains":["k.example",""]"#, "missing-field domains[1]"),
            (r#""global_admins":[""]"#, "missing-field global_admins[0]"),
        ],
    );
    each(
        agreement,
        &[
            (r#""contacts":{"notices":""}"#, "missing-field contacts.notices"),
            (r#""parent":"""#, "malformed parent"),
            (r#""starts":"x","parent":"""#, "bad-date starts"),
        ],
    );
    each(order, &[(r#""lines":[""]"#, "missing-field lines[0]"), (r#""lines":[" "]"#, "malformed lines[0]")]);
}

/// ACT-01 texts have at most 200 characters, counted as Unicode scalar values.
#[test]
fn act_01_texts_are_counted_in_characters() {
    let named = |name: &str| product(&format!(r#""sku":"S","name":"{name}","kind":"on-premises""#));
    expect(&[
        (&named(&"é".repeat(200)), "taken"),
        (&named(&"𝄞".repeat(200)), "taken"),
        (&named(&"\\ud834\\udd1e".repeat(200)), "taken"),
        (&named(&"𝄞".repeat(201)), "too-long name"),
        (&named(&"x".repeat(201)), "too-long name"),
    ]);
    let long = "x".repeat(201);
    each(
        product,
        &[
            (&format!(r#""sku":"{long}","name":"n","kind":"none""#), "too-long sku"),
            (&format!(r#""sku":"S","name":"n","kind":"{long}""#), "too-long kind"),
        ],
    );
    each(
        agreement,
        &[
            (&format!(r#""contacts":{{"primary":"{long}@k.example"}}"#), "too-long contacts.primary"),
            (&format!(r#""contacts":{{"primary":"{long}"}}"#), "too-long contacts.primary"),
            (&format!(r#""starts":"{long}""#), "bad-date starts"),
            (&format!(r#""programme":"{long}""#), "too-long programme"),
            (&format!(r#""number":"{long}""#), "too-long number"),
            (&format!(r#""{long}":1"#), &format!("unknown-field {long}")),
        ],
    );
    each(order, &[(&format!(r#""lines":[{{"product":"{long}","quantity":0}}]"#), "too-long lines[0].product")]);
}

/// ACT-01 the wrong JSON type is malformed, with the field.
#[test]
fn act_01_a_wrong_json_type_is_malformed() {
    each(
        product,
        &[
            (r#""sku":5,"name":"n","kind":"none""#, "malformed sku"),
            (r#""sku":false,"name":"n","kind":"none""#, "malformed sku"),
            (r#""sku":"S","name":"n","kind":true"#, "malformed kind"),
        ],
    );
    expect(&[
        (r#"{"type":"customer","id":"c9","name":"n","country":5}"#, "malformed country"),
        (r#"{"type":"customer","id":"c9","name":"n","country":"SE","address":{}}"#, "malformed address"),
        (r#"{"type":"suppression","address":5,"reason":"complaint"}"#, "malformed address"),
        (r#"{"type":"suppression","address":"a@b.example","reason":5}"#, "malformed reason"),
    ]);
    each(
        account,
        &[
            (r#""customer":5"#, "malformed customer"),
            (r#""domains":"k.example""#, "malformed domains"),
            (r#""domains":{}"#, "malformed domains"),
            (r#""domains":[null]"#, "malformed domains[0]"),
            (r#""domains":["k.example",5]"#, "malformed domains[1]"),
            (r#""global_admins":[["x@k.example"]]"#, "malformed global_admins[0]"),
            (r#""billing_admins":["x@k.example",null]"#, "malformed billing_admins[1]"),
        ],
    );
    each(
        agreement,
        &[
            (r#""programme":5"#, "malformed programme"),
            (r#""contacts":"a@b.example""#, "malformed contacts"),
            (r#""contacts":[]"#, "malformed contacts"),
            (r#""contacts":{"primary":5}"#, "malformed contacts.primary"),
            (r#""contacts":{"primary":["a@b.example"]}"#, "malformed contacts.primary"),
            (r#""contacts":{"primary":null,"boss":null}"#, "taken"),
            (r#""parent":"master/M1""#, "malformed parent"),
            (r#""parent":[]"#, "malformed parent"),
            (r#""parent":null"#, "taken"),
        ],
    );
    each(
        order,
        &[
            (r#""reseller":5"#, "malformed reseller"),
            (r#""lines":[]"#, "malformed lines"),
            (r#""lines":{}"#, "malformed lines"),
            (r#""lines":[5]"#, "malformed lines[0]"),
            (r#""lines":[{"product":"MAIL","quantity":1},null]"#, "malformed lines[1]"),
            (r#""lines":[{"product":5,"quantity":0}]"#, "malformed lines[0].product"),
        ],
    );
}

/// ACT-01 a day is written `YYYY-MM-DD` and in no other way.
#[test]
fn act_01_days_are_strict() {
    for bad in [
        "\"2026-02-29\"",
        "\"2026-13-01\"",
        "\"2026-00-10\"",
        "\"2026-01-00\"",
        "\"2026-1-1\"",
        "\"20260101\"",
        "\"01-01-2026\"",
        "\"2026-01-01T00:00:00Z\"",
        "\" 2026-01-01\"",
        "\"2026-01-01 \"",
        "\"+026-01-01\"",
        "\"-026-01-01\"",
        "\"２０２６-01-01\"",
        "\"2026–01–01\"",
        "\"2026/01/01\"",
        "20260101",
        "true",
        "[]",
        "{}",
        "\" \"",
    ] {
        each(
            agreement,
            &[(&format!("\"starts\":{bad}"), "bad-date starts"), (&format!("\"ends\":{bad}"), "bad-date ends")],
        );
        each(order, &[(&format!("\"purchased\":{bad}"), "bad-date purchased")]);
    }
    each(
        agreement,
        &[
            (r#""starts":"2024-02-29""#, "taken"),
            (r#""ends":"9999-12-31""#, "taken"),
            (r#""starts":"0001-01-01""#, "taken"),
            (r#""starts":"0000-01-01""#, "bad-date starts"),
            (r#""starts":"0000-00-00""#, "bad-date starts"),
            (r#""ends":"2026-01-01""#, "taken"),
            (r#""ends":"2025-12-31""#, "ends-before-start ends"),
        ],
    );
    each(
        order,
        &[
            (r#""usage_starts":"9999-12-31""#, "taken"),
            (r#""purchased":"9999-12-31""#, "taken"),
            (r#""usage_starts":"0001-01-01""#, "taken"),
            (r#""usage_starts":"0000-12-31""#, "bad-date usage_starts"),
        ],
    );
}

/// ACT-01 a quantity is a JSON integer from 1 to 10,000,000.
#[test]
fn act_01_quantities_are_integers() {
    let line = |quantity: &str| format!(r#""lines":[{{"product":"MAIL","quantity":{quantity}}}]"#);
    for good in ["1", "25", "10000000"] {
        each(order, &[(&line(good), "taken")]);
    }
    for bad in [
        "0",
        "-0",
        "-1",
        "1.0",
        "1e3",
        "1E0",
        "1.5",
        "10000001",
        "4294967297",
        "18446744073709551617",
        "99999999999999999999999",
        "1e999",
        "-1e999",
        "\"1\"",
        "\"one\"",
        "true",
        "[]",
        "{}",
        "[1]",
    ] {
        each(order, &[(&line(bad), "bad-quantity lines[0].quantity")]);
    }
    for no_number in ["01", "+1", ".5", "1.", "0x1", "1_000"] {
        each(order, &[(&line(no_number), "malformed")]);
    }
}

/// ACT-01 addresses have the form that HTML prescribes, with a dot in the domain.
#[test]
fn act_01_addresses_are_strict() {
    for bad in [
        "x",
        "a@b",
        "@b.example",
        "a@",
        "a@b.example.",
        "a b@c.example",
        " a@b.example",
        "ä@b.example",
        "a@bücher.example",
    ] {
        each(order, &[(&format!(r#""reseller":"{bad}""#), "bad-address reseller")]);
        each(account, &[(&format!(r#""billing_admins":["a@b.example","{bad}"]"#), "bad-address billing_admins[1]")]);
    }
}

/// ACT-01 a country is two capital letters of ISO 3166-1.
#[test]
fn act_01_countries_are_strict() {
    for (bad, expected) in
        [("se", "bad-country"), ("Sweden", "bad-country"), ("XX", "bad-country"), ("S", "bad-country")]
    {
        let row = format!(r#"{{"type":"customer","id":"c9","name":"n","country":"{bad}"}}"#);
        expect(&[(&row, &format!("{expected} country"))]);
    }
}

/// ACT-01 the fields of an agreement depend on its programme.
#[test]
fn act_01_two_fields_of_an_agreement_belong_to_some_programmes_only() {
    let open = |more: &str| {
        format!(
            r#"{{"type":"agreement","programme":"open-licence","number":"7","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{{}}{more}}}"#
        )
    };
    expect(&[
        (&open(""), "missing-field authorization_number"),
        (&open(r#","authorization_number":"""#), "missing-field authorization_number"),
        (&open(r#","authorization_number":null"#), "missing-field authorization_number"),
        (&open(r#","authorization_number":5"#), "malformed authorization_number"),
        (&open(r#","authorization_number":"8""#), "taken"),
        (&open(r#","authorization_number":"8","parent":{"programme":"master","number":"M1"}"#), "taken"),
    ]);
    each(
        agreement,
        &[
            (r#""authorization_number":"8""#, "unknown-field authorization_number"),
            (r#""authorization_number":"""#, "unknown-field authorization_number"),
            (r#""authorization_number":null"#, "taken"),
            (r#""programme":"master""#, "taken"),
            (r#""programme":"gold""#, "unknown-programme programme"),
            (r#""programme":"Enterprise""#, "unknown-programme programme"),
        ],
    );
    let master = agreement(r#""programme":"master""#).replacen("\"type\"", "\"parent\":{},\"type\"", 1);
    expect(&[(&master, "unknown-field parent")]);
    let gold = agreement(r#""programme":"gold""#).replacen("\"type\"", "\"authorization_number\":\"8\",\"type\"", 1);
    expect(&[(&gold, "unknown-programme programme")]);
    let none = agreement(r#""programme":null"#).replacen("\"type\"", "\"authorization_number\":\"8\",\"type\"", 1);
    expect(&[(&none, "missing-field programme")]);
}

/// ACT-01 a text is taken as it stands, so blanks around it and what nobody can see are refused: after too long, before what
/// it refers to, in identifiers and names alike. Joiners may stand inside a name.
#[test]
fn act_01_a_text_that_does_not_show_as_it_stands_is_refused() {
    each(
        product,
        &[
            (r#""sku":"S\u00a0","name":"n","kind":"none""#, "bad-text sku"),
            (r#""sku":"S","name":"\tn","kind":"none""#, "bad-text name"),
            (r#""sku":"S","name":"\u0646\u0627\u0645\u200c\u0647\u0627","kind":"on-premises""#, "taken"),
            (r#""sku":"S\u200dT","name":"n","kind":"on-premises""#, "bad-text sku"),
            (r#""sku":"S T","name":"a\u2028b","kind":"on-premises""#, "taken"),
            (&format!(r#""sku":" {}","name":"n","kind":"none""#, "x".repeat(200)), "too-long sku"),
        ],
    );
    each(
        agreement,
        &[
            (r#""number":"101\u200b""#, "bad-text number"),
            (r#""customer":"c1 ""#, "bad-text customer"),
            (r#""parent":{"programme":"master","number":"M1\n"}"#, "bad-text parent.number"),
            (r#""programme":"enterprise ""#, "unknown-programme programme"),
        ],
    );
    let open = agreement(r#""programme":"open-licence""#);
    expect(&[(
        &open.replacen("\"type\"", "\"authorization_number\":\" 8\",\"type\"", 1),
        "bad-text authorization_number",
    )]);
    each(account, &[(r#""id":"\u202ea9""#, "bad-text id"), (r#""customer":"c1\u3000""#, "bad-text customer")]);
    each(account, &[(r#""domains":[" k.example"]"#, "taken"), (r#""name":"a\u00adb""#, "bad-text name")]);
    each(order, &[(r#""id":"PO-9 ""#, "bad-text id"), (r#""reseller":" r@k.example""#, "bad-address reseller")]);
    each(order, &[(r#""lines":[{"product":"\ufeffMAIL","quantity":"x"}]"#, "bad-text lines[0].product")]);
    expect(&[(
        r#"{"type":"customer","id":"c9","name":"n","country":"SE","address":"1 Road\u200d"}"#,
        "bad-text address",
    )]);
}

/// ACT-01 above an agreement stand at most two others, the upper one of two a `master`: a longer chain or a circle is a
/// conflict, also by giving a parent to what has children. One that names itself is unknown until it is stored.
#[test]
fn act_01_agreements_form_short_chains() {
    let mut world = above();
    let mut said = |number: &str, parent: &str, name: &str| {
        let parent = match parent.split_once('/') {
            Some((programme, number)) => format!(r#","parent":{{"programme":"{programme}","number":"{number}"}}"#),
            None => String::new(),
        };
        let text = format!(
            r#"{{"type":"agreement","programme":"select","number":"{number}","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{{"bill-to":"{name}@k.example"}}{parent}}}"#
        );
        match take(&mut world, row(&text)) {
            Ok(RowOutcome::Unchanged) => "unchanged".to_owned(),
            Ok(_) => "taken".to_owned(),
            Err(refusal) => format!("{} {}", refusal.code, refusal.field.unwrap_or_default()),
        }
    };
    for (number, parent, name, expected) in [
        ("A", "select/A", "a", "unknown-licensing-id parent.number"),
        ("A", "", "a", "taken"),
        ("A", "select/A", "a", "conflict parent.number"),
        ("B", "select/A", "a", "taken"),
        ("B", "select/A", "a", "unchanged"),
        // A longer chain: from above, and by giving a parent to what has children.
        ("C", "select/B", "a", "conflict parent.number"),
        ("C", "", "a", "taken"),
        ("A", "select/C", "a", "conflict parent.number"),
        ("A", "select/B", "a", "conflict parent.number"),
        ("A", "master/M1", "a", "taken"),
        // The chain as it may be: below a master, at most one between.
        ("C", "select/A", "a", "taken"),
        ("D", "select/C", "a", "conflict parent.number"),
        ("A", "select/D", "a", "unknown-licensing-id parent.number"),
        // Who has no children any more may have a parent.
        ("B", "", "a", "taken"),
        ("D", "", "a", "taken"),
        ("A", "select/D", "a", "conflict parent.number"),
        ("C", "master/M1", "a", "taken"),
        ("A", "select/D", "a", "taken"),
        ("A", "select/D", "b", "taken"),
        ("D", "select/B", "a", "conflict parent.number"),
    ] {
        assert_eq!(said(number, parent, name), expected, "{number} below {parent}");
    }
}

/// ACT-01 an order has at most 500 lines, which is said when the lines have their turn, before any of them is looked at.
#[test]
fn act_01_an_order_has_at_most_500_lines() {
    let lines = |count: usize, product: &str| {
        let line = format!(r#"{{"product":"{product}","quantity":1}}"#);
        format!(r#""lines":[{}]"#, vec![line; count].join(","))
    };
    let with_lines = |count: usize, product: &str| order(&lines(count, product)).replace("PO-1\"", "PO-9\"");
    let undated = with_lines(501, "MAIL").replace("2026-08-31", "x");
    expect(&[
        (&with_lines(500, "MAIL"), "taken"),
        (&with_lines(501, "MAIL"), "too-long lines"),
        (&with_lines(501, "NO-SUCH"), "too-long lines"),
        (&undated, "bad-date purchased"),
    ]);
}

/// ACT-01 contacts are known by name; the listed order decides which bad one is reported.
#[test]
fn act_01_contacts_are_examined_unknown_names_first() {
    each(
        agreement,
        &[
            (r#""contacts":{"primary":"x","boss":"a@b.example"}"#, "unknown-field contacts.boss"),
            (r#""contacts":{"Primary":"a@b.example"}"#, "unknown-field contacts.Primary"),
            (r#""contacts":{"bill-to":"x","primary":"y"}"#, "bad-address contacts.primary"),
            (r#""contacts":{"bill-to":"B@K.example","primary":"a@b.example"}"#, "taken"),
        ],
    );
}

/// ACT-01 a parent is a Licensing ID or a master that stands above.
#[test]
fn act_01_a_parent_stands_above_its_child() {
    each(
        agreement,
        &[
            (r#""parent":{"programme":"master","number":"M1"}"#, "taken"),
            (r#""parent":{"programme":"enterprise","number":"100"}"#, "taken"),
            (r#""parent":{"programme":"enterprise","number":"999"}"#, "unknown-licensing-id parent.number"),
            (r#""parent":{"programme":"select","number":"100"}"#, "unknown-licensing-id parent.number"),
            (r#""parent":{"programme":"enterprise","number":"101"}"#, "unknown-licensing-id parent.number"),
            (r#""parent":{}"#, "missing-field parent.programme"),
            (r#""parent":{"programme":"gold"}"#, "missing-field parent.number"),
            (r#""parent":{"programme":"gold","number":"1"}"#, "unknown-programme parent.programme"),
            (r#""parent":{"programme":5,"number":"1"}"#, "malformed parent.programme"),
            (r#""parent":{"programme":"master","number":5}"#, "malformed parent.number"),
            (r#""parent":{"programme":"master","number":"M1","customer":"c1"}"#, "unknown-field parent.customer"),
        ],
    );
    // It is not its own parent: that is a circle once it is there.
    expect(&[(
        r#"{"type":"agreement","programme":"enterprise","number":"100","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{},"parent":{"programme":"enterprise","number":"100"}}"#,
        "conflict parent.number",
    )]);
}

/// ACT-01 the form of a field and what it refers to come before the next field.
#[test]
fn act_01_form_and_reference_take_turns_field_by_field() {
    expect(&[
        (
            r#"{"type":"agreement","programme":"enterprise","number":"1","starts":"x","ends":"y","customer":"c9","contacts":5}"#,
            "unknown-customer customer",
        ),
        (
            r#"{"type":"agreement","programme":"enterprise","number":"1","parent":{"programme":"master","number":"M9"},"starts":"x","ends":"y","customer":"c1","contacts":5}"#,
            "bad-date starts",
        ),
        (
            r#"{"type":"order","id":"PO-1","programme":"enterprise","number":"999","purchased":"x","usage_starts":"x","lines":[]}"#,
            "unknown-licensing-id number",
        ),
        (
            r#"{"type":"order","id":"PO-1","programme":"gold","number":"999","purchased":"x","usage_starts":"x","lines":[]}"#,
            "unknown-programme programme",
        ),
        (
            r#"{"type":"order","id":"PO-1","programme":"master","number":"M1","purchased":"x","usage_starts":"x","lines":[]}"#,
            "unknown-licensing-id number",
        ),
        (
            r#"{"type":"activation","programme":"master","number":"M1","product":"NO","account":"no","activated":"x"}"#,
            "unknown-licensing-id number",
        ),
        (
            r#"{"type":"activation","programme":"enterprise","number":"100","product":"NO","account":"no","activated":"x"}"#,
            "unknown-product product",
        ),
        (
            r#"{"type":"activation","programme":"enterprise","number":"100","product":"MAIL","account":"no","activated":"x"}"#,
            "unknown-account account",
        ),
        (
            r#"{"type":"activation","programme":"enterprise","number":"100","product":"MAIL","account":"a1","activated":"x"}"#,
            "bad-date activated",
        ),
    ]);
    each(
        order,
        &[
            (r#""lines":[{"product":"NO","quantity":0},{"x":1}]"#, "unknown-product lines[0].product"),
            (
                r#""lines":[{"product":"MAIL","quantity":0},{"product":"NO","quantity":1}]"#,
                "bad-quantity lines[0].quantity",
            ),
            (
                r#""lines":[{"product":"MAIL","quantity":1},{"product":"NO","quantity":0}]"#,
                "unknown-product lines[1].product",
            ),
            (r#""lines":[{"product":"MAIL","quantity":1},{"product":"NO","x":1}]"#, "unknown-field lines[1].x"),
        ],
    );
    expect(&[(
        r#"{"type":"account","id":"a9","name":"n","customer":"c9","domains":5,"global_admins":5,"billing_admins":5}"#,
        "unknown-customer customer",
    )]);
}

/// ACT-01 a world counts each key once: its records, administrators' addresses, and activations that were told or opened.
#[test]
fn act_01_a_world_counts_its_keys() {
    let more = r#"
{"type":"account","id":"a3","name":"Kestrel Farms","domains":[],"global_admins":["cyd@kestrel.example"],"billing_admins":[]}
{"type":"agreement","programme":"select","number":"200","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{}}
"#;
    let mut world = above();
    load(&mut world, more);
    assert_eq!(world.keys(), 3 + 1 + 3 + 3 + 1 + 1 + 3 + 2);
    load(&mut world, ABOVE);
    load(&mut world, more);
    assert_eq!(world.keys(), 17, "loaded again, it is the same");
    assert_eq!(World::empty().keys(), 0);
}

/// ACT-01 equal rows are unchanged: case of addresses, order and repeats in their lists, `null` and the order of fields
/// make no difference.
#[test]
fn act_01_what_means_the_same_is_unchanged() {
    expect(&[
        (r#"{"kind":"online-service","name":"Mail","sku":"MAIL","type":"product","x":null}"#, "unchanged"),
        (r#"{"type":"customer","id":"c1","name":"Kestrel \u0046oods","country":"SE","address":null}"#, "unchanged"),
        (
            r#"{"type":"account","id":"a1","name":"Kestrel","customer":"c1","domains":["Kestrel.example"],"global_admins":["BOB@kestrel.example","ann@KESTREL.example","bob@kestrel.example"],"billing_admins":[]}"#,
            "unchanged",
        ),
        (
            r#"{"type":"agreement","programme":"enterprise","number":"100","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"online-services-manager":"OSM@kestrel.EXAMPLE","primary":null},"parent":null}"#,
            "unchanged",
        ),
        (
            r#"{"type":"activation","programme":"enterprise","number":"100","product":"DOCS","account":"a1","activated":"2026-05-01"}"#,
            "unchanged",
        ),
        (r#"{"type":"suppression","address":"DEAD@kestrel.example","reason":"hard-bounce"}"#, "unchanged"),
        (
            r#"{"type":"order","id":"PO-1","programme":"enterprise","number":"100","purchased":"2026-08-31","usage_starts":"2026-09-01","lines":[{"quantity":25,"product":"MAIL"}],"reseller":null}"#,
            "unchanged",
        ),
    ]);
}

/// ACT-01 what may be replaced is replaced, and what is a fact is not.
#[test]
fn act_01_a_known_key_with_other_content() {
    expect(&[
        (r#"{"type":"customer","id":"c1","name":"Kestrel","country":"SE"}"#, "taken"),
        (r#"{"type":"product","sku":"MAIL","name":"Mail 2","kind":"online-service"}"#, "taken"),
        (r#"{"type":"product","sku":"MAIL","name":"Mail","kind":"consumption"}"#, "conflict kind"),
        (r#"{"type":"product","sku":"KEY","name":"Key","kind":"consumption"}"#, "taken"),
        (r#"{"type":"product","sku":"DOCS","name":"Documents","kind":"consumption"}"#, "taken"),
        (r#"{"type":"suppression","address":"dead@kestrel.example","reason":"complaint"}"#, "taken"),
        (
            r#"{"type":"activation","programme":"enterprise","number":"100","product":"DOCS","account":"a2","activated":"2026-05-01"}"#,
            "conflict account",
        ),
        (
            r#"{"type":"activation","programme":"enterprise","number":"100","product":"DOCS","account":"a1","activated":"2026-05-02"}"#,
            "taken",
        ),
    ]);
    each(order, &[(r#""id":"PO-1""#, "conflict id"), (r#""id":"po-1""#, "taken"), (r#""id":"PO-1 ""#, "bad-text id")]);
}

/// ACT-01 whatever else of an ordered product is replaced, its kind stays.
#[test]
fn act_01_a_product_stays_ordered() {
    let mut world = above();
    load(&mut world, r#"{"type":"product","sku":"MAIL","name":"Mail 2","kind":"online-service"}"#);
    let other = row(r#"{"type":"product","sku":"MAIL","name":"Mail 2","kind":"consumption"}"#);
    assert_eq!(take(&mut world, other).unwrap_err().to_string(), "row 1: conflict (kind)");
}

/// ACT-01 every field counts when records are compared: with any of them changed a row isn't unchanged.
#[test]
fn act_01_every_field_counts() {
    let rows = [
        r#"{"type":"product","sku":"S","name":"n","kind":"on-premises"}"#,
        r#"{"type":"customer","id":"c9","name":"n","country":"SE","address":"1 Road"}"#,
        r#"{"type":"account","id":"a9","name":"n","customer":"c1","domains":["k.example"],"global_admins":["x@k.example"],"billing_admins":["y@k.example"]}"#,
        r#"{"type":"agreement","programme":"open-licence","number":"9","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"notices":"x@k.example"},"parent":{"programme":"master","number":"M1"},"authorization_number":"7"}"#,
        r#"{"type":"activation","programme":"enterprise","number":"100","product":"MAIL","account":"a1","activated":"2026-05-01"}"#,
        r#"{"type":"suppression","address":"x@k.example","reason":"complaint"}"#,
        r#"{"type":"order","id":"PO-9","programme":"enterprise","number":"100","purchased":"2026-08-31","usage_starts":"2026-09-01","reseller":"r@k.example","lines":[{"product":"MAIL","quantity":1},{"product":"DOCS","quantity":2}]}"#,
    ];
    let changes = [
        ("\"n\"", "\"m\""),
        ("on-premises", "consumption"),
        ("\"SE\"", "\"DE\""),
        ("\"address\":\"1 Road\"", "\"address\":\"2 Road\""),
        (",\"address\":\"1 Road\"", ""),
        (",\"customer\":\"c1\",\"domains\"", ",\"domains\""),
        ("[\"k.example\"]", "[\"k.example\",\"l.example\"]"),
        ("\"global_admins\":[\"x@k.example\"]", "\"global_admins\":[]"),
        ("\"billing_admins\":[\"y@k.example\"]", "\"billing_admins\":[\"z@k.example\"]"),
        (
            "[\"x@k.example\"],\"billing_admins\":[\"y@k.example\"]",
            "[],\"billing_admins\":[\"x@k.example\",\"y@k.example\"]",
        ),
        ("2026-01-01", "2026-01-02"),
        ("2028-12-31", "2028-12-30"),
        ("\"notices\"", "\"primary\""),
        ("{\"notices\":\"x@k.example\"}", "{\"notices\":\"z@k.example\"}"),
        ("{\"notices\":\"x@k.example\"}", "{}"),
        (",\"parent\":{\"programme\":\"master\",\"number\":\"M1\"}", ""),
        ("{\"programme\":\"master\",\"number\":\"M1\"}", "{\"programme\":\"enterprise\",\"number\":\"100\"}"),
        ("\"authorization_number\":\"7\"", "\"authorization_number\":\"8\""),
        ("2026-05-01", "2026-05-02"),
        ("complaint", "hard-bounce"),
        ("2026-08-31", "2026-08-30"),
        ("2026-09-01", "2026-09-02"),
        ("r@k.example", "s@k.example"),
        (",\"reseller\":\"r@k.example\"", ""),
        ("\"quantity\":1", "\"quantity\":3"),
        (
            "{\"product\":\"MAIL\",\"quantity\":1},{\"product\":\"DOCS\",\"quantity\":2}",
            "{\"product\":\"DOCS\",\"quantity\":2},{\"product\":\"MAIL\",\"quantity\":1}",
        ),
        ("\"quantity\":1},{\"product\":\"DOCS\",\"quantity\":2}", "\"quantity\":1}"),
    ];
    for (from, to) in changes {
        let changed: Vec<_> = rows.iter().filter(|text| text.contains(from)).collect();
        assert!(!changed.is_empty(), "{from}");
        for text in changed {
            let mut world = above();
            load(&mut world, text);
            assert_eq!(take(&mut world, row(text)), Ok(RowOutcome::Unchanged), "{text}");
            let other = text.replacen(from, to, 1);
            let taken = take(&mut world, row(&other));
            let is_conflict = matches!(&taken, Err(refusal) if refusal.to_string() == "row 1: conflict (id)");
            assert!(
                matches!(taken, Ok(RowOutcome::Stored(_))) || is_conflict && text.contains("\"order\""),
                "{other}: {taken:?}"
            );
        }
    }
}

/// ACT-01 an activation that an order was assigned to counts as known, so a row can't move it elsewhere.
#[test]
fn act_01_a_row_cannot_move_what_was_assigned() {
    let mut world = above();
    load(
        &mut world,
        r#"{"type":"agreement","programme":"select","number":"1","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"online-services-manager":"ann@kestrel.example"}}
        {"type":"order","id":"PO-5","programme":"select","number":"1","purchased":"2026-08-31","usage_starts":"2026-09-01","lines":[{"product":"MAIL","quantity":25}]}"#,
    );
    let told = |account: &str| {
        format!(
            r#"{{"type":"activation","programme":"select","number":"1","product":"MAIL","account":"{account}","activated":"2026-09-02"}}"#
        )
    };
    let refusal = take(&mut world, row(&told("a2"))).unwrap_err();
    assert_eq!(refusal.to_string(), "row 1: conflict (account)");
    assert!(matches!(take(&mut world, row(&told("a1"))), Ok(RowOutcome::Stored(_))));
    assert_eq!(take(&mut world, row(&told("a1"))), Ok(RowOutcome::Unchanged));
}

/// ACT-01 records are kept normalised.
#[test]
fn act_01_records_are_kept_normalised() {
    let text = r#"{"billing_admins":["Z@k.example","a@k.example","z@K.example"],"global_admins":[],"domains":["B.example","a.example"],"name":"N","id":"A","type":"account","customer":null}"#;
    let Some(Record::Account(account)) = row(text).record().cloned() else { panic!("an account") };
    let billing: Vec<_> = account.billing_admins.iter().map(|address| address.as_str().to_owned()).collect();
    let domains: Vec<_> = account.domains.iter().map(|domain| domain.as_str().to_owned()).collect();
    assert_eq!(billing, ["a@k.example", "z@k.example"]);
    assert_eq!(domains, ["b.example", "a.example"]);
}

/// ACT-01 a row has at most 64 KiB, its line ending and the file's byte-order mark not counted.
#[test]
fn act_01_a_row_has_at_most_64_kib() {
    let row_of = |size: usize| {
        let row = r#"{"type":"product","sku":"S","name":"n","kind":"on-premises"}"#;
        format!("{row}{}", " ".repeat(size - row.len()))
    };
    let (fits, too_long) = (row_of(LARGEST_ROW), row_of(LARGEST_ROW + 1));
    let printed = |text: String| dry_run(&mut World::empty(), text.as_bytes());
    let refused = |row: usize| format!("{{\"row\":{row},\"error\":\"too-long\"}}\n");
    for ending in ["", "\n", "\r\n"] {
        assert_eq!(printed(format!("{fits}{ending}")), "", "{ending:?}");
        assert_eq!(printed(format!("\u{feff}{fits}{ending}")), "", "{ending:?}");
        assert_eq!(printed(format!("\n{fits}{ending}")), "", "{ending:?}");
        assert_eq!(printed(format!("{too_long}{ending}")), refused(1), "{ending:?}");
        assert_eq!(printed(format!("\u{feff}{too_long}{ending}")), refused(1), "{ending:?}");
        assert_eq!(printed(format!("\n{too_long}{ending}")), refused(2), "{ending:?}");
    }
    let spaces = " ".repeat(LARGEST_ROW + 10);
    assert_eq!(printed(format!("{spaces}x\n")), refused(1));
    assert_eq!(printed(format!("{spaces}x{spaces}{spaces}\n")), refused(1));
    assert_eq!(
        printed(format!("\n{}\n{{", "x".repeat(1_000_000))),
        refused(2) + "{\"row\":3,\"error\":\"malformed\"}\n"
    );
}

/// ACT-01 blank lines are skipped but counted, however long they are.
#[test]
fn act_01_blank_lines_are_counted() {
    let text = format!("\u{feff}\r\n \t\r\n\u{b}\u{c}\n{}\n{{\n\n\n", " ".repeat(200_000));
    assert_eq!(dry_run(&mut World::empty(), text.as_bytes()), "{\"row\":5,\"error\":\"malformed\"}\n");
    for nothing in ["", "\u{feff}", "\n", "\r\n", "   ", "\u{feff}  \n \n "] {
        assert!(rows(nothing.as_bytes()).is_empty(), "{nothing:?}");
    }
}

/// ACT-01 a byte-order mark belongs to the beginning of the file.
#[test]
fn act_01_a_byte_order_mark_is_accepted_in_the_first_row_only() {
    let good = r#"{"type":"product","sku":"S","name":"n","kind":"on-premises"}"#;
    let text = format!("\u{feff}{good}\n\u{feff}{good}\n");
    assert_eq!(dry_run(&mut World::empty(), text.as_bytes()), "{\"row\":2,\"error\":\"malformed\"}\n");
}

/// ACT-01 the bytes may come in pieces of any size.
#[test]
fn act_01_lines_are_the_same_in_whatever_pieces_they_come() {
    let long = "y".repeat(LARGEST_ROW + 20);
    let text = format!("\u{feff}a\r\n\r\n{long}\n{0}\nb\n \n{0}x{0}\nc\r", " ".repeat(LARGEST_ROW + 20));
    let expected = [
        Line::Text { row: 1, bytes: b"a" },
        Line::TooLong { row: 3 },
        Line::Text { row: 5, bytes: b"b" },
        Line::TooLong { row: 7 },
        Line::Text { row: 8, bytes: b"c" },
    ];
    let shown = |line: &Line<'_>| format!("{line:?}");
    for size in [1, 2, 3, 5, 64, 65_535, 65_536, 65_537, 1_000_000] {
        let (mut lines, mut found) = (Lines::new(), Vec::new());
        for mut chunk in text.as_bytes().chunks(size) {
            while let Some(line) = lines.next(&mut chunk) {
                found.push(shown(&line));
            }
        }
        found.extend(lines.last().as_ref().map(shown));
        assert_eq!(found, expected.iter().map(shown).collect::<Vec<_>>(), "in pieces of {size}");
        assert_eq!(lines.last(), None);
        assert_eq!(lines.row(), 8);
    }
}

/// ACT-01 the longest row is taken in pieces as well, with all that may stand around it; what goes on behind that is not.
#[test]
fn act_01_the_longest_row_may_come_in_pieces() {
    let fits = "y".repeat(LARGEST_ROW);
    for (text, taken) in [
        (format!("\u{feff}{fits}\r\n"), true),
        (format!("{fits}\r\n"), true),
        (format!("\u{feff}{fits}\r\r\n"), false),
        (format!("\u{feff}{fits}\rmore\n"), false),
    ] {
        for size in [1_000, 65_536, 65_540] {
            let (mut lines, mut found) = (Lines::new(), Vec::new());
            for mut chunk in text.as_bytes().chunks(size) {
                while let Some(line) = lines.next(&mut chunk) {
                    found.push(if let Line::Text { bytes, .. } = line { bytes.len() } else { 0 });
                }
            }
            assert_eq!(found, [if taken { LARGEST_ROW } else { 0 }], "in pieces of {size}");
        }
    }
}

/// ACT-01 a part of a file counts on from its first row, and only the file's first row may have a byte-order mark.
#[test]
fn act_01_a_part_of_a_file_counts_on() {
    let text = "\u{feff}a\nb".as_bytes();
    for (first, bytes) in [(1, &text[3..4]), (41, &text[..4])] {
        let mut lines = Lines::from_row(first);
        assert_eq!(lines.row(), first - 1);
        assert_eq!(lines.next(&mut &text[..]), Some(Line::Text { row: first, bytes }));
        let mut rest = &text[5..];
        assert_eq!(lines.next(&mut rest), None);
        assert_eq!(lines.last(), Some(Line::Text { row: first + 1, bytes: b"b" }));
    }
}

/// ACT-01 contacts at public mail providers are taken with a warning.
#[test]
fn act_01_contacts_at_public_mail_providers_are_named() {
    let text = agreement(r#""contacts":{"primary":"a@k.example","notices":"b@GMAIL.com","bill-to":"c@gmail.com"}"#);
    let Some(Record::Agreement(agreement)) = row(&text).record().cloned() else { panic!("an agreement") };
    let public: Vec<_> =
        agreement.public_contacts(licensing::providers::is_public).map(licensing::ContactName::as_str).collect();
    assert_eq!(public, ["notices", "bill-to"]);
}
