//! The person at the keyboard, and a change of theirs: one transaction with an entry in the profile's audit chain.

use api::{Instant, me};
use gateway::{App, Conflict, Request, Who, session::WhoSlots};
use licensing::{
    Address, Timestamp,
    audit::{Note, profile_chain},
    moving::Progress,
    proof::{Pending, counting},
    sign_in::Session,
};
use store::{
    Batch, BatchResult, Write,
    audit::{self, StoredHead},
    people::Profile,
};

/// Who is signed in, and where their audit chain ends.
pub(crate) struct Mine {
    pub(crate) who: Who,
    head: Option<StoredHead>,
}

impl Mine {
    /// Adds what is read of the person behind the cookie to a batch.
    pub(crate) fn add_to(slots: &WhoSlots, batch: &mut Batch) {
        slots.add_to(batch);
        if let Some((profile, _)) = slots.ids() {
            batch.add(&audit::head(&profile_chain(profile)));
        }
    }

    /// The person; a problem if nobody is signed in. Notes that the session is used.
    pub(crate) async fn take(app: &App, slots: &WhoSlots, got: &BatchResult) -> Result<Self, Conflict> {
        let who = slots.take(app, got)?;
        who.touch(app).await?;
        let head = got.get(&audit::head(&profile_chain(&who.profile.profile)))?;
        Ok(Self { who, head })
    }

    /// Reads the person: one call.
    pub(crate) async fn read(app: &App, request: &Request) -> Result<Self, Conflict> {
        let slots = WhoSlots::of(app, request);
        let mut batch = Batch::default();
        Self::add_to(&slots, &mut batch);
        Self::take(app, &slots, &batch.read(&app.store).await?).await
    }

    /// The profile to be changed, under its next version.
    pub(crate) fn next(&self) -> Profile {
        Profile { version: self.who.profile.version + 1, ..self.who.profile.clone() }
    }

    /// Writes the changed profile with everything that belongs to the change, or nothing.
    pub(crate) async fn keep(
        &self,
        app: &App,
        after: &Profile,
        mut write: Write,
        note: Note,
        now: Timestamp,
    ) -> Result<(), Conflict> {
        write.profile(&app.store, Some(self.who.profile.version), after);
        self.commit(app, write, note, now).await
    }

    /// Writes a change that leaves the profile as it is.
    pub(crate) async fn commit(&self, app: &App, mut write: Write, note: Note, now: Timestamp) -> Result<(), Conflict> {
        let chain = profile_chain(&self.who.profile.profile);
        write.audit(&app.store, &chain, self.head.as_ref(), note, now);
        Ok(write.commit(&app.store).await?)
    }
}

/// An address with what is on its way to it.
fn on_its_way(address: &Address, pending: Option<&Pending>, id: &str) -> me::MyAddress {
    me::MyAddress {
        address: address.clone(),
        own_letters: address.in_own_letters(),
        proven_at: None,
        proof_ends: pending.map(|pending| Instant::from(pending.expires_at)),
        asked_here: pending.is_some_and(|pending| pending.session == id),
        confirm_again: None,
        leaving: None,
    }
}

/// Who is signed in, as pages are told. `id` is the session's name.
pub(crate) fn me(app: &App, profile: &Profile, id: &str, session: &Session, now: Timestamp) -> me::Me {
    // This very request was noted if the last one that was noted lies back long enough.
    let noted = session.wants_touch(now, &app.policy.sessions);
    let session = Session { seen: if noted { now } else { session.seen }, ..session.clone() };
    let pending =
        |address: &Address| profile.pending.iter().find(|pending| pending.address == *address && pending.is_live(now));
    let held = profile.addresses.iter().map(|proven| me::MyAddress {
        proven_at: Some(proven.at.into()),
        confirm_again: me::ConfirmAgain::of(proven.force(now, &app.policy.addresses)),
        leaving: proven.leaving.as_ref().filter(|leaving| leaving.is_live(now)).map(|leaving| me::Leaving {
            to: leaving.masked.clone(),
            asked_at: leaving.asked.into(),
            moves_at: leaving.due.into(),
        }),
        ..on_its_way(&proven.address, pending(&proven.address), id)
    });
    let new = profile.pending.iter().filter(|pending| pending.is_live(now));
    let new = new.filter(|pending| profile.holding(&pending.address).is_none());
    let new = new.map(|pending| on_its_way(&pending.address, Some(pending), id));
    let arriving = profile.arriving.iter().filter_map(|arriving| {
        Some(me::Arriving {
            address: arriving.address.clone(),
            own_letters: arriving.address.in_own_letters(),
            from: arriving.masked.clone(),
            asked_at: arriving.asked.into(),
            moves_at: arriving.due.into(),
            ends_at: arriving.ends.into(),
            state: match arriving.progress(now) {
                Progress::Waits => me::ArrivingState::Waits,
                Progress::Ready => me::ArrivingState::Ready,
                Progress::Stopped => me::ArrivingState::Stopped,
                Progress::Over => return None,
            },
        })
    });
    let refused = counting(&profile.refused, now, &app.policy.addresses)
        .map(|refusal| me::RefusedAddress { address: refusal.masked.clone(), until: refusal.until.into() });
    me::Me {
        signed_in_as: session.address.clone(),
        addresses: held.chain(new).collect(),
        arriving: arriving.collect(),
        refused: refused.collect(),
        profile: me::Profile {
            first_name: profile.first_name.clone(),
            last_name: profile.last_name.clone(),
            language: profile.language.clone(),
            phone: profile.phone.clone(),
        },
        country: profile.country,
        session_ends: session.ends_at(&app.policy.sessions).into(),
    }
}
