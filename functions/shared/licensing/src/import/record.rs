//! The records as they are kept: normalised, so that two that mean the same are equal.
//!
//! A record is written as the row that it came from (`{"type":"order", …}`), so what a store holds can be loaded again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use crate::digest::Digest;

use crate::{
    access::OptOutOf,
    judge::Contacts,
    roles::{Benefit, OlderRole, Role, Scheme},
    when::Date,
    words::{
        AccountId, Address, BadWord, ContactName, Country, CustomerId, Licence, OrderId, ProductKind, Programme, Sku,
        Text, names,
    },
};

/// Any record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Record {
    /// Something that is sold.
    Product(Product),
    /// An organisation that agreements are with.
    Customer(Customer),
    /// An organisation account that exists already.
    Account(Account),
    /// An agreement, and with it a Licensing ID unless it is a `master`.
    Agreement(Agreement),
    /// An activation made before the data came here.
    Activation(Activation),
    /// An address to which mail is known to fail.
    Suppression(Suppression),
    /// An order.
    Order(Order),
    /// Roles that an address was given before the data came here.
    Assignment(Assignment),
    /// An address gave a Licensing ID up.
    Removal(Removal),
    /// An inherited Administrator does not want to be one.
    OptOut(OptOut),
}

/// Something that is sold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its key.
    pub sku: Sku,
    /// Its name for people.
    pub name: Text,
    /// How it comes into use.
    pub kind: ProductKind,
}

/// An organisation that agreements are with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Its key.
    pub id: CustomerId,
    /// Its name.
    pub name: Text,
    /// Where it is.
    pub country: Country,
    /// Its postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Text>,
}

/// An organisation account: its domains count as verified, its administrators as accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its key.
    pub id: AccountId,
    /// Its name.
    pub name: Text,
    /// The customer whose account it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Its domains in lower case.
    pub domains: Vec<Text>,
    /// Its global administrators.
    pub global_admins: BTreeSet<Address>,
    /// Its billing administrators.
    pub billing_admins: BTreeSet<Address>,
}

impl Account {
    /// Everyone who administers it, each once (ACT-08).
    pub fn administrators(&self) -> impl Iterator<Item = &Address> {
        self.global_admins.union(&self.billing_admins)
    }
}

/// An agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// Its key.
    #[serde(flatten)]
    pub licence: Licence,
    /// With whom it is.
    pub customer: CustomerId,
    /// Its first day.
    pub starts: Date,
    /// Its last day.
    pub ends: Date,
    /// The people whom the loaded row names. Whoever decides something goes by [`Agreement::contacts`].
    #[serde(rename = "contacts")]
    pub loaded_contacts: Contacts,
    /// The agreement above it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<Licence>,
    /// The second number of an open licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_number: Option<Text>,
}

/// An activation made before the data came here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Under which Licensing ID.
    #[serde(flatten)]
    pub licence: Licence,
    /// Of what.
    pub product: Sku,
    /// On which account.
    pub account: AccountId,
    /// On which day.
    pub activated: Date,
}

names! {
    /// Why mail to an address is known to fail.
    Reason {
        /// It doesn't exist.
        HardBounce = "hard-bounce",
        /// Its owner complained.
        Complaint = "complaint",
    }
}

/// An address to which mail is known to fail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppression {
    /// Its key.
    pub address: Address,
    /// Why.
    pub reason: Reason,
}

/// An order: a fact that is never changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its key.
    pub id: OrderId,
    /// Under which Licensing ID.
    #[serde(flatten)]
    pub licence: Licence,
    /// The day of the purchase.
    pub purchased: Date,
    /// From when on it may be used.
    pub usage_starts: Date,
    /// The reseller's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<Address>,
    /// What was ordered; never empty.
    pub lines: Vec<OrderLine>,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// What.
    pub product: Sku,
    /// How many.
    pub quantity: u32,
}

/// Roles that an address was given by an act before the data came here (ROLE-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "AssignmentFields", into = "AssignmentFields")]
pub struct Assignment {
    /// On which agreement; a `master` has roles, too.
    pub licence: Licence,
    /// Whose they are.
    pub address: Address,
    /// Which.
    pub given: Roles,
    /// What comes with Software Assurance Manager; none: all benefits. Never all of them, so that one thing is said in one way.
    pub benefits: Option<BTreeSet<Benefit>>,
    /// Whether Online Services Manager comes with reservations.
    pub reservations: bool,
}

/// The roles of an assignment as they are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Roles {
    /// Of this portal; never empty.
    Here(BTreeSet<Role>),
    /// Of the older portal with roles by benefit; never empty.
    BenefitRoles(BTreeSet<OlderRole>),
    /// Of the older portal without roles: Administrator.
    RoleLess,
}

impl Roles {
    /// The older portal that they come from.
    pub const fn scheme(&self) -> Option<Scheme> {
        match self {
            Self::Here(_) => None,
            Self::BenefitRoles(_) => Some(Scheme::BenefitRoles),
            Self::RoleLess => Some(Scheme::RoleLess),
        }
    }

    /// What they are here.
    pub fn here(&self) -> BTreeSet<Role> {
        match self {
            Self::Here(roles) => roles.clone(),
            Self::BenefitRoles(older) => older.iter().flat_map(|older| older.roles().iter().copied()).collect(),
            Self::RoleLess => BTreeSet::from([Role::Administrator]),
        }
    }

    fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Here(roles) => roles.iter().map(|role| role.as_str()).collect(),
            Self::BenefitRoles(older) => older.iter().map(|older| older.as_str()).collect(),
            Self::RoleLess => Vec::new(),
        }
    }
}

impl Assignment {
    /// The benefits that it gives.
    pub fn all_benefits(&self) -> BTreeSet<Benefit> {
        match &self.benefits {
            _ if !self.given.here().contains(&Role::SoftwareAssuranceManager) => BTreeSet::new(),
            Some(some) => some.clone(),
            None => Benefit::ALL.iter().copied().collect(),
        }
    }
}

/// An assignment as the fields of its row.
#[derive(Serialize, Deserialize)]
struct AssignmentFields {
    #[serde(flatten)]
    licence: Licence,
    address: Address,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scheme: Option<Scheme>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    benefits: Option<BTreeSet<Benefit>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    reservations: bool,
}

impl From<Assignment> for AssignmentFields {
    fn from(assignment: Assignment) -> Self {
        let Assignment { licence, address, given, benefits, reservations } = assignment;
        let roles = given.names().into_iter().map(String::from).collect();
        Self { licence, address, scheme: given.scheme(), roles, benefits, reservations }
    }
}

impl TryFrom<AssignmentFields> for Assignment {
    type Error = BadWord;

    fn try_from(fields: AssignmentFields) -> Result<Self, BadWord> {
        let AssignmentFields { licence, address, scheme, roles, benefits, reservations } = fields;
        let given = match scheme {
            None => Roles::Here(roles.iter().map(|role| role.parse()).collect::<Result<_, _>>()?),
            Some(Scheme::BenefitRoles) => {
                Roles::BenefitRoles(roles.iter().map(|role| role.parse()).collect::<Result<_, _>>()?)
            }
            Some(Scheme::RoleLess) => Roles::RoleLess,
        };
        Ok(Self { licence, address, given, benefits, reservations })
    }
}

/// Whoever has an address gave a whole Licensing ID up (PERM-02).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removal {
    /// Which.
    #[serde(flatten)]
    pub licence: Licence,
    /// Whose.
    pub address: Address,
}

/// An inherited Administrator does not want to be one (ROLE-04).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptOut {
    /// Where.
    #[serde(flatten)]
    pub licence: Licence,
    /// Who.
    pub address: Address,
    /// Of what.
    pub of: OptOutOf,
}

impl Address {
    /// The digest of an address: stands for it where there are many.
    pub fn digest(&self) -> Digest {
        Content::default().text(self.as_str()).digest()
    }
}

impl Product {
    /// The digest of its content.
    pub fn digest(&self) -> Digest {
        Content::default().text(self.sku.as_str()).text(self.name.as_str()).number(self.kind as u32).digest()
    }
}

impl Customer {
    /// The digest of its content.
    pub fn digest(&self) -> Digest {
        Content::default()
            .text(self.id.as_str())
            .text(self.name.as_str())
            .text(self.country.as_str())
            .optional(self.address.as_ref().map(Text::as_str))
            .digest()
    }
}

impl Account {
    /// The digest of its content.
    pub fn digest(&self) -> Digest {
        Content::default()
            .text(self.id.as_str())
            .text(self.name.as_str())
            .optional(self.customer.as_ref().map(CustomerId::as_str))
            .texts(self.domains.len(), self.domains.iter().map(Text::as_str))
            .texts(self.global_admins.len(), self.global_admins.iter().map(Address::as_str))
            .texts(self.billing_admins.len(), self.billing_admins.iter().map(Address::as_str))
            .digest()
    }
}

impl Agreement {
    /// The agreement above, where that may itself have one above: a `master` has none, so nothing depends on what stands
    /// below it.
    pub fn parent_but_master(&self) -> Option<&Licence> {
        self.parent.as_ref().filter(|parent| parent.programme != Programme::Master)
    }

    /// The contacts that count: rights, mails and what pages show go by these.
    ///
    /// Today they are the loaded ones. Once a contact can be given up, removed or inherited, this is the place that applies it.
    pub const fn contacts(&self) -> &Contacts {
        &self.loaded_contacts
    }

    /// The contacts whose address is at a public mail provider, as `is_public` tells by the domain. They are taken, with
    /// a warning (ACT-01).
    pub fn public_contacts(&self, is_public: impl Fn(&str) -> bool) -> impl Iterator<Item = ContactName> {
        // Most contacts of an agreement are of one domain, which need not be looked up for each of them.
        let mut last = ("", false);
        self.loaded_contacts.iter().filter_map(move |(name, address)| {
            if last.0 != address.domain() {
                last = (address.domain(), is_public(address.domain()));
            }
            last.1.then_some(*name)
        })
    }

    /// The digest of its content.
    pub fn digest(&self) -> Digest {
        let mut content = Content::default()
            .licence(&self.licence)
            .text(self.customer.as_str())
            .date(self.starts)
            .date(self.ends)
            .number(count(self.loaded_contacts.len()));
        for (name, address) in &self.loaded_contacts {
            content = content.number(*name as u32).text(address.as_str());
        }
        let parent = self.parent.as_ref();
        content
            .optional(parent.map(|parent| parent.programme.as_str()))
            .optional(parent.map(|parent| parent.number.as_str()))
            .optional(self.authorization_number.as_ref().map(Text::as_str))
            .digest()
    }
}

impl Order {
    /// The digest of its content.
    pub fn digest(&self) -> Digest {
        let mut content = Content::default()
            .text(self.id.as_str())
            .licence(&self.licence)
            .date(self.purchased)
            .date(self.usage_starts)
            .optional(self.reseller.as_ref().map(Address::as_str))
            .number(count(self.lines.len()));
        for line in &self.lines {
            content = content.text(line.product.as_str()).number(line.quantity);
        }
        content.digest()
    }
}

impl Assignment {
    /// The digest of its content. It is stored with what the address holds, so what it is made of must stay as it is.
    pub fn digest(&self) -> Digest {
        let Self { licence, address, given, benefits, reservations } = self;
        let (roles, benefits) = (given.names(), benefits.iter().flatten());
        Content::default()
            .text("assignment")
            .licence(licence)
            .text(address.as_str())
            .optional(given.scheme().map(Scheme::as_str))
            .texts(roles.len(), roles.into_iter())
            .texts(benefits.clone().count(), benefits.map(|benefit| benefit.as_str()))
            .number((*reservations).into())
            .digest()
    }
}

impl Removal {
    /// The digest of its content: never that of an assignment. It is stored likewise.
    pub fn digest(&self) -> Digest {
        Content::default().text("removal").licence(&self.licence).text(self.address.as_str()).digest()
    }
}

/// Collects content so that no two differing records are the same bytes: every text is preceded by its length.
struct Content(Vec<u8>);

impl Default for Content {
    fn default() -> Self {
        Self(Vec::with_capacity(256))
    }
}

impl Content {
    fn number(mut self, number: u32) -> Self {
        self.0.extend_from_slice(&number.to_le_bytes());
        self
    }

    fn text(mut self, text: &str) -> Self {
        self = self.number(count(text.len()));
        self.0.extend_from_slice(text.as_bytes());
        self
    }

    /// No text that is kept is empty, so the empty one can stand for none.
    fn optional(self, text: Option<&str>) -> Self {
        self.text(text.unwrap_or_default())
    }

    fn texts<'a>(self, number: usize, texts: impl Iterator<Item = &'a str>) -> Self {
        texts.fold(self.number(count(number)), Self::text)
    }

    fn licence(self, licence: &Licence) -> Self {
        self.number(programme_tag(licence.programme).into()).text(licence.number.as_str())
    }

    fn date(mut self, date: Date) -> Self {
        self.0.extend_from_slice(&date.year().to_le_bytes());
        self.0.extend_from_slice(&[date.month().unsigned_abs(), date.day().unsigned_abs()]);
        self
    }

    fn digest(self) -> Digest {
        let mut short = [0; 16];
        short.copy_from_slice(&Sha256::digest(&self.0)[..16]);
        Digest(short)
    }
}

/// A programme as one byte.
pub(super) const fn programme_tag(programme: Programme) -> u8 {
    programme as u8
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
