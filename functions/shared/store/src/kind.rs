//! The kinds of items: what lies in which table under which keys.
//!
//! Each has frozen examples of every release that wrote it (`tests/data/stored`), which must still be read. So a place of no
//! kind is refused while tests run.

use crate::{Item, Table};

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is described where it is read and written, under its name")]
pub enum Kind {
    Agreement,
    Below,
    Family,
    Activation,
    Join,
    Holder,
    Roster,
    Authority,
    Request,
    Line,
    Bought,
    Order,
    Product,
    Customer,
    LinkedAccount,
    ProductsRenamed,
    Account,
    Listing,
    Held,
    Inbox,
    Administers,
    Resells,
    ActivationRow,
    Suppression,
    Webhook,
    Profile,
    Session,
    Owner,
    Attempts,
    Asked,
    Head,
    Entry,
    Seal,
    Finding,
    Event,
    Letter,
    Answered,
    Tally,
    Network,
    Domain,
    Strangers,
    Known,
    Watermark,
    Token,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 44] = [
        Self::Agreement,
        Self::Below,
        Self::Family,
        Self::Activation,
        Self::Join,
        Self::Holder,
        Self::Roster,
        Self::Authority,
        Self::Request,
        Self::Line,
        Self::Bought,
        Self::Order,
        Self::Product,
        Self::Customer,
        Self::LinkedAccount,
        Self::ProductsRenamed,
        Self::Account,
        Self::Listing,
        Self::Held,
        Self::Inbox,
        Self::Administers,
        Self::Resells,
        Self::ActivationRow,
        Self::Suppression,
        Self::Webhook,
        Self::Profile,
        Self::Session,
        Self::Owner,
        Self::Attempts,
        Self::Asked,
        Self::Head,
        Self::Entry,
        Self::Seal,
        Self::Finding,
        Self::Event,
        Self::Letter,
        Self::Answered,
        Self::Tally,
        Self::Network,
        Self::Domain,
        Self::Strangers,
        Self::Known,
        Self::Watermark,
        Self::Token,
    ];

    /// What lies under these keys.
    pub fn at(table: Table, partition: &str, sort: Option<&str>) -> Option<Self> {
        let sort = sort.unwrap_or_default();
        Some(match (table, beginning(partition), beginning(sort)) {
            (Table::Licences, _, "agreement") => Self::Agreement,
            (Table::Licences, "children", "child") => Self::Below,
            (Table::Licences, _, "family") => Self::Family,
            (Table::Licences, _, "activation") => Self::Activation,
            (Table::Licences, "account", "join") => Self::Join,
            (Table::Licences, _, "holder") => Self::Holder,
            (Table::Licences, _, "roster") => Self::Roster,
            (Table::Licences, _, "authority") => Self::Authority,
            (Table::Licences, _, "request") => Self::Request,
            (Table::Licences, _, "line") => Self::Line,
            (Table::Licences, _, "bought") => Self::Bought,
            (Table::Orders, ..) => Self::Order,
            (Table::Catalogue, "product", _) => Self::Product,
            (Table::Catalogue, "customer", _) => Self::Customer,
            (Table::Catalogue, "account-of", _) => Self::LinkedAccount,
            (Table::Catalogue, "products-renamed", _) => Self::ProductsRenamed,
            (Table::Accounts, ..) => Self::Account,
            (Table::Listings, "webhooks", _) => Self::Webhook,
            (Table::Listings, _, "licence") => Self::Listing,
            (Table::Listings, _, "held") => Self::Held,
            (Table::Listings, _, "inbox" | "inbox-unknown") => Self::Inbox,
            (Table::Listings, _, "account") => Self::Administers,
            (Table::Listings, _, "reseller") => Self::Resells,
            (Table::Listings, _, "activation") => Self::ActivationRow,
            (Table::Listings, _, "suppression") => Self::Suppression,
            (Table::People, "profile", "profile") => Self::Profile,
            (Table::People, "profile", "session") => Self::Session,
            (Table::People, "address", "owner") => Self::Owner,
            (Table::People, "address", "attempts") => Self::Attempts,
            (Table::People, "profile", "asked") => Self::Asked,
            (Table::Audit, "seal", _) => Self::Seal,
            (Table::Audit, "finding", _) => Self::Finding,
            (Table::Audit, _, "0") => Self::Head,
            (Table::Audit, ..) => Self::Entry,
            (Table::Outbox, ..) => Self::Event,
            (Table::Mails, ..) => Self::Letter,
            (Table::Marks, "answered", _) => Self::Answered,
            (Table::Marks, "tally", _) => Self::Tally,
            (Table::Marks, "network", _) => Self::Network,
            (Table::Marks, "domain", _) => Self::Domain,
            (Table::Marks, "strangers", _) => Self::Strangers,
            (Table::Marks, "known", _) => Self::Known,
            (Table::Marks, "watermark", _) => Self::Watermark,
            (Table::Tokens, ..) => Self::Token,
            _ => return None,
        })
    }

    /// What an item is.
    pub fn of(table: Table, item: &Item) -> Option<Self> {
        let (_, partition, sort) = crate::place::place_of(table, item);
        let kind = Self::at(table, &partition, sort.as_deref());
        // What customers were linked to lay among the accounts before.
        let is_link = kind == Some(Self::Account) && !item.contains_key("domains") && item.contains_key("account");
        if is_link { Some(Self::LinkedAccount) } else { kind }
    }
}

/// What a key begins with, which no name that data bring can change.
fn beginning(key: &str) -> &str {
    key.split('#').next().unwrap_or_default()
}
