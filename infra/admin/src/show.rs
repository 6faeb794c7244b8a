//! `countersign show`: everything about a Licensing ID (OPS-02).

use std::{collections::BTreeMap, error::Error};

use clap::Args;
use gateway::App;
use licensing::{
    Address, CustomerId, Date, Licence, Programme, Timestamp,
    account::Account,
    activation::Activation,
    import::record::{Agreement, Customer, Reason},
    judge::Contacts,
    when::day_of,
};
use serde::Serialize;
use store::{
    Batch,
    licences::{self, LinkedAccount},
    mails::Letter,
    orders::StoredOrder,
};

use crate::{
    Done,
    connected::{operator, with_app},
    operate::{programmes, standing},
    out,
    stuck::{Why, why},
};

/// Show all there is about a Licensing ID: agreement, contacts, orders, activations, what needs you, emails.
///
/// Exit code 1 if something needs you.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The programme, such as enterprise.
    #[arg(value_parser = |text: &str| text.parse::<Programme>().map_err(|_| programmes()))]
    programme: Programme,

    /// The number.
    number: String,

    /// How many of the newest emails to show.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
    emails: i32,

    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) fn run(&self) -> Result<Done, Box<dyn Error>> {
        let number = self.number.parse().map_err(|error| format!("The number {error}."))?;
        let licence = Licence { programme: self.programme, number };
        with_app(async |app| {
            operator(app).await?;
            let case = Case::read(app, &licence, self.emails).await?.ok_or_else(|| {
                format!(
                    "There is no agreement {licence}. Run `countersign find {}` to look in all programmes.",
                    licence.number
                )
            })?;
            if self.json {
                out::json(&case);
            } else {
                case.tell(app.now());
            }
            Ok(if case.needs_you.is_empty() { Done::Fine } else { Done::WithFindings })
        })
    }
}

/// All that is known of a Licensing ID.
#[derive(Serialize)]
struct Case {
    agreement: Agreement,
    active: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<Customer>,
    /// The account that the customer's people are offered first.
    #[serde(skip_serializing_if = "Option::is_none")]
    linked_account: Option<Account>,
    /// To whom of the contacts email fails, and why.
    suppressed: BTreeMap<Address, Reason>,
    orders: Vec<StoredOrder>,
    activations: Vec<Activation>,
    needs_you: Vec<Needs>,
    emails: Vec<Letter>,
}

#[derive(Serialize)]
struct Needs {
    product: licensing::Sku,
    since: Timestamp,
    #[serde(flatten)]
    why: Why,
}

impl Case {
    async fn read(app: &App, licence: &Licence, emails: i32) -> Result<Option<Self>, Box<dyn Error>> {
        let store = &app.store;
        let Some(agreement) = store.get(&licences::agreement(licence)).await? else { return Ok(None) };
        let agreement = agreement.record;
        let (customer, linked) = customer(app, &agreement.customer).await?;
        let activations = store.activations_shown_of(licence).await?;
        let now = app.now();
        let needs_you = activations
            .iter()
            .filter_map(|activation| {
                let (since, why) = why(activation, activation.takes_long(now, &app.policy.links))?;
                why.needs_operator().then(|| Needs { product: activation.product.clone(), since, why })
            })
            .collect();
        let mut orders = store.orders_of(licence).await?;
        store.with_lines(&mut orders).await?;
        orders
            .sort_by(|one, other| (one.order.purchased, &one.order.id).cmp(&(other.order.purchased, &other.order.id)));
        Ok(Some(Self {
            active: is_active(&agreement, day_of(now)),
            suppressed: suppressed(app, agreement.contacts()).await?,
            agreement,
            customer,
            linked_account: linked,
            orders,
            activations,
            needs_you,
            emails: store.letters_of(licence, emails).await?,
        }))
    }

    fn tell(&self, now: Timestamp) {
        let agreement = &self.agreement;
        let name = self.customer.as_ref().map_or("", |customer| customer.name.as_str());
        let country = self.customer.as_ref().map_or_else(String::new, |customer| format!(", {}", customer.country));
        println!("{}  {name} ({}{country})", agreement.licence, agreement.customer);
        let active = if self.active { "active" } else { "not active" };
        println!("  from {} to {}: {active}", agreement.starts, agreement.ends);
        if let Some(parent) = &agreement.parent {
            println!("  below {parent}");
        }
        if let Some(account) = &self.linked_account {
            println!("  the customer's account: {} ({})", account.id, account.name);
        }
        section("Contacts", agreement.contacts().is_empty());
        for (name, address) in agreement.contacts() {
            let fails = self.suppressed.get(address).map_or("", |reason| why_it_fails(*reason));
            println!("  {name}: {}{fails}", address.as_str());
        }
        section("Orders", self.orders.is_empty());
        for order in &self.orders {
            tell_order(order);
        }
        section("Activations", self.activations.is_empty());
        for activation in &self.activations {
            let (product, quantity) = (&activation.product, activation.quantity);
            println!("  {product} ({}), {quantity} in all: {}", activation.product_name, standing(activation, now));
        }
        if !self.needs_you.is_empty() {
            section("Needs you", false);
            for Needs { product, why, .. } in &self.needs_you {
                println!("  {product}: {}", why.text);
            }
        }
        section("Emails, the newest first", self.emails.is_empty());
        for letter in &self.emails {
            println!("  {}  {} to {}: {}", letter.queued_at, letter.template, letter.to.as_str(), delivery(letter));
        }
    }
}

fn tell_order(StoredOrder { order, outcomes, .. }: &StoredOrder) {
    let reseller = order.reseller.as_ref().map_or_else(String::new, |by| format!(", reseller {}", by.as_str()));
    println!("  {}: bought {}, usable from {}{reseller}", order.id, order.purchased, order.usage_starts);
    for (number, line) in (1..).zip(&order.lines) {
        let outcome = outcomes.get(&i32::to_string(&number)).map_or_else(
            || "waiting to be processed".to_owned(),
            |taken| {
                let rule = taken.checks.last().map_or_else(String::new, |check| format!(", {}", check.rule.id()));
                format!("{}{rule}", taken.outcome)
            },
        );
        println!("    {number}. {} {}: {outcome}", line.quantity, line.product);
    }
}

fn section(title: &str, empty: bool) {
    println!("\n{title}{}", if empty { ": none" } else { "" });
}

fn is_active(agreement: &Agreement, today: Date) -> bool {
    (agreement.starts..=agreement.ends).contains(&today)
}

pub(crate) const fn why_it_fails(reason: Reason) -> &'static str {
    match reason {
        Reason::HardBounce => " (gets no email: one bounced)",
        Reason::Complaint => " (gets no email: its owner marked ours as spam)",
    }
}

/// What became of an email.
fn delivery(letter: &Letter) -> String {
    let known = [
        ("marked as spam at", letter.complained_at),
        ("bounced at", letter.bounced_at),
        ("delivered at", letter.delivered_at),
        ("not sent, as email to the address fails, at", letter.suppressed_at),
        ("given up at", letter.gave_up_at),
        ("not delivered yet, as reported at", letter.put_off_at),
        ("accepted for delivery at", letter.accepted_at),
    ];
    let newest = known.into_iter().find_map(|(what, at)| at.map(|at| format!("{what} {at}")));
    newest.unwrap_or_else(|| "sending".to_owned())
}

/// A customer, and the account that its people are offered first.
pub(crate) async fn customer(
    app: &App,
    id: &CustomerId,
) -> Result<(Option<Customer>, Option<Account>), Box<dyn Error>> {
    let (customer, linked) = (licences::customer(id), LinkedAccount::of(id));
    let mut batch = Batch::default().with(&customer);
    linked.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let account = match linked.from(&got)? {
        Some(linked) => app.store.get(&licences::account(&linked)).await?,
        None => None,
    };
    Ok((got.get(&customer)?.map(|customer| customer.record), account))
}

async fn suppressed(app: &App, contacts: &Contacts) -> Result<BTreeMap<Address, Reason>, Box<dyn Error>> {
    let mut batch = Batch::default();
    for address in contacts.values() {
        batch.add(&licences::suppression(address));
    }
    let got = batch.read(&app.store).await?;
    let mut all = BTreeMap::new();
    for address in contacts.values() {
        let found = got.get(&licences::suppression(address))?;
        if let Some(found) = found.filter(|reach| app.store.fails(reach, app.now())) {
            all.insert(address.clone(), found.reason);
        }
    }
    Ok(all)
}
