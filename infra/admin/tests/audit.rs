//! `countersign audit`: exports are checked offline, and chains that are not sealed are named (SAFE-01).

use std::{path::PathBuf, process::Output};

use ed25519_dalek::SigningKey;
use gateway::{
    App, Clock,
    testing::{Bench, flaky_proxy::FlakyProxy},
};
use licensing::{
    Timestamp,
    audit::{Actor, Head, Line as Exported, Note, append, seal},
    seal::to_text,
};
use store::{Write, sdk::types::AttributeValue, table::Table};
use tokio::process::Command;

const CHAIN: &str = "licence#enterprise/1";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

/// A folder of its own, with an export that was sealed when it was made.
struct Desk {
    folder: PathBuf,
    head: Head,
    at: Timestamp,
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("countersign-audit-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        Self { folder, head: Head::empty(), at: Clock::system().now() }
    }

    /// An export of three entries, of which so many are sealed.
    fn export(&mut self, sealed: u64, change: impl FnOnce(&mut Vec<Exported>)) -> String {
        let mut head = Head::empty();
        let mut lines = Vec::new();
        for _ in 0..3 {
            let note = Note::new("order.taken", Actor::Operator { name: "Ann".into() });
            let entry = append(CHAIN, &head, note, self.at, || [1; 16]);
            head = Head { seq: entry.seq, hash: entry.hash.clone() };
            if head.seq == sealed {
                lines.insert(0, Exported::Seal(seal(CHAIN, &head, self.at, &key())));
            }
            lines.push(Exported::Entry(entry));
        }
        self.head = head.clone();
        lines.push(Exported::End(head));
        change(&mut lines);
        let text: String = lines.iter().map(|line| serde_json::to_string(line).expect("plain data") + "\n").collect();
        self.file(&text)
    }

    fn file(&self, text: &str) -> String {
        let file = self.folder.join("file");
        std::fs::write(&file, text).expect("it is written");
        file.to_str().expect("a plain name").to_owned()
    }

    async fn verify(&self, file: &str, more: &[&str]) -> (Option<i32>, String) {
        let key = to_text(key().verifying_key().as_bytes());
        let arguments = [&["audit", "verify", file, "--key", &key][..], more].concat();
        said(command().args(arguments).output().await.expect("the command runs"))
    }
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.env_clear();
    command
}

fn said(output: Output) -> (Option<i32>, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (output.status.code(), text(output.stdout) + &text(output.stderr))
}

/// SAFE-01 a sound export ends with 0, and says what it can't show and how the next check can.
#[tokio::test]
async fn safe_01_a_sound_export_is_said_to_be_sound() {
    let mut desk = Desk::new("sound");
    let file = desk.export(3, |_| ());
    let (code, text) = desk.verify(&file, &[]).await;
    assert_eq!(code, Some(0), "{text}");
    let newest = format!("3:{}", desk.head.hash);
    assert!(text.contains("sound: 1 chains, 3 entries, 3 of them sealed"), "{text}");
    assert!(text.contains(&format!("newest entry {newest}")) && text.contains("--expect"), "{text}");
    assert_eq!(desk.verify(&file, &["--expect", &newest]).await.0, Some(0));
    let (code, text) = desk.verify(&file, &["--expect", "4:x"]).await;
    assert_eq!((code, text.contains("lacks entry 4")), (Some(1), true), "{text}");
    assert_eq!(desk.verify(&file, &["--expect", "four"]).await.0, Some(2));

    let file = desk.export(2, |_| ());
    let (code, text) = desk.verify(&file, &[]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("1 entries are newer than the newest seal: nothing proves them yet"), "{text}");
    // The same file, a day later, and judged as of when it was exported.
    let day = licensing::when::add_days(desk.at, 1).to_string();
    let (code, text) = desk.verify(&file, &["--at", &day]).await;
    assert_eq!((code, text.contains("should have been sealed by now")), (Some(1), true), "{text}");
    assert_eq!(desk.verify(&file, &["--at", &desk.at.to_string()]).await.0, Some(0));
}

/// Makes a file to check.
type Export = Box<dyn Fn(&mut Desk) -> String>;

/// SAFE-01 what proves nothing ends with 1 and says so: no seal, a bare end, times ahead, the table for spreadsheets.
#[tokio::test]
async fn safe_01_what_proves_nothing_ends_with_1() {
    let mut desk = Desk::new("nothing");
    let checks: [(&str, Export); 6] = [
        ("no seal covers any entry", Box::new(|desk| desk.export(0, |_| ()))),
        ("cut off", Box::new(|desk| desk.export(3, |lines| drop(lines.drain(2..4))))),
        ("without any entry", Box::new(|desk| desk.export(0, |lines| *lines = vec![Exported::End(Head::empty())]))),
        ("table for spreadsheets", Box::new(|desk| desk.file("seq,at,action\r\n1,x,y\r\n"))),
        ("holds no chain", Box::new(|desk| desk.file(""))),
        (
            "a time that has not come yet",
            Box::new(|desk| {
                desk.at = licensing::when::add_days(desk.at, 1500);
                desk.export(3, |_| ())
            }),
        ),
    ];
    for (why, made) in checks {
        let file = made(&mut desk);
        let (code, text) = desk.verify(&file, &[]).await;
        assert_eq!((code, text.contains(why)), (Some(1), true), "{why}: {text}");
        assert!(text.contains("NOT SOUND"), "{text}");
    }
}

/// SAFE-01 values that are missing are listed and counted, and are no fault.
#[tokio::test]
async fn safe_01_missing_values_are_listed() {
    let mut desk = Desk::new("missing");
    let file = desk.export(3, |lines| {
        for line in lines {
            if let Exported::Entry(entry) = line {
                entry.personal.clear();
            }
        }
    });
    let (code, text) = desk.verify(&file, &[]).await;
    assert_eq!(code, Some(0), "{text}");
    assert!(
        text.contains("line 3, entry 2: missing values: actor") && text.contains("3 values are missing in 3 entries"),
        "{text}"
    );
}

/// SAFE-01 a chain as it is stored is checked at once, also one that was sealed as a whole before somebody changed it: it is not
/// listed as unsealed before its next entry.
#[tokio::test]
async fn safe_01_a_stored_chain_is_checked_at_once() {
    let bench = Bench::new().await;
    let line = FlakyProxy::noting(&bench.endpoint, "countersign-admin").await;
    let published = bench.app.keys.published.iter().map(|key| to_text(key.as_bytes())).collect::<Vec<_>>().join(",");
    let clock = std::env::temp_dir().join(format!("countersign-check-clock-{}", std::process::id()));
    let ahead = bench.app.now().as_second() - Clock::system().now().as_second();
    std::fs::write(&clock, ahead.to_string()).expect("the clock can be moved");
    let run = async |arguments: &[&str], operator: &str| {
        let mut command = command();
        command.args(arguments).env("AWS_ENDPOINT_URL_DYNAMODB", &line.url).env("AWS_REGION", "eu-north-1");
        command.env("COUNTERSIGN_TABLES", "t-").env("COUNTERSIGN_CLOCK", &clock).env("COUNTERSIGN_OPERATOR", operator);
        command.env("COUNTERSIGN_SEAL_PUBLIC", &published);
        said(command.output().await.expect("the command runs"))
    };
    let (_, operator) = run(&["mint-operator", "Ann"], "").await;
    let operator = operator.lines().next().expect("its secret");
    let store = &bench.store;
    for _ in 0..3 {
        let head = store.audit_head(CHAIN).await.expect("the database answers");
        let mut write = Write::new();
        let note = Note::new("order.taken", Actor::Operator { name: "Bob".into() });
        write.audit(store, CHAIN, head.as_ref(), note, bench.app.now());
        write.commit(store).await.expect("it is written");
    }
    seal_audit::seal(&App { store: bench.store.clone(), ..bench.app.clone() }).await.expect("the database answers");
    let (code, text) = run(&["audit", "check", "enterprise/1"], operator).await;
    assert_eq!((code, text.contains("sound: 1 chains, 3 entries, 3 of them sealed")), (Some(0), true), "{text}");

    let update = async |set: &str, value: &str| {
        let key = [("chain", AttributeValue::S(CHAIN.into())), ("seq", AttributeValue::N("2".into()))];
        let key = key.map(|(name, value)| (name.to_owned(), value)).into();
        let update = store.client().update_item().table_name(store.name(Table::Audit)).set_key(Some(key));
        let update = update.update_expression(format!("SET {set} = :v")).expression_attribute_names("#v", "value");
        let value = AttributeValue::S(value.into());
        update.expression_attribute_values(":v", value).send().await.expect("the database takes it");
    };
    update("personal.actor.#v", "Eve").await;
    assert_eq!(run(&["audit", "unsealed"], operator).await, (Some(0), String::new()));
    let (code, text) = run(&["audit", "check", CHAIN], operator).await;
    assert_eq!((code, text.contains("the value of \"actor\" was changed")), (Some(1), true), "{text}");
    let (code, text) = run(&["audit", "check", "enterprise/2"], operator).await;
    assert_eq!((code, text.contains("There is no such chain")), (Some(2), true), "{text}");
    let _ = std::fs::remove_file(&clock);
}

/// SAFE-01 operators are shown which chains are not sealed: those that were tampered with at once, others after an hour.
#[tokio::test]
async fn safe_01_operators_see_what_is_not_sealed() {
    let bench = Bench::new().await;
    let line = FlakyProxy::noting(&bench.endpoint, "countersign-admin").await;
    let run = async |arguments: &[&str], operator: &str| {
        let clock = std::env::temp_dir().join(format!("countersign-audit-clock-{}", std::process::id()));
        let ahead = bench.app.now().as_second() - Clock::system().now().as_second();
        std::fs::write(&clock, ahead.to_string()).expect("the clock can be moved");
        let mut command = command();
        command.args(arguments).env("AWS_ENDPOINT_URL_DYNAMODB", &line.url).env("AWS_REGION", "eu-north-1");
        command.env("COUNTERSIGN_TABLES", "t-").env("COUNTERSIGN_CLOCK", &clock).env("COUNTERSIGN_OPERATOR", operator);
        said(command.output().await.expect("the command runs"))
    };
    let (_, operator) = run(&["mint-operator", "Ann"], "").await;
    let operator = operator.lines().next().expect("its secret");
    // By a store of its own: what seal-audit does is not noted as the command line's.
    let sealer = App { store: bench.store.clone(), ..bench.app.clone() };
    let seal_all = async || seal_audit::seal(&sealer).await.expect("the database answers");
    seal_all().await;
    assert_eq!(run(&["audit", "unsealed"], operator).await, (Some(0), String::new()));

    let grow = async |chain: &str| {
        let store = &bench.store;
        let head = store.audit_head(chain).await.expect("the database answers");
        let mut write = Write::new();
        write.audit(store, chain, head.as_ref(), Note::new("order.taken", Actor::Service), bench.app.now());
        write.commit(store).await.expect("it is written");
    };
    grow(CHAIN).await;
    grow("licence#enterprise/2").await;
    seal_all().await;
    let text = |text: &str| AttributeValue::S(text.into());
    let (store, number) = (&bench.store, |number: &str| AttributeValue::N(number.into()));
    let forged = store.client().put_item().table_name(store.name(Table::Audit));
    let forged = forged.item("chain", text(CHAIN)).item("seq", number("1")).item("at", text("2026-11-22T00:00:00Z"));
    let forged = forged.item("action", text("other")).item("actor", text("service")).item("previous", text(""));
    forged.item("hash", text("x")).send().await.expect("the database takes it");
    grow(CHAIN).await;
    grow("licence#enterprise/2").await;
    assert_eq!(run(&["audit", "unsealed"], operator).await, (Some(0), String::new()), "young");
    assert_eq!(seal_all().await.broken, 1);
    grow("licence#enterprise/2").await;
    let (code, shown) = run(&["audit", "unsealed"], operator).await;
    assert_eq!(code, Some(1));
    assert!(shown.starts_with("audit of licence#enterprise/1: tampered with"), "{shown}");
    assert!(shown.trim().ends_with("(since 2026-11-22T00:00:00Z)") && shown.lines().count() == 1, "{shown}");
    let (_, json) = run(&["audit", "unsealed", "--json"], operator).await;
    assert!(json.starts_with("{\"audit\":\"licence#enterprise/1\",\"since\":\"2026-11-22T00:00:00Z\""), "{json}");
    let (code, stuck) = run(&["stuck"], operator).await;
    assert_eq!((code, stuck.contains("audit of licence#enterprise/1")), (Some(1), true), "{stuck}");

    bench.pass(3600);
    let (_, shown) = run(&["audit", "unsealed"], operator).await;
    assert!(shown.contains("audit of licence#enterprise/2: its entries are not sealed"), "{shown}");
}
