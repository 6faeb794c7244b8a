//! To whom is written next, when one contact fails or contacts change (ACT-03, ACT-15).

use super::{Activation, Entitlement, Invitation, State, Step};
use crate::{
    event::Why,
    judge::{Addressee, Contacts, order_of_contacts},
    policy::LinkPolicy,
    when::Timestamp,
    words::{Address, ContactName, ProductKind},
};

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

impl Activation {
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
        entitlement: &Entitlement<'_>,
        fails: impl Fn(&Address) -> bool,
        now: Timestamp,
        policy: &LinkPolicy,
    ) -> Option<Step> {
        let mut after = self.next();
        after.name_after(entitlement);
        let moved = after.viewers != self.viewers || after.customer != self.customer;
        let quiet = moved.then(|| self.step(after.now_note("activation.viewers-changed"), after.clone(), Vec::new()));
        if self.has_expired(now) {
            return quiet;
        }
        let best = next_contact(self.kind, entitlement.contacts, &self.tried, &fails);
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
                let listed = entitlement.contacts.get(&invitation.to.contact) == Some(&invitation.to.address);
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

    pub(super) fn next_in_vain(
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
}
