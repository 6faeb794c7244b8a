//! What operators do from the command line, against a database; what it asks of the database is noted, for the policy in
//! `infra/template.yaml` that they are given (SAFE-05).

use std::{path::PathBuf, process::Stdio};

use gateway::{
    Clock,
    testing::{
        Bench,
        flaky_proxy::FlakyProxy,
        scene::{CLOUD, MAIL, at_contoso, licence, sku},
    },
};
use licensing::{
    Timestamp,
    access::{Access, By, GivenUpBy, Grant, Holder, Standing},
    activation::{Person, State},
    audit::licence_chain,
    event::Event,
    request::{AskOutcome, Asked, Found, NewRequest, Request},
    rights::Rights,
    roles::Role,
    seal::to_text,
};
use store::{
    Write, licences,
    mails::{Letter, letter_id},
    outbox,
    requests::AskedList,
    standing,
};
use tokio::{io::AsyncWriteExt, process::Command};

const WHICH: [&str; 3] = ["enterprise", "88590039", MAIL];

/// Contoso, and the command line on the way to it.
struct Desk {
    bench: Bench,
    line: FlakyProxy,
    /// By how many seconds the command line's clock is ahead of the system's: a file, as on one machine.
    clock: PathBuf,
}

/// How the command ended, and what it said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.clock);
    }
}

impl Desk {
    async fn new(name: &str) -> Self {
        let bench = Bench::new().await;
        bench.contoso().await;
        Self::of(bench, name).await
    }

    async fn of(bench: Bench, name: &str) -> Self {
        let line = FlakyProxy::noting(&bench.endpoint, "countersign-admin").await;
        let clock = std::env::temp_dir().join(format!("countersign-clock-{}-{name}", std::process::id()));
        Self { bench, line, clock }
    }

    /// Runs the command at the bench's time.
    async fn run(&self, operator: &str, arguments: &[&str], input: &str) -> Said {
        self.run_with(operator, arguments, input, Stdio::piped()).await
    }

    /// The same where nobody reads what it prints: the reader of the pipe is gone before the command starts.
    async fn run_unread(&self, operator: &str, arguments: &[&str], input: &str) -> Said {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        self.run_with(operator, arguments, input, writer.into()).await
    }

    async fn run_with(&self, operator: &str, arguments: &[&str], input: &str, stdout: Stdio) -> Said {
        let ahead = self.bench.app.now().as_second() - Clock::system().now().as_second();
        std::fs::write(&self.clock, ahead.to_string()).expect("the clock can be moved");
        let mut child = Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(arguments)
            .env_clear()
            .env("AWS_ENDPOINT_URL_DYNAMODB", &self.line.url)
            .env("AWS_REGION", "eu-north-1")
            .env("COUNTERSIGN_TABLES", "t-")
            .env("COUNTERSIGN_CLOCK", &self.clock)
            .env("COUNTERSIGN_OPERATOR", operator)
            .env("COUNTERSIGN_WEBHOOK_KEYS", format!("1:{}", to_text(&[5; 32])))
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the command starts");
        let mut stdin = child.stdin.take().expect("standard input is a pipe");
        // Some calls end before they read.
        let _ = stdin.write_all(input.as_bytes()).await;
        drop(stdin);
        let output = child.wait_with_output().await.expect("the command ends");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Runs the command; it has to succeed. What it printed.
    async fn does(&self, operator: &str, arguments: &[&str], input: &str) -> String {
        let said = self.run(operator, arguments, input).await;
        assert_eq!(said.code, Some(0), "{arguments:?}: {}{}", said.out, said.err);
        said.out.trim().to_owned()
    }

    /// A new operator's secret.
    async fn operator(&self, name: &str) -> String {
        self.does("", &["mint-operator", name], "").await
    }

    /// The actions in the audit of Contoso's Licensing ID.
    async fn audited(&self) -> Vec<String> {
        self.audited_in(&licence_chain(&"enterprise/88590039".parse().expect("a licence"))).await
    }

    async fn audited_in(&self, chain: &str) -> Vec<String> {
        let (entries, _) = self.bench.store.audit_page(chain, 0, 100).await.expect("the database answers");
        entries.into_iter().map(|entry| entry.action).collect()
    }
}

/// OPS-01 ACT-01 only who was made an operator acts; a token that an operator mints loads until it is revoked.
#[tokio::test]
async fn ops_01_operators_mint_and_revoke_tokens() {
    let desk = Desk::new("tokens").await;
    let refused = desk.run("nobody", &["token", "mint", "orders"], "").await;
    assert!(refused.code == Some(2) && refused.err.contains("not the secret of an operator"), "{}", refused.err);
    let ann = desk.operator("Ann").await;
    let token = desk.does(&ann, &["token", "mint", "orders"], "").await;
    let stored = || async {
        let hash = licensing::seal::stored_hash(token.as_bytes());
        desk.bench.store.token(&hash).await.expect("the database answers").expect("it is stored")
    };
    assert!(stored().await.allows("load", desk.bench.app.now()));
    desk.does(&ann, &["token", "revoke", &token], "").await;
    assert!(!stored().await.allows("load", desk.bench.app.now()));
    let other = desk.run(&ann, &["token", "revoke", &ann], "").await;
    assert!(other.code == Some(2) && other.err.contains("`countersign operator revoke \"Ann\"`"), "{}", other.err);
    desk.does(&ann, &["operator", "revoke", "Ann"], "").await;
    assert_eq!(desk.run(&ann, &["token", "mint", "orders"], "").await.code, Some(2), "a revoked operator acts no more");
}

/// OPS-01 operators are listed, without their secrets, and revoked by name: all secrets of that name, and nobody else's.
#[tokio::test]
async fn ops_01_operators_are_listed_and_revoked_by_name() {
    let desk = Desk::new("operator").await;
    let (ann, bob) = (desk.operator("Ann").await, desk.operator("Bob").await);
    let again = desk.operator("Bob").await;
    desk.does(&ann, &["token", "mint", "Bob"], "").await;
    let listed = desk.does(&ann, &["operator", "list"], "").await;
    assert_eq!(listed.lines().count(), 3, "two are Bob's, and the order system is none: {listed}");
    assert!(!listed.contains(&bob) && listed.contains("Ann  since "), "{listed}");
    desk.does(&ann, &["operator", "revoke", "Bob"], "").await;
    for secret in [&bob, &again] {
        assert_eq!(desk.run(secret, &["operator", "list"], "").await.code, Some(2), "a revoked operator acts no more");
    }
    let json = desk.does(&ann, &["operator", "list", "--json"], "").await;
    let rows: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let may: Vec<bool> = rows.iter().filter_map(|row| row["may_act"].as_bool()).collect();
    assert_eq!(may.iter().filter(|may| **may).count(), 1, "{json}");
    let nobody = desk.run(&ann, &["operator", "revoke", "Bob"], "").await;
    assert!(nobody.code == Some(2) && nobody.err.contains("`countersign operator list`"), "{}", nobody.err);
    assert_eq!(desk.audited_in("operators").await[4..], ["token.revoked", "token.revoked"]);
}

/// ACT-01 a token is minted for what it loads and whose, is listed without its secret, and revoked by its name or id.
#[tokio::test]
async fn act_01_tokens_have_scopes_and_are_listed_and_revoked_by_name() {
    let desk = Desk::new("scopes").await;
    let ann = desk.operator("Ann").await;
    let mint = ["token", "mint", "crm", "--scope", "contacts", "--customer", "cust-1", "--customer", "a#b c"];
    let crm = desk.does(&ann, &mint, "").await;
    let stored = async |secret: &str| {
        let hash = licensing::seal::stored_hash(secret.as_bytes());
        (desk.bench.store.token(&hash).await.expect("the database answers").expect("it is stored"), hash)
    };
    let (token, hash) = stored(&crm).await;
    assert_eq!((token.scopes, token.customers.map(|all| all.len())), (vec!["contacts".to_owned()], Some(2)));
    desk.does(&ann, &["token", "mint", "orders", "--scope", "orders", "--scope", "contacts"], "").await;
    desk.does(&ann, &["token", "mint", "orders"], "").await;

    // What gives people rights is good for a week at most.
    let long = desk.run(&ann, &["token", "mint", "hr", "--scope", "permissions", "--days", "8"], "").await;
    assert!(long.code == Some(2) && long.err.contains("at most 7 days"), "{}", long.err);
    let hr = desk.does(&ann, &["token", "mint", "hr", "--scope", "permissions"], "").await;
    assert_eq!(stored(&hr).await.0.expires_at, licensing::when::add_days(desk.bench.app.now(), 7));

    let listed = desk.does(&ann, &["token", "list"], "").await;
    let id = &hash[..8];
    assert!(listed.contains(&format!("{id}  crm: contacts of a#b c, cust-1; made ")), "{listed}");
    assert!(
        !listed.contains("Ann") && listed.contains("hr: permissions"),
        "operators are on a list of their own: {listed}"
    );
    assert!(!listed.contains(&crm) && !listed.contains(&hash), "{listed}");
    let json = desk.does(&ann, &["token", "list", "--json"], "").await;
    assert!(json.lines().count() == 4 && json.contains(r#""customers":["a#b c","cust-1"]"#), "{json}");

    let several = desk.run(&ann, &["token", "revoke", "orders"], "").await;
    assert!(several.code == Some(2) && several.err.contains("by its id"), "{}", several.err);
    desk.does(&ann, &["token", "revoke", "hr"], "").await;
    desk.does(&ann, &["token", "revoke", id], "").await;
    for secret in [&crm, &hr] {
        assert!(!stored(secret).await.0.is_good(desk.bench.app.now()));
    }
    let listed = desk.does(&ann, &["token", "list"], "").await;
    assert!(!listed.contains("crm") && !listed.contains("hr:"), "{listed}");
    assert!(desk.does(&ann, &["token", "list", "--all"], "").await.contains("; made"));
    assert_eq!(desk.run(&ann, &["token", "revoke", "hr"], "").await.code, Some(2));
}

/// OPS-01 SAFE-01 a secret, or a key, may begin with a hyphen: one in sixty-four does.
#[tokio::test]
async fn ops_01_a_secret_that_begins_with_a_hyphen_is_no_option() {
    let desk = Desk::new("hyphens").await;
    let ann = desk.operator("Ann").await;
    let secret = "-8KiuQqAjUD7n2M9fKd9iERK0vHCEyO-o6zanIgba-s";
    let revoked = desk.run(&ann, &["token", "revoke", secret], "").await;
    assert!(revoked.err.contains("There is no such token"), "{}", revoked.err);
    let key = desk.run(&ann, &["audit", "verify", "none.jsonl", "--key", secret], "").await;
    assert!(!key.err.contains("unexpected argument"), "{}", key.err);
    let help = desk.does(&ann, &["token", "revoke", "--help"], "").await;
    assert!(help.contains("its secret"), "{help}");
}

/// ACT-14 LINK-10 a link is mailed anew while it is good, and revived with a reason once it has ended.
#[tokio::test]
async fn link_10_operators_resend_and_revive_links() {
    let desk = Desk::new("links").await;
    desk.bench.invite(MAIL).await;
    let ann = desk.operator("Ann").await;
    let revive = [&["revive"][..], &WHICH, &["--reason", "asked by phone"]].concat();
    let early = desk.run(&ann, &revive, "").await;
    assert!(early.code == Some(2) && early.err.contains("Use `countersign resend`"), "{}", early.err);
    desk.does(&ann, &[&["resend"][..], &WHICH].concat(), "").await;
    assert_eq!(desk.bench.activation(MAIL).await.generation, 2);

    desk.bench.set_time("2027-07-01T00:00:00Z");
    let (bench, now) = (&desk.bench, desk.bench.app.now());
    assert_eq!(desk.does(&ann, &["stuck"], "").await, "", "that a link has ended needs nobody");
    let by = Person { profile: "p-osm".parse().expect("an id"), address: "osm@contoso.example".parse().expect("one") };
    let context = bench.context(MAIL).await;
    let asked = context
        .activation
        .expect("it is stored")
        .ask_revival(by, now, &bench.app.policy.links)
        .expect("it has ended")
        .expect("the first");
    let policy = &bench.app.policy.links;
    bench.store.write_step(&asked, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    let said = desk.run(&ann, &["stuck"], "").await;
    assert!(
        said.code == Some(1) && said.out.contains("osm@contoso.example asked for a new link at 2027-07-01"),
        "{}",
        said.out
    );
    desk.does(&ann, &revive, "").await;
    assert_eq!(desk.does(&ann, &["stuck"], "").await, "", "it is answered");
    let activation = desk.bench.activation(MAIL).await;
    assert_eq!((activation.generation, activation.revivals), (3, 1));
    assert_eq!(
        desk.audited().await,
        ["activation.opened", "activation.resent", "activation.revival-asked", "activation.revived"]
    );
}

/// LINK-10 an operator declines to revive a link, with a reason, if somebody asks for it.
#[tokio::test]
async fn link_10_an_operator_declines_a_revival() {
    let desk = Desk::new("decline").await;
    desk.bench.invite(MAIL).await;
    let ann = desk.operator("Ann").await;
    let decline = [&["decline"][..], &WHICH, &["--reason", "the order was cancelled"]].concat();
    desk.bench.set_time("2027-07-01T00:00:00Z");
    let early = desk.run(&ann, &decline, "").await;
    assert!(early.code == Some(2) && early.err.contains("Nobody has asked"), "{}", early.err);
    let (bench, now) = (&desk.bench, desk.bench.app.now());
    let by = Person { profile: "p-osm".parse().expect("an id"), address: "osm@contoso.example".parse().expect("one") };
    let context = bench.context(MAIL).await;
    let policy = &bench.app.policy.links;
    let asked = context.activation.expect("it is stored").ask_revival(by, now, policy).expect("it has ended");
    let asked = asked.expect("the first");
    bench.store.write_step(&asked, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    let done = desk.run(&ann, &decline, "").await;
    assert_eq!(done.code, Some(0), "{}", done.err);
    let said = "activation.revival-declined: no new link is sent, and we email the reason to osm@contoso.example";
    assert!(done.err.contains(said) && !done.err.contains("revive"), "{}", done.err);
    assert_eq!(desk.does(&ann, &["stuck"], "").await, "", "it is answered");
    let declined = desk.bench.activation(MAIL).await.revival_declined.expect("it is kept");
    assert_eq!(declined.reason, "the order was cancelled");
    assert_eq!(desk.audited().await.last().map(String::as_str), Some("activation.revival-declined"));
}

/// LINK-07 OPS-03 an activation is moved to another account by two operators, not by one.
#[tokio::test]
async fn link_07_two_operators_move_an_activation() {
    let desk = Desk::new("remap").await;
    for id in ["acc-1", "acc-2"] {
        desk.bench.account(id, &["boss@contoso.example"]).await;
    }
    let (ann, bob) = (desk.operator("Ann").await, desk.operator("Bob").await);
    let row = r#"{"type":"activation","programme":"enterprise","number":"88590039","product":"MAIL-ENT","account":"acc-1","activated":"2026-11-20"}"#;
    desk.does(&ann, &["import", "-"], row).await;
    let remap = [&["remap"][..], &WHICH, &["acc-2", "--reason", "the account was merged"]].concat();
    desk.does(&ann, &remap, "").await;
    let alone = desk.run(&ann, &remap, "").await;
    assert!(alone.code == Some(2) && alone.err.contains("second operator"), "{}", alone.err);
    // One declines, and it is proposed anew.
    desk.does(&bob, &[&remap[..], &["--decline"]].concat(), "").await;
    let State::Activated(in_use) = desk.bench.activation(MAIL).await.state else { panic!("it is activated") };
    assert_eq!(in_use.remap, None);
    desk.does(&ann, &remap, "").await;
    desk.does(&bob, &remap, "").await;
    let State::Activated(in_use) = desk.bench.activation(MAIL).await.state else { panic!("it is activated") };
    assert_eq!(in_use.account.as_str(), "acc-2");
}

/// REG-06 the country of a person's organisation is corrected with a reason.
#[tokio::test]
async fn reg_06_operators_correct_a_country() {
    let desk = Desk::new("country").await;
    desk.bench.signed_in(&["osm@contoso.example"]).await;
    let ann = desk.operator("Ann").await;
    let said = desk.run(&ann, &["country", "osm@contoso.example", "NO", "--reason", " "], "").await;
    assert!(said.code == Some(2) && said.err.contains("reason"), "{}", said.err);
    desk.does(&ann, &["country", "osm@contoso.example", "NO", "--reason", "moved to Oslo"], "").await;
    let person = desk.bench.person(at_contoso("osm").as_str()).await;
    let profile = desk.bench.store.get(&store::people::profile(&person.profile)).await.expect("the database answers");
    assert_eq!(profile.and_then(|profile| profile.country).map(|country| country.to_string()).as_deref(), Some("NO"));
}

/// ACT-01 a file is loaded: judged without a trace first, then all of it or nothing, and once.
#[tokio::test]
async fn act_01_operators_load_files() {
    let desk = Desk::new("import").await;
    let ann = desk.operator("Ann").await;
    let good = order("PO-1", MAIL);
    let dry = desk.does("", &["import", "-", "--dry-run"], &good).await;
    assert!(dry.contains(r#""outcome":"mail""#), "{dry}");
    let stored = async |id: &str| {
        let slot = store::orders::order(&id.parse().expect("an id"));
        desk.bench.store.get(&slot).await.expect("the database answers").is_some()
    };
    assert!(!stored("PO-1").await);

    let file = std::env::temp_dir().join(format!("countersign-rows-{}", std::process::id()));
    std::fs::write(&file, format!("{good}{}", order("PO-2", "UNKNOWN"))).expect("a file");
    let path = file.to_string_lossy().into_owned();
    let refused = desk.run(&ann, &["import", &path, "--all-or-nothing"], "").await;
    assert!(refused.code == Some(1) && !stored("PO-1").await, "{}", refused.err);
    let loaded = desk.run(&ann, &["import", &path], "").await;
    let _ = std::fs::remove_file(&file);
    assert_eq!(loaded.code, Some(1), "there is something to look at: {}", loaded.err);
    assert!(stored("PO-1").await && !stored("PO-2").await);
    desk.does(&ann, &["import", "-"], &good).await;
}

/// ROLE-10 ROLE-07 what everybody may do is printed of what is stored exactly as `import --access` prints it of the file: for all, a
/// customer, and one Licensing ID; as CSV, too.
#[tokio::test]
async fn role_10_access_prints_what_is_stored() {
    let data = |name: &str| format!("{}/../../tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(data(name)).expect("the example is there");
    let desk = Desk::of(Bench::new().await, "access").await;
    let ann = desk.operator("Ann").await;
    let loaded = desk.run(&ann, &["import", &data("access.jsonl")], "").await;
    let refused: Vec<String> =
        read("access.expected.jsonl").lines().filter(|line| line.contains("\"error\"")).map(str::to_owned).collect();
    assert_eq!((loaded.code, loaded.out.lines().map(str::to_owned).collect::<Vec<_>>()), (Some(1), refused));

    let expected = read("access.report.jsonl");
    let at = ["--at", "2026-11-22T00:00:00Z"];
    let all = desk.does(&ann, &[&["access", "--all"], &at[..]].concat(), "").await;
    assert_eq!(all, expected.trim());
    // The same of each Licensing ID by itself, and of a customer's.
    let mut licences: Vec<(String, String)> = Vec::new();
    for line in expected.lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let of = |name: &str| line[name].as_str().expect("a text").to_owned();
        let licence = format!("{}/{}", of("programme"), of("number"));
        if licences.last().is_none_or(|(last, _)| *last != licence) {
            licences.push((licence, format!(r#""programme":"{}","number":{}"#, of("programme"), line["number"])));
        }
    }
    assert!(licences.len() > 3);
    for (licence, _) in &licences {
        let said = desk.does(&ann, &[&["access", licence], &at[..]].concat(), "").await;
        let of = |line: &&str| {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            format!("{}/{}", line["programme"].as_str().expect("a text"), line["number"].as_str().expect("a text"))
                == *licence
        };
        assert_eq!(said.lines().collect::<Vec<_>>(), expected.lines().filter(of).collect::<Vec<_>>(), "{licence}");
    }
    let rows: Vec<serde_json::Value> =
        read("access.jsonl").lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut customers: Vec<&str> =
        rows.iter().filter(|row| row["type"] == "customer").filter_map(|row| row["id"].as_str()).collect();
    customers.sort_unstable();
    customers.dedup();
    let mut of_customers = Vec::new();
    for customer in customers {
        let said = desk.run(&ann, &[&["access", "--customer", customer], &at[..]].concat(), "").await;
        of_customers.extend(said.out.lines().map(str::to_owned));
    }
    of_customers.sort();
    let mut sorted: Vec<&str> = expected.lines().collect();
    sorted.sort_unstable();
    assert_eq!(of_customers, sorted);

    let csv = desk.does(&ann, &[&["access", "--all", "--format", "csv"], &at[..]].concat(), "").await;
    let roles: usize = expected
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .flat_map(|line| line["roles"].as_object().expect("roles").values().cloned().collect::<Vec<_>>())
        .map(|sources| sources.as_array().expect("sources").len())
        .sum();
    assert_eq!(csv.lines().count(), 1 + roles, "a line for each role and source");
    assert!(csv.starts_with("programme,number,address,active,role,source,benefits,reservations\n\""), "{csv}");
    // Nobody has any right, or there is no such agreement, or it is not said whose.
    let unknown = desk.run(&ann, &["access", "enterprise/none"], "").await;
    assert!(unknown.code == Some(2) && unknown.err.contains("countersign find none"), "{}", unknown.err);
    assert_eq!(desk.run(&ann, &["access", "--customer", "none"], "").await.code, Some(1));
    for wrong in [&["access"][..], &["access", "--all", "--customer", "c1"], &["access", "enterprise/1", "--all"]] {
        assert_eq!(desk.run(&ann, wrong, "").await.code, Some(2), "{wrong:?}");
    }
    assert_eq!(desk.run("", &["access", "--all"], "").await.code, Some(2), "only for operators");
    assert_eq!(desk.run_unread(&ann, &["access", "--all"], "").await.code, Some(141));
}

/// ROLE-10 more agreements than are read at a time: all are printed, in order, with what the one above them gives, as of the file.
#[tokio::test]
async fn role_10_access_prints_many_agreements_in_order() {
    let desk = Desk::of(Bench::new().await, "many").await;
    let ann = desk.operator("Ann").await;
    let agreement = |programme: &str, number: &str, parent: &str, primary: &str| {
        format!(
            r#"{{"type":"agreement","programme":"{programme}","number":"{number}","customer":"c-many","starts":"2026-01-01","ends":"2028-12-31",{parent}"contacts":{{"primary":"{primary}","notices":"notices@contoso.example"}}}}"#
        ) + "\n"
    };
    let mut rows = r#"{"type":"customer","id":"c-many","name":"Contoso","country":"SE"}"#.to_owned() + "\n";
    rows += &agreement("master", "m-1", "", "above@contoso.example");
    for number in 1000..1230 {
        let parent = r#""parent":{"programme":"master","number":"m-1"},"#;
        rows += &agreement("enterprise", &number.to_string(), parent, &format!("p{number}@contoso.example"));
    }
    let expected = desk
        .does("", &["import", "-", "--dry-run", "--empty", "--access", "--at", "2026-11-22T00:00:00Z"], &rows)
        .await;
    desk.does(&ann, &["import", "-"], &rows).await;
    let all = desk.does(&ann, &["access", "--all", "--at", "2026-11-22T00:00:00Z"], "").await;
    assert_eq!(all.lines().count(), 230 * 3 + 2, "{all:.2000}");
    assert_eq!(all, expected.trim());
}

/// ROLE-07 PERM-04 an operator may let rows undo what people did in the portal.
#[tokio::test]
async fn perm_04_an_operator_may_load_over_the_portal() {
    let desk = Desk::new("over").await;
    let ann = desk.operator("Ann").await;
    let row = |roles: &str| {
        format!(
            r#"{{"type":"assignment","programme":"enterprise","number":"88590039","address":"asa@contoso.example","roles":["{roles}"]}}"#
        )
    };
    desk.does(&ann, &["import", "-"], &row("download")).await;
    let store = &desk.bench.store;
    let slot = store::standing::holder(&licence(), &at_contoso("asa"));
    let before = store.get(&slot).await.expect("the database answers").expect("it is stored");
    let loaded = store.standing_of(&licence()).await.expect("the database answers").expect("it is loaded");
    let mut after = before.record.clone();
    after.give_up(licensing::access::GivenUpBy::Oneself, desk.bench.app.now());
    let mut write = Write::new();
    write.holder(store, loaded.agreement(), "", &at_contoso("asa"), Some(&before), &after);
    write.commit(store).await.expect("it is written");
    let refused = desk.run(&ann, &["import", "-"], &row("product-keys")).await;
    assert_eq!(refused.out.trim(), r#"{"row":1,"error":"conflict","field":"address"}"#, "{}", refused.err);
    desk.does(&ann, &["import", "-", "--over-portal"], &row("product-keys")).await;
    let wrong = desk.run(&ann, &["import", "-", "--dry-run", "--empty", "--over-portal"], "").await;
    assert_eq!(wrong.code, Some(2), "nobody acted where nothing is stored");
}

/// SAFE-03 an operator sees why mail does not reach an address and what became of mails to it, and lifts it with a reason:
/// audited, also in the chain of the person whose address it is, and judged afresh wherever the address is written to.
#[tokio::test]
async fn safe_03_operators_see_and_lift_what_stops_mail() {
    let desk = Desk::new("mail").await;
    let ann = desk.operator("Ann").await;
    let (bench, osm) = (&desk.bench, at_contoso("osm"));
    bench.signed_in(&[osm.as_str()]).await;
    let shown = desk.does(&ann, &["mail", "show", "OSM@contoso.example"], "").await;
    assert!(shown.contains("osm@contoso.example: we send email there"), "{shown}");
    let lift = |reason: &'static str| ["unsuppress", "osm@contoso.example", "--reason", reason];
    assert_eq!(desk.run(&ann, &lift("asked"), "").await.code, Some(2), "nothing stops it");
    assert_eq!(desk.run(&ann, &["mail", "show", "osm"], "").await.code, Some(2));

    // A mail to it that bounced.
    let now = bench.app.now();
    let event = Event::LinkExpired { licence: licence(), product: sku(MAIL), generation: 1 };
    let letter = Letter { template: "link-expired".into(), ..Letter::new(&event, osm.clone(), now) };
    let id = letter_id(&event, &osm);
    bench.store.lease_letter(&id, &letter, "t", now, now).await.expect("it is ours");
    bench.store.letter_refused(&id, &osm, now).await.expect("it is written");
    let shown = desk.run(&ann, &["mail", "show", "osm@contoso.example"], "").await;
    assert_eq!(shown.code, Some(1), "{}", shown.out);
    for part in [
        "our email bounced; we have sent none there since 2026-11-22",
        "we try again from 2026-12-22",
        "link-expired",
        "bounced",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }

    assert_eq!(desk.run(&ann, &lift(" "), "").await.code, Some(2), "a reason is needed");
    bench.pass(60);
    desk.does(&ann, &lift("mailbox was repaired"), "").await;
    let reach = bench.store.get(&licences::suppression(&osm)).await.expect("the database answers").expect("it is kept");
    assert!(!bench.store.fails(&reach, bench.app.now()));
    let shown = desk.does(&ann, &["mail", "show", "osm@contoso.example"], "").await;
    assert!(shown.contains("we send email there") && shown.contains("last lifted at"), "{shown}");
    assert_eq!(desk.audited_in("operators").await.last().map(String::as_str), Some("mail.lifted"));
    let person = bench.person(osm.as_str()).await;
    let chain = licensing::audit::profile_chain(&person.profile);
    assert_eq!(desk.audited_in(&chain).await.last().map(String::as_str), Some("mail.lifted"));
    let asks = Event::RejudgeAddress { address: osm, mark: format!("lifted|{}", bench.app.now()) };
    let queued = bench.store.get(&outbox::queued(&asks.id())).await.expect("the database answers");
    assert!(queued.is_some_and(|queued| queued.done_at.is_none()));
}

/// LINK-11 webhooks are added, listed, tried and removed, each audited; what is stored signs nothing.
#[tokio::test]
async fn link_11_operators_add_try_and_remove_webhooks() {
    let desk = Desk::new("webhooks").await;
    let ann = desk.operator("Ann").await;
    for refused in ["http://hooks.contoso.example/", "https://10.0.0.1/", "http://127.0.0.1:8401/demo/webhook", "hooks"]
    {
        let said = desk.run(&ann, &["webhook", "add", refused], "").await;
        assert!(said.code == Some(2) && said.err.contains("The address"), "{refused}: {}", said.err);
    }
    let secret = desk.does(&ann, &["webhook", "add", "https://Hooks.Contoso.example/in"], "").await;
    let added = desk.bench.store.webhooks().await.expect("the database answers");
    let [webhook] = added.as_slice() else { panic!("one webhook") };
    assert_eq!((webhook.url.as_str(), webhook.added_by.as_str()), ("https://hooks.contoso.example/in", "Ann"));
    assert!(
        secret.starts_with("whsec_") && !serde_json::to_string(webhook).expect("plain data").contains(&secret[6..])
    );
    assert_eq!(desk.does(&ann, &["webhook", "secret", &webhook.id], "").await, secret);
    let listed = desk.does(&ann, &["webhook", "list"], "").await;
    assert!(listed.contains(&webhook.id) && listed.contains("has accepted no message yet"), "{listed}");

    desk.does(&ann, &["webhook", "test", &webhook.id], "").await;
    let now = desk.bench.app.now();
    desk.bench.store.webhook_failed(&webhook.id, "no answer within 5 seconds", true, now).await.expect("it is written");
    let said = desk.run(&ann, &["webhook", "list"], "").await;
    assert!(
        said.code == Some(1) && said.out.contains("FAILING") && said.out.contains("1 messages failed nine times"),
        "{}",
        said.out
    );

    // A receiver that has ended for good is shown as that, and begun again by an operator only.
    assert_eq!(desk.run(&ann, &["webhook", "resume", &webhook.id], "").await.code, Some(2), "it has not ended");
    desk.bench.store.webhook_ended(&webhook.id, "the host answered 410", now).await.expect("it is written");
    let said = desk.run(&ann, &["webhook", "list"], "").await;
    assert!(
        said.code == Some(1) && said.out.contains("ENDED by its receiver") && !said.out.contains("FAILING"),
        "{}",
        said.out
    );
    assert_eq!(desk.run(&ann, &["webhook", "test", &webhook.id], "").await.code, Some(2));
    desk.does(&ann, &["webhook", "resume", &webhook.id], "").await;
    let said = desk.run(&ann, &["webhook", "list"], "").await;
    assert!(!said.out.contains("ENDED") && !said.out.contains("FAILING"), "{}", said.out);

    desk.does(&ann, &["webhook", "remove", &webhook.id], "").await;
    assert!(desk.bench.store.webhooks().await.expect("the database answers").is_empty());
    for gone in ["remove", "test", "resume", "secret"] {
        assert_eq!(desk.run(&ann, &["webhook", gone, &webhook.id], "").await.code, Some(2));
    }
    let audited = desk.audited_in("operators").await;
    assert_eq!(
        audited[1..],
        ["webhook.added", "webhook.secret-shown", "webhook.tested", "webhook.resumed", "webhook.removed"]
    );
}

/// LINK-11 ACT-03 a product's endpoint is set and taken away; operators see what is not set up in time or was refused, and
/// have it asked again.
#[tokio::test]
async fn link_11_operators_set_endpoints_and_see_what_waits_for_them() {
    let desk = Desk::new("endpoints").await;
    let ann = desk.operator("Ann").await;
    let url = "https://set-up.contoso.example/";
    assert_eq!(desk.run(&ann, &["provisioning", "set", "UNKNOWN", url], "").await.code, Some(2));
    assert_eq!(desk.run(&ann, &["provisioning", "remove", MAIL], "").await.code, Some(2), "there is none");
    assert!(desk.does(&ann, &["provisioning", "set", MAIL, url], "").await.starts_with("whsec_"));
    assert_eq!(desk.does(&ann, &["provisioning", "show", MAIL], "").await, url);

    desk.bench.invite(MAIL).await;
    let (bench, osm) = (&desk.bench, at_contoso("osm"));
    let context = bench.context(MAIL).await;
    let (addresses, now, policy) = ([osm.clone()], bench.app.now(), bench.app.policy.links.clone());
    let rights = Rights::by(&Standing::naming(&context.contacts), &addresses, Timestamp::UNIX_EPOCH);
    let by = Person { profile: "p-osm".parse().expect("an id"), address: osm };
    let account = "acc-1".parse().expect("an id");
    let step = context.activation.expect("it is stored").confirm(
        by,
        &addresses,
        &rights,
        None,
        account,
        "Contoso".into(),
        "r".into(),
        true,
        now,
        &policy,
    );
    let step = step.expect("the OSM may");
    bench.store.write_step(&step, context.head.as_ref(), now, &policy, Write::new()).await.expect("it is written");
    let asked = step.events().iter().find(|event| matches!(event, Event::Provision { .. })).expect("it is asked").id();
    assert_eq!(desk.does(&ann, &["stuck"], "").await, "", "nothing is out of the ordinary yet");
    assert!(desk.does(&ann, &["stuck", "--all"], "").await.contains("being set up since"));

    bench.store.put_event_off(&asked, 1, "no connection to the host", now).await.expect("it is written");
    bench.pass(600);
    let said = desk.run(&ann, &["stuck"], "").await;
    assert_eq!(said.code, Some(1));
    for part in [
        "enterprise/88590039 MAIL-ENT",
        "longer than usual",
        "asked 1 times without success, the last time: no connection",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }

    let context = bench.context(MAIL).await;
    let refused = context.activation.expect("it is stored").provisioning_refused("No seats left.", bench.app.now());
    let refused = refused.expect("it is being set up");
    bench.store.write_step(&refused, context.head.as_ref(), now, &policy, Write::new()).await.expect("it is written");
    assert!(desk.run(&ann, &["stuck"], "").await.out.contains("No seats left."));
    let retry = [&["provisioning", "retry"][..], &WHICH, &["--reason", "seats were added"]].concat();
    desk.does(&ann, &retry, "").await;
    let State::Provisioning(setup) = bench.activation(MAIL).await.state else { panic!("it is being set up") };
    assert_eq!((setup.refused, setup.asked), (None, 4));

    desk.does(&ann, &["provisioning", "remove", MAIL], "").await;
    assert_eq!(desk.does(&ann, &["provisioning", "show", MAIL], "").await, "");
    assert_eq!(desk.audited().await[2..], ["activation.provisioning-refused", "activation.provisioning-asked"]);
    let audited = desk.audited_in("operators").await;
    assert_eq!(audited[1..], ["provisioning.set", "provisioning.removed"]);
}

/// OPS-01 whoever reads a command's output may stop early, as `head` does: no command panics or complains of it.
#[tokio::test]
async fn ops_01_no_command_minds_that_nobody_reads_it() {
    let desk = Desk::new("unread").await;
    desk.bench.invite(MAIL).await;
    let ann = desk.operator("Ann").await;
    desk.does(&ann, &["webhook", "add", "https://hooks.contoso.example/"], "").await;
    let webhook = desk.bench.store.webhooks().await.expect("the database answers").remove(0).id;
    desk.does(&ann, &["provisioning", "set", MAIL, "https://set-up.contoso.example/"], "").await;
    make_stuck(&desk).await;
    let empty = std::env::temp_dir().join(format!("countersign-nothing-{}", std::process::id()));
    std::fs::write(&empty, "").expect("a file");
    let empty = empty.to_string_lossy().into_owned();
    let key = to_text(&[9; 32]);
    let dry = ["import", "-", "--dry-run", "--empty"];
    for arguments in [
        &["stuck"][..],
        &["stuck", "--json"],
        &["show", WHICH[0], WHICH[1]],
        &["show", WHICH[0], WHICH[1], "--json"],
        &["find", WHICH[1]],
        &["find", "osm@contoso.example", "--json"],
        &["webhook", "list"],
        &["webhook", "list", "--json"],
        &["webhook", "secret", &webhook],
        &["webhook", "add", "https://more.contoso.example/"],
        &["provisioning", "show", MAIL],
        &["provisioning", "set", MAIL, "https://other.contoso.example/"],
        &["token", "mint", "orders"],
        &["mint-operator", "Bob"],
        &["audit", "verify", &empty, "--key", &key],
        &["operator", "list"],
        &["operator", "list", "--json"],
        &["keys"],
        &["keys", "--json"],
        &["sample"],
        &["completions", "bash"],
        &dry,
    ] {
        let said = desk.run_unread(&ann, arguments, "{}\n").await;
        assert_eq!(said.code, Some(141), "{arguments:?}: {}", said.err);
        assert!(!said.err.contains("panicked") && !said.err.contains("roken pipe"), "{arguments:?}: {}", said.err);
    }
    let _ = std::fs::remove_file(&empty);
    // Help is printed by the library of arguments.
    for arguments in [&["--help"][..], &["import", "--help"], &["--version"]] {
        let said = desk.run_unread("", arguments, "").await;
        assert!(!said.err.contains("panicked"), "{arguments:?}: {}", said.err);
    }
}

/// ACT-01 a load goes on to its end where nobody reads its report any more, and its exit code says what came of it.
#[tokio::test]
async fn act_01_a_load_goes_on_without_a_reader() {
    let desk = Desk::new("unread-load").await;
    let ann = desk.operator("Ann").await;
    let rows = format!("{{}}\n{{}}\n{}", order("PO-1", MAIL));
    let said = desk.run_unread(&ann, &["import", "-"], &rows).await;
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.err.contains("3 rows: 1 taken, 0 unchanged, 2 refused"), "{}", said.err);
    let slot = store::orders::order(&"PO-1".parse().expect("an id"));
    assert!(desk.bench.store.get(&slot).await.expect("the database answers").is_some());
}

/// ACT-01 a load reports its refused rows, and every row where that is asked for; `--help` says so.
#[tokio::test]
async fn act_01_a_load_reports_its_rows() {
    let desk = Desk::new("report").await;
    let ann = desk.operator("Ann").await;
    let rows = format!("{}\n{{\"type\":\"order\",\"id\":\"PO-2\"}}\n", order("PO-1", MAIL));
    let refused = "{\"row\":3,\"error\":\"missing-field\",\"field\":\"programme\"}\n";
    let said = desk.run(&ann, &["import", "-"], &rows).await;
    assert_eq!((said.code, said.out.as_str()), (Some(1), refused), "{}", said.err);
    assert!(said.err.contains("Correct the refused rows and load the file again"), "{}", said.err);
    let said = desk.run(&ann, &["import", "-", "--every-row"], &rows).await;
    assert_eq!(said.out, format!("{{\"outcome\":\"unchanged\",\"row\":1}}\n{refused}"));
    let more = order("PO-3", MAIL);
    assert_eq!(desk.does(&ann, &["import", "-", "--every-row"], &more).await, r#"{"outcome":"stored","row":1}"#);
    let help = desk.does("", &["import", "--help"], "").await;
    for part in ["a line for each refused row", "A dry run also prints", "Exit codes: 0", "--every-row"] {
        assert!(help.replace('\n', " ").contains(part), "{part}: {help}");
    }
}

/// ACT-03 LINK-10 what has waited longest is listed first, as text and as JSON; reviving says to whom and until when.
#[tokio::test]
async fn act_03_what_waited_longest_comes_first() {
    let desk = Desk::new("sorted").await;
    let ann = desk.operator("Ann").await;
    let (bench, policy) = (&desk.bench, desk.bench.app.policy.links.clone());
    for (product, time) in [(MAIL, "2026-11-25T10:00:00Z"), (CLOUD, "2026-11-23T10:00:00Z")] {
        bench.set_time("2026-11-22T00:00:00Z");
        bench.invite(product).await;
        bench.set_time(time);
        let mut activation = bench.activation(product).await;
        activation.state = State::Stuck { since: bench.app.now(), expires_at: None, revival_asked: None };
        bench.store.seed_activation(&activation, &policy).await.expect("it is stored");
        bench.store.seed_row_of_operators(&activation).await.expect("it is stored");
    }
    let said = desk.run(&ann, &["stuck"], "").await;
    assert_eq!(said.code, Some(1), "{}", said.err);
    let order: Vec<&str> = said.out.lines().filter(|line| line.starts_with("enterprise")).collect();
    let first_words: Vec<&str> = order.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(first_words, [CLOUD, MAIL]);
    let cure = "no contact could be emailed since 2026-11-23T10:00:00Z: correct a contact, or wait for an order that names one";
    assert!(said.out.contains(cure), "{}", said.out);
    let json = desk.run(&ann, &["stuck", "--json"], "").await.out;
    let rows: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let products: Vec<&str> = rows.iter().filter_map(|row| row["product"].as_str()).collect();
    assert_eq!(products, [CLOUD, MAIL]);
    assert_eq!((&rows[0]["kind"], &rows[0]["number"]), (&"nobody-reached".into(), &"88590039".into()));
}

/// REQ-02 REQ-07 requests for Licensing IDs that are not loaded are listed apart: the newest 50, and how many older ones there are.
/// Strangers can make hundreds: they are not read one by one, and need nobody.
#[tokio::test]
async fn req_07_requests_for_unknown_licences_are_listed_apart() {
    let desk = Desk::new("unknown").await;
    let ann = desk.operator("Ann").await;
    let (bench, policy) = (&desk.bench, desk.bench.app.policy.requests.clone());
    bench.signed_in(&["lena@contoso.example"]).await;
    let by = bench.person("lena@contoso.example").await;
    let (asked, has) = (Asked { roles: [Role::Download].into(), ..Asked::default() }, Access::default());
    for number in 1000..1120 {
        bench.pass(60);
        let (licence, now): (licensing::Licence, _) =
            (format!("enterprise/{number}").parse().expect("one"), bench.app.now());
        let new = NewRequest { licence: &licence, by: &by, name: "", asked: &asked, comment: "", has: &has };
        let outcome = Request::ask(None, &new, now, &policy).expect("it may be asked");
        let AskOutcome::New(step) = outcome else { panic!("it was asked before") };
        let found = Found { standing: None, addresses: &[], colleague: false, unreachable: 0 };
        let routed = step.after().clone().route(&found, now);
        for step in [&*step, &routed] {
            let context = bench.store.request_context(&licence, &by.profile).await.expect("answers");
            let mut write = Write::new();
            write.request(&bench.store, step, &context, now, &policy);
            write.commit(&bench.store).await.expect("written");
        }
    }
    let before = bench.store.meter().read();
    let found = bench.store.requests_for_operators(bench.app.now()).await.expect("answers");
    let used = bench.store.meter().read() - before;
    assert_eq!((found.known.len(), found.unknown.len(), found.more_unknown), (0, 50, 70));
    assert_eq!(used.calls, 2 * 8 + 1, "two for each part of the rows, and one for all requests");

    let said = desk.run(&ann, &["stuck"], "").await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines[0], "Requests for Licensing IDs that are not loaded, the newest first:");
    assert!(lines[1].starts_with("enterprise/1119 lena@contoso.example asks for"), "{}", lines[1]);
    assert_eq!(lines.last(), Some(&"And up to 70 older ones."));
    let said = desk.run(&ann, &["stuck", "--json"], "").await.out;
    let rows: Vec<serde_json::Value> = said.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!((rows.len(), &rows[49]["number"], &rows[0]["kind"]), (51, &"1070".into(), &"unknown-licence".into()));
    assert_eq!(rows[50], serde_json::json!({ "kind": "more-unknown-licences", "more": 70 }));

    // What ends goes by itself.
    bench.set_time("2027-01-01T00:00:00Z");
    assert!(bench.store.requests_for_operators(bench.app.now()).await.expect("answers").unknown.is_empty());
}

/// OPS-02 what an address holds by acts and asks for is found by the address: roles and until when, that it gave up or opted out.
#[tokio::test]
async fn ops_02_what_an_address_holds_is_found() {
    let desk = Desk::new("holds").await;
    let ann = desk.operator("Ann").await;
    let (bench, policy) = (&desk.bench, desk.bench.app.policy.requests.clone());
    bench.signed_in(&["osm@contoso.example"]).await;
    let (by, now) = (bench.person("osm@contoso.example").await, bench.app.now());
    let agreement = bench.store.get(&licences::agreement(&licence())).await.expect("answers").expect("loaded").record;
    let mut held = Holder::default();
    let until = "2027-03-31".parse().ok();
    held.assign([Role::Download], &[].into(), false, &Grant { by: By::Row, at: now, until, scheme: None });
    held.opted_out_here = Some(now);
    let mut write = Write::new();
    write.holder(&bench.store, &agreement, "Contoso", &by.address, None, &held);
    let (asked, has) = (Asked { roles: [Role::ProductKeys].into(), ..Asked::default() }, Access::default());
    let new = NewRequest { licence: &licence(), by: &by, name: "", asked: &asked, comment: "", has: &has };
    let outcome = Request::ask(None, &new, now, &policy).expect("it may be asked");
    let AskOutcome::New(step) = outcome else { panic!("it was asked before") };
    let context = bench.store.request_context(&licence(), &by.profile).await.expect("answers");
    write.request(&bench.store, &step, &context, now, &policy);
    let list = AskedList::default().with(&licence(), now, step.after().ends_at);
    write.asked_list(&bench.store, &by.profile, None, &list);
    write.commit(&bench.store).await.expect("written");
    let said = desk.does(&ann, &["find", "osm@contoso.example"], "").await;
    for part in [
        "holds on enterprise/88590039: download until 2027-03-31",
        "opted out of what stands above at 2026-11-22T00:00:00Z",
        "asks for product-keys on enterprise/88590039 since 2026-11-22T00:00:00Z",
    ] {
        assert!(said.contains(part), "{part} in\n{said}");
    }
    held.give_up(GivenUpBy::Oneself, now);
    let before = bench.store.get(&standing::holder(&licence(), &by.address)).await.expect("answers");
    let mut write = Write::new();
    write.holder(&bench.store, &agreement, "Contoso", &by.address, before.as_ref(), &held);
    write.commit(&bench.store).await.expect("written");
    let said = desk.does(&ann, &["find", "osm@contoso.example"], "").await;
    assert!(said.contains("nothing by an act") && said.contains("gave it up, or it was taken, at"), "{said}");
}

/// LINK-10 reviving says to whom the new link was emailed and until when it is good.
#[tokio::test]
async fn link_10_reviving_says_to_whom_and_until_when() {
    let desk = Desk::new("revived").await;
    desk.bench.invite(MAIL).await;
    let ann = desk.operator("Ann").await;
    desk.bench.set_time("2027-07-01T00:00:00Z");
    let revive = [&["revive"][..], &WHICH, &["--reason", "asked by phone"]].concat();
    let said = desk.run(&ann, &revive, "").await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    assert!(said.err.contains("emailed to osm@contoso.example"), "{}", said.err);
    assert!(said.err.contains("the link works until "), "{}", said.err);
}

/// OPS-02 everything about a Licensing ID is shown at once, and found by each of the names that people give.
#[tokio::test]
async fn ops_02_a_case_is_shown_and_found() {
    let desk = Desk::new("show").await;
    let ann = desk.operator("Ann").await;
    desk.does(&ann, &["import", "-"], &order("PO-77", MAIL)).await;
    desk.bench.invite(MAIL).await;
    desk.bench.signed_in(&["osm@contoso.example"]).await;
    let said = desk.run(&ann, &["show", WHICH[0], WHICH[1]], "").await;
    assert_eq!(said.code, Some(0), "{}", said.err);
    for part in [
        "enterprise/88590039",
        "online-services-manager: osm@contoso.example",
        "PO-77",
        "emailed to osm@contoso.example",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    let json = desk.does(&ann, &["show", WHICH[0], WHICH[1], "--json"], "").await;
    let case: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(case["orders"][0]["id"], "PO-77");
    make_stuck(&desk).await;
    let said = desk.run(&ann, &["show", WHICH[0], WHICH[1]], "").await;
    assert!(said.code == Some(1) && said.out.contains("no contact could be emailed since"), "{}", said.out);

    for (text, part) in [
        ("osm@contoso.example", "as online-services-manager"),
        ("osm@contoso.example", "profile "),
        (WHICH[1], "agreement enterprise/88590039"),
        ("enterprise/88590039", "agreement enterprise/88590039"),
        ("PO-77", "order PO-77"),
        (MAIL, "product MAIL-ENT"),
    ] {
        let found = desk.does(&ann, &["find", text], "").await;
        assert!(found.contains(part), "{text}: {found}");
        let json = desk.does(&ann, &["find", text, "--json"], "").await;
        assert!(json.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{json}");
    }
    let nothing = desk.run(&ann, &["find", "contos"], "").await;
    assert!(nothing.code == Some(1) && nothing.err.contains("--page-tables"), "{}", nothing.err);
    let paged = desk.does(&ann, &["find", "contos", "--page-tables"], "").await;
    assert!(paged.contains("customer ") && paged.contains("agreement enterprise/88590039"), "{paged}");
    let unknown = desk.run(&ann, &["show", "select", "1"], "").await;
    assert!(unknown.code == Some(2) && unknown.err.contains("countersign find 1"), "{}", unknown.err);
}

/// OPS-01 completions name the commands, for each of the shells.
#[tokio::test]
async fn ops_01_shells_complete_the_commands() {
    let desk = Desk::new("completions").await;
    for shell in ["bash", "zsh", "fish"] {
        let script = desk.does("", &["completions", shell], "").await;
        for word in ["countersign", "import", "stuck", "webhook"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
    let other = desk.run("", &["completions", "csh"], "").await;
    assert!(other.code == Some(2) && other.err.contains("bash, zsh, fish"), "{}", other.err);
}

/// OPS-01 `--help` says the exit codes, and an error says what to do.
#[tokio::test]
async fn ops_01_help_says_the_exit_codes_and_errors_what_to_do() {
    let desk = Desk::new("help").await;
    let help = desk.does("", &["--help"], "").await.replace('\n', " ");
    for code in ["0: done", "1: done, and", "2: not done", "141: the reader"] {
        assert!(help.contains(code), "{code}: {help}");
    }
    let ann = desk.operator("Ann").await;
    for (arguments, help) in [
        (&["revive", "enterprise", "1", "MAIL", "--reason", "x"][..], "`countersign show enterprise 1`"),
        (&["revive", "enterprize", "1", "MAIL", "--reason", "x"], "Use one of the programmes enterprise"),
        (&["provisioning", "show", "NONE"], "`countersign import`"),
        (&["webhook", "remove", "none"], "`countersign webhook list`"),
        (&["remap", "enterprise", "1", "MAIL", "none", "--reason", "x"], "`countersign find`"),
    ] {
        let said = desk.run(&ann, arguments, "").await;
        assert!(said.code == Some(2) && said.err.contains(help), "{arguments:?}: {}", said.err);
    }
    let said = desk.run("", &["stuck"], "").await;
    assert!(said.code == Some(2) && said.err.contains("`countersign mint-operator NAME`"), "{}", said.err);
}

/// A row of an order of Contoso's for five seats.
fn order(id: &str, product: &str) -> String {
    format!(
        r#"{{"type":"order","id":"{id}","programme":"enterprise","number":"88590039","purchased":"2026-11-10","usage_starts":"2026-11-10","lines":[{{"product":"{product}","quantity":5}}]}}"#
    ) + "\n"
}

/// Nobody can be emailed about Contoso's activation any more.
async fn make_stuck(desk: &Desk) {
    let bench = &desk.bench;
    let mut activation = bench.activation(MAIL).await;
    activation.state = State::Stuck { since: bench.app.now(), expires_at: None, revival_asked: None };
    bench.store.seed_activation(&activation, &bench.app.policy.links).await.expect("it is stored");
    bench.store.seed_row_of_operators(&activation).await.expect("it is stored");
}

/// What a release before left: links among the accounts, agreements that nobody counts or lists, bounces without their time, rows
/// of viewers.
async fn as_before(store: &store::Store) {
    use store::sdk::types::AttributeValue;
    let text = |text: &str| AttributeValue::S(text.into());
    let put = |table: store::Table| store.client().put_item().table_name(store.name(table));
    for number in 0..5 {
        let link = put(store::Table::Accounts).item("account_id", text(&format!("customer#old-{number}")));
        let link = link.item("account", text(&format!("acc-{number}"))).item("name", text("Old"));
        link.item("takes_assignments", AttributeValue::Bool(true)).send().await.expect("stored");
        if number == 4 {
            // Linked again, to a later account, by a release that wrote to the new place only.
            let link = put(store::Table::Catalogue).item("entry", text("account-of#old-4"));
            let link = link.item("account", text("later-4")).item("name", text("Later"));
            link.item("takes_assignments", AttributeValue::Bool(true)).send().await.expect("stored");
        }
        let parent = [("programme".to_owned(), text("select")), ("number".to_owned(), text("above"))];
        put(store::Table::Licences)
            .item("licensing_id", text(&format!("select/below-{number}")))
            .item("item", text("agreement"))
            .item("programme", text("select"))
            .item("number", text(&format!("below-{number}")))
            .item("customer", text("contoso"))
            .item("starts", text("2026-01-01"))
            .item("ends", text("2028-12-31"))
            .item("contacts", AttributeValue::M([].into()))
            .item("parent", AttributeValue::M(parent.into()))
            .item("version", AttributeValue::N("1".into()))
            .send()
            .await
            .expect("stored");
        let address = format!("gone-{number}@contoso.example");
        let row = put(store::Table::Listings).item("who", text(&address)).item("what", text("suppression"));
        let row = row.item("address", text(&address)).item("reason", text("hard-bounce"));
        row.send().await.expect("stored");
        let row = put(store::Table::Listings).item("who", text("osm@contoso.example"));
        row.item("what", text(&format!("activation#select/below-{number}#MAIL"))).send().await.expect("stored");
        let head = put(store::Table::Audit).item("chain", text(&format!("licence#select/below-{number}")));
        let head = head.item("seq", AttributeValue::N("0".into())).item("newest", AttributeValue::N("3".into()));
        head.item("hash", text("of-three-entries")).send().await.expect("stored");
        let order = serde_json::json!({
            "id": format!("OLD-{number}"), "programme": "select", "number": format!("below-{number}"),
            "purchased": "2026-01-01", "usage_starts": "2026-01-01",
            "lines": [{ "product": "MAIL", "quantity": 1 }, { "product": "CLOUD", "quantity": 1 }],
        });
        let mut write = store::Write::new();
        write.order(store, &serde_json::from_value(order).expect("an order"), licensing::Timestamp::UNIX_EPOCH);
        write.commit(store).await.expect("stored");
    }
}

/// ACT-01 a load tells twenty warnings one by one, and how many there are.
#[tokio::test]
async fn act_01_a_load_says_how_many_warnings_there_are() {
    let desk = Desk::new("warnings").await;
    let ann = desk.operator("Ann").await;
    let agreement = |number: u32| {
        format!(
            r#"{{"type":"agreement","programme":"select","number":"{number}","customer":"c1","starts":"2026-01-01","ends":"2028-12-31","contacts":{{"primary":"ann{number}@gmail.com"}}}}"#
        )
    };
    let customer = r#"{"type":"customer","id":"c1","name":"Contoso","country":"SE"}"#.to_owned();
    let rows: Vec<String> = [customer].into_iter().chain((1..=25).map(agreement)).collect();
    let said = desk.run(&ann, &["import", "-"], &rows.join("\n")).await;
    let told = said.err.lines().filter(|line| line.starts_with("warning: row ")).count();
    assert_eq!((said.code, told), (Some(0), 20), "{}", said.err);
    assert!(said.err.contains("warning: there are 25 warnings in all"), "{}", said.err);
}

/// OPS-06 what an update needs rewritten is rewritten once, however often the command is broken off and run again; what
/// somebody changed meanwhile is left as they wrote it; what the release before reads stays.
#[tokio::test]
async fn ops_06_an_upgrade_rewrites_what_a_release_before_left_and_nothing_twice() {
    let desk = Desk::new("upgrade").await;
    let store = &desk.bench.store;
    let ann = desk.operator("Ann").await;
    as_before(store).await;
    desk.bench.invite(MAIL).await;
    let activation = desk.bench.activation(MAIL).await;
    let activation =
        licensing::activation::Activation { licence: "select/below-4".parse().expect("a Licensing ID"), ..activation };
    store.seed_activation(&activation, &desk.bench.app.policy.links).await.expect("stored");
    let customer = |number: u32| format!("old-{number}").parse().expect("a customer");
    let address = |number: u32| format!("gone-{number}@contoso.example").parse().expect("an address");
    let family = licences::family(&"select/above".parse().expect("a Licensing ID"));
    let children = || async { store.get(&family).await.expect("read").map_or(0, |family| family.children) };
    let bounced = |number: u32| async move {
        store.get(&licences::suppression(&address(number))).await.expect("read").expect("stored").bounced_at
    };

    let refused = desk.run("nobody", &["upgrade"], "").await;
    assert!(refused.code == Some(2) && refused.err.contains("not the secret of an operator"), "{}", refused.err);
    let planned = desk.run(&ann, &["upgrade", "--dry-run", "--json"], "").await;
    assert_eq!(planned.code, Some(1), "{}{}", planned.out, planned.err);
    let due = |said: &str| -> Vec<(u64, u64, u64)> {
        let lines = said.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
        let of = |line: &serde_json::Value, name: &str| line[name].as_u64().expect("a number");
        lines.map(|line| (of(&line, "due"), of(&line, "rewritten"), of(&line, "left"))).collect()
    };
    assert_eq!(due(&planned.out), [(5, 0, 5); 7]);
    assert!(children().await == 0 && bounced(0).await.is_none(), "a dry run wrote something");

    // Broken off in the middle, and somebody changes a row meanwhile.
    let now = desk.bench.app.now();
    let families = &store::upgrade::ALL[1];
    let mut scan = store.client().scan().table_name(store.name(families.table)).filter_expression(families.filter);
    for (short, name) in families.names {
        scan = scan.expression_attribute_names(*short, *name);
    }
    for (short, value) in families.values {
        scan = scan.expression_attribute_values(*short, store::sdk::types::AttributeValue::S((*value).to_owned()));
    }
    let found = scan.send().await.expect("an answer").items.expect("items");
    for item in found.into_iter().take(2) {
        let became = store.rewrite(families, item, false, now).await.expect("an answer");
        assert_eq!(became, store::upgrade::Rewritten::Done);
    }
    let record = licensing::import::record::Suppression {
        address: address(3),
        reason: licensing::import::record::Reason::Complaint,
    };
    let mut write = Write::new();
    write.suppression(store, &record, now);
    write.commit(store).await.expect("written");

    let done = desk.run(&ann, &["upgrade", "--json", "--page", "2"], "").await;
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    assert_eq!(due(&done.out), [(5, 5, 0), (3, 3, 0), (4, 4, 0), (5, 5, 0), (5, 5, 0), (5, 5, 0), (5, 5, 0)]);
    assert!(done.err.contains("items read"), "no progress was told: {}", done.err);
    for number in 0..5 {
        let linked = store.linked_account(&customer(number)).await.expect("read").expect("linked");
        assert_eq!(linked.as_str(), format!("acc-{number}"));
        assert_eq!(bounced(number).await.is_some(), number != 3, "{number}");
    }
    assert_eq!(children().await, 5, "each is counted once");
    let above = "select/above".parse().expect("a Licensing ID");
    let (below, _) = store.below(&above, licences::Start::Beginning, 9).await.expect("read");
    assert_eq!(below.len(), 5, "each is listed by the one above");
    for (number, products) in [(0, &["CLOUD", "MAIL"][..]), (4, &["CLOUD", "MAIL", MAIL])] {
        let licence = format!("select/below-{number}").parse().expect("a Licensing ID");
        let bought = store.get(&store::bought::bought(&licence)).await.expect("read").expect("noted");
        assert_eq!(bought.products.iter().map(licensing::Sku::as_str).collect::<Vec<_>>(), products);
    }

    let again = desk.run(&ann, &["upgrade", "--json"], "").await;
    assert_eq!(again.code, Some(0), "{}", again.err);
    assert_eq!(due(&again.out), [(0, 0, 0); 7], "a second run changes nothing");
    assert_eq!(children().await, 5);
    // The release before finds its links where it looks for them.
    let before = store.client().get_item().table_name(store.name(store::Table::Accounts));
    let key = store::sdk::types::AttributeValue::S("customer#old-1".into());
    assert!(before.key("account_id", key).send().await.expect("an answer").item.is_some());

    let resumed = desk.run(&ann, &["upgrade", "--json", "--resume", r#"["bounces",null]"#], "").await;
    assert_eq!(due(&resumed.out), [(0, 0, 0); 5], "{}{}", resumed.out, resumed.err);
    assert_eq!(desk.run(&ann, &["upgrade", "--resume", "elsewhere"], "").await.code, Some(2));
}
