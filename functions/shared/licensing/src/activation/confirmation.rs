//! Confirming and taking back, with who may (LINK-02, LINK-04, LINK-05, LINK-07).

use super::{Activation, How, InUse, Invitation, Person, Refused, Setup, State, Step, next_contact, person};
use crate::{
    account::Account,
    audit::Note,
    event::{Event, Why},
    judge::Contacts,
    limit::{Window, hit},
    message::MessageKind,
    policy::LinkPolicy,
    rights::Rights,
    when::{Timestamp, add_hours},
    words::{AccountId, Address},
};

impl Activation {
    /// Whether the person may confirm: the addressee, unless they gave the Licensing ID up since, or a manager of the Licensing ID
    /// (LINK-02, PERM-04).
    pub fn may_confirm(&self, addresses: &[Address], rights: &Rights) -> bool {
        rights.manages_activations() || self.is_addressee(addresses, rights)
    }

    /// Whether one of these addresses is the one that it was mailed to, and counts.
    pub fn is_addressee(&self, addresses: &[Address], rights: &Rights) -> bool {
        self.addressee().is_some_and(|to| addresses.contains(&to.address) && !rights.gave_up(&to.address))
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
        events.push(after.told(MessageKind::Undone, now, Some(in_use.account.clone())));
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

    /// Puts it into use, or has an endpoint asked to set it up first. What follows: the mail that it is in use comes when it
    /// is; subscribers are told at once.
    pub(super) fn begin_use(
        &mut self,
        in_use: InUse,
        by_endpoint: bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Vec<Event> {
        let (licence, product, version) = (self.licence.clone(), self.product.clone(), self.version);
        let event = if by_endpoint {
            self.state = State::Provisioning(Setup { in_use, first: version, asked: version, refused: None });
            Event::Provision { licence, product, version }
        } else {
            self.use_from(in_use, now, policy)
        };
        vec![event, self.told(MessageKind::Confirmed, now, None)]
    }

    /// In use from now on; the people whom it concerns get an email.
    pub(super) fn use_from(&mut self, in_use: InUse, now: Timestamp, policy: &LinkPolicy) -> Event {
        let (licence, product, version) = (self.licence.clone(), self.product.clone(), self.version);
        let event = match in_use.how {
            How::Assigned => Event::Assigned { licence, product, version },
            How::Confirmed | How::Loaded => Event::Activated { licence, product, version },
        };
        self.state = State::Activated(InUse { undo_until: Some(add_hours(now, policy.undo_hours)), ..in_use });
        event
    }
}
