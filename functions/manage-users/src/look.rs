//! What a change is judged by, as one read finds it.

use std::collections::BTreeSet;

use api::{
    Code, Problem,
    people::{PersonFacts, PersonOutcome, PersonShown, Rights},
};
use gateway::{ApiError, App, Request, Who, request::RequestParts, session::WhoSlots};
use licensing::{
    Address, Licence, Timestamp,
    access::{Access, Action, Holder, InvitationState, Level, Standing, access, leaving},
    activation::Person,
    audit::licence_chain,
    manage::{Changed, Managing, Outcome, Refused},
    seal::stored_hash,
};
use store::{
    Batch, Slot,
    audit::{StoredHead, head},
    licences::{self, Versioned},
    marks::{self, Answered},
    people::{self, Owner},
    standing::{Loaded, StandingSlots, held, holder},
};

use crate::refusal::refused;

/// So many of the other Administrators are asked after: one who remains is enough.
const ASKED_AFTER: usize = 40;

/// What a request names.
pub(crate) struct Named {
    pub(crate) licence: Licence,
    pub(crate) address: Address,
    /// What stands above, as the page was told: it is checked.
    pub(crate) above: Vec<Licence>,
}

/// What was read.
pub(crate) struct Known {
    pub(crate) who: Who,
    pub(crate) loaded: Loaded,
    pub(crate) standing: Standing,
    /// What the address holds on each level.
    pub(crate) holders: Vec<Option<Versioned<Holder>>>,
    /// Whose the address is; none: nobody has proven it.
    pub(crate) owner: Option<Owner>,
    /// Since when it is somebody's.
    registered_since: Option<Timestamp>,
    /// Whether email to it is known to fail.
    pub(crate) fails: bool,
    pub(crate) head: Option<StoredHead>,
    /// The customer's name, where what the address holds says it.
    customer: Option<String>,
    /// Of other Administrators, those who have proven their address, each with the profile: as far as somebody asked.
    pub(crate) remaining: Vec<(Address, Owner)>,
    person: Person,
    counting: Vec<Address>,
    own: Vec<Address>,
    /// When it is judged, and all that is said is true.
    pub(crate) now: Timestamp,
}

/// A request that is done once: its repeat gets the same answer (APR-06).
pub(crate) struct Once {
    pub(crate) slot: Slot<Answered>,
    pub(crate) content: String,
}

impl Once {
    /// Of this request and route.
    pub(crate) fn of(app: &App, request: &Request, route: &str) -> Result<Self, ApiError> {
        let key = request.text_header("idempotency-key").unwrap_or_default();
        if !(8..=128).contains(&key.len()) {
            return Err(Problem::new(Code::BadField)
                .field("Idempotency-Key")
                .detail("Send a header `Idempotency-Key` of 8 to 128 characters, a new one for each change.")
                .into());
        }
        let person = WhoSlots::of(app, request).named();
        let slot = marks::answered(&person, route, &stored_hash(key.as_bytes()));
        Ok(Self { slot, content: stored_hash(&request.bytes()) })
    }

    /// What was answered before; a problem where that was another request.
    fn of_before(&self, answered: Answered) -> Result<String, ApiError> {
        if answered.content == self.content { Ok(answered.answer) } else { Err(Code::KeyReused.into()) }
    }
}

/// What a look finds.
pub(crate) enum Found {
    /// All that a judgement needs.
    Known(Box<Known>),
    /// The same request was answered with this.
    Answered(String),
}

impl Named {
    /// Everything that the judgement depends on: one read where the page said what stands above, else one more for each level
    /// and one for what the address holds there.
    pub(crate) async fn look(&self, app: &App, request: &Request, once: Option<&Once>) -> Result<Found, ApiError> {
        let who_slots = WhoSlots::of(app, request);
        let (owner, reach) = (people::owner(&self.address), licences::suppression(&self.address));
        let (chain, mirror) = (head(&licence_chain(&self.licence)), held(&self.address, &self.licence));
        // A Licensing ID that is named twice would be read twice in one call, which the database refuses.
        let mut named: Vec<&Licence> = vec![&self.licence];
        for above in &self.above {
            if !named.contains(&above) {
                named.push(above);
            }
        }
        let slots: Vec<StandingSlots> = named.iter().map(|licence| StandingSlots::of(licence)).collect();
        let mut batch = Batch::default().with(&owner).with(&reach).with(&chain).with(&mirror);
        who_slots.add_to(&mut batch);
        if let Some(once) = once {
            batch.add(&once.slot);
        }
        for (licence, slots) in named.iter().zip(&slots) {
            slots.add_to(&mut batch);
            batch.add(&holder(licence, &self.address));
        }
        let got = batch.read(&app.store).await?;
        let who = who_slots.take(app, &got)?;
        if let Some(once) = once
            && let Some(answered) = got.get(&once.slot)?
        {
            return Ok(Found::Answered(once.of_before(answered)?));
        }
        let mut loaded = slots[0].from(&got)?;
        if let Some(read) = &mut loaded {
            // As far as what the page said is still so.
            for (licence, slots) in named.iter().zip(&slots).skip(1) {
                let Some(level) = slots.from(&got)?.filter(|_| read.next_above() == Some(licence)) else { break };
                read.levels.extend(level.levels);
            }
        }
        let Some(read) = loaded else {
            app.store.as_if_all_above(&self.licence, None).await?;
            return Err(refused(Refused::NotYours));
        };
        let loaded = app.store.with_all_above(read).await?;
        let mut holders = Vec::new();
        let mut late = Batch::default();
        let mut is_late = false;
        for level in &loaded.levels {
            let licence = &level.agreement.record.licence;
            if !named.contains(&licence) {
                late.add(&holder(licence, &self.address));
                is_late = true;
            }
        }
        let late = if is_late { Some(late.read(&app.store).await?) } else { None };
        for level in &loaded.levels {
            let licence = &level.agreement.record.licence;
            let slot = holder(licence, &self.address);
            holders.push(match &late {
                Some(late) if !named.contains(&licence) => late.get(&slot)?,
                _ => got.get(&slot)?,
            });
        }
        let now = app.now();
        let owner = got.get(&owner)?;
        let counting = who.proven();
        let standing = loaded.standing();
        if standing.who_may(&counting, Action::ManageUsers, now).is_err() {
            app.store.as_if_all_above(&self.licence, Some(&loaded)).await?;
            return Err(refused(Refused::NotYours));
        }
        let registered_since =
            app.store.registered_since(&self.address, owner.as_ref(), holders[0].as_ref().map(|it| &it.record)).await?;
        Ok(Found::Known(Box::new(Known {
            person: who.acting_as(None),
            own: who.profile.held(),
            fails: got.get(&reach)?.is_some_and(|reach| app.store.fails(&reach, now)),
            head: got.get(&chain)?,
            customer: got.get(&mirror)?.map(|held| held.customer_name),
            remaining: Vec::new(),
            registered_since,
            who,
            loaded,
            standing,
            holders,
            owner,
            counting,
            now,
        })))
    }
}

impl Known {
    /// What the address holds here, with its version.
    pub(crate) fn here(&self) -> Option<&Versioned<Holder>> {
        self.holders.first().and_then(Option::as_ref)
    }

    fn levels(&self) -> Vec<Level<'_>> {
        self.loaded.levels_with(0, self.holders.iter().map(|holder| holder.as_ref().map(|holder| &holder.record)))
    }

    /// What a rule says. Where it says that nobody else would remain, the other Administrators are asked after, and it is asked
    /// again: mostly whoever acts is the one who remains.
    pub(crate) async fn judged(
        &mut self,
        app: &App,
        address: &Address,
        judge: impl Fn(&Managing<'_>) -> Result<Outcome, Refused>,
    ) -> Result<Outcome, ApiError> {
        match self.judge(app, address, &judge) {
            Err(Refused::LastAdministrator) => {
                self.ask_after_others(app, address).await?;
                self.judge(app, address, &judge).map_err(refused)
            }
            outcome => outcome.map_err(refused),
        }
    }

    fn judge(
        &self,
        app: &App,
        address: &Address,
        judge: impl Fn(&Managing<'_>) -> Result<Outcome, Refused>,
    ) -> Result<Outcome, Refused> {
        let owner_counts = self.owner.as_ref().is_some_and(|owner| owner.counts(self.now, &app.policy.addresses));
        let is_proven = |other: &Address| {
            self.counting.contains(other)
                || other == address && owner_counts
                || self.remaining.iter().any(|(remaining, _)| remaining == other)
        };
        judge(&Managing {
            person: &self.person,
            counting: &self.counting,
            own: &self.own,
            address,
            registered_since: self.registered_since,
            levels: &self.levels(),
            standing: &self.standing,
            is_proven: &is_proven,
            now: self.now,
            policy: &app.policy.people,
        })
    }

    /// Which of the other Administrators have proven their address: one call.
    async fn ask_after_others(&mut self, app: &App, address: &Address) -> Result<(), ApiError> {
        let others: Vec<Address> =
            leaving::others(&self.standing, address, self.now).into_iter().take(ASKED_AFTER).collect();
        let mut batch = Batch::default();
        for other in &others {
            batch.add(&people::owner(other));
        }
        if others.is_empty() {
            return Ok(());
        }
        let got = batch.read(&app.store).await?;
        for other in others {
            let owner = got.get(&people::owner(&other))?;
            if let Some(owner) = owner.filter(|owner| owner.counts(self.now, &app.policy.addresses)) {
                self.remaining.push((other, owner));
            }
        }
        Ok(())
    }

    /// What comes of it, as it is shown.
    pub(crate) fn outcome(&self, address: &Address, outcome: &Outcome) -> PersonOutcome {
        let here = self.here();
        let before = self.shown(address, here.map(|here| (&here.record, here.version)));
        let nothing = PersonOutcome {
            before: before.clone(),
            after: before,
            unchanged: true,
            gains: Rights::default(),
            loses: Rights::default(),
            cut_to: None,
            invites: false,
            children_without: 0,
            or_more: false,
        };
        let Outcome::Changed(changed) = outcome else { return nothing };
        PersonOutcome {
            after: self.shown(address, Some((&changed.holder, self.next_version()))),
            unchanged: false,
            gains: changed.gains().into(),
            loses: changed.loses().into(),
            cut_to: changed.cut_to,
            invites: changed.invites,
            ..nothing
        }
    }

    fn shown(&self, address: &Address, holder: Option<(&Holder, u64)>) -> Option<PersonShown> {
        let record = holder.map(|(holder, _)| holder);
        PersonShown::of(&PersonFacts {
            address,
            access: &self.access(address, record),
            holder,
            contacts: self.loaded.agreement().contacts(),
            lasting: self.loaded.lasting(address, self.now),
            own: self.own.contains(address),
            invitation: Some(InvitationState::of(record, self.owner.is_some(), self.fails, self.now)),
            now: self.now,
        })
    }

    fn access(&self, address: &Address, here: Option<&Holder>) -> Access {
        let mut levels = self.levels();
        if let Some(level) = levels.first_mut() {
            level.holder = here;
        }
        access(&levels, address, self.now)
    }

    /// The customer's name for the row among the address's listings: one call more where it has no row yet.
    pub(crate) async fn customer_name(&self, app: &App, changed: &Changed) -> Result<String, ApiError> {
        if let Some(name) = self.customer.clone().filter(|name| !name.is_empty()) {
            return Ok(name);
        }
        if !changed.holder.gives_something() {
            return Ok(String::new());
        }
        let customer = &self.loaded.agreement().customer;
        let known = app.store.get(&licences::customer(customer)).await?;
        Ok(known.map_or_else(|| customer.to_string(), |known| known.record.name.to_string()))
    }

    /// The version of what the address holds once it is written.
    pub(crate) fn next_version(&self) -> u64 {
        self.here().map_or(0, |here| here.version) + 1
    }

    /// Whose address it is that must still be theirs, so that somebody remains (ROLE-08).
    pub(crate) fn owner_of<'a>(&'a self, changed: &'a Changed) -> Option<(&'a Address, &'a licensing::ProfileId)> {
        let remains = changed.remains.as_ref()?;
        let other = self.remaining.iter().find(|(address, _)| address == remains);
        Some((remains, other.map_or(&self.who.profile.profile, |(_, owner)| &owner.profile)))
    }

    /// Addresses that are known to be somebody's without asking: those of whoever acts.
    pub(crate) fn known_proven(&self) -> BTreeSet<Address> {
        self.counting.iter().cloned().collect()
    }
}
