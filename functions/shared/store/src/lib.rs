//! The only place that knows DynamoDB: one file a noun, one named function an access pattern.
//!
//! Reads that belong together are one `BatchGetItem` ([`read::Batch`]); every state change is one `TransactWriteItems`
//! ([`write::Write`]). Nothing here decides anything: rules are in `licensing`, and what they return is what is written.

pub mod activations;
pub mod audit;
pub mod bought;
pub mod due;
mod head;
pub mod joins;
pub mod kind;
pub mod licences;
pub mod mails;
pub mod marks;
pub mod meter;
pub mod optimistic;
pub mod orders;
pub mod outbox;
pub mod people;
mod place;
pub mod read;
pub mod requests;
pub mod standing;
pub mod table;
pub mod tokens;
mod unknown;
pub mod upgrade;
pub mod webhooks;
mod wire;
pub mod write;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, OnceLock},
};

pub use aws_sdk_dynamodb as sdk;
use aws_sdk_dynamodb::{Client, error::SdkError, types::AttributeValue};
pub use kind::Kind;
use licensing::{
    Policy, Timestamp,
    policy::{MailPolicy, StoredPolicy},
    when::add_minutes,
};
pub use meter::Meter;
pub use read::{Batch, BatchResult, Slot};
pub use table::Table;
pub use write::{Failed, Lost, Write};

/// An item as DynamoDB gives it.
pub type Item = HashMap<String, AttributeValue>;

/// Draws random bytes: salts of audit entries, and how long to wait before trying again.
pub type Chance = Arc<dyn Fn(&mut [u8]) + Send + Sync>;

/// The database.
#[derive(Clone)]
pub struct Store {
    client: Client,
    prefix: Arc<str>,
    chance: Chance,
    meter: Arc<Meter>,
    mails: MailPolicy,
    /// What ends is told so many days before (ROLE-09).
    pub(crate) end_notice_days: u32,
    pub(crate) stored: StoredPolicy,
    pub(crate) unknown: Arc<unknown::Unknown>,
}

/// The database did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// Not reachable, slow, or throttling, after all attempts.
    Unavailable(String),
    /// Others wrote at the same time, again and again.
    Busy,
    /// What is stored can't be read: a defect.
    Corrupt(String),
    /// What is stored says something for which this code has no word: a later release wrote it. Nothing is done about it.
    Later(String),
    /// The database refused the request: a defect, or a missing permission.
    Refused(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the database is not reachable: {why}"),
            Self::Busy => f.write_str("others write at the same time"),
            Self::Corrupt(what) => write!(f, "a stored item can't be read: {what}"),
            Self::Later(what) => write!(f, "a later release stored what this one does not understand: {what}"),
            Self::Refused(why) => write!(f, "the database refused the request: {why}"),
        }
    }
}

impl std::error::Error for Error {}

impl Store {
    /// A store whose tables' names begin with `prefix`.
    pub fn new(client: Client, prefix: &str, chance: Chance, policy: &Policy) -> Self {
        Self {
            client,
            prefix: prefix.into(),
            chance,
            meter: Arc::default(),
            mails: policy.mails.clone(),
            end_notice_days: policy.people.end_notice_days,
            stored: policy.stored,
            unknown: Arc::default(),
        }
    }

    /// The full name of a table.
    pub fn name(&self, table: Table) -> String {
        format!("{}{}", self.prefix, table.as_str())
    }

    /// The deployment's name, with which its tables' names begin.
    pub fn deployment(&self) -> &str {
        self.prefix.trim_end_matches('-')
    }

    /// The client, for what only set-up and tests do (creating tables).
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// Counts calls, steps and capacity units since the store was made.
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// When the sweep takes up what is queued at `now` and was not done by then (EXP-01).
    pub(crate) fn redriven_at(&self, now: Timestamp) -> Timestamp {
        add_minutes(now, self.mails.redrive_minutes)
    }

    /// 16 random bytes.
    pub(crate) fn salt(&self) -> [u8; 16] {
        let mut salt = [0; 16];
        (self.chance)(&mut salt);
        salt
    }
}

pub(crate) fn failed<E, R>(error: &SdkError<E, R>) -> Error
where
    E: aws_sdk_dynamodb::error::ProvideErrorMetadata + fmt::Debug,
    R: fmt::Debug,
{
    match error {
        SdkError::TimeoutError(_) => Error::Unavailable("no answer in time".into()),
        SdkError::DispatchFailure(failure) => Error::Unavailable(format!("no connection: {failure:?}")),
        SdkError::ResponseError(_) => Error::Unavailable("an answer that can't be read".into()),
        SdkError::ServiceError(context) => {
            let meta = context.err().meta();
            let code = meta.code().unwrap_or("unknown");
            let text = format!("{code}: {}", without_values(meta.message().unwrap_or_default()));
            match code {
                "ThrottlingException"
                | "ProvisionedThroughputExceededException"
                | "RequestLimitExceeded"
                | "InternalServerError"
                | "ServiceUnavailable" => Error::Unavailable(text),
                "TransactionConflictException" | "TransactionInProgressException" => Error::Busy,
                _ => Error::Refused(text),
            }
        }
        _ => Error::Refused("the request could not be built".into()),
    }
}

/// The database quotes whole requests where their form is wrong. They hold addresses, which belong in no log.
fn without_values(message: &str) -> String {
    match (message.split_once("Value '"), message.rsplit_once("' at '")) {
        (Some((before, _)), Some((_, behind))) => format!("{before}value at '{behind}"),
        _ => message.to_owned(),
    }
}

pub(crate) fn to_item<T: serde::Serialize>(value: &T) -> Item {
    serde_dynamo::to_item(value).expect("our own types are maps of plain values")
}

/// An item as what it holds.
pub fn from_item<T: serde::de::DeserializeOwned>(item: Item) -> Result<T, Error> {
    serde_dynamo::from_item(item).map_err(|error| {
        let error = error.to_string();
        if error.contains("unknown variant") { Error::Later(error) } else { Error::Corrupt(error) }
    })
}

/// Those of a list's items that this code understands. What a later release wrote must not keep everything else from being
/// read: it is left out, with one line in the log that names no one.
pub(crate) fn understood<T: serde::de::DeserializeOwned>(table: Table, items: Vec<Item>) -> Result<Vec<T>, Error> {
    let understood = |item| left_out(table, from_item(item)).transpose();
    items.into_iter().filter_map(understood).collect()
}

/// Who is told of items that are left out.
static LEFT_OUT: OnceLock<fn(Table, &str)> = OnceLock::new();

/// Has items that are left out told to the log: the table, and what this code does not know. Set once, when a function starts.
pub fn on_left_out(told: fn(Table, &str)) {
    let _ = LEFT_OUT.set(told);
}

/// None where a later release wrote it, which is logged.
pub(crate) fn left_out<T>(table: Table, read: Result<T, Error>) -> Result<Option<T>, Error> {
    match read {
        Err(Error::Later(what)) => {
            if let Some(told) = LEFT_OUT.get() {
                told(table, &what);
            }
            Ok(None)
        }
        read => read.map(Some),
    }
}

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl fmt::Display) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use licensing::{audit, event::Event};
    use proptest::prelude::*;

    use super::{
        Slot, Table, activations, audit as chains, joins, licences, mails, orders, outbox, people, without_values,
    };

    /// What is stored under names that data bring.
    #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
    enum Noun {
        Product(String),
        Customer(String),
        Account(String),
        LinkedAccount(String),
        Agreement(String),
        Activation(String, String),
        ActivationSeen(String, String),
        ActivationForOperators(String, String),
        Order(String),
        Join(String, String),
        Suppression(String),
        Listing(String, String),
        Administers(String, String),
        Resells(String, String),
        Profile(String),
        Owner(String),
        ChainOfLicence(String),
        ChainOfAccount(String),
        ChainOfProfile(String),
        SealOfLicence(String),
        SealOfAccount(String),
        KeyNotice(String, String, String),
        JoinAsked(String, String),
        LetterOfNotice(String, String, String, String),
    }

    type Place = (Table, String, Option<String>);

    fn place<T>(slot: Slot<T>) -> Place {
        (slot.table, slot.partition, slot.sort)
    }

    impl Noun {
        fn place(&self) -> Place {
            fn word<T: std::str::FromStr>(text: &str) -> T {
                text.parse().ok().expect("a valid word")
            }
            let licence = |number: &str| word(&format!("enterprise/{number}"));
            let address = |local: &str| word(&format!("{local}@k.example"));
            let notice = |number: &str, product: &str, order: &str| Event::KeyNotice {
                licence: licence(number),
                product: word(product),
                order: word(order),
            };
            match self {
                Self::Product(id) => place(licences::product(&word(id))),
                Self::Customer(id) => place(licences::customer(&word(id))),
                Self::Account(id) => place(licences::account(&word(id))),
                Self::LinkedAccount(id) => place(licences::LinkedAccount::of(&word(id)).slot().clone()),
                Self::Agreement(id) => place(licences::agreement(&licence(id))),
                Self::Activation(id, sku) => place(activations::activation(&licence(id), &word(sku))),
                Self::ActivationSeen(id, sku) => place(activations::seen_by(&address("ann"), &licence(id), &word(sku))),
                Self::ActivationForOperators(id, sku) => {
                    place(activations::seen_by_operators(&licence(id), &word(sku)))
                }
                Self::Order(id) => place(orders::order(&word(id))),
                Self::Join(account, asker) => place(joins::join(&word(account), &word(asker))),
                Self::Suppression(whose) => place(licences::suppression(&address(whose))),
                Self::Listing(whose, id) => place(licences::listing(&address(whose), &licence(id))),
                Self::Administers(whose, id) => place(licences::administers(&address(whose), &word(id))),
                Self::Resells(whose, id) => place(licences::resells(&address(whose), &licence(id))),
                Self::Profile(id) => place(people::profile(&word(id))),
                Self::Owner(whose) => place(people::owner(&address(whose))),
                Self::ChainOfLicence(id) => place(chains::head(&audit::licence_chain(&licence(id)))),
                Self::ChainOfAccount(id) => place(chains::head(&audit::account_chain(&word(id)))),
                Self::ChainOfProfile(id) => place(chains::head(&audit::profile_chain(&word(id)))),
                Self::SealOfLicence(id) => place(chains::seal(&audit::licence_chain(&licence(id)))),
                Self::SealOfAccount(id) => place(chains::seal(&audit::account_chain(&word(id)))),
                Self::KeyNotice(id, sku, order) => place(outbox::queued(&notice(id, sku, order).id())),
                Self::JoinAsked(account, asker) => {
                    let event = Event::JoinAsked { account: word(account), asker: word(asker), generation: 1 };
                    place(outbox::queued(&event.id()))
                }
                Self::LetterOfNotice(id, sku, order, to) => {
                    place(mails::letter(&mails::letter_id(&notice(id, sku, order), &address(to))))
                }
            }
        }
    }

    /// What parts names, and what keys of other nouns begin with.
    const PIECES: &[&str] = &[
        "1",
        "a",
        "#",
        "/",
        "|",
        "%",
        "%23",
        " ",
        "customer#",
        "account#",
        "account-of#",
        "product#",
        "enterprise/",
        "activation#",
        "seal#",
        "licence#",
        "agreement",
        "\u{1f600}",
    ];

    /// Names that hold it.
    fn name() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => prop::collection::vec(prop::sample::select(PIECES), 1..4).prop_map(|pieces| pieces.concat()),
            1 => prop::sample::select(["a", "b"].as_slice()).prop_map(|end| "\u{1f600}".repeat(199) + end),
        ]
        .prop_filter("no blanks around it", |name| name.trim() == name)
    }

    fn noun() -> impl Strategy<Value = Noun> {
        let local = || "[a|#%/]{1,3}";
        prop_oneof![
            name().prop_map(Noun::Product),
            name().prop_map(Noun::Customer),
            name().prop_map(Noun::Account),
            name().prop_map(Noun::LinkedAccount),
            name().prop_map(Noun::Agreement),
            name().prop_map(Noun::Order),
            (name(), name()).prop_map(|(id, sku)| Noun::Activation(id, sku)),
            (name(), name()).prop_map(|(id, sku)| Noun::ActivationSeen(id, sku)),
            (name(), name()).prop_map(|(id, sku)| Noun::ActivationForOperators(id, sku)),
            (name(), "[a-c]{1,2}").prop_map(|(account, asker)| Noun::Join(account, asker)),
            local().prop_map(Noun::Suppression),
            (local(), name()).prop_map(|(whose, id)| Noun::Listing(whose, id)),
            (local(), name()).prop_map(|(whose, id)| Noun::Administers(whose, id)),
            (local(), name()).prop_map(|(whose, id)| Noun::Resells(whose, id)),
            name().prop_map(Noun::Profile),
            local().prop_map(Noun::Owner),
            name().prop_map(Noun::ChainOfLicence),
            name().prop_map(Noun::ChainOfAccount),
            name().prop_map(Noun::ChainOfProfile),
            name().prop_map(Noun::SealOfLicence),
            name().prop_map(Noun::SealOfAccount),
            (name(), name(), name()).prop_map(|(id, sku, order)| Noun::KeyNotice(id, sku, order)),
            (name(), "[a-c]{1,2}").prop_map(|(account, asker)| Noun::JoinAsked(account, asker)),
            (name(), name(), name(), local()).prop_map(|(id, sku, order, to)| Noun::LetterOfNotice(id, sku, order, to)),
        ]
    }

    proptest! {
        /// ACT-01 whatever ids order systems give, no two things share a key, and the database takes each.
        #[test]
        fn act_01_nouns_never_share_a_key(nouns in prop::collection::btree_set(noun(), 120..200)) {
            let mut places: BTreeMap<Place, &Noun> = BTreeMap::new();
            for noun in &nouns {
                let place = noun.place();
                prop_assert!(place.1.len() <= 2048 && place.2.as_ref().is_none_or(|sort| sort.len() <= 1024));
                if let Some(other) = places.insert(place.clone(), noun) {
                    prop_assert!(false, "{noun:?} and {other:?} are both {place:?}");
                }
            }
        }
    }

    /// ACT-01 the same, for all names of up to three of the pieces that meet most easily.
    #[test]
    fn act_01_keys_of_few_pieces_are_all_different() {
        let mut names = BTreeSet::from([String::new()]);
        for _ in 0..3 {
            let longer =
                names.iter().flat_map(|name| ["a", "#", "|", "customer#"].map(|piece| format!("{name}{piece}")));
            names = longer.chain(names.iter().cloned()).collect();
        }
        names.remove("");
        let mut places: BTreeMap<Place, Noun> = BTreeMap::new();
        let mut add = |noun: Noun| {
            if let Some(other) = places.insert(noun.place(), noun.clone()) {
                panic!("{noun:?} and {other:?} share a key");
            }
        };
        for name in &names {
            for one in [Noun::Product, Noun::Customer, Noun::Account, Noun::LinkedAccount, Noun::Agreement, Noun::Order]
            {
                add(one(name.clone()));
            }
            for other in &names {
                add(Noun::Activation(name.clone(), other.clone()));
                add(Noun::ActivationSeen(name.clone(), other.clone()));
                add(Noun::KeyNotice(name.clone(), other.clone(), "a".into()));
            }
        }
    }

    /// SAFE-04 what the database says of a request of wrong form is told without the request.
    #[test]
    fn safe_04_an_error_quotes_no_values() {
        let said = "1 validation error detected: Value '[Put(address=o'at@k.example' at 'home)]' at 'transactItems' failed \
                    to satisfy constraint: Member must have length less than or equal to 100";
        assert_eq!(
            without_values(said),
            "1 validation error detected: value at 'transactItems' failed to satisfy constraint: Member must have length \
             less than or equal to 100"
        );
        assert_eq!(without_values("no such table"), "no such table");
    }
}
