//! The activation of one product under one Licensing ID: its states, and every way from one to the next.
//!
//! A transition takes the activation as it was read and gives a [`Step`]: what is written next, on condition that nobody
//! wrote in between, with its audit note and the events that follow. The store writes nothing else, so no state is
//! changed without the rule. Expiry is judged at use, swept or not (EXP-05).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    account::Account,
    audit::{Actor, Note},
    event::{Event, Why},
    judge::{Addressee, Contacts, Outcome, Progress, Sending, Verdict, order_of_contacts},
    limit::{TryAgainAt, Window, hit},
    message::{Message, What},
    policy::LinkPolicy,
    rights::{Rights, viewers},
    when::{Date, Timestamp, add_days, add_hours, add_minutes, link_expiry},
    words::{AccountId, Address, ContactName, CustomerId, Licence, OrderId, ProductKind, ProfileId, Sku},
};

/// One activation: (Licensing ID, product).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activation {
    /// Under which Licensing ID.
    pub licence: Licence,
    /// What.
    pub product: Sku,
    /// The product's name, as pages show it.
    pub product_name: String,
    /// The product's kind.
    pub kind: ProductKind,
    /// Whose.
    pub customer: CustomerId,
    /// The customer's name, as pages show it.
    pub customer_name: String,
    /// Seats or units bought with all its orders.
    pub quantity: u64,
    /// The earliest purchase date among its orders; of those since it was opened anew, where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchased: Option<Date>,
    /// The earliest usage start among its orders, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage_starts: Option<Date>,
    /// How far it has come.
    pub state: State,
    /// The newest link; 0 before the first one.
    pub generation: u32,
    /// Mails with the newest link.
    pub mails: u32,
    /// How often it was revived (LINK-10).
    #[serde(default)]
    pub revivals: u32,
    /// Addresses that were written to in vain: no delivery was reported in time (ACT-03).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Address>,
    /// Resends of the last day (ACT-14).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resends: Option<Window>,
    /// Mails asked for without signing in, of the last day (LINK-08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asks: Option<Window>,
    /// Confirmations of the last day (LINK-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirms: Option<Window>,
    /// Undos of the last day (LINK-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undos: Option<Window>,
    /// Requests for revival of the last day (LINK-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revival_asks: Option<Window>,
    /// The newest request for revival that an operator declined (LINK-10).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revival_declined: Option<Declined>,
    /// Moves that people proposed or made, of the last day (LINK-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<Window>,
    /// Who sees it under Manage activations: the Licensing ID's managers when it was written last.
    pub viewers: BTreeSet<Address>,
    /// Rises with each step: the condition of the next write.
    pub version: u64,
}

/// How far an activation has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum State {
    /// Nobody could be written to.
    Stuck {
        /// Since when.
        since: Timestamp,
        /// A link that was mailed before: its end does not move.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        /// Who asked for its revival after that end, and when (LINK-10).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revival_asked: Option<Asked>,
    },
    /// A mail is due.
    Scheduled {
        /// To whom, as things are now.
        to: Addressee,
        /// When.
        send_at: Timestamp,
    },
    /// The link was mailed.
    Invited(Invitation),
    /// Confirmed, and being set up by the product's provisioning endpoint (LINK-11).
    Provisioning(Setup),
    /// In use.
    Activated(InUse),
    /// The link ended unused.
    Expired {
        /// The invitation that ended.
        invitation: Invitation,
        /// Who asked for its revival, and when (LINK-10).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revival_asked: Option<Asked>,
    },
}

/// A link that was mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// To whom.
    pub to: Addressee,
    /// When the first mail went out.
    pub first_mailed: Timestamp,
    /// When the newest link was mailed to this addressee.
    pub mailed: Timestamp,
    /// The link's end.
    pub expires_at: Timestamp,
    /// Whether a delivery was reported for the newest link.
    #[serde(default)]
    pub delivered: bool,
    /// The nearest reminder that was sent, in days before the end (EXP-06).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded: Option<u32>,
}

/// Where and by whom it was brought into use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InUse {
    /// On which account.
    pub account: AccountId,
    /// The account's name, as pages show it.
    pub account_name: String,
    /// Since when.
    pub at: Timestamp,
    /// Who did it; nobody where it was loaded or assigned (ACT-08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Person>,
    /// How.
    pub how: How,
    /// It may be taken back until then (LINK-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Timestamp>,
    /// What it returns to when it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Invitation>,
    /// The end of a link that was mailed before nobody was left to write to: it does not move when it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Timestamp>,
    /// The request that did it, so that its repeat is recognised.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub request: String,
    /// A move to another account that waits for the other side (LINK-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remap: Option<Remap>,
}

/// What a provisioning endpoint was asked to set up (LINK-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// How it will be in use; it may be taken back until then, whenever that is.
    pub in_use: InUse,
    /// The version by which it was confirmed: what the endpoint knows the request by, however often it is asked.
    pub first: u64,
    /// The version by which the endpoint is being asked now.
    pub asked: u64,
    /// The endpoint has refused, and is not asked again unless an operator says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Refusal>,
}

/// A provisioning endpoint's refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// Why, in its own words.
    pub reason: String,
}

/// How a product came into use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A person confirmed it.
    Confirmed,
    /// It was assigned to the OSM's only account (ACT-08).
    Assigned,
    /// It was activated before the data came here.
    Loaded,
}

/// A person who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The profile.
    pub profile: ProfileId,
    /// The address by which the person acts.
    pub address: Address,
}

/// Who asked, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Who.
    pub by: Person,
    /// When.
    pub at: Timestamp,
}

/// A request for revival that an operator declined (LINK-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declined {
    /// Who had asked, and when.
    pub asked: Asked,
    /// When it was declined.
    pub at: Timestamp,
    /// Why, in the operator's words.
    pub reason: String,
}

/// A move to another account that waits for a second person (LINK-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remap {
    /// To which account. Its name is not kept here: who proposed a move learns no names by it.
    pub account: AccountId,
    /// Who proposed it.
    pub by: Proposer,
    /// When.
    pub at: Timestamp,
    /// Why, in an operator's words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}

/// Who proposed a move: an administrator of one of the accounts, or an operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proposer {
    /// A global administrator of the account that it is on.
    Holder(Person),
    /// A global administrator of the account that it goes to.
    Receiver(Person),
    /// A global administrator of both accounts, who needs nobody else.
    Both(Person),
    /// An operator.
    Operator(String),
}

impl Proposer {
    /// The person, where it is one.
    pub const fn person(&self) -> Option<&Person> {
        match self {
            Self::Holder(who) | Self::Receiver(who) | Self::Both(who) => Some(who),
            Self::Operator(_) => None,
        }
    }

    /// As the audit names them.
    fn actor(&self) -> Actor {
        match self {
            Self::Holder(who) | Self::Receiver(who) | Self::Both(who) => person(who),
            Self::Operator(name) => Actor::Operator { name: name.clone() },
        }
    }
}

impl Remap {
    /// When it ends, nobody having agreed.
    pub fn ends_at(&self, policy: &LinkPolicy) -> Timestamp {
        add_days(self.at, policy.move_days)
    }
}

impl InUse {
    /// The move that waits for the other side, unless its time is over (EXP-05).
    pub fn proposal(&self, now: Timestamp, policy: &LinkPolicy) -> Option<&Remap> {
        self.remap.as_ref().filter(|remap| now < remap.ends_at(policy))
    }
}

/// An order line as it joins an activation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// With which order.
    pub order: OrderId,
    /// The how many-th line of it, from 1.
    pub line: u32,
    /// Seats or units.
    pub quantity: u64,
    /// When it was bought.
    pub purchased: Date,
    /// From when it may be used.
    pub usage_starts: Date,
}

/// What an activation is of: told by the product, the agreement and the customer when it is created.
#[derive(Debug, Clone)]
pub struct Of<'a> {
    /// Under which Licensing ID.
    pub licence: &'a Licence,
    /// What.
    pub product: &'a Sku,
    /// The product's name.
    pub product_name: &'a str,
    /// The product's kind.
    pub kind: ProductKind,
    /// Whose.
    pub customer: &'a CustomerId,
    /// The customer's name.
    pub customer_name: &'a str,
    /// The agreement's contacts.
    pub contacts: &'a Contacts,
    /// Whether an endpoint sets the product up (LINK-11).
    pub by_endpoint: bool,
}

/// One change: the activation as it is written next, on condition that it still is as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    after: Activation,
    seen: Option<u64>,
    seen_viewers: BTreeSet<Address>,
    seen_waiting: bool,
    note: Note,
    events: Vec<Event>,
}

impl Step {
    /// The activation after the change.
    pub const fn after(&self) -> &Activation {
        &self.after
    }

    /// The version that must still be stored; none: nothing may be stored yet.
    pub const fn seen(&self) -> Option<u64> {
        self.seen
    }

    /// Who saw it before the change and does not any more.
    pub fn no_longer_viewers(&self) -> impl Iterator<Item = &Address> {
        self.seen_viewers.difference(&self.after.viewers)
    }

    /// Whether operators saw it as one that may need them, before the change.
    pub const fn operators_saw_it(&self) -> bool {
        self.seen_waiting
    }

    /// What the audit says.
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// What is to be done afterwards.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The activation, given up by the step.
    pub fn into_after(self) -> Activation {
        self.after
    }
}

/// Why a transition is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// Used already.
    AlreadyActivated,
    /// Ended.
    Expired,
    /// A newer link was mailed.
    Replaced,
    /// Nothing was mailed yet, or nobody could be written to.
    NotInvited,
    /// The person is neither the addressee nor a manager.
    NotYours,
    /// Nothing to take back, or no longer.
    TooLateToUndo,
    /// It is not in use.
    NotActivated,
    /// It has not ended, so there is nothing to revive.
    NotExpired,
    /// Nobody asks for its revival.
    NothingAsked,
    /// Too often: when it is taken again.
    TooOften(TryAgainAt),
    /// The other side has to confirm, not who proposed.
    NeedsOtherSide,
    /// Nobody proposed it.
    NothingProposed,
    /// Another move waits: until then, unless it is declined (LINK-07).
    MoveWaits(Timestamp),
    /// No provisioning endpoint is being asked about it.
    NotProvisioning,
    /// It is on that account already.
    SameAccount,
}

/// How far a link of some generation has come: what its page says (LINK-08).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// It can be used.
    Good,
    /// A newer one was mailed.
    Replaced,
    /// It ended.
    Expired,
    /// It was used, and what it was used for is being set up (LINK-11).
    Provisioning,
    /// It was used.
    Used,
    /// The contact it was mailed to is being replaced.
    Waiting,
}

impl Activation {
    /// An activation for the first order line of its product, as the verdict says. None where the line needs none.
    pub fn open(
        of: &Of<'_>,
        line: &Line,
        verdict: &Verdict,
        account_name: &str,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        let mut after = Self::blank(of);
        let events = after.take_line(of, line, verdict, account_name, now, policy)?;
        Some(Step {
            note: after.line_note("activation.opened", line, verdict),
            after,
            seen: None,
            seen_viewers: BTreeSet::new(),
            seen_waiting: false,
            events,
        })
    }

    /// A further order line (ACT-06, ACT-07, ACT-10). None where the line needs no change.
    pub fn add(
        &self,
        of: &Of<'_>,
        line: &Line,
        verdict: &Verdict,
        account_name: &str,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        let mut after = self.next();
        after.name_after(of);
        if self.has_expired(now) {
            // A further order after the end opens it anew: with the seats of all orders, for none of the old ones was
            // activated. Their dates don't count for the new end, which would leave it 30 days.
            (after.purchased, after.usage_starts) = (None, None);
            after.revival_declined = None;
            after.state = State::Stuck { since: now, expires_at: None, revival_asked: None };
        }
        if let State::Stuck { .. } = after.state {
            after.tried.clear();
        }
        let events = after.take_line(of, line, verdict, account_name, now, policy)?;
        Some(self.step(after.line_note("activation.order-added", line, verdict), after, events))
    }

    /// An activation that was made before the data came here.
    pub fn load(
        before: Option<&Self>,
        of: &Of<'_>,
        account: &AccountId,
        account_name: &str,
        activated: Date,
        operator: Actor,
    ) -> Step {
        let mut after = before.map_or_else(|| Self::blank(of), Self::next);
        after.name_after(of);
        after.state = State::Activated(InUse {
            account: account.clone(),
            account_name: account_name.into(),
            at: crate::when::start_of(activated),
            by: None,
            how: How::Loaded,
            undo_until: None,
            before: None,
            told: None,
            request: String::new(),
            remap: None,
        });
        let note = Note::new("activation.loaded", operator).fact("product", &after.product).fact("account", account);
        match before {
            Some(before) => before.step(note, after, Vec::new()),
            None => {
                Step { note, after, seen: None, seen_viewers: BTreeSet::new(), seen_waiting: false, events: Vec::new() }
            }
        }
    }

    /// What the state is at `now`, whether or not the sweep was here (EXP-05).
    pub fn has_expired(&self, now: Timestamp) -> bool {
        match &self.state {
            State::Expired { .. } => true,
            State::Invited(invitation) => now >= invitation.expires_at,
            State::Stuck { expires_at: Some(end), .. } => now >= *end,
            _ => false,
        }
    }

    /// What a link of this generation says (LINK-08).
    pub fn link_state(&self, generation: u32, now: Timestamp) -> LinkState {
        match &self.state {
            State::Activated(_) => LinkState::Used,
            State::Provisioning(_) => LinkState::Provisioning,
            _ if generation != self.generation => LinkState::Replaced,
            _ if self.has_expired(now) => LinkState::Expired,
            State::Invited(_) => LinkState::Good,
            _ => LinkState::Waiting,
        }
    }

    /// When the sweep has to look at it next, if ever (EXP-01).
    pub fn due_at(&self, policy: &LinkPolicy) -> Option<Timestamp> {
        match &self.state {
            // Once its end was noted, nothing more falls due.
            State::Stuck { since, expires_at, .. } => expires_at.filter(|end| since < end),
            State::Scheduled { send_at, .. } => Some(*send_at),
            State::Invited(invitation) => {
                let mut due = invitation.expires_at;
                if let Some((at, _)) = invitation.reminders(policy).next() {
                    due = due.min(at);
                }
                if !invitation.delivered {
                    due = due.min(add_days(invitation.mailed, policy.delivery_days));
                }
                Some(due)
            }
            State::Activated(in_use) => {
                let ends = in_use.remap.as_ref().map(|remap| remap.ends_at(policy));
                in_use.undo_until.into_iter().chain(ends).min()
            }
            // What asks the endpoint again is the event of its own.
            State::Provisioning(_) | State::Expired { .. } => None,
        }
    }

    /// Whether the person may confirm: the addressee, or a manager of the Licensing ID (LINK-02).
    pub fn may_confirm(&self, addresses: &[Address], rights: &Rights) -> bool {
        rights.manages_activations() || self.addressee().is_some_and(|to| addresses.contains(&to.address))
    }

    /// Whether a person may ask to join the customer's account (LINK-03): on the way to activating it, or where it is in use, as a
    /// colleague of whoever activated it.
    pub fn may_ask_to_join(
        &self,
        addresses: &[Address],
        rights: &Rights,
        generation: Option<u32>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        match &self.state {
            State::Activated(_) | State::Provisioning(_) if rights.manages_activations() => Ok(()),
            _ => self.may_be_confirmed(addresses, rights, generation, now),
        }
    }

    /// Whether [`Self::confirm`] would be taken now: what the preview asks before anything is filled in.
    pub fn may_be_confirmed(
        &self,
        addresses: &[Address],
        rights: &Rights,
        generation: Option<u32>,
        now: Timestamp,
    ) -> Result<(), Refused> {
        match &self.state {
            // A link tells anyone how far it has come; whoever comes without one learns nothing of what they may not see.
            _ if generation.is_none() && !self.may_confirm(addresses, rights) => Err(Refused::NotYours),
            State::Activated(_) | State::Provisioning(_) => Err(Refused::AlreadyActivated),
            _ if !self.may_confirm(addresses, rights) => Err(Refused::NotYours),
            _ if generation.is_some_and(|generation| generation != self.generation) => Err(Refused::Replaced),
            _ if self.has_expired(now) => Err(Refused::Expired),
            State::Invited(_) => Ok(()),
            _ if rights.manages_activations() => Ok(()),
            _ => Err(Refused::NotInvited),
        }
    }

    /// One more confirmation, if fewer were made in the last day than a person needs who makes a mistake (LINK-07).
    pub fn one_more_confirmation(&self, now: Timestamp, policy: &LinkPolicy) -> Result<Window, Refused> {
        hit(self.confirms, now, 24 * 60, policy.confirms_a_day).map_err(Refused::TooOften)
    }

    /// To whom the newest link was or will be mailed.
    pub fn addressee(&self) -> Option<&Addressee> {
        match &self.state {
            State::Scheduled { to, .. } => Some(to),
            State::Invited(invitation) | State::Expired { invitation, .. } => Some(&invitation.to),
            State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => {
                in_use.before.as_ref().map(|invitation| &invitation.to)
            }
            State::Stuck { .. } => None,
        }
    }

    /// What is known of its account: the one that it is in use on, or is being set up on.
    pub const fn on_account(&self) -> Option<&InUse> {
        match &self.state {
            State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => Some(in_use),
            _ => None,
        }
    }

    /// How far it has come, as [`crate::judge`] asks: an activation that is being set up is on its account already, so that a
    /// further order joins it there.
    pub fn progress(open: Option<&Self>) -> Progress<'_> {
        match open.map(|activation| &activation.state) {
            None | Some(State::Expired { .. }) => Progress::None,
            Some(State::Stuck { .. }) => Progress::Stuck,
            Some(State::Scheduled { send_at, .. }) => Progress::Scheduled(*send_at),
            Some(State::Invited(_)) => Progress::Invited,
            Some(State::Activated(in_use) | State::Provisioning(Setup { in_use, .. })) => {
                Progress::Activated(&in_use.account)
            }
        }
    }

    /// The account that it is on, or is being set up on.
    pub const fn account(&self) -> Option<&AccountId> {
        match &self.state {
            State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => Some(&in_use.account),
            _ => None,
        }
    }

    /// Whether operators have to see it: nobody could be written to, somebody asked for a revival, or an endpoint is being asked
    /// (whether that takes long is judged when they look).
    pub const fn may_need_operators(&self) -> bool {
        matches!(
            self.state,
            State::Stuck { .. } | State::Provisioning(_) | State::Expired { revival_asked: Some(_), .. }
        )
    }

    /// Whether its provisioning endpoint has not answered for longer than usual (LINK-11).
    pub fn takes_long(&self, now: Timestamp, policy: &LinkPolicy) -> bool {
        match &self.state {
            State::Provisioning(Setup { in_use, refused: None, .. }) => {
                now >= add_minutes(in_use.at, policy.provisioning_minutes)
            }
            _ => false,
        }
    }

    /// Brings it into use on an account (LINK-04), or has an endpoint set it up there (LINK-11). `generation` is that of the
    /// link; none: from the portal (LINK-05).
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own that the rule asks for")]
    pub fn confirm(
        &self,
        by: Person,
        addresses: &[Address],
        rights: &Rights,
        generation: Option<u32>,
        account: AccountId,
        account_name: String,
        request: String,
        by_endpoint: bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Result<Step, Refused> {
        self.may_be_confirmed(addresses, rights, generation, now)?;
        let confirms = self.one_more_confirmation(now, policy)?;
        let before = match &self.state {
            // Who comes by the link has got the mail, reported or not.
            State::Invited(invitation) => {
                Some(Invitation { delivered: invitation.delivered || generation.is_some(), ..invitation.clone() })
            }
            _ => None,
        };
        let mut after = self.next();
        after.confirms = Some(confirms);
        let note = Note::new("activation.confirmed", person(&by))
            .fact("product", &self.product)
            .fact("account", &account)
            .fact("quantity", self.quantity);
        let in_use = InUse {
            account,
            account_name,
            at: now,
            by: Some(by),
            how: How::Confirmed,
            undo_until: None,
            before,
            told: match self.state {
                State::Stuck { expires_at, .. } => expires_at,
                _ => None,
            },
            request,
            remap: None,
        };
        let events = after.begin_use(in_use, by_endpoint, now, policy);
        Ok(self.step(note, after, events))
    }

    /// Puts it into use, or has an endpoint asked to set it up first. What follows: the mail that it is in use comes when it
    /// is; subscribers are told at once.
    fn begin_use(&mut self, in_use: InUse, by_endpoint: bool, now: Timestamp, policy: &LinkPolicy) -> Vec<Event> {
        let (licence, product, version) = (self.licence.clone(), self.product.clone(), self.version);
        let event = if by_endpoint {
            self.state = State::Provisioning(Setup { in_use, first: version, asked: version, refused: None });
            Event::Provision { licence, product, version }
        } else {
            self.use_from(in_use, now, policy)
        };
        vec![event, self.told(What::Confirmed, now, None)]
    }

    /// In use from now on, and whoever is concerned is mailed.
    fn use_from(&mut self, in_use: InUse, now: Timestamp, policy: &LinkPolicy) -> Event {
        let (licence, product, version) = (self.licence.clone(), self.product.clone(), self.version);
        let event = match in_use.how {
            How::Assigned => Event::Assigned { licence, product, version },
            How::Confirmed | How::Loaded => Event::Activated { licence, product, version },
        };
        self.state = State::Activated(InUse { undo_until: Some(add_hours(now, policy.undo_hours)), ..in_use });
        event
    }

    /// The endpoint said that it is set up, or there is none any more (LINK-11): it is in use, and the time in which it may
    /// be taken back begins. None if nothing is being set up.
    pub fn provisioned(&self, now: Timestamp, policy: &LinkPolicy) -> Option<Step> {
        let State::Provisioning(setup) = &self.state else { return None };
        let mut after = self.next();
        let note = Note::new("activation.provisioned", Actor::Service)
            .fact("product", &self.product)
            .fact("account", &setup.in_use.account);
        let mail = after.use_from(setup.in_use.clone(), now, policy);
        let events = vec![mail, after.told(What::Provisioned, now, None)];
        Some(self.step(note, after, events))
    }

    /// The endpoint refused for good (LINK-11): it stays as it is, with the reason, until it is taken back or an operator has
    /// it asked again. Who activated is mailed. None if nothing is being set up, or it was refused before.
    pub fn provisioning_refused(&self, reason: &str, now: Timestamp) -> Option<Step> {
        let State::Provisioning(setup @ Setup { refused: None, .. }) = &self.state else { return None };
        let mut after = self.next();
        let refused = Some(Refusal { at: now, reason: reason.into() });
        after.state = State::Provisioning(Setup { refused, ..setup.clone() });
        let note = Note::new("activation.provisioning-refused", Actor::Service)
            .fact("product", &self.product)
            .fact("account", &setup.in_use.account)
            .fact("reason", reason);
        let (licence, product) = (self.licence.clone(), self.product.clone());
        let mail = Event::SetUpRefused { licence, product, version: after.version };
        let events = vec![mail, after.told(What::Refused, now, None)];
        Some(self.step(note, after, events))
    }

    /// An operator has the endpoint asked again, at once: after a refusal, or instead of waiting (LINK-11).
    pub fn ask_endpoint_again(&self, operator: Actor, reason: &str) -> Result<Step, Refused> {
        let State::Provisioning(setup) = &self.state else { return Err(Refused::NotProvisioning) };
        let mut after = self.next();
        after.state = State::Provisioning(Setup { asked: after.version, refused: None, ..setup.clone() });
        let note = Note::new("activation.provisioning-asked", operator)
            .fact("product", &self.product)
            .fact("account", &setup.in_use.account)
            .fact("reason", reason);
        let (licence, product) = (self.licence.clone(), self.product.clone());
        let event = Event::Provision { licence, product, version: after.version };
        Ok(self.step(note, after, vec![event]))
    }

    /// What subscribers are told of it as it is now.
    fn told(&self, what: What, now: Timestamp, previous_account: Option<AccountId>) -> Event {
        Message::of(self, what, now, previous_account).announced()
    }

    /// Takes an activation back (LINK-07): by who activated and may still confirm, or an Administrator, within the time.
    /// `mailed` says whether a mail with its link was ever taken by the mail service; `removes` names the account that goes
    /// with it, where it was made for this and holds nothing.
    #[expect(clippy::too_many_arguments, reason = "each is a fact of its own that the rule asks for")]
    pub fn undo(
        &self,
        by: Person,
        addresses: &[Address],
        rights: &Rights,
        contacts: &Contacts,
        mailed: bool,
        removes: Option<&Account>,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Result<Step, Refused> {
        let Some(in_use) = self.on_account() else {
            // Who may not see it is not told that it is not in use.
            let sees = self.may_confirm(addresses, rights);
            return Err(if sees { Refused::NotActivated } else { Refused::NotYours });
        };
        if !self.may_undo(&by, addresses, rights) {
            return Err(Refused::NotYours);
        }
        let own = in_use.by.as_ref().is_some_and(|who| who.profile == by.profile);
        let in_time = match &self.state {
            State::Activated(in_use) => in_use.undo_until.is_some_and(|until| now < until),
            // As long as it is being set up, nothing is in use that could not be given up.
            _ => true,
        };
        if !in_time {
            return Err(Refused::TooLateToUndo);
        }
        let mut after = self.next();
        after.undos = Some(hit(self.undos, now, 24 * 60, policy.undos_a_day).map_err(Refused::TooOften)?);
        let mut events = Vec::new();
        let mut note =
            Note::new("activation.undone", person(&by)).fact("product", &self.product).fact("account", &in_use.account);
        if removes.is_some() {
            note = note.fact("account-removed", "yes");
        }
        if let Some(invitation) = &in_use.before {
            after.state = State::Invited(invitation.clone());
            // Its contact may have changed while it was in use (ACT-15), and the mail may have been dropped because it was.
            let listed = contacts.get(&invitation.to.contact) == Some(&invitation.to.address);
            if after.has_expired(now) {
            } else if !listed {
                let to = next_contact(self.kind, contacts, &self.tried, |_| false);
                events.extend(after.invite(to, Why::ContactChanged, now, policy));
            } else if !mailed && !invitation.delivered {
                events.extend(after.invite(Some(invitation.to.clone()), Why::Undone, now, policy));
            }
        } else {
            // No link is good: it gets one, now or when its usage is about to start. An end that was told stays.
            after.state = State::Stuck { since: now, expires_at: in_use.told, revival_asked: None };
            if !after.has_expired(now) {
                let to = next_contact(self.kind, contacts, &[], |_| false);
                events.extend(after.begin_or_wait(to, Why::Undone, now, policy));
            }
        }
        if let Some(who) = &in_use.by {
            events.push(Event::Undone {
                licence: self.licence.clone(),
                product: self.product.clone(),
                version: after.version,
                to: who.address.clone(),
                account: in_use.account.clone(),
                account_name: in_use.account_name.clone(),
                by_them: own,
            });
        }
        events.push(after.told(What::Undone, now, Some(in_use.account.clone())));
        Ok(self.step(note, after, events))
    }

    /// Whether the person may take it back, as far as it depends on who they are (LINK-07).
    pub fn may_undo(&self, by: &Person, addresses: &[Address], rights: &Rights) -> bool {
        let Some(in_use) = self.on_account() else { return false };
        let own = in_use.by.as_ref().is_some_and(|who| who.profile == by.profile);
        // What was assigned without a person (ACT-08) may be taken back by whoever manages activations.
        let assigned = in_use.how == How::Assigned && rights.manages_activations();
        rights.is_administrator() || assigned || (own && self.may_confirm(addresses, rights))
    }

    /// The events by which the newest link was mailed so far, the newest first; a few are enough to see that one was.
    pub fn link_events(&self) -> impl Iterator<Item = Event> + '_ {
        const LOOKED_AT: usize = 10;
        let event = |mail| Event::ActivationLink {
            licence: self.licence.clone(),
            product: self.product.clone(),
            generation: self.generation,
            why: Why::First,
            mail,
        };
        (1..=self.mails).rev().take(LOOKED_AT).map(event)
    }

    /// Mails a new link to the same address (ACT-14): the old link dies, the end does not move.
    pub fn resend(&self, by: Actor, now: Timestamp, policy: &LinkPolicy) -> Result<Step, Refused> {
        let invitation = self.open_invitation(now)?;
        let resends = hit(self.resends, now, 24 * 60, policy.resends_a_day).map_err(Refused::TooOften)?;
        let mut after = self.next();
        after.resends = Some(resends);
        after.generation += 1;
        after.mails = 1;
        after.state = State::Invited(Invitation { mailed: now, delivered: false, ..invitation.clone() });
        let note = Note::new("activation.resent", by)
            .fact("product", &self.product)
            .fact("link", after.generation)
            .personal("to", invitation.to.address.as_str());
        let event = after.link_event(Why::Resent);
        Ok(self.step(note, after, vec![event]))
    }

    /// Mails the same link again, asked for by whoever holds it (LINK-08): voids nothing, once a day.
    pub fn ask_again(&self, generation: u32, now: Timestamp, policy: &LinkPolicy) -> Result<Step, Refused> {
        self.open_invitation(now)?;
        let asks = hit(self.asks, now, 24 * 60, policy.asks_a_day).map_err(Refused::TooOften)?;
        let mut after = self.next();
        after.asks = Some(asks);
        after.mails += 1;
        let note = Note::new("activation.asked-again", Actor::LinkHolder)
            .fact("product", &self.product)
            .fact("link", generation);
        let event = after.link_event(Why::AskedAgain);
        Ok(self.step(note, after, vec![event]))
    }

    /// Asks for the revival of an expired link (LINK-10); asking twice changes nothing.
    pub fn ask_revival(&self, by: Person, now: Timestamp, policy: &LinkPolicy) -> Result<Option<Step>, Refused> {
        if !self.has_expired(now) {
            return Err(Refused::NotExpired);
        }
        if self.revival_asked().is_some() {
            return Ok(None);
        }
        let asks = hit(self.revival_asks, now, 24 * 60, policy.revival_asks_a_day).map_err(Refused::TooOften)?;
        let note = Note::new("activation.revival-asked", person(&by)).fact("product", &self.product);
        let revival_asked = Some(Asked { by, at: now });
        let mut events = Vec::new();
        let state = match &self.state {
            State::Expired { invitation, .. } => State::Expired { invitation: invitation.clone(), revival_asked },
            State::Invited(invitation) => {
                // The sweep was not here yet, so this is what ends it.
                events.push(self.expired_event());
                State::Expired { invitation: invitation.clone(), revival_asked }
            }
            // Nobody was left to be written to when its link ended, nor has to be now: an operator decides.
            State::Stuck { expires_at, .. } => State::Stuck { since: now, expires_at: *expires_at, revival_asked },
            State::Scheduled { .. } | State::Provisioning(_) | State::Activated(_) => {
                return Err(Refused::NotExpired);
            }
        };
        let after = Self { state, revival_asks: Some(asks), revival_declined: None, ..self.next() };
        Ok(Some(self.step(note, after, events)))
    }

    /// Who waits for its revival, since when (LINK-10).
    pub const fn revival_asked(&self) -> Option<&Asked> {
        match &self.state {
            State::Expired { revival_asked, .. } | State::Stuck { revival_asked, .. } => revival_asked.as_ref(),
            _ => None,
        }
    }

    /// Declines to revive it: an operator's act (LINK-10). Who asked is mailed, and may ask again.
    pub fn decline_revival(&self, operator: Actor, reason: &str, now: Timestamp) -> Result<Step, Refused> {
        let asked = self.revival_asked().cloned().ok_or(Refused::NothingAsked)?;
        let mut after = self.next();
        if let State::Expired { revival_asked, .. } | State::Stuck { revival_asked, .. } = &mut after.state {
            *revival_asked = None;
        }
        let note = Note::new("activation.revival-declined", operator)
            .fact("product", &self.product)
            .fact("asked-at", asked.at)
            .fact("reason", reason);
        let event = after.revival_answered(&asked, false);
        after.revival_declined = Some(Declined { asked, at: now, reason: reason.into() });
        Ok(self.step(note, after, vec![event]))
    }

    fn revival_answered(&self, asked: &Asked, granted: bool) -> Event {
        Event::RevivalAnswered {
            licence: self.licence.clone(),
            product: self.product.clone(),
            version: self.version,
            to: asked.by.address.clone(),
            granted,
        }
    }

    /// Revives an expired link: an operator's act (LINK-10). New link, new end, counted.
    pub fn revive(
        &self,
        operator: Actor,
        reason: &str,
        contacts: &Contacts,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Result<Step, Refused> {
        if !self.has_expired(now) {
            return Err(Refused::NotExpired);
        }
        let mut after = self.next();
        after.revivals += 1;
        after.revival_declined = None;
        after.tried.clear();
        let note = Note::new("activation.revived", operator)
            .fact("product", &self.product)
            .fact("revival", after.revivals)
            .fact("reason", reason);
        let events = match next_contact(self.kind, contacts, &[], fails) {
            None => {
                after.state = State::Stuck {
                    since: now,
                    expires_at: Some(add_days(now, policy.revival_days)),
                    revival_asked: None,
                };
                Vec::new()
            }
            Some(to) => {
                after.generation += 1;
                after.mails = 1;
                after.state = State::Invited(Invitation {
                    to,
                    first_mailed: now,
                    mailed: now,
                    expires_at: add_days(now, policy.revival_days),
                    delivered: false,
                    reminded: None,
                });
                vec![after.link_event(Why::Revived)]
            }
        };
        // Whoever asked and is not the one who gets the link is told that there is one.
        let other =
            self.revival_asked().filter(|asked| after.addressee().is_some_and(|to| to.address != asked.by.address));
        let told = other.map(|asked| after.revival_answered(asked, true));
        let events = events.into_iter().chain(told).collect();
        Ok(self.step(note, after, events))
    }

    /// What the sweep does with it at `now`: sends what is scheduled, reminds, writes to the next contact, ends it, closes
    /// the time for undo. None if nothing is due (another sweep was here).
    pub fn sweep(
        &self,
        contacts: &Contacts,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        if self.due_at(policy).is_none_or(|due| now < due) {
            return None;
        }
        let mut after = self.next();
        match &self.state {
            State::Scheduled { .. } => {
                let to = next_contact(self.kind, contacts, &self.tried, fails);
                let events = after.invite(to, Why::First, now, policy);
                let note = after.now_note("activation.begun");
                Some(self.step(note, after, events))
            }
            State::Invited(invitation) if now < invitation.expires_at => {
                let late = !invitation.delivered && now >= add_days(invitation.mailed, policy.delivery_days);
                if late {
                    return Some(self.next_in_vain(contacts, fails, now, policy, "activation.not-delivered"));
                }
                let days = invitation.reminder_due(now, policy)?;
                after.state = State::Invited(Invitation { reminded: Some(days), ..invitation.clone() });
                let note = after.now_note("activation.reminded").fact("days", days);
                let event = Event::Reminder {
                    licence: self.licence.clone(),
                    product: self.product.clone(),
                    generation: self.generation,
                    days,
                };
                Some(self.step(note, after, vec![event]))
            }
            State::Invited(invitation) => {
                after.state = State::Expired { invitation: invitation.clone(), revival_asked: None };
                let note = after.now_note("activation.expired").fact("link", self.generation);
                Some(self.step(note, after, vec![self.expired_event()]))
            }
            State::Stuck { expires_at, revival_asked, .. } => {
                // It was mailed once and then nobody was left: it ends when its link would have.
                // The end stays, so that it reads as expired after the sweep as before (EXP-05).
                let (expires_at, revival_asked) = (*expires_at, revival_asked.clone());
                after.state = State::Stuck { since: now, expires_at, revival_asked };
                let note = after
                    .now_note("activation.expired")
                    .fact("link", self.generation)
                    .fact("ended", expires_at.map(|at| at.to_string()).unwrap_or_default());
                Some(self.step(note, after, Vec::new()))
            }
            State::Activated(in_use) => {
                // Both that may be due are done at once: what was left would lie on a day that is looked at no more.
                let mut next = in_use.clone();
                if in_use.undo_until.is_some_and(|until| now >= until) {
                    next = InUse { undo_until: None, before: None, told: None, ..next };
                }
                let ended = in_use.remap.as_ref().filter(|remap| now >= remap.ends_at(policy));
                if ended.is_some() {
                    next.remap = None;
                }
                after.state = State::Activated(next);
                let action = if ended.is_some() { "activation.remap-ended" } else { "activation.settled" };
                let note = after.now_note(action);
                let events = ended.and_then(|remap| after.remap_ended(remap, false)).into_iter().collect();
                Some(self.step(note, after, events))
            }
            State::Provisioning(_) | State::Expired { .. } => None,
        }
    }

    /// A delivery was reported for a link's mail. None if it changes nothing.
    pub fn delivered(&self, generation: u32, to: &Address) -> Option<Step> {
        let State::Invited(invitation) = &self.state else { return None };
        if generation != self.generation || invitation.delivered || invitation.to.address != *to {
            return None;
        }
        let mut after = self.next();
        after.state = State::Invited(Invitation { delivered: true, ..invitation.clone() });
        let note = after.now_note("activation.delivered").fact("link", generation);
        Some(self.step(note, after, Vec::new()))
    }

    /// The mail with a link will not arrive, though nothing is wrong with its address: on to the next contact (ACT-03). None
    /// if it changes nothing.
    pub fn gave_up(
        &self,
        generation: u32,
        to: &Address,
        contacts: &Contacts,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        let State::Invited(invitation) = &self.state else { return None };
        let newest = generation == self.generation && invitation.to.address == *to;
        if !newest || invitation.delivered || self.has_expired(now) {
            return None;
        }
        Some(self.next_in_vain(contacts, fails, now, policy, "activation.not-delivered"))
    }

    /// What is known of the contacts changed: a corrected contact, a bounce, a suppression (ACT-03, ACT-15). An open
    /// activation whose addressee is no longer the one to write to is mailed to who is; a stuck one is tried again.
    /// None if nothing changes.
    pub fn rejudge(
        &self,
        of: &Of<'_>,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        let mut after = self.next();
        after.name_after(of);
        let moved = after.viewers != self.viewers || after.customer != self.customer;
        let quiet = moved.then(|| self.step(after.now_note("activation.viewers-changed"), after.clone(), Vec::new()));
        if self.has_expired(now) {
            return quiet;
        }
        let best = next_contact(self.kind, of.contacts, &self.tried, &fails);
        match &self.state {
            State::Provisioning(_) | State::Activated(_) | State::Expired { .. } => quiet,
            State::Scheduled { to, send_at } => match best {
                Some(best) if best == *to => quiet,
                Some(best) => {
                    after.state = State::Scheduled { to: best, send_at: *send_at };
                    Some(self.step(after.now_note("activation.redirected"), after, Vec::new()))
                }
                None => {
                    after.state = State::Stuck { since: now, expires_at: None, revival_asked: None };
                    Some(self.step(after.now_note("activation.stuck"), after, Vec::new()))
                }
            },
            State::Stuck { .. } => {
                if best.is_none() {
                    return quiet;
                }
                let events = after.begin_or_wait(best, Why::ContactChanged, now, policy);
                Some(self.step(after.now_note("activation.unstuck"), after, events))
            }
            State::Invited(invitation) => {
                let listed = of.contacts.get(&invitation.to.contact) == Some(&invitation.to.address);
                let reachable = !fails(&invitation.to.address);
                if listed && reachable {
                    return quiet;
                }
                if best.as_ref().is_some_and(|best| best.address == invitation.to.address) && reachable {
                    // The same person under another title: the link that was mailed stays good.
                    after.state = State::Invited(Invitation { to: best?, ..invitation.clone() });
                    return Some(self.step(after.now_note("activation.redirected"), after, Vec::new()));
                }
                let why = if reachable { Why::ContactChanged } else { Why::Fallback };
                let events = after.invite(best, why, now, policy);
                let name = if events.is_empty() { "activation.stuck" } else { "activation.redirected" };
                Some(self.step(after.now_note(name), after, events))
            }
        }
    }

    /// For which side a person speaks in a move to the account `to` (LINK-07): global administrator of the account that it is
    /// on, of the one that it goes to, or of both. For the one that it goes to they speak only where it is the same customer's,
    /// or was proposed to it: naming somebody else's activation gives no say in it. `from` is the account that it is on.
    pub fn mover(
        &self,
        by: &Person,
        addresses: &[Address],
        from: Option<&Account>,
        to: Option<&Account>,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Proposer> {
        let in_use = self.on_account()?;
        let holds = from.is_some_and(|from| from.id == in_use.account && from.is_global_admin(addresses));
        let receives = to.filter(|to| to.id != in_use.account && to.is_global_admin(addresses)).is_some_and(|to| {
            let proposed = in_use.proposal(now, policy).filter(|remap| remap.account == to.id);
            let invited = proposed.is_some_and(|remap| !matches!(remap.by, Proposer::Operator(_)));
            holds || invited || to.customer.as_ref() == Some(&self.customer)
        });
        match (holds, receives) {
            (true, true) => Some(Proposer::Both(by.clone())),
            (true, false) => Some(Proposer::Holder(by.clone())),
            (false, true) => Some(Proposer::Receiver(by.clone())),
            (false, false) => None,
        }
    }

    /// The same by its product's name as it is now, where that is known: whoever reads both together shows what is right.
    #[must_use]
    pub fn called(mut self, product_name: Option<String>) -> Self {
        if let Some(name) = product_name {
            self.product_name = name;
        }
        self
    }

    /// Names were corrected since they were copied here. None if none was.
    pub fn renamed(&self, product_name: &str, customer_name: &str, account: Option<&Account>) -> Option<Step> {
        let mut after = self.next();
        after.product_name = product_name.into();
        after.customer_name = customer_name.into();
        if let State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) = &mut after.state
            && let Some(account) = account.filter(|account| account.id == in_use.account)
        {
            in_use.account_name = account.name.clone();
        }
        if after == self.next() {
            return None;
        }
        let note = Note::new("activation.renamed", Actor::Service)
            .fact("product", &self.product)
            .fact("product-name", &after.product_name)
            .fact("customer-name", &after.customer_name);
        Some(self.step(note, after, Vec::new()))
    }

    /// Proposes or agrees to a move to another account after the time for undo (LINK-07). The first of the two sides
    /// proposes, the other agrees; operators likewise are two. One move is proposed at a time.
    pub fn remap(
        &self,
        by: Proposer,
        account: &AccountId,
        account_name: &str,
        reason: &str,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Result<Step, Refused> {
        let State::Activated(in_use) = &self.state else { return Err(Refused::NotActivated) };
        if in_use.account == *account {
            return Err(Refused::SameAccount);
        }
        let mut after = self.next();
        let waits = in_use.proposal(now, policy);
        let agreed = match waits {
            None => matches!(by, Proposer::Both(_)),
            Some(remap) if remap.account != *account => return Err(Refused::MoveWaits(remap.ends_at(policy))),
            Some(remap) => match (&remap.by, &by) {
                (Proposer::Operator(one), Proposer::Operator(other)) => one != other,
                (Proposer::Operator(_), _) | (_, Proposer::Operator(_)) => false,
                (_, Proposer::Both(_)) => true,
                (Proposer::Holder(one), Proposer::Receiver(other))
                | (Proposer::Receiver(one), Proposer::Holder(other)) => one.profile != other.profile,
                _ => false,
            },
        };
        if waits.is_some() && !agreed {
            return Err(Refused::NeedsOtherSide);
        }
        if waits.is_none() && by.person().is_some() {
            after.moves = Some(hit(self.moves, now, 24 * 60, policy.moves_a_day).map_err(Refused::TooOften)?);
        }
        let mut note = Note::new(if agreed { "activation.remapped" } else { "activation.remap-proposed" }, by.actor())
            .fact("product", &self.product)
            .fact("from", &in_use.account)
            .fact("to", account);
        if !reason.is_empty() {
            note = note.fact("reason", reason);
        }
        // Where the sweep was not here yet, this is what ends the one before.
        let ended = in_use.remap.as_ref().filter(|_| waits.is_none());
        let mut events: Vec<Event> = ended.and_then(|remap| after.remap_ended(remap, false)).into_iter().collect();
        after.state = State::Activated(if agreed {
            InUse { account: account.clone(), account_name: account_name.into(), remap: None, ..in_use.clone() }
        } else {
            let proposed = Remap { account: account.clone(), by, at: now, reason: reason.into() };
            InUse { remap: Some(proposed), ..in_use.clone() }
        });
        events.push(Event::Remap {
            licence: self.licence.clone(),
            product: self.product.clone(),
            version: after.version,
            from: agreed.then(|| in_use.account.clone()),
        });
        if agreed {
            events.push(after.told(What::Moved, now, Some(in_use.account.clone())));
        }
        Ok(self.step(note, after, events))
    }

    /// Declines a move that is proposed to this account, or withdraws it: either side may, and operators. Who proposed it is
    /// mailed, unless their own side withdraws it (LINK-07).
    pub fn decline_remap(
        &self,
        by: &Proposer,
        account: &AccountId,
        reason: &str,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Result<Step, Refused> {
        let State::Activated(in_use) = &self.state else { return Err(Refused::NotActivated) };
        let waits = in_use.proposal(now, policy).filter(|remap| remap.account == *account);
        let remap = waits.ok_or(Refused::NothingProposed)?;
        let own = match (&remap.by, by) {
            // What operators propose is theirs to decide.
            (Proposer::Operator(_), other) if other.person().is_some() => return Err(Refused::NotYours),
            (Proposer::Operator(one), Proposer::Operator(other)) => one == other,
            (Proposer::Holder(_), Proposer::Holder(_)) | (Proposer::Receiver(_), Proposer::Receiver(_)) => true,
            (one, other) => one.person().zip(other.person()).is_some_and(|(one, other)| one.profile == other.profile),
        };
        let mut after = self.next();
        after.state = State::Activated(InUse { remap: None, ..in_use.clone() });
        let action = if own { "activation.remap-withdrawn" } else { "activation.remap-declined" };
        let mut note = Note::new(action, by.actor())
            .fact("product", &self.product)
            .fact("from", &in_use.account)
            .fact("to", account);
        if !reason.is_empty() {
            note = note.fact("reason", reason);
        }
        let event = if own { None } else { after.remap_ended(remap, true) };
        Ok(self.step(note, after, event.into_iter().collect()))
    }

    /// Tells who proposed a move, where a person did, that it is not made.
    fn remap_ended(&self, remap: &Remap, declined: bool) -> Option<Event> {
        Some(Event::RemapEnded {
            licence: self.licence.clone(),
            product: self.product.clone(),
            version: self.version,
            to: remap.by.person()?.address.clone(),
            account: remap.account.clone(),
            sees_it: !matches!(remap.by, Proposer::Receiver(_)),
            declined,
        })
    }

    fn blank(of: &Of<'_>) -> Self {
        Self {
            licence: of.licence.clone(),
            product: of.product.clone(),
            product_name: of.product_name.into(),
            kind: of.kind,
            customer: of.customer.clone(),
            customer_name: of.customer_name.into(),
            quantity: 0,
            purchased: None,
            usage_starts: None,
            state: State::Stuck { since: Timestamp::MIN, expires_at: None, revival_asked: None },
            generation: 0,
            mails: 0,
            revivals: 0,
            tried: Vec::new(),
            resends: None,
            asks: None,
            confirms: None,
            undos: None,
            revival_asks: None,
            revival_declined: None,
            moves: None,
            viewers: viewers(of.contacts),
            version: 1,
        }
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    fn name_after(&mut self, of: &Of<'_>) {
        self.product_name = of.product_name.into();
        self.customer = of.customer.clone();
        self.customer_name = of.customer_name.into();
        self.viewers = viewers(of.contacts);
    }

    fn step(&self, note: Note, after: Self, events: Vec<Event>) -> Step {
        let (seen_viewers, seen_waiting) = (self.viewers.clone(), self.may_need_operators());
        Step { after, seen: Some(self.version), seen_viewers, seen_waiting, note, events }
    }

    fn take_line(
        &mut self,
        of: &Of<'_>,
        line: &Line,
        verdict: &Verdict,
        account_name: &str,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Vec<Event>> {
        self.quantity = self.quantity.saturating_add(line.quantity);
        self.purchased = Some(self.purchased.map_or(line.purchased, |day| day.min(line.purchased)));
        self.usage_starts = Some(self.usage_starts.map_or(line.usage_starts, |day| day.min(line.usage_starts)));
        match &verdict.outcome {
            Outcome::Nothing | Outcome::KeyNotice(_) => None,
            Outcome::Added => Some(Vec::new()),
            Outcome::Joined(_) => Some(vec![self.told(What::QuantityRaised, now, None)]),
            Outcome::Stuck if matches!(self.kind, ProductKind::KeyedService) => None,
            Outcome::Stuck => {
                self.state = State::Stuck { since: now, expires_at: self.end_told(), revival_asked: None };
                Some(Vec::new())
            }
            Outcome::Assigned(account) => {
                let in_use = InUse {
                    account: account.clone(),
                    account_name: account_name.into(),
                    at: now,
                    by: None,
                    how: How::Assigned,
                    undo_until: None,
                    before: None,
                    told: self.end_told(),
                    request: String::new(),
                    remap: None,
                };
                Some(self.begin_use(in_use, of.by_endpoint, now, policy))
            }
            // A later usage start does not put off what was mailed before, or what an earlier order made usable.
            Outcome::Scheduled(Sending { to, .. }) => {
                let why = if self.end_told().is_some() { Why::Fallback } else { Why::First };
                Some(self.begin_or_wait(Some(to.clone()), why, now, policy))
            }
            Outcome::Mail(Sending { to, send_at, expires_at }) => {
                let expires_at = self.end_told().unwrap_or(*expires_at);
                self.generation += 1;
                self.mails = 1;
                self.state = State::Invited(Invitation {
                    to: to.clone(),
                    first_mailed: *send_at,
                    mailed: *send_at,
                    expires_at,
                    delivered: false,
                    reminded: None,
                });
                let why = if verdict.rule == crate::judge::Rule::Act03 { Why::Fallback } else { Why::First };
                Some(vec![self.link_event(why)])
            }
        }
    }

    /// The end of a link that was mailed and not used: it does not move.
    const fn end_told(&self) -> Option<Timestamp> {
        match &self.state {
            State::Stuck { expires_at, .. } => *expires_at,
            State::Invited(invitation) => Some(invitation.expires_at),
            State::Scheduled { .. } | State::Provisioning(_) | State::Activated(_) | State::Expired { .. } => None,
        }
    }

    /// Mails a new link to `to`; nobody: stuck. An end that was told before does not move.
    fn invite(&mut self, to: Option<Addressee>, why: Why, now: Timestamp, policy: &LinkPolicy) -> Vec<Event> {
        let told = match &self.state {
            State::Invited(invitation) => Some((invitation.first_mailed, invitation.expires_at)),
            State::Stuck { expires_at: Some(end), since, .. } => Some((*since, *end)),
            _ => None,
        };
        let purchased = self.purchased.unwrap_or_else(|| crate::when::day_of(now));
        let (first_mailed, expires_at) = told.unwrap_or_else(|| (now, link_expiry(purchased, now, policy)));
        let Some(to) = to else {
            self.state = State::Stuck { since: now, expires_at: told.map(|(_, end)| end), revival_asked: None };
            return Vec::new();
        };
        self.generation += 1;
        self.mails = 1;
        let reminded = match &self.state {
            State::Invited(invitation) => invitation.reminded,
            _ => None,
        };
        self.state =
            State::Invited(Invitation { to, first_mailed, mailed: now, expires_at, delivered: false, reminded });
        vec![self.link_event(why)]
    }

    /// As [`Self::invite`], but not before the usage start less the lead (ACT-06).
    fn begin_or_wait(&mut self, to: Option<Addressee>, why: Why, now: Timestamp, policy: &LinkPolicy) -> Vec<Event> {
        let own_time = self
            .usage_starts
            .map(|day| crate::when::hours_before(day, policy.schedule_lead_hours))
            .filter(|at| now < *at && self.end_told().is_none());
        match (own_time, to) {
            (Some(send_at), Some(to)) => {
                self.state = State::Scheduled { to, send_at };
                Vec::new()
            }
            (_, to) => self.invite(to, why, now, policy),
        }
    }

    fn next_in_vain(
        &self,
        contacts: &Contacts,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &LinkPolicy,
        action: &'static str,
    ) -> Step {
        let mut after = self.next();
        if let Some(to) = self.addressee() {
            after.tried.push(to.address.clone());
        }
        let to = next_contact(self.kind, contacts, &after.tried, fails);
        let events = after.invite(to, Why::Fallback, now, policy);
        let note = after.now_note(action);
        self.step(note, after, events)
    }

    fn open_invitation(&self, now: Timestamp) -> Result<&Invitation, Refused> {
        match &self.state {
            State::Activated(_) | State::Provisioning(_) => Err(Refused::AlreadyActivated),
            _ if self.has_expired(now) => Err(Refused::Expired),
            State::Invited(invitation) => Ok(invitation),
            _ => Err(Refused::NotInvited),
        }
    }

    fn link_event(&self, why: Why) -> Event {
        Event::ActivationLink {
            licence: self.licence.clone(),
            product: self.product.clone(),
            generation: self.generation,
            why,
            mail: self.mails,
        }
    }

    fn expired_event(&self) -> Event {
        Event::LinkExpired { licence: self.licence.clone(), product: self.product.clone(), generation: self.generation }
    }

    fn line_note(&self, action: &'static str, line: &Line, verdict: &Verdict) -> Note {
        self.now_note(action)
            .fact("order", &line.order)
            .fact("line", line.line)
            .fact("quantity", line.quantity)
            .fact("rule", verdict.rule.id())
    }

    /// A note by the service with the state that it led to.
    fn now_note(&self, action: &'static str) -> Note {
        let note = Note::new(action, Actor::Service).fact("product", &self.product);
        match &self.state {
            State::Stuck { .. } => note.fact("state", "stuck"),
            State::Scheduled { to, send_at } => note
                .fact("state", "scheduled")
                .fact("send-at", send_at)
                .fact("contact", to.contact)
                .personal("to", to.address.as_str()),
            State::Invited(invitation) => note
                .fact("state", "invited")
                .fact("expires-at", invitation.expires_at)
                .fact("contact", invitation.to.contact)
                .personal("to", invitation.to.address.as_str()),
            State::Provisioning(setup) => note.fact("state", "provisioning").fact("account", &setup.in_use.account),
            State::Activated(in_use) => note.fact("state", "activated").fact("account", &in_use.account),
            State::Expired { invitation, .. } => {
                note.fact("state", "expired").fact("expired-at", invitation.expires_at)
            }
        }
    }
}

impl Invitation {
    /// The reminders that are still to be sent, the earliest first, with their days before the end (EXP-06).
    fn reminders<'p>(&self, policy: &'p LinkPolicy) -> impl DoubleEndedIterator<Item = (Timestamp, u32)> + use<'p> {
        let (expires_at, mailed, reminded) = (self.expires_at, self.mailed, self.reminded);
        let at = move |days: &u32| (crate::when::less_hours(expires_at, days.saturating_mul(24)), *days);
        let to_come = move |(at, days): &(Timestamp, u32)| *at > mailed && reminded.is_none_or(|last| *days < last);
        policy.reminder_days.iter().map(at).filter(to_come)
    }

    /// The nearest reminder that is due: one that was slept through is not made up for beside a later one.
    fn reminder_due(&self, now: Timestamp, policy: &LinkPolicy) -> Option<u32> {
        self.reminders(policy).rfind(|(at, _)| *at <= now).map(|(_, days)| days)
    }
}

/// The first contact in order who is named, was not tried in vain, and can be reached (ACT-03).
pub fn next_contact(
    kind: ProductKind,
    contacts: &Contacts,
    tried: &[Address],
    fails: impl Fn(&Address) -> bool,
) -> Option<Addressee> {
    order_of_contacts(kind).iter().find_map(|name: &ContactName| {
        let address = contacts.get(name)?;
        (!tried.contains(address) && !fails(address)).then(|| Addressee { contact: *name, address: address.clone() })
    })
}

fn person(who: &Person) -> Actor {
    Actor::Person { profile: who.profile.clone(), address: who.address.clone() }
}

/// One row of Manage activations (LINK-05), as it is kept for each who sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Under which Licensing ID.
    pub licence: Licence,
    /// What.
    pub product: Sku,
    /// The product's name.
    pub product_name: String,
    /// Whose.
    pub customer_name: String,
    /// Seats or units.
    pub quantity: u64,
    /// `stuck`, `scheduled`, `invited`, `provisioning`, `activated`, `expired`.
    pub state: String,
    /// The account, where it is in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    /// What the state's date is: stuck since, sent at, ends at, confirmed at, activated at, ended at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
    /// The end of its link, where one was mailed and it is not in use: the list judges it at use as well (EXP-05).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
}

impl Activation {
    /// The row of Manage activations.
    pub fn summary(&self) -> Summary {
        let (state, account_name, date) = match &self.state {
            State::Stuck { since, .. } => ("stuck", None, Some(*since)),
            State::Scheduled { send_at, .. } => ("scheduled", None, Some(*send_at)),
            State::Invited(invitation) => ("invited", None, Some(invitation.expires_at)),
            State::Provisioning(Setup { in_use, .. }) => {
                ("provisioning", Some(in_use.account_name.clone()), Some(in_use.at))
            }
            State::Activated(in_use) => ("activated", Some(in_use.account_name.clone()), Some(in_use.at)),
            State::Expired { invitation, .. } => ("expired", None, Some(invitation.expires_at)),
        };
        Summary {
            licence: self.licence.clone(),
            product: self.product.clone(),
            product_name: self.product_name.clone(),
            customer_name: self.customer_name.clone(),
            quantity: self.quantity,
            state: state.into(),
            account_name,
            date,
            ends: match &self.state {
                State::Stuck { expires_at, .. } => *expires_at,
                State::Invited(invitation) | State::Expired { invitation, .. } => Some(invitation.expires_at),
                State::Scheduled { .. } | State::Provisioning(_) | State::Activated(_) => None,
            },
        }
    }
}
