//! What an explanation is made of, and making it (ACT-12): the same for one activation and for a whole Licensing ID.

use std::collections::{BTreeMap, BTreeSet};

use api::activations::{self as shown, Checked, Cure, Later, LineExplained};
use gateway::{App, Who, rights::rights};
use licensing::{
    AccountId, Address, ContactName, CustomerId, ProductKind, Sku, Timestamp,
    account::Account,
    activation::{Activation, Person, State},
    explain::{self, Case, Context, Reader},
    judge::{self, Contacts},
    rights::Rights,
};
use store::{
    Batch, BatchResult, Error, Slot,
    licences::{self, Administers, LinkedAccount},
    orders::StoredOrder,
    standing::Loaded,
};

use crate::{ledger, shown::mail};

/// The reader, and what was read of the Licensing ID.
pub(crate) struct Facts<'a> {
    pub(crate) app: &'a App,
    pub(crate) now: Timestamp,
    /// The Licensing ID, as far up as it was read.
    pub(crate) loaded: Option<Loaded>,
    pub(crate) contacts: Contacts,
    pub(crate) person: Person,
    pub(crate) proven: Vec<Address>,
    pub(crate) rights: Rights,
    /// The contacts to whom mail is known to fail.
    pub(crate) failing: BTreeSet<Address>,
    /// What the OSM administers and takes assignments.
    pub(crate) osm_administers: Vec<Administers>,
    /// What the reader administers.
    pub(crate) administers: BTreeSet<AccountId>,
    /// The accounts that count for a move.
    pub(crate) accounts: Vec<Account>,
}

/// A product of an order line.
pub(crate) struct Product<'a> {
    pub(crate) name: &'a str,
    pub(crate) kind: ProductKind,
}

impl<'a> Facts<'a> {
    /// What is known before anything but the reader and the Licensing ID was read: agreements above are only read for whoever has
    /// no nearer reason to be here.
    pub(crate) async fn of(
        app: &'a App,
        who: &Who,
        mut loaded: Option<Loaded>,
        enough: impl Fn(&[Address], &Rights) -> bool,
    ) -> Result<Self, Error> {
        let proven = who.proven();
        let contacts = loaded.as_ref().map(Loaded::contacts).unwrap_or_default();
        let rights = rights(app, &mut loaded, &proven, |rights| enough(&proven, rights)).await?;
        Ok(Self {
            app,
            now: app.now(),
            person: who.acting_as(contacts.values()),
            rights,
            loaded,
            contacts,
            proven,
            failing: BTreeSet::new(),
            osm_administers: Vec::new(),
            administers: BTreeSet::new(),
            accounts: Vec::new(),
        })
    }

    /// The OSM's address.
    pub(crate) fn osm(&self) -> Option<&Address> {
        self.contacts.get(&ContactName::OnlineServicesManager)
    }

    /// Reads what the OSM administers and takes assignments: side by side with whatever else is read.
    pub(crate) async fn osm_administers(&self) -> Result<Vec<Administers>, Error> {
        let Some(osm) = self.osm() else { return Ok(Vec::new()) };
        let mut accounts = self.app.store.administered_by(osm).await?;
        accounts.retain(|account| account.takes_assignments);
        Ok(accounts)
    }

    /// Reads what the reader administers, likewise: it depends on nothing but the reader.
    pub(crate) async fn administers(&self) -> Result<BTreeSet<AccountId>, Error> {
        let store = &self.app.store;
        let mine = futures_util::future::join_all(self.proven.iter().map(|address| store.administered_by(address)));
        let mut ids = BTreeSet::new();
        for accounts in mine.await {
            ids.extend(accounts?.into_iter().map(|row| row.account));
        }
        Ok(ids)
    }

    /// Whether the reader may see an activation: managers of the Licensing ID, the addressee, and whoever administers the
    /// account that it is on. Nobody gains that by proposing a move, or by being asked to agree to one (LINK-07).
    pub(crate) fn may_see(&self, activation: &Activation) -> bool {
        let party = || activation.account().is_some_and(|account| self.administers.contains(account));
        activation.may_confirm(&self.proven, &self.rights) || party()
    }

    /// Whether a move to an account that the reader administers is proposed.
    pub(crate) fn may_be_asked(&self, activation: &Activation) -> bool {
        let proposal = activation.on_account().and_then(|it| it.proposal(self.now, &self.app.policy.links));
        proposal.is_some_and(|remap| self.administers.contains(&remap.account))
    }

    /// Where the accounts lie that count for moving one of these: that which a proposed move goes to, and the others if the
    /// reader administers any.
    pub(crate) fn account_slots<'b>(
        &self,
        activations: impl IntoIterator<Item = &'b Activation>,
        linked: Option<&AccountId>,
    ) -> Vec<Slot<Account>> {
        let mut ids: BTreeSet<AccountId> = BTreeSet::new();
        for activation in activations {
            let State::Activated(in_use) = &activation.state else { continue };
            ids.extend(in_use.remap.iter().map(|remap| remap.account.clone()));
            if !self.administers.is_empty() {
                ids.insert(in_use.account.clone());
                ids.extend(self.administers.iter().cloned());
                ids.extend(linked.cloned());
            }
        }
        ids.iter().map(licences::account).collect()
    }

    /// An activation before the reader.
    pub(crate) fn case<'b>(&'b self, activation: &'b Activation) -> Case<'b> {
        Case {
            activation,
            contacts: &self.contacts,
            reader: Reader {
                person: &self.person,
                addresses: &self.proven,
                rights: &self.rights,
                accounts: &self.accounts,
            },
            now: self.now,
            policy: &self.app.policy.links,
        }
    }

    /// What an account is called before the reader: by its name to its own administrators and where it is the customer's, by
    /// its key to anybody else.
    pub(crate) fn name_of(&self, id: &AccountId, activation: &Activation) -> String {
        let known = |it: &&Account| {
            it.id == *id && (it.customer.as_ref() == Some(&activation.customer) || it.is_administered_by(&self.proven))
        };
        self.accounts.iter().find(known).map_or_else(|| id.to_string(), |it| it.name.clone())
    }

    /// The buttons that the reader is offered, and the accounts to which they may move it.
    pub(crate) fn cures(&self, activation: &Activation) -> (Vec<Cure>, Vec<shown::Account>) {
        let case = self.case(activation);
        let account = |account: &Account| shown::Account {
            id: account.id.clone(),
            name: account.name.clone(),
            domains: account.domains.iter().map(|domain| domain.name.clone()).collect(),
            administered: account.is_administered_by(&self.proven),
            linked: account.customer.as_ref() == Some(&activation.customer),
        };
        (case.cures(), case.targets().into_iter().map(account).collect())
    }

    /// The buttons that a limit takes away for now.
    pub(crate) fn later(&self, activation: &Activation) -> Vec<Later> {
        let later = self.case(activation).later().into_iter();
        later.map(|(button, at)| Later { cure: button, at: at.into() }).collect()
    }

    /// Explains one line of an order.
    pub(crate) fn line(
        &self,
        order: &StoredOrder,
        number: usize,
        product: &Product<'_>,
        activation: Option<&Activation>,
        letters: &ledger::Found,
    ) -> LineExplained {
        let row = &order.order.lines[number];
        let mails: Vec<explain::Mail> = letters.all.iter().map(mail).collect();
        let context = Context {
            contacts: &self.contacts,
            failing: &self.failing,
            osm_administers: match self.osm_administers.as_slice() {
                [] => judge::Administers::Nothing,
                [one] => judge::Administers::One(&one.account),
                _ => judge::Administers::Several,
            },
            activation,
            mails: &mails,
            sender: &self.app.policy.publisher.sender,
        };
        let taken = order.outcomes.get(&(number + 1).to_string());
        let line = explain::Line {
            kind: product.kind,
            purchased: order.order.purchased,
            usage_starts: order.order.usage_starts,
            taken: taken.map(|taken| (taken.outcome.as_str(), taken.checks.as_slice())),
        };
        let said = explain::explain(&line, &context, self.now, &self.app.policy.links);
        LineExplained {
            order: order.order.id.to_string(),
            line: u32::try_from(number + 1).unwrap_or(u32::MAX),
            product: row.product.clone(),
            product_name: product.name.to_owned(),
            quantity: row.quantity.into(),
            purchased: order.order.purchased.to_string(),
            usage_starts: order.order.usage_starts.to_string(),
            outcome: said.outcome,
            checks: said.checks.into_iter().map(checked).collect(),
            state: activation.map(|activation| activation.phase(self.now)),
            cures: activation.map(|activation| self.cures(activation).0).unwrap_or_default(),
            later: activation.map(|activation| self.later(activation)).unwrap_or_default(),
        }
    }
}

fn checked(check: explain::Checked) -> Checked {
    let evidence = check.evidence.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Checked { rule: check.rule, holds: check.holds, evidence }
}

/// So many order lines are explained at once: each has reads and sentences of its own.
pub(crate) const LINES: usize = 100;

/// Some order lines, in the order in which they were bought.
pub(crate) struct Lines {
    orders: Vec<StoredOrder>,
    /// The place of an order among them, and of the line in it.
    places: Vec<(usize, usize)>,
    /// The first of them, where there are older ones.
    pub(crate) older: Option<String>,
}

impl Lines {
    /// The newest of those that are wanted, or the newest of those that are older than a line that a page before named. None
    /// where there is no such line.
    pub(crate) fn newest(
        mut orders: Vec<StoredOrder>,
        before: Option<&str>,
        wanted: impl Fn(&Sku) -> bool,
    ) -> Option<Self> {
        orders
            .sort_by(|one, other| (one.order.purchased, &one.order.id).cmp(&(other.order.purchased, &other.order.id)));
        let mut places: Vec<(usize, usize)> = (0..orders.len())
            .flat_map(|order| (0..orders[order].order.lines.len()).map(move |line| (order, line)))
            .filter(|(order, line)| wanted(&orders[*order].order.lines[*line].product))
            .collect();
        let name = |(order, line): &(usize, usize)| format!("{}.{}", line + 1, orders[*order].order.id);
        if let Some(before) = before {
            let end = places.iter().position(|place| name(place) == before)?;
            places.truncate(end);
        }
        places.drain(..places.len().saturating_sub(LINES + 1));
        let older = if places.len() > LINES {
            places.remove(0);
            places.first().map(name)
        } else {
            None
        };
        // What is not shown is not asked for either.
        let kept: BTreeSet<usize> = places.iter().map(|(order, _)| *order).collect();
        let moved: BTreeMap<usize, usize> = kept.iter().copied().zip(0..).collect();
        for (order, _) in &mut places {
            *order = moved[order];
        }
        let orders =
            orders.into_iter().enumerate().filter(|(order, _)| kept.contains(order)).map(|(_, it)| it).collect();
        Some(Self { orders, places, older })
    }

    /// Reads what became of them, where that is kept beside their orders.
    pub(crate) async fn read(&mut self, app: &App) -> Result<(), Error> {
        app.store.with_lines(&mut self.orders).await
    }

    /// Each with its order, and its place in that.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&StoredOrder, usize)> {
        self.places.iter().map(|(order, line)| (&self.orders[*order], *line))
    }
}

/// Where it is kept to whom mail is known to fail.
pub(crate) fn add_suppressions(contacts: &Contacts, batch: &mut Batch) {
    for address in contacts.values() {
        batch.add(&licences::suppression(address));
    }
}

/// To whom mail is known to fail.
pub(crate) fn failing(app: &App, contacts: &Contacts, got: &BatchResult) -> Result<BTreeSet<Address>, Error> {
    let now = app.now();
    let found = contacts.values().map(|address| Ok((address, got.get(&licences::suppression(address))?)));
    let found = found.collect::<Result<BTreeMap<_, _>, Error>>()?;
    let failing =
        found.into_iter().filter(|(_, found)| found.as_ref().is_some_and(|reach| app.store.fails(reach, now)));
    Ok(failing.map(|(address, _)| address.clone()).collect())
}

/// The customer's account, where one is linked.
pub(crate) fn linked(customer: &CustomerId, got: &BatchResult) -> Result<Option<AccountId>, Error> {
    LinkedAccount::of(customer).from(got)
}

/// All of these that there are.
pub(crate) fn all<T: serde::de::DeserializeOwned + serde::Serialize>(
    slots: &[Slot<T>],
    got: &BatchResult,
) -> Result<Vec<T>, Error> {
    slots.iter().filter_map(|slot| got.get_understood(slot).transpose()).collect()
}

/// The product of each activation.
pub(crate) fn by_product(activations: &[Activation]) -> BTreeMap<&Sku, &Activation> {
    activations.iter().map(|activation| (&activation.product, activation)).collect()
}
