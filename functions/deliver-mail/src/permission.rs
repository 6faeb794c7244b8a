//! The letters about requests for permission, and about a Licensing ID that was given up (REQ, APR, PERM).
//!
//! Who decides may be hundreds: the levels of the Licensing ID are read once for all of them, each gets a letter with a link of
//! their own, and no letter to who asked names any of them (REQ-03).

use std::collections::BTreeSet;

use api::path::{part, value};
use gateway::App;
use licensing::{
    Address, ContactName, CustomerId, Date, Licence, ProfileId, Timestamp,
    event::{Event, RequestMail},
    request::{Asked, Decider, Past, Request, State},
    roles::Role,
    seal::Link,
    when::{day_of, start_of},
};
use mail::{Letter, Outsider, Permission, SHOWN};
use store::{
    Batch, Error, licences, people,
    people::Profile,
    requests,
    standing::{self, Loaded, StandingSlots},
};

use crate::recipient::{Draft, to, unless_done};

/// What an event asks for: to those who decide, to the notices contact, or to who asked. Nothing where the request moved on.
pub(crate) async fn request(
    app: &App,
    event: &Event,
    (licence, asker, generation): (&Licence, &ProfileId, u32),
    mail: RequestMail,
    asked_by: &Address,
) -> Result<Vec<Draft>, Error> {
    let slots = (requests::request(licence, asker), people::profile(asker), StandingSlots::of(licence));
    let read = |batch: Batch| {
        let mut batch = batch.with(&slots.0).with(&slots.1);
        slots.2.add_to(&mut batch);
        batch
    };
    let Some(found) = unless_done(app, event, read).await? else { return Ok(vec![]) };
    let (Some(request), loaded) = (found.get(&slots.0)?, slots.2.from(&found)?) else { return Ok(vec![]) };
    let request = request.followed(loaded.as_ref().and_then(Loaded::ends_at));
    let Some(past) = request.past_of(generation, app.now()) else { return Ok(vec![]) };
    let is_newest = generation == request.generation;
    let known = Known {
        app,
        asked_by,
        is_newest,
        loaded,
        profile: found.get(&slots.1)?,
        customer: String::new(),
        request,
        past,
    };
    if known.is_still_so(mail) { known.named().await?.drafts(mail).await } else { Ok(vec![]) }
}

/// A request as it is now, with what stands around it.
struct Known<'a> {
    app: &'a App,
    request: Request,
    /// The one of the person's requests that the event is about, as its links show it.
    past: Past,
    /// Whether that is the newest.
    is_newest: bool,
    /// The address by which it was asked.
    asked_by: &'a Address,
    /// The Licensing ID alone; none if it is not loaded.
    loaded: Option<Loaded>,
    /// Who asked.
    profile: Option<Profile>,
    /// The customer's name; empty where there is none.
    customer: String,
}

impl Known<'_> {
    /// Whether what is to be said is true. What ended is told also where the same person has asked again since.
    fn is_still_so(&self, mail: RequestMail) -> bool {
        let waits = self.is_newest && self.past.state.is_pending();
        match mail {
            // What strangers call themselves and say is never mailed (REQ-03): their requests come with those of the day.
            RequestMail::Asked | RequestMail::Changed | RequestMail::NobodyDecides => {
                waits && self.request.is_colleagues()
            }
            RequestMail::Reminder | RequestMail::RemindedByAsker | RequestMail::Undecided => waits,
            RequestMail::Withdrawn => matches!(self.past.state, State::Withdrawn { .. }),
            RequestMail::Decided => self.past.state.decided().is_some(),
            RequestMail::Ended => matches!(self.past.state, State::Ended { .. }),
        }
    }

    async fn named(self) -> Result<Self, Error> {
        let customer = match &self.loaded {
            Some(loaded) => customer_name(self.app, &loaded.agreement().customer).await?,
            None => String::new(),
        };
        Ok(Self { customer, ..self })
    }

    async fn drafts(&self, mail: RequestMail) -> Result<Vec<Draft>, Error> {
        match mail {
            RequestMail::Asked => self.to_each(|link| self.asked(link, false)).await,
            RequestMail::Changed => self.to_each(|link| self.asked(link, true)).await,
            RequestMail::Reminder => self.to_each(|link| self.reminder(link, false)).await,
            RequestMail::RemindedByAsker => self.to_each(|link| self.reminder(link, true)).await,
            RequestMail::Withdrawn => {
                let at = self.past.state.ended_at().unwrap_or(self.past.asked_at);
                self.to_each(|_| Letter::PermissionWithdrawn { of: self.of(), at }).await
            }
            RequestMail::Undecided => Ok(self.undecided().into_iter().collect()),
            RequestMail::Decided => {
                let mut drafts = vec![self.decided()];
                drafts.extend(self.handled().await?);
                Ok(drafts)
            }
            RequestMail::Ended => {
                let with_agreement = matches!(self.past.state, State::Ended { with_agreement: true, .. });
                let portal = self.own_requests();
                Ok(vec![self.to_asker(Letter::PermissionEnded { of: self.of(), with_agreement, portal })])
            }
            RequestMail::NobodyDecides => {
                let why = self.request.route.as_ref().and_then(|route| route.nobody);
                let letter = |why| Letter::NobodyDecides { of: self.of(), why, portal: self.own_requests() };
                Ok(why.map(|why| self.to_asker(letter(why))).into_iter().collect())
            }
        }
    }

    /// The same letter to each of those who decide, each with a link of their own.
    async fn to_each(&self, letter: impl Fn(String) -> Letter) -> Result<Vec<Draft>, Error> {
        let deciders = self.deciders().await?;
        Ok(deciders.iter().map(|decider| to(decider, letter(self.link(decider)))).collect())
    }

    /// Who decides: the Administrators, inherited ones too, without who asked.
    async fn deciders(&self) -> Result<BTreeSet<Address>, Error> {
        let Some(loaded) = self.loaded.clone() else { return Ok(BTreeSet::new()) };
        let standing = self.app.store.with_all_above(loaded).await?.standing();
        Ok(self.request.deciders(&standing, &self.askers(), self.app.now()))
    }

    /// All addresses of who asked.
    fn askers(&self) -> Vec<Address> {
        let held = self.profile.as_ref().map(Profile::held).unwrap_or_default();
        held.into_iter().chain([self.asked_by.clone()]).collect()
    }

    fn asked(&self, link: String, changed: bool) -> Letter {
        Letter::PermissionAsked {
            of: self.of(),
            name: self.request.name.clone(),
            comment: self.request.comment.clone(),
            ends_at: self.request.ends_at,
            link,
            changed,
        }
    }

    fn reminder(&self, link: String, by_asker: bool) -> Letter {
        Letter::PermissionReminder {
            of: self.of(),
            outsider: !self.request.is_colleagues(),
            asked_at: self.past.asked_at,
            ends_at: self.request.ends_at,
            link,
            by_asker,
        }
    }

    /// To the notices contact, where it did not give up and did not ask (REQ-05).
    fn undecided(&self) -> Option<Draft> {
        let standing = self.loaded.as_ref()?.standing();
        let contact = standing.contact(ContactName::Notices).filter(|contact| !self.askers().contains(contact))?;
        let letter = Letter::PermissionUndecided {
            of: self.of(),
            outsider: !self.request.is_colleagues(),
            asked_at: self.past.asked_at,
            ends_at: self.request.ends_at,
            link: self.link(contact),
        };
        Some(to(contact, letter))
    }

    /// The outcome: to who asked, and never by whom (APR-05).
    fn decided(&self) -> Draft {
        let Licence { programme, number } = &self.request.licence;
        let base = &self.app.site.base;
        let granted = self.granted();
        let portal = match granted {
            Some(_) => format!("{base}/access/{programme}/{}", part(number.as_str())),
            None => self.own_requests(),
        };
        let message = self.past.state.decided().map(|decided| decided.message.clone()).unwrap_or_default();
        self.to_asker(Letter::PermissionDecided { of: self.of(), granted, message, portal })
    }

    /// That it is handled: only to those who were reminded, and not to who decided, by whichever of their addresses (APR-03).
    /// Where the same person has asked again since, nobody knows any more who was reminded.
    async fn handled(&self) -> Result<Vec<Draft>, Error> {
        let told = &self.request.told;
        let reminded = told.reminded_at.is_some() || told.reminded_by_asker_at.is_some();
        let Some(decided) = self.past.state.decided().filter(|_| self.is_newest && reminded) else {
            return Ok(vec![]);
        };
        let by = match &decided.by {
            Decider::Session(person) => self.app.store.get(&people::profile(&person.profile)).await?,
            Decider::Link(_) => None,
        };
        let theirs = by.map(|profile| profile.held()).unwrap_or_default();
        let by = decided.by.address();
        let mut others = self.deciders().await?;
        others.retain(|other| other != by && !theirs.contains(other));
        let letter = Letter::PermissionHandled {
            of: self.of(),
            granted: self.granted(),
            by: by.clone(),
            at: decided.at,
            portal: approvals(self.app),
        };
        Ok(others.iter().map(|other| to(other, letter.clone())).collect())
    }

    fn granted(&self) -> Option<Asked> {
        match &self.past.state {
            State::Granted { granted, .. } => Some(granted.clone()),
            _ => None,
        }
    }

    fn of(&self) -> Permission {
        Permission {
            licence: self.request.licence.clone(),
            customer: self.customer.clone(),
            address: self.asked_by.clone(),
            asked: self.past.asked.clone(),
        }
    }

    fn to_asker(&self, letter: Letter) -> Draft {
        let language = self.profile.as_ref().map(|profile| profile.language.clone());
        Draft { language, ..to(self.asked_by, letter) }
    }

    fn own_requests(&self) -> String {
        format!("{}/requests", self.app.site.base)
    }

    fn link(&self, decider: &Address) -> String {
        link(self.app, &self.request, self.past.generation, decider)
    }
}

/// The requests of outsiders that are put before those who decide on this day: to each of them in one letter, the oldest first,
/// and nobody's own (REQ-03).
pub(crate) async fn digest(app: &App, event: &Event, licence: &Licence, day: Date) -> Result<Vec<Draft>, Error> {
    let slots = StandingSlots::of(licence);
    let read = |mut batch: Batch| {
        slots.add_to(&mut batch);
        batch
    };
    let Some(found) = unless_done(app, event, read).await? else { return Ok(vec![]) };
    let Some(loaded) = slots.from(&found)? else { return Ok(vec![]) };
    let now = app.now();
    let mut waiting = app.store.requests_of(licence).await?;
    waiting.retain(|request| is_of(request, day, now));
    if waiting.is_empty() {
        return Ok(vec![]);
    }
    waiting.sort_by_key(|request| request.asked_at);

    let waiting = with_askers(app, waiting).await?;
    let customer = customer_name(app, &loaded.agreement().customer).await?;
    let standing = app.store.with_all_above(loaded).await?.standing();
    let drafts = standing.administrators(now).into_iter().filter_map(|decider| {
        let theirs: Vec<&Request> =
            waiting.iter().filter(|(_, askers)| !askers.contains(&decider)).map(|(request, _)| request).collect();
        let shown = |request: &&Request| Outsider {
            address: request.by.address.clone(),
            asked: request.asked.clone(),
            link: link(app, request, request.generation, &decider),
        };
        let letter = Letter::PermissionDigest {
            licence: licence.clone(),
            customer: customer.clone(),
            requests: theirs.iter().take(SHOWN).map(shown).collect(),
            others: theirs.len().saturating_sub(SHOWN) as u64,
            portal: approvals(app),
        };
        (!theirs.is_empty()).then(|| to(&decider, letter))
    });
    Ok(drafts.collect())
}

/// Each with all addresses of who asks.
async fn with_askers(app: &App, waiting: Vec<Request>) -> Result<Vec<(Request, Vec<Address>)>, Error> {
    let mut batch = Batch::default();
    for request in &waiting {
        batch.add(&people::profile(&request.by.profile));
    }
    let found = batch.read(&app.store).await?;
    let with_askers = |request: Request| {
        let profile = found.get(&people::profile(&request.by.profile))?;
        let held = profile.map(|profile| profile.held()).unwrap_or_default();
        let askers = held.into_iter().chain([request.by.address.clone()]).collect();
        Ok((request, askers))
    };
    waiting.into_iter().map(with_askers).collect()
}

/// Whether a request belongs to the letter of this day. The sweep comes to one request after the other, and the first of them has
/// the letter written: it takes along those that are due and that the sweep has not come to.
fn is_of(request: &Request, day: Date, now: Timestamp) -> bool {
    let Some(due) = request.route.as_ref().and_then(|route| route.digest_at) else { return false };
    let is_todays = match request.told.digest_at {
        Some(at) => day_of(at) == day,
        None => due <= start_of(day),
    };
    is_todays && request.state_at(now).is_pending()
}

/// That a Licensing ID was given up: to the address that had it, unless an act gave it something since (PERM-02).
pub(crate) async fn gave_up(
    app: &App,
    event: &Event,
    licence: &Licence,
    whose: &Address,
    keeps: &BTreeSet<Role>,
) -> Result<Vec<Draft>, Error> {
    let slots = (standing::holder(licence, whose), licences::agreement(licence));
    let Some(found) = unless_done(app, event, |batch| batch.with(&slots.0).with(&slots.1)).await? else {
        return Ok(vec![]);
    };
    let (Some(holder), Some(agreement)) = (found.get(&slots.0)?, found.get(&slots.1)?) else { return Ok(vec![]) };
    if holder.record.gave_up.is_none() || holder.record.gives_something() {
        return Ok(vec![]);
    }
    let (programme, number) = (licence.programme, value(licence.number.as_str()));
    let letter = Letter::GaveUp {
        licence: licence.clone(),
        customer: customer_name(app, &agreement.record.customer).await?,
        address: whose.clone(),
        keeps: keeps.clone(),
        portal: format!("{}/request?programme={programme}&number={number}", app.site.base),
    };
    Ok(vec![to(whose, letter)])
}

/// That a load or somebody in the portal made somebody an Administrator, or removed one: to the notices and the primary contact that count, each once and
/// never to whom it is about. Nothing where it is no longer so: what changed it since is told by itself (ACT-01).
pub(crate) async fn administrator_changed(
    app: &App,
    event: &Event,
    licence: &Licence,
    address: &Address,
    (made, loaded_it): (bool, bool),
) -> Result<Vec<Draft>, Error> {
    let slots = StandingSlots::of(licence);
    let read = |mut batch: Batch| {
        slots.add_to(&mut batch);
        batch
    };
    let Some(found) = unless_done(app, event, read).await? else { return Ok(vec![]) };
    let Some(loaded) = slots.from(&found)? else { return Ok(vec![]) };
    let loaded = app.store.with_all_above(loaded).await?;
    let standing = loaded.standing();
    if standing.of(address, app.now()).has(Role::Administrator) != made {
        return Ok(vec![]);
    }
    let letter = Letter::AdministratorChanged {
        licence: licence.clone(),
        customer: customer_name(app, &loaded.agreement().customer).await?,
        address: address.clone(),
        made,
        loaded: loaded_it,
    };
    let told: BTreeSet<&Address> = ContactName::LASTING.into_iter().filter_map(|name| standing.contact(name)).collect();
    Ok(told.into_iter().filter(|told| *told != address).map(|told| to(told, letter.clone())).collect())
}

pub(crate) async fn customer_name(app: &App, customer: &CustomerId) -> Result<String, Error> {
    let known = app.store.get(&licences::customer(customer)).await?;
    Ok(known.map_or_else(|| customer.to_string(), |known| known.record.name.to_string()))
}

/// The link on which one of those who decide sees a request, denies it, or signs in to grant it (APR-02).
fn link(app: &App, request: &Request, generation: u32, decider: &Address) -> String {
    let (licence, asker) = (request.licence.clone(), request.by.profile.clone());
    let link = Link::Permission { licence, asker, generation, to: decider.clone() };
    format!("{}/r#{}", app.site.base, app.keys.links().seal(&link))
}

/// The page with what waits for the reader's decision.
fn approvals(app: &App) -> String {
    format!("{}/approvals", app.site.base)
}
