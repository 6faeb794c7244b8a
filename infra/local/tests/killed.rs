//! The real program, killed without warning: nothing that was answered is lost.

mod help;

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use gateway::{App, Chance, Clock, boot::Settings};
use help::{Scratch, ask, get};
use local::signed::Access;
use serde_json::json;
use store::{Table, sdk::types::AttributeValue};

/// The program as a process of its own.
struct Portal {
    child: Child,
    mailbox: String,
    access: Access,
    app: App,
}

impl Portal {
    fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_local"))
            .args(["--empty", "--port", "0", "--data"])
            .arg(data)
            .env_remove("COUNTERSIGN_MODE")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let mut told = |name: &str| {
            let line = lines.find(|line| line.trim_start().starts_with(name)).expect("it tells its addresses");
            line.split_whitespace().nth(1).expect("an address").to_owned()
        };
        told("portal");
        let mailbox = told("mailbox");
        told("stop");
        // What it tells to other programs is all that a client needs.
        let environment =
            std::fs::read_to_string(data.join("env")).expect("it is written before the addresses are told");
        let value =
            |name: &str| environment.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).map(str::to_owned);
        let access = Access::of(&value("AWS_SECRET_ACCESS_KEY").expect("a secret"));
        let settings = Settings {
            region: "local".into(),
            credentials: access.credentials(),
            dynamodb: value("AWS_ENDPOINT_URL_DYNAMODB"),
            ses: None,
            tables: value("COUNTERSIGN_TABLES").expect("the tables' prefix"),
            site: value("COUNTERSIGN_SITE").expect("the portal"),
            production: false,
            policy: None,
            link_keys: None,
            seal_key: None,
            seal_public: None,
            mail_set: None,
            eventbridge: None,
            bus: None,
            webhook_keys: None,
            loopback: false,
            edge_secrets: None,
            roots: None,
        };
        let app = gateway::boot::app(&settings, Clock::system(), Chance::system()).expect("settings that work");
        Self { child, mailbox, access, app }
    }

    /// Writes an item and sends a mail; both were answered when this returns.
    async fn write(&self, number: u32) {
        let put = self.app.store.client().put_item().table_name(self.app.store.name(Table::Marks));
        put.item("mark", AttributeValue::S(format!("kept-{number}"))).send().await.expect("the database answers");
        let mail = json!({
            "FromEmailAddress": "licensing@northwind.example",
            "Destination": {"ToAddresses": [format!("kept-{number}@contoso.example")]},
            "Content": {"Simple": {"Subject": {"Data": "Kept"}, "Body": {"Text": {"Data": "text"}}}},
        });
        let (path, mail) = ("/v2/email/outbound-emails", mail.to_string());
        let signed = self.access.headers("POST", &self.mailbox, path, mail.as_bytes());
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(signed.iter().map(|(name, value)| (*name, value.as_str())));
        let sent = ask(&self.mailbox, "POST", path, &headers, mail.as_bytes()).await;
        assert_eq!(sent.status, 200);
    }

    fn kill(mut self) {
        // SIGKILL on Unix: the program gets no chance to tidy up.
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

#[tokio::test]
async fn a_portal_that_is_killed_has_kept_all_that_it_answered() {
    let scratch = Scratch::new();
    let data = scratch.path().join("data");
    let mut written = 0;
    for round in 1..=3 {
        let portal = Portal::start(&data);
        for number in 0..written {
            let got = portal.app.store.client().get_item().table_name(portal.app.store.name(Table::Marks));
            let got = got
                .key("mark", AttributeValue::S(format!("kept-{number}")))
                .send()
                .await
                .expect("the database answers");
            assert!(got.item.is_some(), "item {number} is lost in round {round}");
            let mails = get(&portal.mailbox, &format!("/api/mails?to=kept-{number}@contoso.example")).await.json();
            assert_eq!(mails["of"], 1, "mail {number} in round {round}");
        }
        for _ in 0..10 {
            portal.write(written).await;
            written += 1;
        }
        portal.kill();
    }
}

#[tokio::test]
async fn a_data_folder_is_of_one_portal_at_a_time_and_of_its_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let data = scratch.path().join("data");
    let portal = Portal::start(&data);
    let second = Command::new(env!("CARGO_BIN_EXE_local"))
        .args(["--empty", "--port", "0", "--data"])
        .arg(&data)
        .output()
        .unwrap();
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("Another portal is running"));
    for name in ["link-keys", "seal-key", "mails.jsonl"] {
        let mode = std::fs::metadata(data.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} is readable by others");
    }
    portal.kill();
}

#[test]
fn it_refuses_to_run_in_production() {
    let scratch = Scratch::new();
    let data = scratch.path().join("data");
    let refused = Command::new(env!("CARGO_BIN_EXE_local"))
        .arg("--data")
        .arg(&data)
        .env("COUNTERSIGN_MODE", "production")
        .output()
        .unwrap();
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("production"));
    assert!(!data.exists(), "nothing was made");
}
