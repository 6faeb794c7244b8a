//! What becomes of one order line (ACT-02 … ACT-10): the decision, and with it the reason for every rule that was asked.
//!
//! [`judge`] is the only place where this is decided. The import's dry run prints it, `send-activation` carries it out
//! and "Where is my activation?" shows it, so that the three can't drift apart (ACT-12).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    policy::LinkPolicy,
    when::{Date, Timestamp, hours_before, link_expiry},
    words::{AccountId, Address, ContactName, ProductKind},
};

/// The people named on an agreement.
pub type Contacts = BTreeMap<ContactName, Address>;

/// How far the activation of the same product under the same Licensing ID has come, as far as a further order line depends on it.
///
/// It is no [`Phase`](crate::phase::Phase): it carries what the rules go by, one that expired counts as none, and one that is
/// being set up is on its account already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// There is none yet, or the last one has expired.
    None,
    /// Nobody could be written to.
    Stuck,
    /// A mail is due at this time.
    Scheduled(Timestamp),
    /// The link has been mailed.
    Invited,
    /// In use on this account.
    Activated(&'a AccountId),
}

/// The organisation accounts that an address administers, as far as the rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Administers<'a> {
    /// None.
    Nothing,
    /// Exactly this one.
    One(&'a AccountId),
    /// More than one, so that a person has to choose.
    Several,
}

/// All that the decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The product's kind.
    pub kind: ProductKind,
    /// The contacts of the Licensing ID as they are now.
    pub contacts: &'a Contacts,
    /// The contacts of [`Facts::contacts`] to whom mail is known to fail (ACT-03), one bit a contact name.
    pub undeliverable: Undeliverable,
    /// The same product under the same Licensing ID.
    pub progress: Progress<'a>,
    /// What the listed OSM administers (ACT-08).
    pub osm_administers: Administers<'a>,
    /// The earliest purchase date among the orders of this activation, this one included.
    pub purchased: Date,
    /// This order's usage start.
    pub usage_starts: Date,
}

/// A set of contact names.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undeliverable(u8);

impl Undeliverable {
    /// Of the contacts, those whose address is known to fail.
    pub fn among(contacts: &Contacts, mut fails: impl FnMut(&Address) -> bool) -> Self {
        Self(contacts.iter().filter(|(_, address)| fails(address)).fold(0, |set, (name, _)| set | 1 << *name as u8))
    }

    /// Whether this contact is one of them.
    pub const fn has(self, name: ContactName) -> bool {
        self.0 & 1 << name as u8 != 0
    }
}

/// What becomes of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is sent (ACT-09).
    Nothing,
    /// No link; this contact learns where the key is (ACT-05).
    KeyNotice(Addressee),
    /// The quantity joins the account at once (ACT-07).
    Joined(AccountId),
    /// The quantity joins the open activation (ACT-10).
    Added,
    /// The licence is assigned to the OSM's only account at once (ACT-08).
    Assigned(AccountId),
    /// Nobody is left to write to (ACT-03).
    Stuck,
    /// A mail with a link goes out at its time (ACT-06).
    Scheduled(Sending),
    /// A mail with a link goes out now (ACT-02, ACT-03, ACT-04).
    Mail(Sending),
}

impl Outcome {
    /// The name that the dry run prints.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::KeyNotice(_) => "key-notice",
            Self::Joined(_) => "joined",
            Self::Added => "added",
            Self::Assigned(_) => "assigned",
            Self::Stuck => "stuck",
            Self::Scheduled(_) => "scheduled",
            Self::Mail(_) => "mail",
        }
    }
}

/// A contact that is written to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addressee {
    /// As what the person is listed.
    pub contact: ContactName,
    /// The person's address.
    pub address: Address,
}

/// A mail with a link: to whom, when, and until when the link is good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sending {
    /// To whom.
    pub to: Addressee,
    /// When.
    pub send_at: Timestamp,
    /// The link's end (ACT-11).
    pub expires_at: Timestamp,
}

/// One rule as it was asked. `holds` means that the rule decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Which.
    pub rule: Rule,
    /// Whether it applied.
    pub holds: bool,
}

/// The rules that can decide a line, named by their id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Rule {
    /// Mailed to the OSM.
    #[serde(rename = "ACT-02")]
    Act02,
    /// Mailed to a further contact, or nobody is left.
    #[serde(rename = "ACT-03")]
    Act03,
    /// Consumption: mailed to the notices contact.
    #[serde(rename = "ACT-04")]
    Act04,
    /// Keyed service: no link.
    #[serde(rename = "ACT-05")]
    Act05,
    /// Usage starts later.
    #[serde(rename = "ACT-06")]
    Act06,
    /// Activated already.
    #[serde(rename = "ACT-07")]
    Act07,
    /// Assigned to the OSM's account.
    #[serde(rename = "ACT-08")]
    Act08,
    /// On premises.
    #[serde(rename = "ACT-09")]
    Act09,
    /// Added to the open activation.
    #[serde(rename = "ACT-10")]
    Act10,
}

impl Rule {
    /// The id as the specification writes it.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Act02 => "ACT-02",
            Self::Act03 => "ACT-03",
            Self::Act04 => "ACT-04",
            Self::Act05 => "ACT-05",
            Self::Act06 => "ACT-06",
            Self::Act07 => "ACT-07",
            Self::Act08 => "ACT-08",
            Self::Act09 => "ACT-09",
            Self::Act10 => "ACT-10",
        }
    }
}

/// The decision and its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// What becomes of the line.
    pub outcome: Outcome,
    /// The rule that decided.
    pub rule: Rule,
    asked: [Option<Check>; 8],
}

impl Verdict {
    /// Every rule that was asked, in order; the last one is the one that decided.
    pub fn checks(&self) -> impl Iterator<Item = Check> + '_ {
        self.asked.iter().flatten().copied()
    }
}

/// Decides one line at `now`. The first rule that holds decides.
pub fn judge(facts: &Facts<'_>, now: Timestamp, policy: &LinkPolicy) -> Verdict {
    let mut asked = RulesAsked::default();

    if asked.rule(Rule::Act09, facts.kind == ProductKind::OnPremises) {
        return asked.verdict(Outcome::Nothing);
    }
    if asked.rule(Rule::Act05, facts.kind == ProductKind::KeyedService) {
        return match first_deliverable(facts) {
            Some(to) => asked.verdict(Outcome::KeyNotice(to)),
            None => asked.decided_by(Rule::Act03, Outcome::Stuck),
        };
    }
    if let Progress::Activated(account) = facts.progress {
        return asked.decided_by(Rule::Act07, Outcome::Joined(account.clone()));
    }
    asked.rule(Rule::Act07, false);
    let own_time = hours_before(facts.usage_starts, policy.schedule_lead_hours);
    let pending = match facts.progress {
        Progress::Invited => true,
        Progress::Scheduled(at) => at <= own_time,
        _ => false,
    };
    if asked.rule(Rule::Act10, pending) {
        return asked.verdict(Outcome::Added);
    }
    if facts.kind == ProductKind::OnlineService {
        if let (Some(_), Administers::One(account)) =
            (facts.contacts.get(&ContactName::OnlineServicesManager), facts.osm_administers)
        {
            return asked.decided_by(Rule::Act08, Outcome::Assigned(account.clone()));
        }
        asked.rule(Rule::Act08, false);
    }
    let Some(to) = first_deliverable(facts) else {
        return asked.decided_by(Rule::Act03, Outcome::Stuck);
    };
    let later = now < own_time;
    let send_at = if later { own_time } else { now };
    let rule = match (facts.kind, to.contact) {
        _ if later => Rule::Act06,
        (ProductKind::Consumption, ContactName::Notices) => Rule::Act04,
        (ProductKind::OnlineService, ContactName::OnlineServicesManager) => Rule::Act02,
        _ => Rule::Act03,
    };
    let sending = Sending { to, send_at, expires_at: link_expiry(facts.purchased, send_at, policy) };
    if later {
        return asked.decided_by(rule, Outcome::Scheduled(sending));
    }
    asked.rule(Rule::Act06, false);
    asked.decided_by(rule, Outcome::Mail(sending))
}

/// To whom mails about a product of this kind go, first to last (ACT-02 … ACT-05).
pub const fn order_of_contacts(kind: ProductKind) -> &'static [ContactName] {
    match kind {
        ProductKind::OnlineService => &[ContactName::OnlineServicesManager, ContactName::Notices, ContactName::Primary],
        ProductKind::Consumption | ProductKind::KeyedService => &[ContactName::Notices, ContactName::Primary],
        ProductKind::OnPremises => &[],
    }
}

/// The first contact, in order, who is named and can be reached (ACT-03).
pub fn first_deliverable(facts: &Facts<'_>) -> Option<Addressee> {
    order_of_contacts(facts.kind).iter().find_map(|name| {
        let address = facts.contacts.get(name)?;
        (!facts.undeliverable.has(*name)).then(|| Addressee { contact: *name, address: address.clone() })
    })
}

#[derive(Default)]
struct RulesAsked {
    checks: [Option<Check>; 8],
    count: usize,
}

impl RulesAsked {
    fn rule(&mut self, rule: Rule, holds: bool) -> bool {
        if let Some(place) = self.checks.get_mut(self.count) {
            *place = Some(Check { rule, holds });
            self.count += 1;
        }
        holds
    }

    fn verdict(self, outcome: Outcome) -> Verdict {
        let rule = self.checks[..self.count].iter().flatten().next_back().map_or(Rule::Act02, |check| check.rule);
        Verdict { outcome, rule, asked: self.checks }
    }

    fn decided_by(mut self, rule: Rule, outcome: Outcome) -> Verdict {
        self.rule(rule, true);
        self.verdict(outcome)
    }
}
