//! Removes a whole Licensing ID from what an address has (PERM-02 … PERM-04).

use api::{
    Code, Problem,
    requests::{GiveUp, GivenUp},
};
use gateway::{
    ApiError, App, Conflict, Request, Response, Who, answer::ok, optimistic, request::RequestParts, session::WhoSlots,
};
use licensing::{
    Address, Licence, Timestamp,
    access::{
        Holder, Level, Standing,
        leaving::{self, Leaving, Stays},
    },
    audit::{Actor, Note, licence_chain, profile_chain},
    event::Event,
};
use store::{
    Batch, Failed, Write,
    audit::head,
    licences::Versioned,
    people,
    standing::{Loaded, StandingSlots, holder},
};

/// Two reads (the Licensing ID; what the address holds, and who would remain), one transaction; one more read for each level
/// above.
pub(crate) async fn give_up(app: &App, request: &Request) -> Result<Response, ApiError> {
    let GiveUp { licence, address } = request.json(app)?;
    // The release before would not heed it.
    if app.policy.stored.for_release_before {
        return Err(Code::UpdateUnderWay.into());
    }
    let who_slots = WhoSlots::of(app, request);
    let (profile, _) = who_slots.ids().ok_or(Code::SignInNeeded)?;
    let slots = StandingSlots::of(&licence);
    let heads = (head(&licence_chain(&licence)), head(&profile_chain(profile)));
    let mut done_before = None;
    optimistic!(app.store, async {
        let mut batch = Batch::default().with(&heads.0).with(&heads.1);
        who_slots.add_to(&mut batch);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let who = who_slots.take(app, &got)?;
        if !who.proven().contains(&address) {
            let detail =
                "Choose one of your own proven addresses. If it is yours, confirm it again under My profile first.";
            return Err(Problem::new(Code::BadField).field("address").detail(detail).into());
        }
        let loaded = slots.from(&got)?.ok_or(Code::NotAllowed)?;
        let loaded = app.store.with_all_above(loaded).await?;
        let known = Known::look(app, loaded, &address).await?;
        let now = app.now();
        let leaving = match known.give_up(&address, now) {
            Ok(leaving) => leaving,
            // An answer that was lost: it was given up a moment ago.
            Err(Stays::Nothing) if done_before.is_some() => {
                let keeps = done_before.take().unwrap_or_default();
                return Ok(ok(&GivenUp { licence: licence.clone(), address: address.clone(), keeps }));
            }
            Err(stays) => return Err(refused(stays).into()),
        };
        let (got_heads, keeps) = ((got.get(&heads.0)?, got.get(&heads.1)?), leaving.keeps.clone());
        let write = known.write(app, &who, &address, &leaving, (got_heads.0.as_ref(), got_heads.1.as_ref()), now)?;
        match write.commit(&app.store).await {
            Ok(()) => Ok(ok(&GivenUp { licence: licence.clone(), address: address.clone(), keeps })),
            Err(Failed::Error(store::Error::Unavailable(_))) if done_before.is_none() => {
                done_before = Some(keeps);
                Err(Conflict::Lost)
            }
            Err(failed) => Err(failed.into()),
        }
    })
}

/// What was read.
struct Known {
    loaded: Loaded,
    standing: Standing,
    /// What the address holds on each level.
    holders: Vec<Option<Versioned<Holder>>>,
    /// Of the other Administrators, those who have proven their address, each with the profile.
    proven: Vec<(Address, people::Owner)>,
}

/// So many of the other Administrators are asked after: one who remains is enough.
const ASKED_AFTER: usize = 40;

impl Known {
    async fn look(app: &App, loaded: Loaded, address: &Address) -> Result<Self, ApiError> {
        let standing = loaded.standing();
        let others: Vec<Address> =
            leaving::others(&standing, address, app.now()).into_iter().take(ASKED_AFTER).collect();
        let levels: Vec<Licence> = loaded.levels.iter().map(|level| level.agreement.record.licence.clone()).collect();
        let mut batch = Batch::default();
        for licence in &levels {
            batch.add(&holder(licence, address));
        }
        for other in &others {
            batch.add(&people::owner(other));
        }
        let got = batch.read(&app.store).await?;
        let holders = levels.iter().map(|licence| got.get(&holder(licence, address))).collect::<Result<_, _>>()?;
        let mut proven = Vec::new();
        for other in others {
            let owner = got.get(&people::owner(&other))?;
            // Who would have to prove it first is not there to decide (REG-09).
            if let Some(owner) = owner.filter(|owner| owner.counts(app.now(), &app.policy.addresses)) {
                proven.push((other, owner));
            }
        }
        Ok(Self { loaded, standing, holders, proven })
    }

    fn give_up(&self, address: &Address, now: Timestamp) -> Result<Leaving, Stays> {
        let levels: Vec<Level<'_>> = self
            .loaded
            .levels
            .iter()
            .zip(&self.holders)
            .map(|(level, holder)| {
                let agreement = &level.agreement.record;
                Level {
                    licence: &agreement.licence,
                    starts: agreement.starts,
                    ends: agreement.ends,
                    contacts: agreement.contacts(),
                    corrections: None,
                    holder: holder.as_ref().map(|holder| &holder.record),
                }
            })
            .collect();
        let remains = |other: &Address| self.proven.iter().any(|(proven, _)| proven == other);
        leaving::give_up(&levels, &self.standing, address, remains, now)
    }

    /// The holder and the roster as they are from now on; what the rule went by must still be as it was read, and one of those
    /// who remain must still have their address, so that two who leave at once do not both (ROLE-08).
    fn write(
        &self,
        app: &App,
        who: &Who,
        address: &Address,
        leaving: &Leaving,
        heads: (Option<&store::audit::StoredHead>, Option<&store::audit::StoredHead>),
        now: Timestamp,
    ) -> Result<Write, ApiError> {
        let (store, agreement) = (&app.store, self.loaded.agreement());
        let licence = &agreement.licence;
        let before = self.holders.first().and_then(Option::as_ref);
        let mut roster = self.loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
        roster.note(address, &leaving.holder).map_err(|_| Code::Internal)?;
        let mut write = Write::new();
        write.holder(store, agreement, "", address, before, &leaving.holder);
        write.roster(store, licence, self.loaded.roster(), &roster);
        write.judged_by(store, &self.loaded, self.loaded.levels.len(), true);
        write.check_owner(store, address, &who.profile.profile);
        if let Some((other, owner)) = self.proven.first()
            && owner.profile != who.profile.profile
        {
            write.check_owner(store, other, &owner.profile);
        }
        let actor = || Actor::Person { profile: who.profile.profile.clone(), address: address.clone() };
        let note = || Note::new("permission.given-up", actor()).fact("licence", licence.key());
        write.audit(store, &licence_chain(licence), heads.0, note(), now);
        write.audit(store, &profile_chain(&who.profile.profile), heads.1, note(), now);
        let version = before.map_or(0, |before| before.version) + 1;
        let mark = format!("gave-up|{}|{version}", address.as_str());
        let events = [
            Event::GaveUp { licence: licence.clone(), to: address.clone(), version, keeps: leaving.keeps.clone() },
            // What is addressed to them goes to the next contact (PERM-04).
            Event::Rejudge { licence: licence.clone(), mark },
        ];
        write.events(store, &events, now);
        Ok(write)
    }
}

fn refused(stays: Stays) -> Problem {
    match stays {
        Stays::Contact(..) => Code::MustStay.into(),
        Stays::LastAdministrator => Code::LastAdministrator.into(),
        Stays::Nothing => Code::NotAllowed.into(),
    }
}
