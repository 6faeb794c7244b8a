//! Sending an invitation again (APR-08).

use super::{Made, Managing, Outcome, Refused};
use crate::access::Action;

impl Managing<'_> {
    /// Sends the letter again; the days are counted anew. `fails`: email to the address is known to fail.
    pub fn invite_again(&self, fails: bool) -> Result<Outcome, Refused> {
        let by = self.may(Action::ManageUsers)?;
        if self.registered_since.is_some() {
            return Err(Refused::Registered);
        }
        let mut holder = self.holder();
        if self.access().is_empty() {
            return Err(Refused::HoldsNothing);
        }
        if fails {
            return Err(Refused::MailFails);
        }
        holder.may_invite_again(self.now, self.policy).map_err(|again| Refused::TooOften { at: again.0 })?;
        holder.invite([], self.now, self.policy);
        let made = Made { invites: true, ..Made::new("people.invited-again", holder) };
        self.changed(by, made)
    }
}
