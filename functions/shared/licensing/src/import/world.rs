//! The state that rows are judged against, and what taking a row does to it.

use std::collections::{HashMap, HashSet};

use super::{
    Code, Record, Refusal, Row,
    interned_table::{InternedTable, Key, Pairs},
    read::{Fault, Path, Reference},
    record::{
        Account, Activation, Agreement, Assignment, Customer, Digest, OptOut, Order, Product, Reason, Removal,
        Suppression, programme_tag,
    },
};
use crate::{
    access::{Holder, OptOutOf, must_stay, newly_lasting},
    judge::{Administers, Contacts, Facts, Outcome, Progress, Undeliverable, Verdict, judge},
    policy::LinkPolicy,
    when::{Date, Timestamp},
    words::{AccountId, Address, ContactName, CustomerId, Licence, OrderId, ProductKind, Programme, Sku},
};

/// All that stands above a row, as far as rows can depend on it.
///
/// It holds digests instead of records, so that a dry run over a large file needs little memory: 58 bytes a distinct
/// key, activations included, for a million rows of `countersign sample`. Text that no rule asks for (names, postal
/// addresses, bill-to contacts) isn't kept. The text of a contact that was replaced is given back; the keys of records,
/// and the addresses of administrators and of suppressions, stay.
#[derive(Debug, Default)]
pub struct World {
    /// What has been put in, if the world is part of a larger one.
    asked: Option<HashSet<Need>>,
    /// Nobody looks at the verdicts on orders, so what only they depend on is not asked for.
    without_verdicts: bool,
    /// Rows may undo what people did in the portal.
    over_portal: bool,
    products: InternedTable<KnownProduct>,
    customers: InternedTable<Digest>,
    accounts: InternedTable<KnownAccount>,
    agreements: InternedTable<Option<KnownAgreement>>,
    /// The agreements above others, where they are no `master`: those are few.
    parents: HashMap<AgreementNumber, AgreementNumber>,
    /// How many stand below such an agreement.
    children: HashMap<AgreementNumber, u32>,
    orders: InternedTable<Digest>,
    suppressions: InternedTable<Suppressed>,
    administrators: InternedTable<AdministratorOf>,
    activations: Pairs<Open>,
    /// The addresses that rows told of what they hold.
    holders: InternedTable<()>,
    /// What they told, by agreement and holder.
    holdings: Pairs<Holding>,
    /// The `activation` rows.
    told: Pairs<(AccountNumber, Date)>,
}

/// Something that has to be put into a partial world before a row that depends on it is taken.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Need {
    /// [`World::put_product`].
    Product(Sku),
    /// [`World::put_customer`].
    Customer(CustomerId),
    /// [`World::put_account`].
    Account(AccountId),
    /// [`World::put_agreement`].
    Agreement(Licence),
    /// [`World::put_order`].
    Order(OrderId),
    /// [`World::put_suppression`].
    Suppression(Address),
    /// [`World::put_administered`].
    Administered(Address),
    /// [`World::put_activation`].
    Activation(Licence, Sku),
    /// [`World::put_family`].
    Family(Licence),
    /// [`World::put_holder`].
    Holder(Licence, Address),
}

/// What is stored of one activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How far it has come; `None` if there is none or the last one has expired.
    pub reached: Option<Reached>,
    /// While it is open, the earliest purchase date among its orders.
    pub purchased: Option<Date>,
    /// The account and day of its `activation` row, if it was loaded by one.
    pub told: Option<(AccountId, Date)>,
}

/// The same as [`Progress`], but owned: a file's rows are judged by it long after the activation was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reached {
    /// Nobody could be written to.
    Stuck,
    /// A mail is due at this time. A [`World`] keeps it to the hour.
    Scheduled(Timestamp),
    /// The link has been mailed.
    Invited,
    /// In use, or about to be, on this account.
    Activated(AccountId),
}

impl Reached {
    /// From what an activation says of itself. None where there is none, or the last one has expired.
    pub fn of(progress: Progress<'_>) -> Option<Self> {
        match progress {
            Progress::None => None,
            Progress::Stuck => Some(Self::Stuck),
            Progress::Scheduled(at) => Some(Self::Scheduled(at)),
            Progress::Invited => Some(Self::Invited),
            Progress::Activated(account) => Some(Self::Activated(account.clone())),
        }
    }
}

/// What became of a row that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowOutcome {
    /// It is equal to what is stored.
    Unchanged,
    /// A record to be stored, in the place of the one with the same key if there is one.
    Stored(Record),
    /// An order to be stored, with one verdict per line.
    Ordered(Order, Vec<Verdict>),
}

/// What is known of an address to which mail fails or failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppressed {
    /// Why: a row that says the same changes nothing, also where it was lifted since.
    pub reason: Reason,
    /// Whether it still does.
    pub fails: bool,
}

#[derive(Debug)]
struct KnownProduct {
    digest: Option<Digest>,
    kind: ProductKind,
    ordered: bool,
}

#[derive(Debug, Default)]
struct KnownAccount {
    digest: Option<Digest>,
    /// The addresses of its administrators, parted by spaces.
    administrators: Box<str>,
}

#[derive(Debug)]
struct KnownAgreement {
    digest: Digest,
    /// The addresses of [`ASKED_CONTACTS`], parted by spaces; nothing between two spaces where there is none.
    contacts: Box<str>,
    /// What stands above.
    above: Option<AgreementNumber>,
}

/// What rows told of an address on an agreement, as far as rows below can depend on it.
#[derive(Debug, Clone, Copy, Default)]
struct Holding {
    /// The `assignment` or `removal` that came last.
    told: Option<Digest>,
    /// Whether that was a `removal`, and nothing since made listings count again (PERM-04).
    gave_up: bool,
    /// Whether somebody acted in the portal since, so that other content would undo that.
    acted: bool,
    opted_out: [bool; OptOutOf::ALL.len()],
}

impl Holding {
    fn of(holder: &Holder) -> Self {
        let told = &holder.told;
        let opted_out =
            [OptOutOf::Itself, OptOutOf::Children].map(|of| holder.opted_out(of) || told.opt_outs.contains(&of));
        Self { told: told.row, gave_up: holder.gave_up.is_some(), acted: told.acted_since, opted_out }
    }
}

/// The contacts that a verdict can depend on.
const ASKED_CONTACTS: [ContactName; 3] =
    [ContactName::Primary, ContactName::Notices, ContactName::OnlineServicesManager];

type AgreementNumber = u32;
type HolderNumber = u32;
type ProductNumber = u32;
type AccountNumber = u32;

#[derive(Debug, Clone, Copy)]
struct Open {
    step: Step,
    /// While it is open.
    purchased: Date,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    None,
    Stuck,
    Scheduled(Hour),
    Invited,
    Activated(AccountNumber),
}

/// Hours since 1970, rounded up. An order's own time is a whole hour, so rounding up never changes which is earlier; and
/// unlike minutes, 32 bits of hours reach to the end of the calendar.
#[derive(Debug, Clone, Copy)]
struct Hour(i32);

impl Hour {
    fn at(time: Timestamp) -> Self {
        let seconds = time.as_second() + i64::from(time.subsec_nanosecond() > 0);
        Self(i32::try_from(-(-seconds).div_euclid(3_600)).unwrap_or(i32::MAX))
    }

    fn time(self) -> Timestamp {
        Timestamp::from_second(i64::from(self.0) * 3_600).unwrap_or(Timestamp::MAX)
    }
}

#[derive(Debug)]
enum AdministratorOf {
    One(AccountNumber),
    /// Any number but one.
    Others(Vec<AccountNumber>),
}

impl World {
    /// A world in which nothing is stored.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A part of a larger world. What [`World::needs`] names has to be put in before a row is taken.
    pub fn partial() -> Self {
        Self { asked: Some(HashSet::new()), ..Self::default() }
    }

    /// The same, where nobody looks at the verdicts on orders: what only they depend on need not be put in.
    pub fn partial_without_verdicts() -> Self {
        Self { without_verdicts: true, ..Self::partial() }
    }

    /// The same, where rows may undo what people did in the portal: an operator says so.
    #[must_use]
    pub fn over_portal(self) -> Self {
        Self { over_portal: true, ..self }
    }

    /// How many distinct keys are stored: records, and addresses of administrators.
    pub fn keys(&self) -> usize {
        self.products.len()
            + self.customers.len()
            + self.accounts.len()
            + self.agreements.len()
            + self.orders.len()
            + self.suppressions.len()
            + self.administrators.len()
            + self.activations.len()
            + self.holdings.len()
    }

    /// Judges a row against everything above it and, if it can be taken, takes it in. A refused row leaves nothing behind.
    pub fn take(&mut self, row: Row, now: Timestamp, policy: &LinkPolicy) -> Result<RowOutcome, Refusal> {
        debug_assert!(self.needs(&row).is_empty(), "what a row depends on is put in before it is taken");
        let number = row.number;
        let taken = match row.content {
            Err(broken) => {
                let before = self.first_unknown(&broken.before);
                let over = || self.undoes_an_act(&broken.before).filter(|_| broken.fault.code() == Code::Conflict);
                Err(before.or_else(over).unwrap_or(broken.fault))
            }
            Ok(Record::Product(product)) => self.take_product(product),
            Ok(Record::Customer(customer)) => Ok(self.take_customer(customer)),
            Ok(Record::Account(account)) => self.take_account(account),
            Ok(Record::Agreement(agreement)) => self.take_agreement(agreement),
            Ok(Record::Activation(activation)) => self.take_activation(activation),
            Ok(Record::Suppression(suppression)) => Ok(self.take_suppression(suppression)),
            Ok(Record::Order(order)) => self.take_order(order, now, policy),
            Ok(Record::Assignment(assignment)) => self.take_assignment(assignment),
            Ok(Record::Removal(removal)) => self.take_removal(removal),
            Ok(Record::OptOut(opt_out)) => self.take_opt_out(opt_out),
        };
        taken.map_err(|fault| fault.in_row(number))
    }

    /// What is stored of the activation of a product under a Licensing ID.
    pub fn standing(&self, licence: &Licence, product: &Sku) -> Option<Standing> {
        let key = (self.agreements.find(licence_key(licence))?, self.products.find(product.as_str().into())?);
        let open = self.activations.get(key)?;
        let account = |number: AccountNumber| self.account_id(number);
        let reached = match open.step {
            Step::None => None,
            Step::Stuck => Some(Reached::Stuck),
            Step::Scheduled(hour) => Some(Reached::Scheduled(hour.time())),
            Step::Invited => Some(Reached::Invited),
            Step::Activated(number) => Some(Reached::Activated(account(number))),
        };
        let is_open = matches!(open.step, Step::Stuck | Step::Scheduled(_) | Step::Invited);
        let told = self.told.get(key).map(|(number, day)| (account(*number), *day));
        Some(Standing { reached, purchased: is_open.then_some(open.purchased), told })
    }

    fn take_product(&mut self, product: Product) -> Result<RowOutcome, Fault> {
        let (key, digest) = (product.sku.as_str().into(), product.digest());
        let mut ordered = false;
        if let Some(known) = self.products.get(key) {
            if known.digest == Some(digest) {
                return Ok(RowOutcome::Unchanged);
            }
            ordered = known.ordered;
            if ordered && known.kind != product.kind {
                return Err(Fault::at(Code::Conflict, Path::Field("kind")));
            }
        }
        self.products.put(key, KnownProduct { digest: Some(digest), kind: product.kind, ordered });
        Ok(RowOutcome::Stored(Record::Product(product)))
    }

    fn take_customer(&mut self, customer: Customer) -> RowOutcome {
        let (key, digest) = (customer.id.as_str().into(), customer.digest());
        if self.customers.get(key) == Some(&digest) {
            return RowOutcome::Unchanged;
        }
        self.customers.put(key, digest);
        RowOutcome::Stored(Record::Customer(customer))
    }

    fn take_account(&mut self, account: Account) -> Result<RowOutcome, Fault> {
        if let Some(customer) = &account.customer {
            self.customer(customer)?;
        }
        let digest = account.digest();
        if self.account(&account.id).is_some_and(|number| self.accounts.at(number).digest == Some(digest)) {
            return Ok(RowOutcome::Unchanged);
        }
        self.hold(&account, digest);
        Ok(RowOutcome::Stored(Record::Account(account)))
    }

    fn take_agreement(&mut self, agreement: Agreement) -> Result<RowOutcome, Fault> {
        self.customer(&agreement.customer)?;
        if let Some(parent) = &agreement.parent {
            self.parent(parent)?;
        }
        let digest = agreement.digest();
        let key = licence_key(&agreement.licence);
        if self.agreements.get(key).and_then(Option::as_ref).is_some_and(|known| known.digest == digest) {
            return Ok(RowOutcome::Unchanged);
        }
        if let Some(parent) = agreement.parent_but_master()
            && !self.may_stand_below(&agreement.licence, parent)
        {
            return Err(Fault::at(Code::Conflict, Path::Member("parent", "number")));
        }
        let number = self.agreements.find_or_add(key, || None);
        self.revive_named(number, &agreement.loaded_contacts);
        *self.agreements.at_mut(number) = Some(self.known_agreement(&agreement, digest));
        let (before, after) = self.hang(number, &agreement);
        if before != after {
            if let Some(count) = before.and_then(|before| self.children.get_mut(&before)) {
                *count = count.saturating_sub(1);
            }
            if let Some(after) = after {
                *self.children.entry(after).or_default() += 1;
            }
        }
        Ok(RowOutcome::Stored(Record::Agreement(agreement)))
    }

    fn take_suppression(&mut self, suppression: Suppression) -> RowOutcome {
        let key = suppression.address.as_str().into();
        if self.suppressions.get(key).is_some_and(|known| known.reason == suppression.reason) {
            return RowOutcome::Unchanged;
        }
        self.suppressions.put(key, Suppressed { reason: suppression.reason, fails: true });
        RowOutcome::Stored(Record::Suppression(suppression))
    }

    fn take_activation(&mut self, activation: Activation) -> Result<RowOutcome, Fault> {
        let agreement = self.licence(&activation.licence)?;
        let product =
            self.product(&activation.product).ok_or_else(|| unknown(Code::UnknownProduct, Path::Field("product")))?;
        let account =
            self.account(&activation.account).ok_or_else(|| unknown(Code::UnknownAccount, Path::Field("account")))?;
        let key = (agreement, product);
        let told = self.told.get(key);
        if told == Some(&(account, activation.activated)) {
            return Ok(RowOutcome::Unchanged);
        }
        // An account that the product was assigned to counts as much as one that a row told of.
        let elsewhere = match self.activations.get(key).map(|open| open.step) {
            Some(Step::Activated(number)) => number != account,
            _ => told.is_some_and(|(number, _)| *number != account),
        };
        if elsewhere {
            return Err(Fault::at(Code::Conflict, Path::Field("account")));
        }
        self.told.put(key, (account, activation.activated));
        self.activations.put(key, Open { step: Step::Activated(account), purchased: activation.activated });
        Ok(RowOutcome::Stored(Record::Activation(activation)))
    }

    fn take_order(&mut self, order: Order, now: Timestamp, policy: &LinkPolicy) -> Result<RowOutcome, Fault> {
        let agreement = self.licence(&order.licence)?;
        let products = order
            .lines
            .iter()
            .enumerate()
            .map(|(index, line)| {
                let path = Path::OfLine(index, "product");
                self.product(&line.product).ok_or_else(|| unknown(Code::UnknownProduct, path))
            })
            .collect::<Result<Vec<_>, _>>()?;
        let digest = order.digest();
        match self.orders.add_if_new(order.id.as_str().into(), digest) {
            Some(stored) if *stored == digest => return Ok(RowOutcome::Unchanged),
            Some(_) => return Err(Fault::at(Code::Conflict, Path::Field("id"))),
            None => {}
        }

        // Whoever gave it up is written to as if not named (PERM-04).
        let mut contacts = self.contacts(agreement);
        contacts.retain(|_, address| !self.gave_up(agreement, address));
        let undeliverable = Undeliverable::among(&contacts, |address| {
            self.suppressions.get(address.as_str().into()).is_some_and(|known| known.fails)
        });
        let osm_account = contacts.get(&ContactName::OnlineServicesManager).and_then(|osm| self.only_account_of(osm));
        let osm_administers = osm_account.as_ref().map_or(Administers::Nothing, Administers::One);
        let verdicts = products
            .into_iter()
            .map(|product| {
                let known = self.products.at_mut(product);
                known.ordered = true;
                let kind = known.kind;
                let open = self.activations.get((agreement, product)).copied();
                let activated = match open {
                    Some(Open { step: Step::Activated(number), .. }) => Some(self.account_id(number)),
                    _ => None,
                };
                let (progress, purchased) = match (open, &activated) {
                    (_, Some(account)) => (Progress::Activated(account), order.purchased),
                    (Some(open), None) => open.progress(order.purchased),
                    (None, None) => (Progress::None, order.purchased),
                };
                let facts = Facts {
                    kind,
                    contacts: &contacts,
                    undeliverable,
                    progress,
                    osm_administers,
                    purchased,
                    usage_starts: order.usage_starts,
                };
                let verdict = judge(&facts, now, policy);
                if let Some(step) = self.step_after(kind, open, &verdict.outcome) {
                    self.activations.put((agreement, product), Open { step, purchased });
                }
                verdict
            })
            .collect();
        Ok(RowOutcome::Ordered(order, verdicts))
    }

    fn take_assignment(&mut self, assignment: Assignment) -> Result<RowOutcome, Fault> {
        let agreement = self.held_on(&assignment.licence)?;
        let over_portal = self.over_portal;
        let (told, holding) = (Some(assignment.digest()), self.holding_mut(agreement, &assignment.address));
        if holding.told == told {
            return Ok(RowOutcome::Unchanged);
        }
        if holding.acted && !over_portal {
            return Err(Fault::at(Code::Conflict, Path::Field("address")));
        }
        *holding = Holding { told, gave_up: false, acted: false, ..*holding };
        Ok(RowOutcome::Stored(Record::Assignment(assignment)))
    }

    fn take_removal(&mut self, removal: Removal) -> Result<RowOutcome, Fault> {
        let agreement = self.held_on(&removal.licence)?;
        let told = Some(removal.digest());
        let holding = self.holding(agreement, &removal.address);
        if holding.is_some_and(|holding| holding.told == told) {
            return Ok(RowOutcome::Unchanged);
        }
        let acted = holding.is_some_and(|holding| holding.acted) && !self.over_portal;
        let levels: Vec<Contacts> = self.with_above(agreement).map(|number| self.contacts(number)).collect();
        if acted || must_stay(&levels, &removal.address).is_some() {
            return Err(Fault::at(Code::Conflict, Path::Field("address")));
        }
        let holding = self.holding_mut(agreement, &removal.address);
        *holding = Holding { told, gave_up: true, acted: false, ..*holding };
        Ok(RowOutcome::Stored(Record::Removal(removal)))
    }

    fn take_opt_out(&mut self, opt_out: OptOut) -> Result<RowOutcome, Fault> {
        let agreement = self.held_on(&opt_out.licence)?;
        let holding = self.holding_mut(agreement, &opt_out.address);
        if std::mem::replace(&mut holding.opted_out[opt_out.of as usize], true) {
            return Ok(RowOutcome::Unchanged);
        }
        Ok(RowOutcome::Stored(Record::OptOut(opt_out)))
    }

    /// An agreement that newly names an address as primary or notices contact makes its listings count again (PERM-04).
    fn revive_named(&mut self, agreement: AgreementNumber, after: &Contacts) {
        if self.holdings.len() == 0 {
            return;
        }
        let before = self.contacts(agreement);
        for address in newly_lasting(&before, after) {
            if self.gave_up(agreement, address) {
                self.holding_mut(agreement, address).gave_up = false;
            }
        }
    }

    fn holding(&self, agreement: AgreementNumber, address: &Address) -> Option<&Holding> {
        // Most files tell of nobody, and then there is nothing to look for.
        if self.holdings.len() == 0 {
            return None;
        }
        self.holdings.get((agreement, self.holders.find(address.as_str().into())?))
    }

    fn holding_mut(&mut self, agreement: AgreementNumber, address: &Address) -> &mut Holding {
        let holder: HolderNumber = self.holders.find_or_add(address.as_str().into(), || ());
        self.holdings.get_or_default((agreement, holder))
    }

    /// A row of other content than the one before would undo what somebody did in the portal.
    fn undoes_an_act(&self, references: &[Reference]) -> Option<Fault> {
        let acted = references.iter().any(|reference| match reference {
            Reference::Holder(licence, address) => {
                let agreement = self.agreement(licence);
                agreement.and_then(|number| self.holding(number, address)).is_some_and(|holding| holding.acted)
            }
            _ => false,
        });
        (acted && !self.over_portal).then(|| Fault::at(Code::Conflict, Path::Field("address")))
    }

    fn gave_up(&self, agreement: AgreementNumber, address: &Address) -> bool {
        self.holding(agreement, address).is_some_and(|holding| holding.gave_up)
    }

    /// An agreement, and what stands above it: at most two more.
    fn with_above(&self, agreement: AgreementNumber) -> impl Iterator<Item = AgreementNumber> {
        std::iter::successors(Some(agreement), |number| self.agreements.at(*number).as_ref()?.above).take(3)
    }

    fn known_agreement(&mut self, agreement: &Agreement, digest: Digest) -> KnownAgreement {
        let above = agreement.parent.as_ref();
        let above = above.map(|parent| self.agreements.find_or_add(licence_key(parent), || None));
        KnownAgreement { digest, contacts: packed(&agreement.loaded_contacts), above }
    }

    /// Where the activation stands after a line, unless the line leaves it alone.
    fn step_after(&self, kind: ProductKind, before: Option<Open>, outcome: &Outcome) -> Option<Step> {
        match outcome {
            // Without a link there is nothing to activate, so nothing is open.
            Outcome::Stuck if kind == ProductKind::KeyedService => None,
            Outcome::Nothing | Outcome::KeyNotice(_) | Outcome::Joined(_) => None,
            // The step stays, but the purchase may have become an earlier one.
            Outcome::Added => before.map(|open| open.step),
            Outcome::Assigned(account) => self.accounts.find(account.as_str().into()).map(Step::Activated),
            Outcome::Stuck => Some(Step::Stuck),
            Outcome::Scheduled(sending) => Some(Step::Scheduled(Hour::at(sending.send_at))),
            Outcome::Mail(_) => Some(Step::Invited),
        }
    }

    fn first_unknown(&self, references: &[Reference]) -> Option<Fault> {
        references.iter().find_map(|reference| match reference {
            Reference::Customer(id) => self.customer(id).err(),
            Reference::Account(id) => {
                self.account(id).is_none().then(|| unknown(Code::UnknownAccount, Path::Field("account")))
            }
            Reference::Licence(licence) => self.licence(licence).err(),
            Reference::Holding(licence) => self.held_on(licence).err(),
            Reference::Parent(parent) => self.parent(parent).err(),
            Reference::Holder(..) => None,
            Reference::Product(sku) => {
                self.product(sku).is_none().then(|| unknown(Code::UnknownProduct, Path::Field("product")))
            }
            Reference::Ordered(index, sku) => {
                self.product(sku).is_none().then(|| unknown(Code::UnknownProduct, Path::OfLine(*index, "product")))
            }
        })
    }

    fn customer(&self, id: &CustomerId) -> Result<(), Fault> {
        let found = self.customers.find(id.as_str().into()).is_some();
        if found { Ok(()) } else { Err(unknown(Code::UnknownCustomer, Path::Field("customer"))) }
    }

    fn account(&self, id: &AccountId) -> Option<AccountNumber> {
        self.accounts.find(id.as_str().into()).filter(|number| self.accounts.at(*number).digest.is_some())
    }

    fn product(&self, sku: &Sku) -> Option<ProductNumber> {
        self.products.find(sku.as_str().into()).filter(|number| self.products.at(*number).digest.is_some())
    }

    fn agreement(&self, licence: &Licence) -> Option<AgreementNumber> {
        self.agreements.find(licence_key(licence)).filter(|number| self.agreements.at(*number).is_some())
    }

    /// The contacts of an agreement, as far as a verdict can depend on them.
    fn contacts(&self, number: AgreementNumber) -> Contacts {
        self.agreements.at(number).as_ref().map(|known| unpacked(&known.contacts)).unwrap_or_default()
    }

    /// A Licensing ID: a `master` holds none.
    fn licence(&self, licence: &Licence) -> Result<AgreementNumber, Fault> {
        let holds = licence.programme.holds_licences();
        let found = if holds { self.agreement(licence) } else { None };
        found.ok_or_else(|| unknown(Code::UnknownLicensingId, Path::Field("number")))
    }

    /// Roles are held on any agreement, a `master` as well.
    fn held_on(&self, licence: &Licence) -> Result<AgreementNumber, Fault> {
        self.agreement(licence).ok_or_else(|| unknown(Code::UnknownLicensingId, Path::Field("number")))
    }

    /// A parent stands above its child's row.
    fn parent(&self, parent: &Licence) -> Result<(), Fault> {
        let found = self.agreement(parent).is_some();
        if found { Ok(()) } else { Err(unknown(Code::UnknownLicensingId, Path::Member("parent", "number"))) }
    }

    /// Whether an agreement may stand below another that is no `master`: above it stand at most two, and the upper one of two
    /// is a `master`. So neither may that other one stand below one that is none, nor may anything stand below this one; a
    /// circle would need both.
    fn may_stand_below(&self, of: &Licence, parent: &Licence) -> bool {
        let has_children = |number: &AgreementNumber| self.children.get(number).is_some_and(|count| *count > 0);
        of != parent
            && self.agreement(parent).is_none_or(|number| !self.parents.contains_key(&number))
            && !self.agreements.find(licence_key(of)).is_some_and(|number| has_children(&number))
    }

    /// Notes what stands above an agreement, if it is no `master`: what stood there, and what does.
    fn hang(
        &mut self,
        number: AgreementNumber,
        agreement: &Agreement,
    ) -> (Option<AgreementNumber>, Option<AgreementNumber>) {
        let after =
            agreement.parent_but_master().map(|parent| self.agreements.find_or_add(licence_key(parent), || None));
        let before = match after {
            Some(after) => self.parents.insert(number, after),
            None => self.parents.remove(&number),
        };
        (before, after)
    }

    fn licence_of(&self, number: AgreementNumber) -> Licence {
        let Key(programme, text) = self.agreements.key(number);
        let programme = Programme::ALL[usize::from(programme)];
        Licence { programme, number: text.parse().expect("the keys of agreements are Licensing IDs") }
    }

    fn account_id(&self, number: AccountNumber) -> AccountId {
        self.accounts.text(number).parse().expect("the keys of accounts are account ids")
    }

    /// The account that this address administers, if it is exactly one (ACT-08).
    fn only_account_of(&self, address: &Address) -> Option<AccountId> {
        match self.administrators.get(address.as_str().into())? {
            AdministratorOf::One(number) => Some(self.account_id(*number)),
            AdministratorOf::Others(_) => None,
        }
    }

    fn hold(&mut self, account: &Account, digest: Digest) {
        let number = self.accounts.find_or_add(account.id.as_str().into(), KnownAccount::default);
        let held = self.accounts.at_mut(number);
        let before = std::mem::take(&mut held.administrators);
        held.digest = Some(digest);
        held.administrators = joined(account.administrators().map(Address::as_str));
        for address in before.split_ascii_whitespace() {
            if let Some(at) = self.administrators.find(address.into()) {
                self.administrators.at_mut(at).remove(number);
            }
        }
        for address in account.administrators() {
            self.administers(address, number);
        }
    }

    fn administers(&mut self, address: &Address, account: AccountNumber) {
        let at = self.administrators.find_or_add(address.as_str().into(), || AdministratorOf::Others(Vec::new()));
        self.administrators.at_mut(at).add(account);
    }
}

/// Filling a partial world. What is put in under a key that is there already changes nothing: it may have been changed by
/// a row since.
impl World {
    /// What has to be put in before this row is taken, each once and in order. An order depends on its agreement's
    /// contacts, so the question is asked again after an agreement was put in, until there is nothing left.
    pub fn needs(&self, row: &Row) -> Vec<Need> {
        let Some(asked) = &self.asked else { return Vec::new() };
        let mut needs = self.depends_on(row);
        needs.retain(|need| !asked.contains(need));
        needs
    }

    /// All that this row is judged by, each once and in order.
    pub fn depends_on(&self, row: &Row) -> Vec<Need> {
        let mut needs = Vec::new();
        match &row.content {
            Err(broken) => needs.extend(broken.before.iter().map(|reference| match reference {
                Reference::Customer(id) => Need::Customer(id.clone()),
                Reference::Account(id) => Need::Account(id.clone()),
                Reference::Licence(licence) | Reference::Holding(licence) | Reference::Parent(licence) => {
                    Need::Agreement(licence.clone())
                }
                Reference::Product(sku) | Reference::Ordered(_, sku) => Need::Product(sku.clone()),
                Reference::Holder(licence, address) => Need::Holder(licence.clone(), address.clone()),
            })),
            Ok(record) => self.needs_of(record, &mut needs),
        }
        needs.sort_unstable();
        needs.dedup();
        needs
    }

    fn needs_of(&self, record: &Record, needs: &mut Vec<Need>) {
        let mut contacts = |contacts: &Contacts| {
            if self.without_verdicts {
                return;
            }
            let asked = ASKED_CONTACTS.iter().filter_map(|name| contacts.get(name));
            needs.extend(asked.cloned().map(Need::Suppression));
            let osm = contacts.get(&ContactName::OnlineServicesManager);
            needs.extend(osm.cloned().map(Need::Administered));
        };
        match record {
            Record::Product(product) => needs.push(Need::Product(product.sku.clone())),
            Record::Customer(customer) => needs.push(Need::Customer(customer.id.clone())),
            Record::Account(account) => {
                needs.push(Need::Account(account.id.clone()));
                needs.extend(account.customer.clone().map(Need::Customer));
            }
            Record::Agreement(agreement) => {
                contacts(&agreement.loaded_contacts);
                needs.push(Need::Agreement(agreement.licence.clone()));
                needs.push(Need::Customer(agreement.customer.clone()));
                needs.extend(agreement.parent.clone().map(Need::Agreement));
                // Whatever counts who stands below it has to be known before that changes.
                if let Some(parent) = agreement.parent_but_master() {
                    needs.extend([Need::Family(agreement.licence.clone()), Need::Family(parent.clone())]);
                }
                let number = self.agreements.find(licence_key(&agreement.licence));
                if let Some(before) = number.and_then(|number| self.parents.get(&number)) {
                    needs.push(Need::Family(self.licence_of(*before)));
                }
                self.needs_of_the_newly_named(agreement, needs);
                // Orders below are judged by who of them gave it up.
                if !self.without_verdicts {
                    let asked = ASKED_CONTACTS.iter().filter_map(|name| agreement.loaded_contacts.get(name));
                    needs.extend(asked.map(|address| Need::Holder(agreement.licence.clone(), address.clone())));
                }
            }
            Record::Activation(activation) => {
                needs.push(Need::Agreement(activation.licence.clone()));
                needs.push(Need::Product(activation.product.clone()));
                needs.push(Need::Account(activation.account.clone()));
                needs.push(Need::Activation(activation.licence.clone(), activation.product.clone()));
            }
            Record::Suppression(suppression) => needs.push(Need::Suppression(suppression.address.clone())),
            // What stands above says who has to stay, and what goes with the right that is taken.
            Record::Assignment(Assignment { licence, address, .. })
            | Record::Removal(Removal { licence, address })
            | Record::OptOut(OptOut { licence, address, .. }) => {
                for level in self.levels(licence) {
                    needs.extend([Need::Agreement(level.clone()), Need::Holder(level, address.clone())]);
                }
            }
            Record::Order(order) => {
                if let Some(number) = self.agreement(&order.licence).filter(|_| !self.without_verdicts) {
                    let named = self.contacts(number);
                    contacts(&named);
                    let holder = |address: &Address| Need::Holder(order.licence.clone(), address.clone());
                    needs.extend(named.values().map(holder));
                }
                // It is written beside the order, so whoever has a part of a world needs it.
                let reseller = order.gives_to().filter(|_| self.asked.is_some());
                needs.extend(reseller.map(|reseller| Need::Holder(order.licence.clone(), reseller.clone())));
                needs.push(Need::Order(order.id.clone()));
                needs.push(Need::Agreement(order.licence.clone()));
                for line in &order.lines {
                    needs.push(Need::Product(line.product.clone()));
                    if !self.without_verdicts {
                        needs.push(Need::Activation(order.licence.clone(), line.product.clone()));
                    }
                }
            }
        }
    }

    /// Whoever is named primary or notices contact now and was not before may have given the agreement up (PERM-04).
    fn needs_of_the_newly_named(&self, agreement: &Agreement, needs: &mut Vec<Need>) {
        let Some(number) = self.agreement(&agreement.licence) else { return };
        let before = self.contacts(number);
        let named = newly_lasting(&before, &agreement.loaded_contacts);
        needs.extend(named.map(|address| Need::Holder(agreement.licence.clone(), address.clone())));
    }

    /// An agreement, known or not, and what is known to stand above it: at most two more.
    pub fn levels(&self, licence: &Licence) -> Vec<Licence> {
        let mut levels = vec![licence.clone()];
        if let Some(number) = self.agreement(licence) {
            levels.extend(self.with_above(number).skip(1).map(|above| self.licence_of(above)));
        }
        levels
    }

    /// Puts in the product with this key, and whether it was ever ordered; `None` if there is none.
    pub fn put_product(&mut self, sku: &Sku, stored: Option<(&Product, bool)>) {
        if let (true, Some((product, ordered))) = (self.is_new(Need::Product(sku.clone())), stored) {
            let known = KnownProduct { digest: Some(product.digest()), kind: product.kind, ordered };
            self.products.put(sku.as_str().into(), known);
        }
    }

    /// Puts in the customer with this key.
    pub fn put_customer(&mut self, id: &CustomerId, stored: Option<&Customer>) {
        if let (true, Some(customer)) = (self.is_new(Need::Customer(id.clone())), stored) {
            self.customers.put(id.as_str().into(), customer.digest());
        }
    }

    /// Puts in the account with this key.
    pub fn put_account(&mut self, id: &AccountId, stored: Option<&Account>) {
        if let (true, Some(account)) = (self.is_new(Need::Account(id.clone())), stored) {
            self.hold(account, account.digest());
        }
    }

    /// Puts in the agreement with this key.
    pub fn put_agreement(&mut self, licence: &Licence, stored: Option<&Agreement>) {
        if let (true, Some(agreement)) = (self.is_new(Need::Agreement(licence.clone())), stored) {
            let number = self.agreements.find_or_add(licence_key(licence), || None);
            *self.agreements.at_mut(number) = Some(self.known_agreement(agreement, agreement.digest()));
            self.hang(number, agreement);
        }
    }

    /// Puts in how many agreements stand below this one.
    pub fn put_family(&mut self, licence: &Licence, children: u32) {
        if self.is_new(Need::Family(licence.clone())) && children > 0 {
            let number = self.agreements.find_or_add(licence_key(licence), || None);
            self.children.insert(number, children);
        }
    }

    /// Puts in what is stored of what an address holds on an agreement.
    pub fn put_holder(&mut self, licence: &Licence, address: &Address, stored: Option<&Holder>) {
        if let (true, Some(holder)) = (self.is_new(Need::Holder(licence.clone(), address.clone())), stored) {
            self.hold_as(licence, address, holder);
        }
    }

    /// Takes back what a row told of an address: it holds what it held before.
    pub fn put_back_holder(&mut self, licence: &Licence, address: &Address, before: &Holder) {
        self.hold_as(licence, address, before);
    }

    fn hold_as(&mut self, licence: &Licence, address: &Address, holder: &Holder) {
        let agreement = self.agreements.find_or_add(licence_key(licence), || None);
        *self.holding_mut(agreement, address) = Holding::of(holder);
    }

    /// Puts in the digest of the order with this key.
    pub fn put_order(&mut self, id: &OrderId, stored: Option<Digest>) {
        if let (true, Some(digest)) = (self.is_new(Need::Order(id.clone())), stored) {
            self.orders.put(id.as_str().into(), digest);
        }
    }

    /// Puts in what is stored of whether mail to this address fails.
    pub fn put_suppression(&mut self, address: &Address, stored: Option<Suppressed>) {
        if let (true, Some(known)) = (self.is_new(Need::Suppression(address.clone())), stored) {
            self.suppressions.put(address.as_str().into(), known);
        }
    }

    /// Puts in the accounts of which this address is an accepted global or billing administrator. Accounts that are here
    /// already know better.
    pub fn put_administered<'a>(&mut self, address: &Address, stored: impl IntoIterator<Item = &'a AccountId>) {
        if self.is_new(Need::Administered(address.clone())) {
            for id in stored {
                if self.account(id).is_none() {
                    let number = self.accounts.find_or_add(id.as_str().into(), KnownAccount::default);
                    let held = self.accounts.at_mut(number);
                    held.administrators =
                        joined(held.administrators.split_ascii_whitespace().chain([address.as_str()]));
                    self.administers(address, number);
                }
            }
        }
    }

    /// Puts in the activation of this product under this Licensing ID.
    pub fn put_activation(&mut self, licence: &Licence, product: &Sku, stored: Option<&Standing>) {
        let (true, Some(standing)) = (self.is_new(Need::Activation(licence.clone(), product.clone())), stored) else {
            return;
        };
        let agreement = self.agreements.find_or_add(licence_key(licence), || None);
        let no_product = || KnownProduct { digest: None, kind: ProductKind::OnPremises, ordered: false };
        let key = (agreement, self.products.find_or_add(product.as_str().into(), no_product));
        let mut number = |id: &AccountId| self.accounts.find_or_add(id.as_str().into(), KnownAccount::default);
        let step = match &standing.reached {
            None => Step::None,
            Some(Reached::Stuck) => Step::Stuck,
            Some(Reached::Scheduled(at)) => Step::Scheduled(Hour::at(*at)),
            Some(Reached::Invited) => Step::Invited,
            Some(Reached::Activated(account)) => Step::Activated(number(account)),
        };
        if let Some((account, day)) = &standing.told {
            self.told.put(key, (number(account), *day));
        }
        self.activations.put(key, Open { step, purchased: standing.purchased.unwrap_or(Date::MAX) });
    }

    /// Takes back that something was put in as absent. It was not brought by a row since.
    pub fn ask_again(&mut self, need: &Need) {
        if let Some(asked) = &mut self.asked {
            asked.remove(need);
        }
    }

    fn is_new(&mut self, need: Need) -> bool {
        self.asked.as_mut().is_none_or(|asked| asked.insert(need))
    }
}

impl Open {
    /// The progress of an activation that isn't activated, and the earliest purchase with an order of `purchased`.
    fn progress(self, purchased: Date) -> (Progress<'static>, Date) {
        let earliest = self.purchased.min(purchased);
        match self.step {
            Step::None | Step::Activated(_) => (Progress::None, purchased),
            Step::Stuck => (Progress::Stuck, earliest),
            Step::Scheduled(hour) => (Progress::Scheduled(hour.time()), earliest),
            Step::Invited => (Progress::Invited, earliest),
        }
    }
}

impl AdministratorOf {
    fn add(&mut self, account: AccountNumber) {
        match self {
            Self::One(one) if *one == account => {}
            Self::One(one) => *self = Self::Others(vec![*one, account]),
            Self::Others(others) if others.is_empty() => *self = Self::One(account),
            Self::Others(others) if others.contains(&account) => {}
            Self::Others(others) => others.push(account),
        }
    }

    fn remove(&mut self, account: AccountNumber) {
        match self {
            Self::One(one) if *one == account => *self = Self::Others(Vec::new()),
            Self::One(_) => {}
            Self::Others(others) => {
                others.retain(|other| *other != account);
                if let &mut [one] = others.as_mut_slice() {
                    *self = Self::One(one);
                }
            }
        }
    }
}

fn unknown(code: Code, path: Path<'_>) -> Fault {
    Fault::at(code, path)
}

fn licence_key(licence: &Licence) -> Key<'_> {
    Key(programme_tag(licence.programme), licence.number.as_str())
}

/// Texts that hold no space, parted by one.
fn joined<'a>(texts: impl Iterator<Item = &'a str>) -> Box<str> {
    let mut all = String::new();
    for text in texts {
        if !all.is_empty() {
            all.push(' ');
        }
        all.push_str(text);
    }
    all.into()
}

/// Addresses hold no spaces, so a space can part them.
fn packed(contacts: &Contacts) -> Box<str> {
    let mut all = String::new();
    for (index, name) in ASKED_CONTACTS.iter().enumerate() {
        if index > 0 {
            all.push(' ');
        }
        all.push_str(contacts.get(name).map_or("", Address::as_str));
    }
    all.into()
}

fn unpacked(packed: &str) -> Contacts {
    let parts = ASKED_CONTACTS.into_iter().zip(packed.split(' '));
    parts.filter(|(_, address)| !address.is_empty()).map(|(name, address)| (name, Address::kept(address))).collect()
}
