//! What the tests share: people at their browsers, and a look into the tables and the mails on their way.

use std::collections::BTreeMap;

use api::path;
use gateway::{
    Request, Response,
    testing::{Bench, Browser},
};
use http::{HeaderValue, header};
use licensing::{Address, Policy, audit::Entry, event::Event, seal::Link};
use serde_json::{Value, json};
use store::{
    Item, Table,
    audit::StoredHead,
    outbox,
    people::{Owner, Profile},
    sdk::types::AttributeValue,
};

/// A portal with nobody in it yet.
pub(crate) struct Desk {
    pub(crate) bench: Bench,
}

impl Desk {
    pub(crate) async fn new() -> Self {
        Self { bench: Bench::new().await }
    }

    pub(crate) async fn with_policy(change: impl FnOnce(&mut Policy)) -> Self {
        let mut policy = Policy::default();
        change(&mut policy);
        policy.validate().expect("a policy that works");
        Self { bench: Bench::with_policy(policy).await }
    }

    pub(crate) async fn answer(&self, request: Request) -> Response {
        // On the heap: a long test would keep one beside the other on its thread's stack.
        Box::pin(register::handle(&self.bench.app, request)).await
    }

    /// The answer as it leaves a function that is deployed: with the new cookie for who came with the one of before.
    pub(crate) async fn deployed(&self, request: Request) -> Response {
        gateway::front::pass(&self.bench.app, request, |request| register::handle(&self.bench.app, request)).await
    }

    pub(crate) async fn send(&self, browser: &Browser, request: Request) -> (u16, Value) {
        browser.take(&self.answer(request).await)
    }

    pub(crate) async fn post(&self, browser: &Browser, path: &str, body: Value) -> (u16, Value) {
        self.send(browser, browser.post(path, &body)).await
    }

    pub(crate) async fn get(&self, browser: &Browser, path: &str) -> (u16, Value) {
        self.send(browser, browser.get(path)).await
    }

    pub(crate) async fn ask(&self, browser: &Browser, address: &str) -> (u16, Value) {
        self.post(browser, path::SIGN_IN_ASK, json!({ "address": address })).await
    }

    pub(crate) async fn enter(&self, browser: &Browser, address: &str, code: &str) -> (u16, Value) {
        self.post(browser, path::SIGN_IN, json!({ "address": address, "code": code })).await
    }

    pub(crate) async fn follow(&self, browser: &Browser, token: &str) -> (u16, Value) {
        self.post(browser, path::SIGN_IN, json!({ "token": token })).await
    }

    /// Signs a person in with `browser` by the newest code.
    pub(crate) async fn sign_in(&self, browser: &Browser, address: &str) -> Value {
        assert_eq!(self.ask(browser, address).await.0, 200);
        let (status, me) = self.enter(browser, address, &self.code(address).await).await;
        assert_eq!(status, 200, "{me}");
        me
    }

    /// A browser in which this person is signed in.
    pub(crate) async fn signed_in(&self, address: &str) -> Browser {
        let browser = Browser::new();
        self.sign_in(&browser, address).await;
        browser
    }

    /// All items of a table.
    pub(crate) async fn items(&self, table: Table) -> Vec<Item> {
        let store = &self.bench.store;
        let answer = store.client().scan().table_name(store.name(table)).send().await.expect("a scan");
        assert!(answer.last_evaluated_key.is_none(), "one page holds all");
        answer.items.unwrap_or_default()
    }

    /// Everything that is stored, to compare before and after.
    pub(crate) async fn contents(&self) -> String {
        let mut lines = Vec::new();
        for table in Table::ALL {
            for item in self.items(*table).await {
                lines.push(format!("{table:?} {}", shown(&AttributeValue::M(item))));
            }
        }
        lines.sort();
        lines.join("\n")
    }

    /// The mails on their way.
    pub(crate) async fn mails(&self) -> Vec<Event> {
        let items = self.items(Table::Outbox).await;
        items.into_iter().map(|item| outbox::of_record(item).expect("an event").expect("not done").event).collect()
    }

    /// The sign-in mails to an address, oldest first: device, generation, the how many-th.
    pub(crate) async fn sign_in_mails(&self, to: &str) -> Vec<(u32, u32, String)> {
        let mut mails: Vec<_> = self
            .mails()
            .await
            .into_iter()
            .filter_map(|event| match event {
                Event::SignInCode { address, device, generation, mail } if address.as_str() == to => {
                    Some((generation, mail, device))
                }
                _ => None,
            })
            .collect();
        mails.sort();
        mails
    }

    /// The code in the newest sign-in mail.
    pub(crate) async fn code(&self, to: &str) -> String {
        let mails = self.sign_in_mails(to).await;
        let (generation, _, device) = mails.last().expect("a sign-in mail");
        self.bench.app.keys.links().code(&address(to), device, *generation)
    }

    /// The token of the link in the newest sign-in mail.
    pub(crate) async fn link(&self, to: &str) -> String {
        let mails = self.sign_in_mails(to).await;
        let (generation, _, device) = mails.last().expect("a sign-in mail").clone();
        self.bench.app.keys.links().seal(&Link::SignIn { address: address(to), device, generation })
    }

    /// The token of the link in the newest proof mail to `to` that the profile of `asking` asked for.
    pub(crate) async fn proof(&self, asking: &str, to: &str) -> String {
        let asking = self.profile_of(asking).await.profile;
        let newest = self.mails().await.into_iter().filter_map(|event| match event {
            Event::ProveAddress { profile, address, generation } if address.as_str() == to && profile == asking => {
                Some((generation, Link::ProveAddress { profile, address, generation }))
            }
            _ => None,
        });
        let (_, link) = newest.max_by_key(|(generation, _)| *generation).expect("a proof mail");
        self.bench.app.keys.links().seal(&link)
    }

    /// The code beside that link.
    pub(crate) async fn proof_code(&self, asking: &str, to: &str) -> String {
        let keys = self.bench.app.keys.links();
        let (profile, address, generation) = keys.open_proof(&self.proof(asking, to).await).expect("a proof's link");
        keys.proof_code(&profile, &address, generation)
    }

    /// Adds an address to the profile of `asking` and follows the link in the mail.
    pub(crate) async fn add_and_prove(&self, browser: &Browser, asking: &str, to: &str) -> (u16, Value) {
        let (status, said) = self.post(browser, path::ADDRESSES, json!({ "address": to, "repeated": to })).await;
        assert_eq!(status, 202, "{said}");
        self.post(browser, path::PROVE, json!({ "token": self.proof(asking, to).await })).await
    }

    /// The profile that holds an address.
    pub(crate) async fn profile_of(&self, holder: &str) -> Profile {
        let store = &self.bench.store;
        let Owner { profile, .. } =
            store.get(&store::people::owner(&address(holder))).await.expect("a read").expect("somebody's address");
        store.get(&store::people::profile(&profile)).await.expect("a read").expect("a profile")
    }

    /// What the audit of the profile that holds an address says, oldest first; the chain is checked on the way.
    pub(crate) async fn audit_of(&self, holder: &str) -> Vec<Entry> {
        let store = &self.bench.store;
        let chain = licensing::audit::profile_chain(&self.profile_of(holder).await.profile);
        let (entries, _) = store.audit_page(&chain, 0, 100).await.expect("a read");
        let head: StoredHead = store.audit_head(&chain).await.expect("a read").expect("a head");
        assert!(
            licensing::audit::leads(&chain, &licensing::audit::Head::empty(), &entries, &head.head()),
            "a sound chain"
        );
        entries
    }

    pub(crate) async fn actions_of(&self, holder: &str) -> Vec<String> {
        self.audit_of(holder).await.into_iter().map(|entry| entry.action).collect()
    }
}

/// A stored value, written the same way each time.
fn shown(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(fields) => {
            let sorted: BTreeMap<_, _> = fields.iter().map(|(name, value)| (name, shown(value))).collect();
            format!("{sorted:?}")
        }
        AttributeValue::L(values) => format!("{:?}", values.iter().map(shown).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

/// An address as it is added.
pub(crate) fn twice(address: &str) -> Value {
    json!({ "address": address, "repeated": address })
}

/// An address.
pub(crate) fn address(text: &str) -> Address {
    text.parse().expect("an address")
}

/// Another code than this one.
pub(crate) fn wrong(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..5])
}

/// The request as if it came from this network address.
pub(crate) fn from_network(mut request: Request, network: &str) -> Request {
    request.headers_mut().insert("x-countersign-network", HeaderValue::from_str(network).expect("a header"));
    request
}

/// The cookies that an answer sets, whole.
pub(crate) fn cookies(response: &Response) -> Vec<String> {
    let all = response.headers().get_all(header::SET_COOKIE);
    all.iter().map(|value| value.to_str().expect("text").to_owned()).collect()
}

/// Seconds after which an answer asks to come back.
pub(crate) fn retry_after(response: &Response) -> Option<i64> {
    response.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()
}
