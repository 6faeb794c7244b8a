//! The activation of one product under one Licensing ID: its states, and every way from one to the next.
//!
//! A transition takes the activation as it was read and gives a [`Step`]: what is written next, on condition that nobody
//! wrote in between, with its audit note and the events that follow. The store writes nothing else, so no state is
//! changed without the rule. Expiry is judged at use, swept or not (EXP-05).

mod confirmation;
mod contacts;
mod expiry;
mod invitation;
mod messages;
mod orders;
mod provisioning;
mod remap;
mod revival;
mod summary;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use self::{
    contacts::next_contact,
    invitation::LinkState,
    orders::{Entitlement, Line},
    provisioning::{Refusal, Setup},
    remap::{Proposer, Remap},
    revival::{Declined, RevivalRequest},
    summary::Summary,
};
pub use crate::phase::How;
use crate::{
    account::Account,
    audit::{Actor, Note},
    event::Event,
    glance::Share,
    judge::{Addressee, Progress},
    limit::{TryAgainAt, Window},
    phase::Phase,
    rights::viewers,
    when::{Date, Timestamp},
    words::{AccountId, Address, CustomerId, Licence, ProductKind, ProfileId, Sku},
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
    /// The earliest purchase date among its orders. If it expired and was opened again, only orders since then count.
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

/// How far an activation has come, with the facts. [`Phase`] is the same without them.
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
        revival_asked: Option<RevivalRequest>,
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
        revival_asked: Option<RevivalRequest>,
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

/// A person who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The profile.
    pub profile: ProfileId,
    /// The address by which the person acts.
    pub address: Address,
}

/// One change: the activation as it is written next, on condition that it still is as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    after: Activation,
    seen: Option<u64>,
    seen_viewers: BTreeSet<Address>,
    seen_waiting: bool,
    seen_share: Option<Share>,
    note: Note,
    events: Vec<Event>,
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

impl State {
    /// The phase that was written last, whatever the time is now.
    pub const fn phase(&self) -> Phase {
        match self {
            Self::Stuck { .. } => Phase::Stuck,
            Self::Scheduled { .. } => Phase::Scheduled,
            Self::Invited(_) => Phase::Invited,
            Self::Provisioning(_) => Phase::Provisioning,
            Self::Activated(_) => Phase::Activated,
            Self::Expired { .. } => Phase::Expired,
        }
    }
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

    /// What it added to its Licensing ID's glance before the change; none where there was none.
    pub const fn seen_share(&self) -> Option<Share> {
        self.seen_share
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

impl Activation {
    /// What it adds to its Licensing ID's glance.
    pub const fn share(&self) -> Share {
        let ends = match &self.state {
            State::Invited(invitation) => Some(invitation.expires_at),
            State::Stuck { expires_at, .. } => *expires_at,
            _ => None,
        };
        Share::new(self.state.phase(), self.quantity, ends)
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

    fn blank(entitlement: &Entitlement<'_>) -> Self {
        Self {
            licence: entitlement.licence.clone(),
            product: entitlement.product.clone(),
            product_name: entitlement.product_name.into(),
            kind: entitlement.kind,
            customer: entitlement.customer.clone(),
            customer_name: entitlement.customer_name.into(),
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
            viewers: viewers(entitlement.contacts),
            version: 1,
        }
    }

    fn next(&self) -> Self {
        Self { version: self.version + 1, ..self.clone() }
    }

    fn name_after(&mut self, entitlement: &Entitlement<'_>) {
        self.product_name = entitlement.product_name.into();
        self.customer = entitlement.customer.clone();
        self.customer_name = entitlement.customer_name.into();
        self.viewers = viewers(entitlement.contacts);
    }

    fn step(&self, note: Note, after: Self, events: Vec<Event>) -> Step {
        Step {
            after,
            seen: Some(self.version),
            seen_viewers: self.viewers.clone(),
            seen_waiting: self.may_need_operators(),
            seen_share: Some(self.share()),
            note,
            events,
        }
    }

    /// A note by the service with the state that it led to.
    fn now_note(&self, action: &'static str) -> Note {
        let state = self.state.phase().as_str();
        let note = Note::new(action, Actor::Service).fact("product", &self.product).fact("state", state);
        match &self.state {
            State::Stuck { .. } => note,
            State::Scheduled { to, send_at } => {
                note.fact("send-at", send_at).fact("contact", to.contact).personal("to", to.address.as_str())
            }
            State::Invited(invitation) => note
                .fact("expires-at", invitation.expires_at)
                .fact("contact", invitation.to.contact)
                .personal("to", invitation.to.address.as_str()),
            State::Provisioning(setup) => note.fact("account", &setup.in_use.account),
            State::Activated(in_use) => note.fact("account", &in_use.account),
            State::Expired { invitation, .. } => note.fact("expired-at", invitation.expires_at),
        }
    }
}

fn person(who: &Person) -> Actor {
    Actor::Person { profile: who.profile.clone(), address: who.address.clone() }
}
