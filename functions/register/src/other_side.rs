//! The other profile of a move (REG-09): each step of a move writes both profiles in one transaction.

use gateway::{App, Conflict};
use licensing::{
    Address, ProfileId, Timestamp,
    audit::{Actor, Note, profile_chain},
    moving,
    proven::Leaving,
};
use store::{
    Batch, Write,
    audit::{self, StoredHead},
    people::{self, Profile},
};

/// The holder has proven the address again: the profile that asked for it keeps that it stays where it is.
pub(crate) async fn stop(
    app: &App,
    write: &mut Write,
    leaving: &Leaving,
    address: &Address,
    now: Timestamp,
) -> Result<(), Conflict> {
    let Some(other) = Other::read(app, &leaving.to).await? else { return Ok(()) };
    let mut theirs = other.next();
    if moving::stop(&mut theirs.arriving, leaving, address, now) {
        let note = Note::new("address.move-stopped", Actor::LinkHolder).personal("address", address.as_str());
        other.keep(app, write, &theirs, note, now);
    }
    Ok(())
}

/// The other profile of a move. Its audit says what was done to it; who did it is named in the chain of theirs alone.
pub(crate) struct Other {
    pub(crate) profile: Profile,
    head: Option<StoredHead>,
}

impl Other {
    pub(crate) async fn read(app: &App, id: &ProfileId) -> Result<Option<Self>, Conflict> {
        let (profile, head) = (people::profile(id), audit::head(&profile_chain(id)));
        let got = Batch::default().with(&profile).with(&head).read(&app.store).await?;
        let head = got.get(&head)?;
        Ok(got.get(&profile)?.map(|profile| Self { profile, head }))
    }

    /// The profile to be changed, under its next version.
    pub(crate) fn next(&self) -> Profile {
        Profile { version: self.profile.version + 1, ..self.profile.clone() }
    }

    pub(crate) fn keep(&self, app: &App, write: &mut Write, after: &Profile, note: Note, now: Timestamp) {
        write.profile(&app.store, Some(self.profile.version), after);
        write.audit(&app.store, &profile_chain(&after.profile), self.head.as_ref(), note, now);
    }
}
