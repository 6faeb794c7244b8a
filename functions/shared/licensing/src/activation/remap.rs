//! Moves to another account, which take two sides (LINK-07).

use serde::{Deserialize, Serialize};

use super::{Activation, InUse, Person, Refused, State, Step, person};
use crate::{
    account::Account,
    audit::{Actor, Note},
    event::Event,
    limit::hit,
    message::MessageKind,
    policy::LinkPolicy,
    when::{Timestamp, add_days},
    words::{AccountId, Address},
};

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

impl Activation {
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
            events.push(after.told(MessageKind::Moved, now, Some(in_use.account.clone())));
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
    pub(super) fn remap_ended(&self, remap: &Remap, declined: bool) -> Option<Event> {
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
}
