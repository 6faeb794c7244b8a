//! `countersign find`: what an address, a number, an order id or a key belongs to (OPS-02).
//!
//! Everything is looked up by its key. What has no key to look it up by (a part of a customer's name, all agreements of a
//! customer) is found by reading whole tables page by page, and only where the operator asks for that.

use std::{collections::BTreeSet, error::Error};

use clap::Args;
use futures_util::future::join_all;
use gateway::App;
use licensing::{
    AccountId, Address, ContactName, CustomerId, Date, Licence, OrderId, ProfileId, Programme, Sku, Timestamp,
    activation::Activation,
    import::record::{Agreement, Customer, Reason},
    phase::Phase,
    roles::{Role, role_of_contact},
    words::{BadWord, Number},
};
use serde::Serialize;
use store::{
    Batch, Table,
    licences::{self, Start, Versioned},
    orders, people, requests,
    standing::holder,
};

use crate::{
    Done,
    connected::{operator, with_app},
    out,
    paging::page,
    show::{customer, why_it_fails},
};

/// Find what belongs to an email address, a number, the id of an order, customer or account, or a product's key.
///
/// Exit code 1 if nothing is found.
#[derive(Debug, Args)]
pub(crate) struct Find {
    /// The whole text to look for. With an @ it is an email address.
    text: String,

    /// Also find customers and agreements whose name, id or number contains the text. This reads both tables from end to end:
    /// it takes minutes if they hold millions.
    #[arg(long)]
    page_tables: bool,

    /// Print one JSON object a line.
    #[arg(long)]
    json: bool,
}

/// Something that was found.
#[derive(Debug, Serialize)]
#[serde(tag = "found", rename_all = "kebab-case")]
enum Found {
    Agreement {
        programme: Programme,
        number: String,
        customer: CustomerId,
        as_contact: Vec<&'static str>,
    },
    Reseller {
        programme: Programme,
        number: String,
    },
    Administrator {
        account: AccountId,
        name: String,
    },
    Activation {
        programme: Programme,
        number: String,
        product: Sku,
        customer_name: String,
        state: Phase,
    },
    Holds {
        programme: Programme,
        number: String,
        roles: Vec<RoleHeld>,
        /// Orders that name the address as their reseller.
        orders: u32,
        claimed: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        gave_up: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        opted_out: Option<Timestamp>,
        #[serde(skip_serializing_if = "Option::is_none")]
        opted_out_below: Option<Timestamp>,
    },
    Request {
        programme: Programme,
        number: String,
        roles: String,
        asked_at: Timestamp,
        ends_at: Timestamp,
    },
    Profile {
        profile: String,
        name: String,
        since: Timestamp,
        addresses: Vec<Address>,
    },
    Suppression {
        address: Address,
        reason: Reason,
    },
    Order {
        id: OrderId,
        programme: Programme,
        number: String,
        purchased: Date,
    },
    Customer {
        id: CustomerId,
        name: String,
        country: String,
    },
    Account {
        id: AccountId,
        name: String,
        customer: Option<CustomerId>,
        administrators: Vec<Address>,
    },
    Product {
        sku: Sku,
        name: String,
        kind: licensing::ProductKind,
    },
}

/// A role that an act gave.
#[derive(Debug, Serialize)]
struct RoleHeld {
    role: Role,
    /// The last day on which it counts; none: without an end.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Date>,
}

/// What an act gave, as an operator reads it.
fn held_in_words(roles: &[RoleHeld], orders: u32, claimed: bool) -> String {
    let role = |held: &RoleHeld| match held.until {
        Some(until) => format!("{} until {until}", held.role),
        None => held.role.to_string(),
    };
    let mut all: Vec<String> = roles.iter().map(role).collect();
    match orders {
        0 => {}
        1 => all.push("what 1 order gives its reseller".to_owned()),
        more => all.push(format!("what {more} orders give their reseller")),
    }
    if claimed {
        all.push("what a claim gives".to_owned());
    }
    if all.is_empty() { "nothing by an act".to_owned() } else { all.join(", ") }
}

impl Found {
    fn tell(&self) {
        match self {
            Self::Agreement { programme, number, customer, as_contact } => {
                let contact =
                    if as_contact.is_empty() { String::new() } else { format!(", as {}", as_contact.join(", ")) };
                println!(
                    "agreement {programme}/{number} of customer {customer}{contact}: `countersign show {programme} {number}`"
                );
            }
            Self::Reseller { programme, number } => println!("reseller of an order for {programme}/{number}"),
            Self::Administrator { account, name } => println!("administrator of account {account} ({name})"),
            Self::Activation { programme, number, product, customer_name, state } => {
                let state = state.as_str();
                println!(
                    "activation {programme}/{number} {product} of {customer_name}, which this address manages: {state}"
                );
            }
            Self::Holds { programme, number, roles, orders, claimed, gave_up, opted_out, opted_out_below } => {
                println!("holds on {programme}/{number}: {}", held_in_words(roles, *orders, *claimed));
                let more = [
                    ("gave it up, or it was taken,", gave_up),
                    ("opted out of what stands above", opted_out),
                    ("opted out of what stands below", opted_out_below),
                ];
                for (what, at) in more {
                    if let Some(at) = at {
                        println!("    {what} at {at}");
                    }
                }
            }
            Self::Request { programme, number, roles, asked_at, ends_at } => {
                println!("asks for {roles} on {programme}/{number} since {asked_at}; the request ends {ends_at}");
            }
            Self::Profile { profile, name, since, addresses } => {
                let all: Vec<&str> = addresses.iter().map(Address::as_str).collect();
                let name = if name.is_empty() { "no name yet" } else { name };
                println!("profile {profile} ({name}) since {since}, with {}", all.join(", "));
            }
            Self::Suppression { address, reason } => println!("{}{}", address.as_str(), why_it_fails(*reason)),
            Self::Order { id, programme, number, purchased } => {
                println!("order {id} of {purchased}: `countersign show {programme} {number}`");
            }
            Self::Customer { id, name, country } => println!("customer {id}: {name}, {country}"),
            Self::Account { id, name, administrators, .. } => {
                let all: Vec<&str> = administrators.iter().map(Address::as_str).collect();
                println!("account {id}: {name}, administered by {}", all.join(", "));
            }
            Self::Product { sku, name, kind } => println!("product {sku}: {name}, {kind}"),
        }
    }

    fn agreement(agreement: &Agreement) -> Self {
        let (programme, number) = (agreement.licence.programme, agreement.licence.number.to_string());
        Self::Agreement { programme, number, customer: agreement.customer.clone(), as_contact: Vec::new() }
    }

    fn customer(customer: &Customer) -> Self {
        let (id, name, country) = (customer.id.clone(), customer.name.to_string(), customer.country.to_string());
        Self::Customer { id, name, country }
    }

    fn account(account: licensing::account::Account) -> Self {
        let administrators = account.administrators().into_iter().cloned().collect();
        Self::Account { administrators, id: account.id, name: account.name, customer: account.customer }
    }
}

impl Find {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let text = self.text.trim();
        with_app(async |app| {
            operator(app).await?;
            let mut found = if text.contains('@') {
                let address = text.parse().map_err(|error| format!("The address {error}."))?;
                of_address(app, &address).await?
            } else {
                of_key(app, text).await?
            };
            if self.page_tables {
                let ids = found.iter().filter_map(|found| match found {
                    Found::Customer { id, .. } => Some(id.clone()),
                    _ => None,
                });
                let known = ids.collect();
                found.extend(by_paging(app, text, known).await?);
            }
            for found in &found {
                if self.json { out::json(found) } else { found.tell() }
            }
            if !found.is_empty() {
                return Ok(Done::Fine);
            }
            eprintln!("Nothing found with this address, number, id or key.");
            if !self.page_tables {
                eprintln!("Add `--page-tables` to search within names and numbers too.");
            }
            Ok(Done::WithFindings)
        })
    }
}

/// The activations of so many Licensing IDs are read at once.
const LICENCES_AT_ONCE: usize = 16;

async fn of_address(app: &App, address: &Address) -> Result<Vec<Found>, Box<dyn Error>> {
    let store = &app.store;
    let mut found = Vec::new();
    let profile = match store.get(&people::owner(address)).await? {
        Some(owner) => store.get(&people::profile(&owner.profile)).await?,
        None => None,
    };
    if let Some(profile) = &profile {
        let (name, since, addresses) = (profile.name(), profile.since, profile.held());
        found.push(Found::Profile { profile: profile.profile.to_string(), name, since, addresses });
    }
    if let Some(suppression) =
        store.get(&licences::suppression(address)).await?.filter(|reach| store.fails(reach, app.now()))
    {
        found.push(Found::Suppression { address: address.clone(), reason: suppression.reason });
    }
    let records = store.records_of_address(address).await?;
    let listings = records.listings.iter();
    let manages = listings.filter(|listing| listing.contacts.iter().any(|name| manages_activations(*name)));
    let mut manages: BTreeSet<Licence> = manages.map(|listing| listing.licence.clone()).collect();
    let named = records.listings.iter().map(|listing| &listing.licence);
    let named = named.chain(records.resells.iter().map(|resells| &resells.licence)).cloned().collect();
    let by_acts = by_acts(app, address, profile.as_ref().map(|profile| &profile.profile), named).await?;
    for one in &by_acts {
        if let Found::Holds { programme, number, roles, .. } = one
            && roles.iter().any(|held| matches!(held.role, Role::Administrator | Role::OnlineServicesManager))
        {
            manages.insert(Licence { programme: *programme, number: number.parse()? });
        }
    }
    found.extend(by_acts);
    found.extend(records.listings.into_iter().map(|listing| Found::Agreement {
        programme: listing.licence.programme,
        number: listing.licence.number.to_string(),
        customer: listing.customer,
        as_contact: listing.contacts.iter().map(|name| name.as_str()).collect(),
    }));
    found.extend(records.resells.into_iter().map(|resells| Found::Reseller {
        programme: resells.licence.programme,
        number: resells.licence.number.to_string(),
    }));
    let administers = records.administers.into_iter();
    found.extend(administers.map(|row| Found::Administrator { account: row.account, name: row.name }));
    let manages: Vec<Licence> = manages.into_iter().collect();
    for licences in manages.chunks(LICENCES_AT_ONCE) {
        let mut reading = Vec::new();
        for licence in licences {
            reading.push(store.activations_shown_of(licence));
        }
        let now = app.now();
        for activations in join_all(reading).await {
            found.extend(activations?.iter().map(Activation::summary).map(|row| Found::Activation {
                programme: row.licence.programme,
                number: row.licence.number.to_string(),
                state: row.phase(now),
                product: row.product,
                customer_name: row.customer_name,
            }));
        }
    }
    Ok(found)
}

/// Whether whom an agreement names so manages its activations.
fn manages_activations(name: ContactName) -> bool {
    matches!(role_of_contact(name), Some(Role::Administrator | Role::OnlineServicesManager))
}

/// So many Licensing IDs on which an address holds something are read at once.
const HELD_AT_ONCE: i32 = 200;

/// What an address holds by acts, and the requests that wait for it. It is looked for where it holds something, where it is named,
/// and where its person asked: that it gave another Licensing ID up is not found.
async fn by_acts(
    app: &App,
    address: &Address,
    asker: Option<&ProfileId>,
    mut licences: BTreeSet<Licence>,
) -> Result<Vec<Found>, Box<dyn Error>> {
    let store = &app.store;
    let mut after: Option<Licence> = None;
    loop {
        let (rows, more) = store.held_by(address, Start::behind(after.as_ref()), HELD_AT_ONCE).await?;
        after = rows.last().map(|row| row.licence.clone());
        licences.extend(rows.into_iter().map(|row| row.licence));
        if !more || after.is_none() {
            break;
        }
    }
    let list = match asker {
        Some(asker) => store.get(&requests::asked(asker)).await?,
        None => None,
    };
    let asked: BTreeSet<Licence> = list.into_iter().flat_map(|list| list.licences).map(|on| on.licence).collect();
    licences.extend(asked.iter().cloned());
    let request = |licence: &Licence| asker.map(|asker| requests::request(licence, asker));
    let mut batch = Batch::default();
    for licence in &licences {
        batch.add(&holder(licence, address));
    }
    for slot in asked.iter().filter_map(request) {
        batch.add(&slot);
    }
    let got = batch.read(store).await?;
    let mut found = Vec::new();
    for licence in &licences {
        let Some(held) = got.get(&holder(licence, address))?.map(|held| held.record) else { continue };
        let roles = held.assigned.roles.iter().map(|(role, grant)| RoleHeld { role: *role, until: grant.until });
        found.push(Found::Holds {
            programme: licence.programme,
            number: licence.number.to_string(),
            roles: roles.collect(),
            orders: held.orders.as_ref().map_or(0, |orders| orders.count),
            claimed: held.claim.is_some(),
            gave_up: held.gave_up.as_ref().map(|gave_up| gave_up.at),
            opted_out: held.opted_out_here,
            opted_out_below: held.opted_out_below,
        });
    }
    for slot in asked.iter().filter_map(request) {
        let waits = got.get(&slot)?.filter(|it| it.by.address == *address && it.state_at(app.now()).is_pending());
        found.extend(waits.map(|request| Found::Request {
            programme: request.licence.programme,
            number: request.licence.number.to_string(),
            roles: request.asked.to_string(),
            asked_at: request.asked_at,
            ends_at: request.ends_at,
        }));
    }
    Ok(found)
}

/// What has this text as its key: one call.
async fn of_key(app: &App, text: &str) -> Result<Vec<Found>, Box<dyn Error>> {
    let (order, product) = (text.parse().map(|id| orders::order(&id)), text.parse().map(|sku| licences::product(&sku)));
    let order = order.map_err(|error: BadWord| format!("the text to look for {error}"))?;
    let product = product.map_err(|error: BadWord| format!("the text to look for {error}"))?;
    let (customer_id, account): (CustomerId, AccountId) = (text.parse()?, text.parse()?);
    let account = licences::account(&account);
    // A Licensing ID as it is printed, or its number in any programme.
    let licences = match text.parse::<Licence>() {
        Ok(licence) => vec![licence],
        Err(_) => {
            let number: Number = text.parse()?;
            Programme::ALL.iter().map(|programme| Licence { programme: *programme, number: number.clone() }).collect()
        }
    };
    let mut batch = Batch::default().with(&order).with(&product).with(&account);
    for licence in &licences {
        batch.add(&licences::agreement(licence));
    }
    let got = batch.read(&app.store).await?;
    let mut found = Vec::new();
    for licence in &licences {
        found.extend(got.get(&licences::agreement(licence))?.map(|stored| Found::agreement(&stored.record)));
    }
    found.extend(got.get(&order)?.map(|stored| Found::Order {
        id: stored.order.id,
        programme: stored.order.licence.programme,
        number: stored.order.licence.number.to_string(),
        purchased: stored.order.purchased,
    }));
    let (stored, linked) = customer(app, &customer_id).await?;
    found.extend(stored.as_ref().map(Found::customer));
    let account = got.get(&account)?;
    let linked = linked.filter(|linked| account.as_ref().is_none_or(|account| account.id != linked.id));
    found.extend(account.into_iter().chain(linked).map(Found::account));
    found.extend(got.get(&product)?.map(|stored| Found::Product {
        sku: stored.record.sku,
        name: stored.record.name.to_string(),
        kind: stored.record.kind,
    }));
    Ok(found)
}

/// Reads the customers and the agreements, page by page.
async fn by_paging(app: &App, text: &str, mut whose: Vec<CustomerId>) -> Result<Vec<Found>, Box<dyn Error>> {
    let (wanted, mut found) = (text.to_lowercase(), Vec::new());
    let known = whose.clone();
    page(app, Table::Catalogue, Some(("begins_with(entry, :a)", "customer#")), |customer: Versioned<Customer>| {
        let customer = customer.record;
        let fits = [customer.id.as_str(), customer.name.as_str()].iter().any(|of| of.to_lowercase().contains(&wanted));
        if fits && !known.contains(&customer.id) {
            found.push(Found::customer(&customer));
            whose.push(customer.id);
        }
    })
    .await?;
    page(app, Table::Licences, Some(("#i = :a", "agreement")), |agreement: Versioned<Agreement>| {
        let agreement = agreement.record;
        let number = agreement.licence.number.as_str().to_lowercase();
        // One whose number is the text was found by its key.
        if whose.contains(&agreement.customer) || (number.contains(&wanted) && number != wanted) {
            found.push(Found::agreement(&agreement));
        }
    })
    .await?;
    Ok(found)
}
