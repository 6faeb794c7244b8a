//! Reading and exporting the audit, and what an export that was tampered with gives away.

use gateway::testing::{
    Bench, Browser,
    scene::{MAIL, licence},
};
use licensing::{
    audit::{Actor, Broken, Check, Entry, Head, Note, Sound, append, licence_chain, profile_chain, seal},
    seal::to_text,
};
use serde_json::{Value, json};
use store::{Write, sdk::types::AttributeValue, table::Table};

use crate::{counted, file, get};

const AUDIT: &str = "/api/audit/licence/enterprise/88590039";

/// Contoso with an Administrator signed in and so many entries in its chain.
async fn with_entries(count: usize) -> (Bench, Browser) {
    let bench = Bench::new().await;
    bench.contoso().await;
    grow(&bench, count, "").await;
    let administrator = bench.signed_in(&["notices@contoso.example"]).await;
    (bench, administrator)
}

/// Writes entries as changes do.
async fn grow(bench: &Bench, count: usize, filling: &str) {
    let (store, chain) = (&bench.store, licence_chain(&licence()));
    // A transaction takes a hundred items and four megabytes.
    let numbers: Vec<usize> = (0..count).collect();
    for numbers in numbers.chunks(if filling.is_empty() { 90 } else { 20 }) {
        let head = store.audit_head(&chain).await.expect("the database answers");
        let notes = numbers.iter().map(|number| {
            let actor = Actor::Person {
                profile: "p1".parse().expect("an id"),
                address: "osm@contoso.example".parse().expect("an address"),
            };
            Note::new("activation.resent", actor)
                .fact("product", MAIL)
                .fact("link", number)
                .fact("filling", filling)
                .personal("to", "next@contoso.example")
        });
        let mut write = Write::new();
        write.audit_all(store, &chain, head.as_ref(), notes.collect(), bench.app.now());
        write.commit(store).await.expect("it is written");
    }
}

async fn sealed(bench: &Bench) {
    sealed_of(bench, &licence_chain(&licence())).await;
}

async fn sealed_of(bench: &Bench, chain: &str) {
    let store = &bench.store;
    let head = store.audit_head(chain).await.expect("the database answers").expect("it has entries");
    let key = bench.app.keys.seal.as_ref().expect("a key");
    store.put_seal(&seal(chain, &head.head(), bench.app.now(), key)).await.expect("it is kept");
}

fn check(bench: &Bench, text: &str) -> Result<Sound, Broken> {
    let mut check = Check::new(&bench.app.keys.published, bench.app.now());
    for line in text.lines() {
        check.push(line)?;
    }
    check.finish()
}

async fn export(bench: &Bench, reader: &Browser) -> String {
    let (text, name, next) = file(bench, reader, &format!("{AUDIT}?format=jsonl")).await;
    assert_eq!((name.as_str(), next), ("attachment; filename=\"audit-enterprise-88590039.jsonl\"", None));
    text
}

/// SAFE-02 Administrators read it newest first, page by page, in two steps; what a seal covers is marked.
#[tokio::test]
async fn safe_02_administrators_read_the_newest_first() {
    let (bench, administrator) = with_entries(60).await;
    sealed(&bench).await;
    grow(&bench, 60, "").await;
    let mut seen = Vec::new();
    let mut path = AUDIT.to_owned();
    loop {
        let (status, page, used) = counted(&bench, &administrator, &path).await;
        assert_eq!((status, used.steps, used.calls), (200, 2, 2));
        for row in page["rows"].as_array().expect("rows") {
            let seq = row["seq"].as_u64().expect("a place");
            assert_eq!(row["sealed"], seq <= 60);
            seen.push(seq);
        }
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{AUDIT}?after={next}");
    }
    assert_eq!(seen, (1..=120).rev().collect::<Vec<u64>>());
    let (_, page) = get(&bench, &administrator, AUDIT).await;
    assert_eq!(
        page["rows"][0],
        json!({
            "seq": 120,
            "at": "2026-11-22T00:00:00Z",
            "action": "activation.resent",
            "actor": "person",
            "actor_name": "osm@contoso.example",
            "facts": [["filling", ""], ["link", "59"], ["product", MAIL], ["to", "next@contoso.example"]],
            "sealed": false,
        })
    );
}

/// UI-03 SAFE-02 a search goes through the whole chain, as far as one request may read; the table for spreadsheets holds what was
/// found, the lines that prove the chain hold all of it.
#[tokio::test]
async fn ui_03_the_audit_is_searched_through() {
    let (bench, administrator) = with_entries(120).await;
    let found = |page: &Value| -> Vec<u64> {
        page["rows"].as_array().expect("rows").iter().map(|row| row["seq"].as_u64().expect("a place")).collect()
    };
    let (_, page, used) = counted(&bench, &administrator, &format!("{AUDIT}?q=next@contoso")).await;
    assert_eq!((found(&page).len(), used.steps), (50, 2));
    let after = page["next"].as_str().expect("there are more");
    let (_, page) = get(&bench, &administrator, &format!("{AUDIT}?q=Activation%20Resent&after={after}")).await;
    assert_eq!(found(&page), (21..=70).rev().collect::<Vec<u64>>());
    for (text, count) in [("OSM@contoso", 50), ("nobody", 0)] {
        let (_, page) = get(&bench, &administrator, &format!("{AUDIT}?q={text}")).await;
        assert_eq!(found(&page).len(), count, "{text}");
        assert_eq!(page["next"].is_null(), count == 0, "{text}");
    }
    let (csv, ..) = file(&bench, &administrator, &format!("{AUDIT}?format=csv&q=nobody")).await;
    assert_eq!(csv.lines().count(), 1);
    sealed(&bench).await;
    let (lines, ..) = file(&bench, &administrator, &format!("{AUDIT}?format=jsonl&q=nobody")).await;
    assert_eq!(check(&bench, &lines).map(|sound| sound.entries), Ok(120));
}

/// SAFE-02 nobody but Administrators reads or exports it, and a Licensing ID that is not there looks the same.
#[tokio::test]
async fn safe_02_nobody_else_reads_it() {
    let (bench, _) = with_entries(1).await;
    for who in ["osm@contoso.example", "bills@contoso.example", "it@fabrikam.example"] {
        let reader = bench.signed_in(&[who]).await;
        for path in [AUDIT, "/api/audit/licence/enterprise/1"] {
            for query in ["", "?format=jsonl", "?format=csv"] {
                let (status, problem, used) = counted(&bench, &reader, &format!("{path}{query}")).await;
                assert_eq!((status, problem["code"].as_str()), (403, Some("not-allowed")), "{who} {path}{query}");
                // One, and two as if as much stood above as there may be.
                assert_eq!((used.steps, used.calls), (3, 3));
            }
        }
    }
    assert_eq!(get(&bench, &Browser::new(), AUDIT).await.0, 401);
}

/// SAFE-01 SAFE-02 an export is the whole chain, sound, and checked with the published keys; it is whole while others write.
#[tokio::test]
async fn safe_02_an_export_is_whole_and_sound() {
    let (bench, administrator) = with_entries(700).await;
    sealed(&bench).await;
    grow(&bench, 20, "").await;
    let text = export(&bench, &administrator).await;
    assert_eq!(
        check(&bench, &text),
        Ok(Sound { chains: 1, entries: 720, sealed: 700, missing_values: 0, entries_with_missing: 0 })
    );

    let (_, keys) = get(&bench, &Browser::new(), "/api/audit/keys").await;
    let key = bench.app.keys.published[0];
    assert_eq!(keys["keys"], json!([[licensing::audit::key_name(&key), to_text(key.as_bytes())]]));
    let first: Value = serde_json::from_str(text.lines().next().expect("a seal")).expect("JSON");
    assert_eq!(first["seal"]["key"], keys["keys"][0][0]);

    let (csv, name, next) = file(&bench, &administrator, &format!("{AUDIT}?format=csv")).await;
    assert_eq!((name.as_str(), next), ("attachment; filename=\"audit-enterprise-88590039.csv\"", None));
    assert_eq!(csv.lines().count(), 721);
    let line = csv.lines().nth(1).expect("an entry");
    assert!(csv.starts_with("\u{feff}seq,at,action,action_name,actor,actor_kind,actor_name,facts,sealed,hash\r\n"));
    let expected = "1,2026-11-22T00:00:00+00:00,\"activation.resent\",\"Activation resent\",\"person\",\"A person\",\
                    \"osm@contoso.example\",\"filling=; link=0; product=MAIL-ENT; to=next@contoso.example\",\"yes\",";
    assert!(line.starts_with(expected), "{line}");
}

/// SAFE-02 where an export ends is the service's word: a request for a part that names another end is refused.
#[tokio::test]
async fn safe_02_nobody_chooses_where_an_export_ends() {
    let (bench, administrator) = with_entries(8).await;
    let (head, five) = (entry(&bench, 8).await, entry(&bench, 5).await);
    for (after, end) in [(3, &head), (3, &five)] {
        let path = format!("{AUDIT}?format=jsonl&after={after}.{}.{}", end.seq, end.hash);
        assert_eq!(get(&bench, &administrator, &path).await.0, 200, "{path}");
    }
    for (seq, hash) in [(7, &five.hash), (8, &five.hash), (9, &head.hash), (0, &head.hash), (8, &String::new())] {
        for format in ["jsonl", "csv"] {
            let path = format!("{AUDIT}?format={format}&after=3.{seq}.{hash}");
            let (status, problem) = get(&bench, &administrator, &path).await;
            assert_eq!(
                (status, &problem["code"], &problem["field"]),
                (422, &json!("bad-field"), &json!("after")),
                "{path}"
            );
        }
    }
}

/// SAFE-02 a chain that does not fit into one answer comes in parts; together they are sound, and no part is taken for the
/// whole, also if entries are written in between. What counts is what Lambda sends: every quotation mark doubles twice.
#[tokio::test]
async fn safe_02_the_parts_of_a_long_export_are_the_whole() {
    let (bench, administrator) = with_entries(0).await;
    grow(&bench, 60, &"\"".repeat(50_000)).await;
    sealed(&bench).await;
    let (mut path, mut whole, mut names) = (format!("{AUDIT}?format=jsonl"), String::new(), Vec::new());
    loop {
        let (text, name, next) = file(&bench, &administrator, &path).await;
        assert!(gateway::front::quoted_size(&text) < 6_000_000, "{}", text.len());
        assert!(check(&bench, &text).is_err(), "a part is not the whole");
        whole.push_str(&text);
        names.push(name.split('"').nth(1).expect("a name").to_owned());
        grow(&bench, 1, "").await;
        let Some(next) = next else { break };
        path = next;
    }
    assert_eq!(
        names,
        ["1-to-24", "25-to-48", "49-to-60"].map(|part| format!("audit-enterprise-88590039-{part}-of-60.jsonl"))
    );
    assert_eq!(
        check(&bench, &whole),
        Ok(Sound { chains: 1, entries: 60, sealed: 60, missing_values: 0, entries_with_missing: 0 })
    );
}

/// SAFE-01 personal values can be deleted, and the export stays sound.
#[tokio::test]
async fn safe_01_deleted_values_are_told_and_the_chain_holds() {
    let (bench, administrator) = with_entries(5).await;
    sealed(&bench).await;
    change(&bench, 3, |entry| entry.personal.clear()).await;
    let text = export(&bench, &administrator).await;
    assert_eq!(check(&bench, &text).map(|sound| sound.missing_values), Ok(3));
    let (_, page) = get(&bench, &administrator, AUDIT).await;
    assert_eq!(page["rows"][2]["actor_name"], Value::Null);
    assert_eq!(page["rows"][2]["facts"], json!([["filling", ""], ["link", "2"], ["product", MAIL]]));
}

/// SAFE-01 whoever changes the database itself is found out by the export: edited, deleted, moved, cut off, and all of it
/// computed again.
#[tokio::test]
async fn safe_01_tampering_with_the_database_shows_in_the_export() {
    // Line 1 is the seal, so the entry of place n is on line n + 1.
    assert_eq!(exported_after(Tamper::EditFact).await, Err(Broken::Edited(5)));
    assert_eq!(exported_after(Tamper::EditPersonalValue).await, Err(Broken::ValueEdited(5, "to".into())));
    assert_eq!(exported_after(Tamper::EditAndHashAgain).await, Err(Broken::OutOfOrder(6)));
    assert_eq!(exported_after(Tamper::Delete).await, Err(Broken::OutOfOrder(5)));
    assert_eq!(exported_after(Tamper::Swap).await, Err(Broken::Edited(5)));
    assert_eq!(exported_after(Tamper::CutTail).await, Err(Broken::TailCut));
    assert_eq!(exported_after(Tamper::CutTailAndHead).await, Err(Broken::TailCut));
    assert_eq!(exported_after(Tamper::ComputeAllAgain).await, Err(Broken::Rewritten(9)));
    assert_eq!(exported_after(Tamper::ComputeAllAgainAndSeal).await, Err(Broken::BadSeal(1)));
}

/// What an export tells of a chain of eight sealed entries after this was done to it.
async fn exported_after(tamper: Tamper) -> Result<Sound, Broken> {
    let (bench, administrator) = with_entries(8).await;
    sealed(&bench).await;
    assert!(check(&bench, &export(&bench, &administrator).await).is_ok());
    tamper.act(&bench).await;
    check(&bench, &export(&bench, &administrator).await)
}

#[derive(Clone, Copy)]
enum Tamper {
    EditFact,
    EditPersonalValue,
    EditAndHashAgain,
    Delete,
    Swap,
    CutTail,
    CutTailAndHead,
    ComputeAllAgain,
    ComputeAllAgainAndSeal,
}

impl Tamper {
    async fn act(self, bench: &Bench) {
        let chain = licence_chain(&licence());
        match self {
            Self::EditFact => change(bench, 4, |entry| drop(entry.facts.insert("link".into(), "99".into()))).await,
            Self::EditPersonalValue => {
                change(bench, 4, |entry| {
                    entry.personal.get_mut("to").expect("a value").value = "x@contoso.example".into();
                })
                .await;
            }
            Self::EditAndHashAgain => {
                let before = entry(bench, 3).await;
                let head = Head { seq: 3, hash: before.hash };
                let forged = append(&chain, &head, Note::new("other", Actor::Service), bench.app.now(), || [0; 16]);
                put(bench, &forged).await;
            }
            Self::Delete => delete(bench, 4).await,
            Self::Swap => {
                let (mut one, mut other) = (entry(bench, 4).await, entry(bench, 5).await);
                (one.seq, other.seq) = (5, 4);
                put(bench, &one).await;
                put(bench, &other).await;
            }
            Self::CutTail => delete(bench, 8).await,
            Self::CutTailAndHead => {
                delete(bench, 8).await;
                let last = entry(bench, 7).await;
                set_head(bench, &Head { seq: 7, hash: last.hash }, None).await;
            }
            Self::ComputeAllAgain | Self::ComputeAllAgainAndSeal => {
                let mut head = Head::empty();
                for _ in 0..8 {
                    let forged = append(&chain, &head, Note::new("other", Actor::Service), bench.app.now(), || [0; 16]);
                    head = Head { seq: forged.seq, hash: forged.hash.clone() };
                    put(bench, &forged).await;
                }
                let own_key = ed25519_dalek::SigningKey::from_bytes(&[4; 32]);
                let own = seal(&chain, &head, bench.app.now(), &own_key);
                let forged_seal = matches!(self, Self::ComputeAllAgainAndSeal).then_some(own);
                set_head(bench, &head, forged_seal).await;
            }
        }
    }
}

async fn change(bench: &Bench, seq: u64, edit: impl FnOnce(&mut Entry)) {
    let mut changed = entry(bench, seq).await;
    edit(&mut changed);
    put(bench, &changed).await;
}

async fn entry(bench: &Bench, seq: u64) -> Entry {
    let (entries, _) =
        bench.store.audit_page(&licence_chain(&licence()), seq - 1, 1).await.expect("the database answers");
    entries.into_iter().next().expect("it is stored")
}

async fn put(bench: &Bench, entry: &Entry) {
    let store = &bench.store;
    let json = serde_json::to_value(entry).expect("plain data");
    let item = json.as_object().expect("a map").iter().map(|(name, value)| (name.clone(), attribute(value)));
    let put = store.client().put_item().table_name(store.name(Table::Audit)).set_item(Some(item.collect()));
    put.send().await.expect("the database takes it");
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::String(text) => AttributeValue::S(text.clone()),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::Object(map) => {
            AttributeValue::M(map.iter().map(|(name, value)| (name.clone(), attribute(value))).collect())
        }
        other => panic!("entries hold no {other}"),
    }
}

async fn delete(bench: &Bench, seq: u64) {
    let store = &bench.store;
    let delete = store.client().delete_item().table_name(store.name(Table::Audit));
    let delete = delete.key("chain", AttributeValue::S(licence_chain(&licence())));
    delete.key("seq", AttributeValue::N(seq.to_string())).send().await.expect("the database takes it");
}

/// The head as a forger would write it, and the seal if it is their own.
async fn set_head(bench: &Bench, head: &Head, own: Option<licensing::audit::Seal>) {
    let (store, chain) = (&bench.store, licence_chain(&licence()));
    let update = |chain: String| {
        let update = store.client().update_item().table_name(store.name(Table::Audit));
        update.key("chain", AttributeValue::S(chain)).key("seq", AttributeValue::N("0".into()))
    };
    update(chain.clone())
        .update_expression("SET newest = :n, #h = :h")
        .expression_attribute_names("#h", "hash")
        .expression_attribute_values(":n", AttributeValue::N(head.seq.to_string()))
        .expression_attribute_values(":h", AttributeValue::S(head.hash.clone()))
        .send()
        .await
        .expect("the database takes it");
    if let Some(own) = own {
        update(format!("seal#{chain}"))
            .update_expression("SET seal = :s")
            .expression_attribute_values(":s", attribute(&serde_json::to_value(own).expect("plain data")))
            .send()
            .await
            .expect("the database takes it");
    }
}

/// SAFE-01 everybody reads the audit of their own profile, in two steps, and nobody else's.
#[tokio::test]
async fn safe_01_everybody_reads_their_own() {
    let bench = Bench::new().await;
    let (mine, other) = (bench.signed_in(&["a@contoso.example"]).await, bench.signed_in(&["b@contoso.example"]).await);
    let owner = store::people::owner(&"a@contoso.example".parse().expect("an address"));
    let profile = bench.store.get(&owner).await.expect("the database answers").expect("it is stored").profile;
    let mut write = Write::new();
    let note = Note::new("profile.signed-in", Actor::Service).personal("address", "a@contoso.example");
    write.audit(&bench.store, &profile_chain(&profile), None, note, bench.app.now());
    write.commit(&bench.store).await.expect("it is written");

    let (status, page, used) = counted(&bench, &mine, "/api/audit/me").await;
    assert_eq!((status, used.steps, used.calls), (200, 2, 2));
    assert_eq!(page["rows"][0]["facts"], json!([["address", "a@contoso.example"]]));
    assert_eq!(get(&bench, &other, "/api/audit/me").await.1, json!({"rows": []}));
    let (text, ..) = file(&bench, &mine, "/api/audit/me?format=jsonl").await;
    assert_eq!(check(&bench, &text), Err(Broken::NoSeal(2)), "not sealed yet");
    sealed_of(&bench, &profile_chain(&profile)).await;
    let (text, ..) = file(&bench, &mine, "/api/audit/me?format=jsonl").await;
    assert_eq!(check(&bench, &text).map(|sound| sound.entries), Ok(1));
}
