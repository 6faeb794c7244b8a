//! One line to a row: all that can be said about it without knowing what stands above it.
//!
//! The faults of a row are reported in a fixed order in which the form of a field and what the field refers to take
//! turns. So a row of bad form remembers what was referred to before the fault: [`super::World::take`] looks there first.

use std::{collections::BTreeSet, fmt, str::FromStr};

use super::{
    Code, Line, Refusal,
    json::{Tape, Value},
    record::{
        Account, Activation, Agreement, Assignment, Customer, OptOut, Order, OrderLine, Product, Record, Removal,
        Roles, Suppression,
    },
};
use crate::{
    policy::LoadPolicy,
    roles::{Benefit, OlderRole, Role, Scheme},
    when::Date,
    words::{
        AccountId, Address, BadWord, ContactName, CustomerId, LONGEST_TEXT, Licence, Number, Programme, Shown, Sku,
        Text, shows_as_it_stands,
    },
};

/// Reads lines. It keeps its memory from line to line.
#[derive(Debug)]
pub struct Reader {
    tape: Tape,
    policy: LoadPolicy,
}

impl Default for Reader {
    fn default() -> Self {
        Self::of(&LoadPolicy::default())
    }
}

/// A line that was read: a record, or what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub(super) number: u64,
    pub(super) content: Result<Record, Broken>,
}

/// A row of bad form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) fault: Fault,
    /// What the fields before the fault refer to, in order.
    pub(super) before: Vec<Reference>,
}

/// A fault, without the row that it is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    code: Code,
    field: Option<Box<str>>,
    hint: Option<Box<str>>,
}

impl Fault {
    /// Why the row can't be taken.
    pub(super) const fn code(&self) -> Code {
        self.code
    }
}

/// What a field refers to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reference {
    Customer(CustomerId),
    Account(AccountId),
    /// The Licensing ID of an order or an activation.
    Licence(Licence),
    /// The agreement on which somebody has roles: a `master` has them, too.
    Holding(Licence),
    /// Of whom a row tells what they hold: other content after an act in the portal is refused.
    Holder(Licence, Address),
    Parent(Licence),
    Product(Sku),
    /// The product of an order's line.
    Ordered(usize, Sku),
}

/// The place of a field in a row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Path<'a> {
    Field(&'a str),
    Member(&'a str, &'a str),
    Item(&'a str, usize),
    OfLine(usize, &'a str),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Member(object, name) => write!(f, "{object}.{name}"),
            Self::Item(list, index) => write!(f, "{list}[{index}]"),
            Self::OfLine(index, name) => write!(f, "lines[{index}].{name}"),
        }
    }
}

impl Fault {
    pub(super) fn at(code: Code, path: Path<'_>) -> Self {
        Self { code, field: Some(path.to_string().into()), hint: None }
    }

    fn with_hint(self, hint: Option<String>) -> Self {
        Self { hint: hint.map(Into::into), ..self }
    }

    fn of_row(code: Code) -> Self {
        Self { code, field: None, hint: None }
    }

    pub(super) fn in_row(self, row: u64) -> Refusal {
        Refusal { row, code: self.code, field: self.field, hint: self.hint }
    }
}

impl Row {
    /// The row's number, from 1.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The record, if the row is of good form. It may still refer to something unknown.
    pub fn record(&self) -> Option<&Record> {
        self.content.as_ref().ok()
    }
}

impl Reader {
    /// A reader by the numbers of the format's description.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reader by a deployment's numbers.
    pub fn of(policy: &LoadPolicy) -> Self {
        Self { tape: Tape::default(), policy: policy.clone() }
    }

    /// Reads one line.
    pub fn read(&mut self, line: &Line<'_>) -> Row {
        match *line {
            Line::TooLong { row } => Row { number: row, content: Err(Broken::of_row(Code::TooLong)) },
            Line::Text { row, bytes } => Row { number: row, content: self.content(bytes) },
        }
    }

    fn content(&mut self, bytes: &[u8]) -> Result<Record, Broken> {
        let text = str::from_utf8(bytes).map_err(|error| Broken::not_utf8(bytes, error.valid_up_to()))?;
        let text = self.tape.read(text).ok();
        let object = text.filter(|value| value.members().is_some()).ok_or(Broken::of_row(Code::Malformed))?;
        record(object, &self.policy, &mut None).or_else(|fault| {
            // Only now it is worth remembering what the row refers to.
            let mut before = Some(Vec::new());
            record(object, &self.policy, &mut before).map_err(|_| Broken { fault, before: before.unwrap_or_default() })
        })
    }
}

impl Broken {
    fn of_row(code: Code) -> Self {
        Self { fault: Fault::of_row(code), before: Vec::new() }
    }

    /// Where the row stops being UTF-8, and how to make it that. What encoding it is can only be guessed: between the letters of
    /// UTF-16 there are zeros.
    fn not_utf8(bytes: &[u8], good: usize) -> Self {
        let (at, guess) = (good + 1, if bytes.contains(&0) { "UTF-16" } else { "WINDOWS-1252" });
        let hint = format!(
            "byte {at} of the row is not UTF-8. Save the file as UTF-8. If it is {guess}, convert it: iconv -f {guess} -t UTF-8 FILE"
        );
        Self { fault: Fault::of_row(Code::Malformed).with_hint(Some(hint)), before: Vec::new() }
    }
}

/// Remembers what fields refer to, if anybody wants to know.
type Trail = Option<Vec<Reference>>;

fn refer(trail: &mut Trail, to: impl FnOnce() -> Reference) {
    if let Some(trail) = trail {
        trail.push(to());
    }
}

fn record(object: Value<'_>, policy: &LoadPolicy, trail: &mut Trail) -> Result<Record, Fault> {
    let kind = present(only(object, "type")?, Path::Field("type"))?;
    match kind.text() {
        Some("product") => product(object).map(Record::Product),
        Some("customer") => customer(object).map(Record::Customer),
        Some("account") => account(object, trail).map(Record::Account),
        Some("agreement") => agreement(object, trail).map(Record::Agreement),
        Some("activation") => activation(object, trail).map(Record::Activation),
        Some("suppression") => suppression(object).map(Record::Suppression),
        Some("order") => order(object, policy, trail).map(Record::Order),
        Some("assignment") => assignment(object, trail).map(Record::Assignment),
        Some("removal") => removal(object, trail).map(Record::Removal),
        Some("opt-out") => opt_out(object, trail).map(Record::OptOut),
        _ => Err(Fault::at(Code::Malformed, Path::Field("type"))),
    }
}

fn product(object: Value<'_>) -> Result<Product, Fault> {
    let [sku, name, kind, ..] = row_fields(object, &["sku", "name", "kind"])?;
    let sku = present(sku, Path::Field("sku"))?;
    let name = present(name, Path::Field("name"))?;
    let kind = present(kind, Path::Field("kind"))?;
    Ok(Product {
        sku: identifier(sku, Path::Field("sku"))?,
        name: self::name(name, Path::Field("name"))?,
        kind: word(kind, Path::Field("kind"), Code::UnknownKind)?,
    })
}

fn customer(object: Value<'_>) -> Result<Customer, Fault> {
    let [id, name, country, address, ..] = row_fields(object, &["id", "name", "country", "address"])?;
    let id = present(id, Path::Field("id"))?;
    let name = present(name, Path::Field("name"))?;
    let country = present(country, Path::Field("country"))?;
    Ok(Customer {
        id: identifier(id, Path::Field("id"))?,
        name: self::name(name, Path::Field("name"))?,
        country: word(country, Path::Field("country"), Code::BadCountry)?,
        address: address.map(|address| self::name(address, Path::Field("address"))).transpose()?,
    })
}

fn account(object: Value<'_>, trail: &mut Trail) -> Result<Account, Fault> {
    let names = ["id", "name", "customer", "domains", "global_admins", "billing_admins"];
    let [id, name, customer, domains, global_admins, billing_admins, ..] = row_fields(object, &names)?;
    let id = present(id, Path::Field("id"))?;
    let name = present(name, Path::Field("name"))?;
    let domains = present(domains, Path::Field("domains"))?;
    let global_admins = present(global_admins, Path::Field("global_admins"))?;
    let billing_admins = present(billing_admins, Path::Field("billing_admins"))?;

    let id = identifier(id, Path::Field("id"))?;
    let name = self::name(name, Path::Field("name"))?;
    let customer = customer.map(|customer| identifier::<CustomerId>(customer, Path::Field("customer"))).transpose()?;
    if let Some(customer) = &customer {
        refer(trail, || Reference::Customer(customer.clone()));
    }
    // A domain has no case, so it is kept in lower case; its place in the list is kept as well.
    let domains = list(domains, "domains", |item, path| {
        let domain: Text = word(item, path, Code::Malformed)?;
        Ok(if domain.as_str().bytes().any(|byte| byte.is_ascii_uppercase()) {
            domain.as_str().to_ascii_lowercase().parse().unwrap_or(domain)
        } else {
            domain
        })
    })?;
    let global_admins = list(global_admins, "global_admins", address)?;
    let billing_admins = list(billing_admins, "billing_admins", address)?;
    Ok(Account { id, name, customer, domains, global_admins, billing_admins })
}

fn agreement(object: Value<'_>, trail: &mut Trail) -> Result<Agreement, Fault> {
    let names = ["programme", "number", "customer", "starts", "ends", "contacts", "parent", "authorization_number"];
    // Two fields are known to some programmes only. Which ones a programme has that nobody knows, nobody knows either.
    let programme =
        object.members().into_iter().flatten().find(|(name, value)| *name == "programme" && !value.is_null());
    let known = match programme.and_then(|(_, value)| value.text()) {
        Some("master") => &names[..6],
        Some("enterprise" | "select" | "select-plus" | "open-value") => &names[..7],
        _ => &names[..],
    };
    let needs_authorization = programme.is_some_and(|(_, value)| value.text() == Some("open-licence"));
    let [programme, number, customer, starts, ends, contacts, parent, authorization_number] =
        row_fields(object, known)?;
    let programme = present(programme, Path::Field("programme"))?;
    let number = present(number, Path::Field("number"))?;
    let customer = present(customer, Path::Field("customer"))?;
    let starts = present(starts, Path::Field("starts"))?;
    let ends = present(ends, Path::Field("ends"))?;
    let contacts = present(contacts, Path::Field("contacts"))?;
    if needs_authorization {
        present(authorization_number, Path::Field("authorization_number"))?;
    }

    let licence = licence(programme, number, Path::Field)?;
    let customer: CustomerId = identifier(customer, Path::Field("customer"))?;
    refer(trail, || Reference::Customer(customer.clone()));
    let starts = date(starts, Path::Field("starts"))?;
    let ends = date(ends, Path::Field("ends"))?;
    if ends < starts {
        return Err(Fault::at(Code::EndsBeforeStart, Path::Field("ends")));
    }
    let listed = fields(contacts, Path::Field("contacts"), contact_number, |name| Path::Member("contacts", name))?;
    let contacts = ContactName::ALL
        .iter()
        .zip(listed)
        .filter_map(|(name, value)| {
            let address = address(value?, Path::Member("contacts", name.as_str()));
            Some(address.map(|address| (*name, address)))
        })
        .collect::<Result<_, _>>()?;
    let parent = parent.map(parent_licence).transpose()?;
    if let Some(parent) = &parent {
        refer(trail, || Reference::Parent(parent.clone()));
    }
    let authorization_number =
        authorization_number.map(|number| identifier(number, Path::Field("authorization_number"))).transpose()?;
    Ok(Agreement { licence, customer, starts, ends, loaded_contacts: contacts, parent, authorization_number })
}

fn parent_licence(parent: Value<'_>) -> Result<Licence, Fault> {
    if parent.text().is_some() {
        return Err(Fault::at(Code::Malformed, Path::Field("parent")));
    }
    let path = |name| Path::Member("parent", name);
    let number = |name: &str| ["programme", "number"].iter().position(|known| *known == name);
    let [programme, number, ..] = fields(parent, Path::Field("parent"), number, |name| Path::Member("parent", name))?;
    let programme = present(programme, path("programme"))?;
    let number = present(number, path("number"))?;
    licence(programme, number, path)
}

fn activation(object: Value<'_>, trail: &mut Trail) -> Result<Activation, Fault> {
    let names = ["programme", "number", "product", "account", "activated"];
    let [programme, number, product, account, activated, ..] = row_fields(object, &names)?;
    let programme = present(programme, Path::Field("programme"))?;
    let number = present(number, Path::Field("number"))?;
    let product = present(product, Path::Field("product"))?;
    let account = present(account, Path::Field("account"))?;
    let activated = present(activated, Path::Field("activated"))?;

    let licence = licence(programme, number, Path::Field)?;
    refer(trail, || Reference::Licence(licence.clone()));
    let product: Sku = identifier(product, Path::Field("product"))?;
    refer(trail, || Reference::Product(product.clone()));
    let account: AccountId = identifier(account, Path::Field("account"))?;
    refer(trail, || Reference::Account(account.clone()));
    let activated = date(activated, Path::Field("activated"))?;
    Ok(Activation { licence, product, account, activated })
}

fn suppression(object: Value<'_>) -> Result<Suppression, Fault> {
    let [whom, reason, ..] = row_fields(object, &["address", "reason"])?;
    let whom = present(whom, Path::Field("address"))?;
    let reason = present(reason, Path::Field("reason"))?;
    Ok(Suppression {
        address: address(whom, Path::Field("address"))?,
        reason: word(reason, Path::Field("reason"), Code::UnknownKind)?,
    })
}

fn order(object: Value<'_>, policy: &LoadPolicy, trail: &mut Trail) -> Result<Order, Fault> {
    let names = ["id", "programme", "number", "purchased", "usage_starts", "reseller", "lines"];
    let [id, programme, number, purchased, usage_starts, reseller, lines, ..] = row_fields(object, &names)?;
    let id = present(id, Path::Field("id"))?;
    let programme = present(programme, Path::Field("programme"))?;
    let number = present(number, Path::Field("number"))?;
    let purchased = present(purchased, Path::Field("purchased"))?;
    let usage_starts = present(usage_starts, Path::Field("usage_starts"))?;
    let lines = present(lines, Path::Field("lines"))?;

    let id = identifier(id, Path::Field("id"))?;
    let licence = licence(programme, number, Path::Field)?;
    refer(trail, || Reference::Licence(licence.clone()));
    let purchased = date(purchased, Path::Field("purchased"))?;
    let usage_starts = date(usage_starts, Path::Field("usage_starts"))?;
    let reseller = reseller.map(|reseller| address(reseller, Path::Field("reseller"))).transpose()?;
    if lines.items().is_some_and(|items| items.count() > policy.order_lines as usize) {
        return Err(Fault::at(Code::TooLong, Path::Field("lines")));
    }
    let mut index = 0;
    let lines: Vec<OrderLine> = list(lines, "lines", |item, path| {
        let line = order_line(item, path, index, trail)?;
        index += 1;
        Ok(line)
    })?;
    if lines.is_empty() {
        return Err(Fault::at(Code::Malformed, Path::Field("lines")));
    }
    Ok(Order { id, licence, purchased, usage_starts, reseller, lines })
}

fn order_line(item: Value<'_>, at: Path<'_>, index: usize, trail: &mut Trail) -> Result<OrderLine, Fault> {
    let number = |name: &str| ["product", "quantity"].iter().position(|known| *known == name);
    let [product, quantity, ..] = fields(item, at, number, |name| Path::OfLine(index, name))?;
    let product = present(product, Path::OfLine(index, "product"))?;
    let quantity = present(quantity, Path::OfLine(index, "quantity"))?;

    let product: Sku = identifier(product, Path::OfLine(index, "product"))?;
    refer(trail, || Reference::Ordered(index, product.clone()));
    let quantity = quantity_of(quantity, Path::OfLine(index, "quantity"))?;
    Ok(OrderLine { product, quantity })
}

fn assignment(object: Value<'_>, trail: &mut Trail) -> Result<Assignment, Fault> {
    let names = ["programme", "number", "address", "scheme", "roles", "benefits", "reservations"];
    let [programme, number, whom, scheme, roles, benefits, reservations, ..] = row_fields(object, &names)?;
    let (licence, address) = holding(whose(programme, number, whom)?, trail)?;
    let scheme: Option<Scheme> =
        scheme.map(|scheme| word(scheme, Path::Field("scheme"), Code::UnknownKind)).transpose()?;
    let listed = match scheme {
        None => Listed::Here(roles_of(roles)?),
        Some(Scheme::BenefitRoles) => Listed::BenefitRoles(roles_of(roles)?),
        // Whatever stands there, it does not belong there.
        Some(Scheme::RoleLess) => Listed::RoleLess { with_roles: roles.is_some() },
    };
    let benefits: Option<Vec<Benefit>> = benefits
        .map(|benefits| list(benefits, "benefits", |item, path| word(item, path, Code::UnknownBenefit)))
        .transpose()?;
    if benefits.as_ref().is_some_and(Vec::is_empty) {
        return Err(Fault::at(Code::Malformed, Path::Field("benefits")));
    }
    let given_reservations = reservations
        .map(|flag| flag.flag().ok_or_else(|| Fault::at(Code::Malformed, Path::Field("reservations"))))
        .transpose()?;

    // Every field is of good form. What contradicts the programme or another field comes after what refers to nothing, which
    // a fault here leaves to the references before it.
    let conflict = |path| Err(Fault::at(Code::Conflict, path));
    if scheme == Some(Scheme::RoleLess) && licence.programme != Programme::OpenLicence {
        return conflict(Path::Field("scheme"));
    }
    if matches!(listed, Listed::RoleLess { with_roles: true }) {
        return conflict(Path::Field("roles"));
    }
    if let Some(index) = listed.first_without(licence.programme) {
        return conflict(Path::Item("roles", index));
    }
    let given = listed.normalised();
    let here = given.here();
    if benefits.is_some() && !here.contains(&Role::SoftwareAssuranceManager) {
        return conflict(Path::Field("benefits"));
    }
    if given_reservations.is_some() && !here.contains(&Role::OnlineServicesManager) {
        return conflict(Path::Field("reservations"));
    }
    let benefits = benefits.map(BTreeSet::from_iter).filter(|some| some.len() < Benefit::ALL.len());
    Ok(Assignment { licence, address, given, benefits, reservations: given_reservations.unwrap_or_default() })
}

/// The roles of an assignment in the order of its row.
enum Listed {
    Here(Vec<Role>),
    BenefitRoles(Vec<OlderRole>),
    RoleLess { with_roles: bool },
}

impl Listed {
    /// The place of the first role that agreements of this programme don't have (ROLE-01).
    fn first_without(&self, programme: Programme) -> Option<usize> {
        match self {
            Self::Here(roles) => roles.iter().position(|role| !role.is_of(programme)),
            Self::BenefitRoles(older) => {
                older.iter().position(|older| older.roles().iter().any(|role| !role.is_of(programme)))
            }
            Self::RoleLess { .. } => None,
        }
    }

    fn normalised(self) -> Roles {
        match self {
            Self::Here(roles) => Roles::Here(roles.into_iter().collect()),
            Self::BenefitRoles(older) => Roles::BenefitRoles(older.into_iter().collect()),
            Self::RoleLess { .. } => Roles::RoleLess,
        }
    }
}

/// The roles of an assignment that needs some.
fn roles_of<R: FromStr<Err = BadWord>>(roles: Option<Value<'_>>) -> Result<Vec<R>, Fault> {
    let roles = present(roles, Path::Field("roles"))?;
    let roles: Vec<R> = list(roles, "roles", |item, path| word(item, path, Code::UnknownRole))?;
    if roles.is_empty() { Err(Fault::at(Code::Malformed, Path::Field("roles"))) } else { Ok(roles) }
}

fn removal(object: Value<'_>, trail: &mut Trail) -> Result<Removal, Fault> {
    let [programme, number, address, ..] = row_fields(object, &["programme", "number", "address"])?;
    let (licence, address) = holding(whose(programme, number, address)?, trail)?;
    Ok(Removal { licence, address })
}

fn opt_out(object: Value<'_>, trail: &mut Trail) -> Result<OptOut, Fault> {
    let [programme, number, address, of, ..] = row_fields(object, &["programme", "number", "address", "of"])?;
    let whose = whose(programme, number, address)?;
    let of = present(of, Path::Field("of"))?;
    let (licence, address) = holding(whose, trail)?;
    Ok(OptOut { licence, address, of: word(of, Path::Field("of"), Code::UnknownKind)? })
}

/// The three fields that say on which agreement whose roles are.
type Whose<'t> = (Value<'t>, Value<'t>, Value<'t>);

fn whose<'t>(
    programme: Option<Value<'t>>,
    number: Option<Value<'t>>,
    address: Option<Value<'t>>,
) -> Result<Whose<'t>, Fault> {
    let programme = present(programme, Path::Field("programme"))?;
    let number = present(number, Path::Field("number"))?;
    Ok((programme, number, present(address, Path::Field("address"))?))
}

fn holding((programme, number, whom): Whose<'_>, trail: &mut Trail) -> Result<(Licence, Address), Fault> {
    let licence = licence(programme, number, Path::Field)?;
    refer(trail, || Reference::Holding(licence.clone()));
    let address = address(whom, Path::Field("address"))?;
    refer(trail, || Reference::Holder(licence.clone(), address.clone()));
    Ok((licence, address))
}

/// No record has more fields than this, `type` apart.
const MOST_FIELDS: usize = 8;

/// The fields of a row by their place in `names`.
fn row_fields<'t>(object: Value<'t>, names: &[&str]) -> Result<[Option<Value<'t>>; MOST_FIELDS], Fault> {
    let number = |name: &str| names.iter().position(|known| *known == name);
    members(object.members().into_iter().flatten().filter(|(name, _)| *name != "type"), number, Path::Field)
}

/// The fields of an object within a row, which stands at `at`. An empty text is as good as none there, too.
fn fields<'t>(
    object: Value<'t>,
    at: Path<'_>,
    number: impl Fn(&str) -> Option<usize>,
    path: impl Fn(&'t str) -> Path<'t>,
) -> Result<[Option<Value<'t>>; MOST_FIELDS], Fault> {
    let object = present(Some(object), at)?;
    members(object.members().ok_or_else(|| Fault::at(Code::Malformed, at))?, number, path)
}

/// Members by number. The first that is unknown or stands there twice is a fault: either would lose data. What is `null`
/// is absent, so it can be neither.
fn members<'t>(
    members: impl Iterator<Item = (&'t str, Value<'t>)>,
    number: impl Fn(&str) -> Option<usize>,
    path: impl Fn(&'t str) -> Path<'t>,
) -> Result<[Option<Value<'t>>; MOST_FIELDS], Fault> {
    let mut values = [None; MOST_FIELDS];
    for (name, value) in members.filter(|(_, value)| !value.is_null()) {
        let number = number(name).ok_or_else(|| Fault::at(Code::UnknownField, path(name)))?;
        if values[number].replace(value).is_some() {
            return Err(Fault::at(Code::Malformed, path(name)));
        }
    }
    Ok(values)
}

/// The one member of this name that isn't `null`.
fn only<'t>(object: Value<'t>, name: &'static str) -> Result<Option<Value<'t>>, Fault> {
    let mut found = object.members().into_iter().flatten().filter(|(other, value)| *other == name && !value.is_null());
    let first = found.next().map(|(_, value)| value);
    match found.next() {
        Some(_) => Err(Fault::at(Code::Malformed, Path::Field(name))),
        None => Ok(first),
    }
}

/// A field that a record can't do without. An empty text is as good as none.
fn present<'t>(value: Option<Value<'t>>, path: Path<'_>) -> Result<Value<'t>, Fault> {
    value.filter(|value| value.text() != Some("")).ok_or_else(|| Fault::at(Code::MissingField, path))
}

/// A text that has a form of its own; `code` says that it isn't of that form.
fn word<W: FromStr<Err = BadWord>>(value: Value<'_>, path: Path<'_>, code: Code) -> Result<W, Fault> {
    let text = value.text().ok_or_else(|| Fault::at(Code::Malformed, path))?;
    let parsed = if text.len() > LONGEST_TEXT && text.chars().count() > LONGEST_TEXT {
        Err(BadWord::TooLong)
    } else if text.is_empty() {
        Err(BadWord::Empty)
    } else {
        text.parse()
    };
    parsed.map_err(|bad| {
        let code = match bad {
            BadWord::Empty => Code::MissingField,
            BadWord::TooLong => Code::TooLong,
            BadWord::Malformed => code,
        };
        Fault::at(code, path)
    })
}

/// A text by which something is found.
fn identifier<W: FromStr<Err = BadWord>>(value: Value<'_>, path: Path<'_>) -> Result<W, Fault> {
    text(value, path, Shown::Identifier)
}

/// A text that people read.
fn name(value: Value<'_>, path: Path<'_>) -> Result<Text, Fault> {
    text(value, path, Shown::Name)
}

/// A text without a form of its own. It is taken as it stands, so what nobody can see is refused.
fn text<W: FromStr<Err = BadWord>>(value: Value<'_>, path: Path<'_>, what: Shown) -> Result<W, Fault> {
    let word = word(value, path, Code::Malformed)?;
    let shows = value.text().is_some_and(|text| shows_as_it_stands(text, what));
    if shows { Ok(word) } else { Err(Fault::at(Code::BadText, path)) }
}

fn address(value: Value<'_>, path: Path<'_>) -> Result<Address, Fault> {
    word(value, path, Code::BadAddress).map_err(|fault| {
        // People may type a domain in letters of its own; rows say what mail is sent to.
        let meant = value.text().and_then(|text| Address::typed(text).ok());
        fault.with_hint(meant.map(|meant| format!("write this address in ASCII: {}", meant.as_str())))
    })
}

fn licence<'a>(
    programme: Value<'_>,
    number: Value<'_>,
    path: impl Fn(&'static str) -> Path<'a>,
) -> Result<Licence, Fault> {
    let given = programme;
    let programme: Programme = word(programme, path("programme"), Code::UnknownProgramme).map_err(|fault| {
        let meant = given.text().and_then(|text| Some((text, Programme::meant(text)?)));
        fault.with_hint(
            meant.map(|(text, meant)| format!("there is no programme {text:?}; did you mean {:?}?", meant.as_str())),
        )
    })?;
    let number: Number = identifier(number, path("number"))?;
    Ok(Licence { programme, number })
}

fn list<'t, T, C: FromIterator<T>>(
    value: Value<'t>,
    name: &'static str,
    mut item: impl FnMut(Value<'t>, Path<'_>) -> Result<T, Fault>,
) -> Result<C, Fault> {
    let items = value.items().ok_or_else(|| Fault::at(Code::Malformed, Path::Field(name)))?;
    items.enumerate().map(|(index, value)| item(value, Path::Item(name, index))).collect()
}

fn contact_number(name: &str) -> Option<usize> {
    name.parse::<ContactName>().ok().map(|name| name as usize)
}

/// A day of the form `YYYY-MM-DD`, and nothing more lenient. The calendar has no year 0; where one is written it stands
/// for "unknown".
fn date(value: Value<'_>, path: Path<'_>) -> Result<Date, Fault> {
    value.text().and_then(day).ok_or_else(|| Fault::at(Code::BadDate, path))
}

fn day(text: &str) -> Option<Date> {
    let &[y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text.as_bytes() else { return None };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i16, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0')))
    };
    let (month, day) = (number(&[m1, m2])?, number(&[d1, d2])?);
    let year = number(&[y1, y2, y3, y4]).filter(|year| *year > 0)?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// The largest quantity of an order's line.
const LARGEST_QUANTITY: u32 = 10_000_000;

fn quantity_of(value: Value<'_>, path: Path<'_>) -> Result<u32, Fault> {
    value
        .number()
        .and_then(|number| number.parse().ok())
        .filter(|quantity| (1..=LARGEST_QUANTITY).contains(quantity))
        .ok_or_else(|| Fault::at(Code::BadQuantity, path))
}
