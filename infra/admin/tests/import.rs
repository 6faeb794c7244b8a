//! The command as people call it.

use std::{
    io::Write,
    process::{Command, Output, Stdio},
};

const AT: [&str; 4] = ["--dry-run", "--empty", "--at", "2026-11-22T00:00:00Z"];

fn data(name: &str) -> String {
    format!("{}/../../tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn countersign(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    let input = input.to_vec();
    // Some calls fail before they read, so writing may fail as well.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the writer ends");
    output
}

fn import(file: &str, more: &[&str], input: &[u8]) -> Output {
    countersign(&[&["import", file], &AT[..], more].concat(), input)
}

fn out(output: &Output) -> &str {
    str::from_utf8(&output.stdout).expect("the output is UTF-8")
}

fn err(output: &Output) -> &str {
    str::from_utf8(&output.stderr).expect("messages are UTF-8")
}

/// ACT-01 the examples of the format, byte for byte, by the command; refused rows make the exit code 1.
#[test]
fn act_01_the_examples_are_printed_as_expected() {
    for name in ["sample", "refusals", "texts", "access"] {
        let expected = std::fs::read_to_string(data(&format!("{name}.expected.jsonl"))).expect("the example is there");
        let output = import(&data(&format!("{name}.jsonl")), &["--policy", &data("policy.json")], b"");
        assert_eq!(out(&output), expected, "{name}");
        assert_eq!(output.status.code(), Some(1), "{name}");
    }
}

/// ROLE-06 `--access` prints everybody's rights instead of what becomes of the rows, byte for byte. It needs all rows, so it
/// does not look at what is stored.
#[test]
fn role_06_everybodys_rights_are_printed() {
    let expected = std::fs::read_to_string(data("access.report.jsonl")).expect("the example is there");
    let output = import(&data("access.jsonl"), &["--access"], b"");
    assert_eq!(out(&output), expected);
    assert_eq!(output.status.code(), Some(1), "some rows were refused");
    assert!(err(&output).contains("refused: "), "{}", err(&output));
    for without in [&["--dry-run", "--access"][..], &["--access"]] {
        let output = countersign(&[&["import", "-"], without].concat(), b"");
        assert_eq!((output.status.code(), out(&output)), (Some(2), ""), "{without:?}");
        assert!(err(&output).contains("--empty"), "{}", err(&output));
    }
}

/// ROLE-06 rights don't end with the agreement; the day of the report, in UTC, says whether it runs.
#[test]
fn role_06_the_day_of_the_report_counts() {
    let at = |time: &str| {
        let file = data("access.jsonl");
        let output = countersign(&["import", &file, "--dry-run", "--empty", "--access", "--at", time], b"");
        let lines = out(&output).lines().filter(|line| line.contains("\"4314\"")).map(str::to_owned);
        lines.collect::<Vec<_>>()
    };
    for (time, active) in [
        ("2026-11-21T23:59:59Z", false),
        ("2026-11-22T00:00:00Z", true),
        ("2026-11-22T23:59:59Z", true),
        ("2026-11-23T00:00:00Z", false),
    ] {
        let line = format!(
            r#"{{"programme":"select-plus","number":"4314","address":"only.today@orchard.example","active":{active},"roles":{{"administrator":["contact:primary"]}}}}"#
        );
        assert_eq!(at(time), [line], "{time}");
    }
}

/// ACT-01 `-` is standard input; if everything was taken the exit code is 0 and messages go to standard error only.
#[test]
fn act_01_standard_input_is_read_and_all_is_well() {
    let output = import("-", &[], b"{\"type\":\"customer\",\"id\":\"c1\",\"name\":\"n\",\"country\":\"SE\"}\r\n\n");
    assert_eq!((out(&output), output.status.code()), ("", Some(0)));
    assert!(err(&output).contains("2 lines: 1 taken, 0 unchanged, 0 refused, 1 blank"), "{}", err(&output));
}

/// ACT-01 contacts at public mail providers are taken with a warning that doesn't tell the address.
#[test]
fn act_01_contacts_at_public_mail_providers_are_warned_of() {
    let rows = concat!(
        r#"{"type":"customer","id":"c1","name":"n","country":"SE"}"#,
        "\n",
        r#"{"type":"agreement","programme":"select","number":"1","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{"notices":"jane@gmail.com","primary":"jane@contoso.example"}}"#,
    );
    let output = import("-", &[], rows.as_bytes());
    assert_eq!(output.status.code(), Some(0));
    assert!(err(&output).contains("warning: row 2: the notices contact"), "{}", err(&output));
    assert!(!err(&output).contains("primary") && !err(&output).contains("jane"), "{}", err(&output));
}

/// ACT-01 a dry run prints the same with and without --all-or-nothing, and says what would come of it.
#[test]
fn act_01_all_or_nothing_prints_the_same() {
    let file = data("sample.jsonl");
    let (with, without) = (import(&file, &["--all-or-nothing"], b""), import(&file, &[], b""));
    assert_eq!(with.stdout, without.stdout);
    assert!(err(&with).contains("nothing would be stored"), "{}", err(&with));
    assert!(!err(&without).contains("nothing would be stored"), "{}", err(&without));
}

/// ACT-01 the time at which rows are judged decides what is scheduled.
#[test]
fn act_01_the_time_is_an_argument() {
    let file = data("sample.jsonl");
    let at = |time: &str| countersign(&["import", &file, "--dry-run", "--empty", "--at", time], b"");
    let scheduled = |output: &Output| out(output).matches("\"scheduled\"").count();
    assert_eq!(scheduled(&at("2030-01-01T00:00:00Z")), 0);
    assert!(scheduled(&at("2020-01-01T00:00:00Z")) > scheduled(&at("2026-11-22T00:00:00Z")));
    for bad in ["2026-11-22", "2026-11-22T00:00:00", "2026-11-22T00:00:00+01:00", "2026-11-22 00:00:00Z", "now", ""] {
        let output = at(bad);
        assert_eq!((output.status.code(), out(&output)), (Some(2), ""), "{bad}");
    }
}

/// ACT-01 what can't be carried out at all has an exit code of its own and a reason.
#[test]
fn act_01_what_cannot_be_done_is_said() {
    let folder = data("");
    for (arguments, reason) in [
        (&["import", "no-such-file", "--dry-run", "--empty"][..], "no-such-file"),
        (&["import", &folder, "--dry-run", "--empty"], "directory"),
        (&["import", "-", "--empty"], "--dry-run"),
        (&["import", "-", "--dry-run", "--empty", "--policy", "no-such-policy"], "no-such-policy"),
        (&["import"], "FILE"),
        (&["export"], "export"),
    ] {
        let output = countersign(arguments, b"");
        assert_eq!((output.status.code(), out(&output)), (Some(2), ""), "{arguments:?}");
        assert!(err(&output).contains(reason), "{arguments:?}: {}", err(&output));
    }
}

/// ACT-01 the numbers of a deployment's policy are those that its rows are judged by.
#[test]
fn act_01_the_policy_counts() {
    let policy = std::env::temp_dir().join(format!("countersign-policy-{}.json", std::process::id()));
    std::fs::write(&policy, r#"{"links":{"months":12}}"#).expect("a file can be written");
    let with = |more: &[&str]| import(&data("sample.jsonl"), more, b"");
    let (shipped, longer) = (with(&[]), with(&["--policy", policy.to_str().expect("a path of text")]));
    std::fs::remove_file(&policy).expect("the file was there");
    assert_eq!(longer.status.code(), Some(1));
    assert_ne!(shipped.stdout, longer.stdout);
}

/// ACT-01 a row of any length is skipped in little memory, and what is made up by `sample` can be loaded.
#[test]
fn act_01_made_up_data_can_be_loaded() {
    let sample = |seed: &str| countersign(&["sample", "--lines", "5000", "--seed", seed], b"");
    let (first, again, other) = (sample("1"), sample("1"), sample("2"));
    assert_eq!(first.stdout, again.stdout);
    assert_ne!(first.stdout, other.stdout);
    assert_eq!(out(&first).lines().count(), 5000);
    let output = import("-", &[], &first.stdout);
    assert_eq!(output.status.code(), Some(1));
    for outcome in ["none", "key-notice", "joined", "added", "assigned", "stuck", "scheduled", "mail"] {
        assert!(out(&output).contains(&format!("\"outcome\":\"{outcome}\"")), "{outcome}");
    }
}

/// OPS-02 LINK-10 what README types at the command line is there in the sample that the portal starts with.
#[test]
fn ops_02_what_the_readme_types_is_in_the_sample() {
    let read = |path: &str| std::fs::read_to_string(data(path)).expect("it is there");
    let rows: Vec<serde_json::Value> =
        read("sample.jsonl").lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let readme = read("../../README.md");
    let mut seen = 0;
    for line in readme.lines().filter_map(|line| line.split_once("/countersign ").map(|(_, typed)| typed)) {
        let words: Vec<&str> = line.split('#').next().unwrap_or_default().split_whitespace().collect();
        let (programme, number, product) = match words.as_slice() {
            ["revive" | "decline" | "resend" | "remap", programme, number, product, ..] => {
                (programme, number, Some(product))
            }
            ["show", programme, number, ..] => (programme, number, None),
            _ => continue,
        };
        seen += 1;
        let named = rows.iter().any(|row| {
            let ordered =
                |product: &&str| row["lines"].as_array().into_iter().flatten().any(|line| line["product"] == **product);
            row["type"] == "order"
                && row["programme"] == **programme
                && row["number"] == **number
                && product.as_ref().is_none_or(|product| ordered(product))
        });
        assert!(named, "README types `{line}`, and the sample has no such order");
    }
    assert!(seen > 1, "README shows how to look at a case and how to revive a link");
}

// ---- infra/IMPORT.md ----

fn import_document() -> String {
    std::fs::read_to_string(data("../../infra/IMPORT.md")).expect("it is there")
}

/// The example blocks of the document by their kind (`rows`, `prints`): name and content.
fn blocks(document: &str, kind: &str) -> Vec<(String, String)> {
    let start = format!("```jsonl {kind} ");
    let of_block = |block: &str| {
        let (name, rest) = block.split_once('\n')?;
        Some((name.trim().to_owned(), rest.split("```").next()?.to_owned()))
    };
    document.split(&start).skip(1).filter_map(of_block).collect()
}

/// ACT-01 the examples of the document for users print what it says.
#[test]
fn act_01_the_examples_of_the_import_document_are_true() {
    let document = import_document();
    let (rows, prints) = (blocks(&document, "rows"), blocks(&document, "prints"));
    assert_eq!(rows.len(), prints.len());
    assert!(rows.len() > 1);
    for ((name, rows), (of, expected)) in rows.iter().zip(&prints) {
        let mut of = of.split(' ');
        assert_eq!(of.next(), Some(name.as_str()), "each example is followed by what is printed");
        let flags: Vec<&str> = of.collect();
        assert_eq!(out(&import("-", &flags, rows.as_bytes())), expected, "{name}");
    }
}

/// ACT-01 the document for users says every field of every row, no other, and every reason for a refusal with its cure.
#[test]
fn act_01_the_import_document_has_every_field_and_refusal() {
    let document = import_document();
    // `### `type``, then a table of fields.
    let types: Vec<(&str, Vec<&str>)> = document
        .split("\n### `")
        .skip(1)
        .map(|section| {
            let (name, rest) = section.split_once('`').expect("a type");
            let section = rest.split("\n## ").next().unwrap_or_default();
            let fields = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
            (name, fields.collect())
        })
        .collect();
    assert_eq!(types.len(), 10, "{types:?}");
    let all: std::collections::BTreeSet<&str> = types.iter().flat_map(|(_, fields)| fields).copied().collect();
    let mut rows = String::new();
    let mut cases = Vec::new();
    for (kind, fields) in &types {
        for field in &all {
            let programme = if *field == "programme" { "" } else { r#","programme":"open-licence""# };
            let programme = if fields.contains(&"programme") { programme } else { "" };
            rows.push_str(&format!("{{\"type\":\"{kind}\"{programme},\"{field}\":{{}}}}\n"));
            cases.push((kind, *field, fields.contains(field)));
        }
    }
    let printed = import("-", &[], rows.as_bytes());
    for ((kind, field, known), line) in cases.iter().zip(out(&printed).lines()) {
        let unknown = line.contains(&format!("\"unknown-field\",\"field\":\"{field}\""));
        assert_eq!(unknown, !known, "infra/IMPORT.md, {kind}: {field} ({line})");
    }
    assert_eq!(out(&printed).lines().count(), cases.len());

    let shown = &blocks(&document, "prints").into_iter().find(|(name, _)| name == "refused").expect("it is there").1;
    for code in licensing::import::Code::ALL {
        let code = code.as_str();
        assert!(document.contains(&format!("\n| `{code}` |")), "infra/IMPORT.md: say why {code}, and what to do");
        // A dry run from nothing refuses nothing like that.
        let is_shown = code == "not-allowed" || shown.contains(&format!("\"error\":\"{code}\""));
        assert!(is_shown, "infra/IMPORT.md: show {code}");
    }
    for outcome in ["none", "key-notice", "joined", "added", "assigned", "stuck", "scheduled", "mail"] {
        assert!(document.contains(&format!("\n| `{outcome}` |")), "infra/IMPORT.md: say what {outcome} means");
    }
}

/// ACT-01 a file that is no JSON lines is named by what it is, on standard error; its rows are reported one by one all the same.
/// One that is packed by gzip is unpacked.
#[test]
fn act_01_a_file_that_is_no_json_lines_is_named() {
    let rows = std::fs::read(data("texts.jsonl")).expect("the example is there");
    let text = str::from_utf8(&rows).expect("it is UTF-8");
    let utf16: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let list = format!("[{}]", text.trim().replace('\n', ",\n"));
    for (bytes, word) in [
        (utf16, "UTF-16"),
        (list.into_bytes(), "jq -c '.[]'"),
        (text.replace('\n', "").into_bytes(), "--data-binary"),
        (text.replace('\n', "\r").into_bytes(), "carriage return"),
        (b"type;id\ncustomer;c1\n".to_vec(), "CSV"),
    ] {
        let output = import("-", &[], &bytes);
        assert!(err(&output).contains(word), "{}", err(&output));
        assert!(out(&output).starts_with("{\"row\":1,\"error\":\"malformed\"}"), "{}", out(&output));
        assert_eq!(output.status.code(), Some(1));
    }
    let mut packing = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packing.write_all(&rows).expect("memory takes it");
    let output = import("-", &["--policy", &data("policy.json")], &packing.finish().expect("memory takes it"));
    assert_eq!(out(&output), std::fs::read_to_string(data("texts.expected.jsonl")).expect("the example is there"));
}

/// ACT-01 of a file in another encoding, each row that holds something else than ASCII says where, and how to convert it; what is
/// printed for programs stays as it is.
#[test]
fn act_01_a_file_in_another_encoding_says_how_to_convert_it() {
    let text = r#"{"type":"customer","id":"c1","name":"M?ller","country":"DE"}"#;
    let bytes: Vec<u8> = text.bytes().map(|byte| if byte == b'?' { 0xfc } else { byte }).collect();
    let output = import("-", &[], &bytes);
    assert_eq!(out(&output), "{\"row\":1,\"error\":\"malformed\"}\n");
    let said = "row 1: byte 39 of the row is not UTF-8. Save the file as UTF-8.";
    assert!(err(&output).contains(said) && err(&output).contains("iconv -f WINDOWS-1252 -t UTF-8"), "{}", err(&output));
    assert!(!err(&output).contains("in all"), "{}", err(&output));

    let many = [bytes.as_slice(), b"\n"].concat().repeat(25);
    let output = import("-", &[], &many);
    let told = err(&output).lines().filter(|line| line.contains("is not UTF-8")).count();
    assert_eq!(told, 20, "{}", err(&output));
    assert!(err(&output).contains("There are such hints for 25 rows in all"), "{}", err(&output));
}

/// ACT-01 a time that is of the form and too late is told so, with the latest one.
#[test]
fn act_01_a_time_that_is_too_late_is_told_the_latest() {
    let output = countersign(&["import", "-", "--dry-run", "--empty", "--at", "9999-12-31T23:00:00Z"], b"");
    assert_eq!(output.status.code(), Some(2));
    let said = "That is too late. The latest time is 9999-12-30T22:00:00Z";
    assert!(err(&output).contains(said), "{}", err(&output));
}

/// ACT-01 who writes a programme otherwise is told which one they mean.
#[test]
fn act_01_a_programme_that_was_meant_is_said() {
    let output = import(&data("texts.jsonl"), &[], b"");
    let said = r#"row 13: there is no programme "open-license"; did you mean "open-licence"?"#;
    assert!(err(&output).contains(said), "{}", err(&output));
}
