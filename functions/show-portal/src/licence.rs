//! One licence: what it is, what stands above and below it, whom it names, and its people (LIC-01, ROLE-06).

use std::collections::BTreeSet;

use api::{
    Code, Problem,
    me::{ContactShown, LicenceShown, People},
    people::{GAVE_UP, InvitationName, PersonFacts, PersonShown, RightEnds},
};
use gateway::{ApiError, App, Request, Response, answer, request::RequestParts, session::WhoSlots};
use licensing::{
    Address, ContactName, Licence,
    access::{self, Access, Action, Holder, InvitationState, Standing},
    judge::Contacts,
    roles::Role,
    when::day_of,
};
use store::{
    Batch,
    licences::{self, Versioned},
    orders::StoredOrder,
    people,
    standing::{Loaded, StandingSlots, holder},
};

use crate::{
    file::{Cell, Sheet, asked, csv_head, csv_line, with_next},
    licences::shown as row_of,
    refusal::{as_if_loaded, nothing_there},
    walk::{Below, Found},
    words,
};

/// So many of those that stand below are shown with it.
const BELOW: usize = 50;

/// Three steps, one more for each level above, and two for what stands below. Who has nothing here gets the same answer as for a
/// Licensing ID that is not loaded, after as many steps and calls.
pub(crate) async fn one(app: &App, request: &Request, licence: &Licence) -> Result<Response, ApiError> {
    let (who_slots, slots) = (WhoSlots::of(app, request), StandingSlots::of(licence));
    let mut batch = Batch::default();
    who_slots.add_to(&mut batch);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = who_slots.take(app, &got)?;
    let (now, proven) = (app.now(), who.proven());
    let Some(loaded) = slots.from(&got)? else {
        let (read, touched) = tokio::join!(as_if_loaded(app, licence, &proven), who.touch(app));
        touched?;
        read?;
        return Err(nothing_there(app, licence, None).await);
    };
    let loaded = app.store.with_all_above(loaded).await?;

    let customer = licences::customer(&loaded.agreement().customer);
    let mut batch = Batch::default().with(&customer);
    for level in &loaded.levels {
        for address in &proven {
            batch.add(&holder(&level.agreement.record.licence, address));
        }
    }
    let (got, touched) = tokio::join!(batch.read(&app.store), who.touch(app));
    touched?;
    let got = got?;
    let of_level = |nth: usize, address: &Address| -> Result<Option<Versioned<Holder>>, ApiError> {
        Ok(got.get(&holder(&loaded.levels[nth].agreement.record.licence, address))?)
    };
    let name = got.get(&customer)?.map(|customer| customer.record.name.to_string());

    // What the reader may do on each level: the page leads to what they may open.
    let (mut access, mut opens, mut listed) = (Access::default(), Vec::new(), Vec::new());
    for from in 0..loaded.levels.len() {
        let mut here = Access::default();
        for address in &proven {
            let mut holders = Vec::new();
            for nth in from..loaded.levels.len() {
                holders.push(of_level(nth, address)?);
            }
            let holding = holders.iter().map(|it| it.as_ref().map(|it| &it.record));
            here.join(access::access(&loaded.levels_with(from, holding), address, now));
            let gave_up = holders.first().and_then(Option::as_ref).is_some_and(|it| it.record.gave_up.is_some());
            let names = loaded.levels[from].agreement.record.contacts().iter();
            let names = names.filter(|(_, named)| *named == address && !gave_up);
            let names: Vec<(ContactName, Address)> = names.map(|(name, _)| (*name, address.clone())).collect();
            if from == 0 {
                listed.extend(names);
            } else if !here.is_empty() || !names.is_empty() {
                opens.push(loaded.levels[from].agreement.record.licence.clone());
            }
        }
        if from == 0 {
            access = here;
        }
    }
    opens.dedup();
    if access.is_empty() && listed.is_empty() {
        return Err(nothing_there(app, licence, Some(&loaded)).await);
    }
    listed.sort();

    let lists_people = access.allows(Action::ListUsers).is_ok();
    let reads_orders = access.allows(Action::ReadOrders).is_ok();
    let orders = async { if reads_orders { app.store.orders_of(licence).await } else { Ok(Vec::new()) } };
    let mut below = Below::new(app, &proven, loaded.clone(), None);
    let (orders, children) = tokio::join!(orders, below.next(BELOW));
    let today = day_of(now);
    let gives = |found: &&Found| !found.access.is_empty() || !found.listed.is_empty();
    let children = children?.iter().filter(gives).map(|found| row_of(found, today)).collect();

    let contacts = contacts(&loaded, &proven, lists_people);
    let customer_name = name.unwrap_or_else(|| loaded.agreement().customer.to_string());
    let path = vec![licence.clone()];
    let found = Found {
        path,
        loaded,
        access,
        listed,
        customer_name,
        activations: Vec::new(),
        head: None,
        products: BTreeSet::new(),
    };
    Ok(answer::ok(&LicenceShown {
        mine: row_of(&found, today),
        contacts,
        reseller: reseller_of(&orders?).map(|address| address.as_str().to_owned()),
        opens,
        below: children,
        more_below: !below.has_ended(),
        lists_people,
    }))
}

/// Whom the agreement names. Who may not see other people's addresses sees that there is one.
fn contacts(loaded: &Loaded, proven: &[Address], sees_all: bool) -> Vec<ContactShown> {
    let roster = loaded.roster().map(|roster| &roster.record);
    let gave_up = |address: &Address| {
        roster.and_then(|roster| roster.holder(address)).is_some_and(|holder| holder.gave_up.is_some())
    };
    let shown = |(contact, address): (&ContactName, &Address)| {
        let own = proven.contains(address);
        ContactShown {
            contact: *contact,
            address: if own || sees_all { address.as_str().to_owned() } else { address.masked() },
            own,
            gave_up: (own || sees_all) && gave_up(address),
        }
    };
    loaded.agreement().contacts().iter().map(shown).collect()
}

/// The reseller of record: whom the newest order names.
fn reseller_of(orders: &[StoredOrder]) -> Option<&Address> {
    let newest = orders.iter().max_by_key(|order| (order.order.purchased, &order.order.id))?;
    newest.order.reseller.as_ref()
}

/// Rows of a page of people.
const ROWS: usize = 50;
/// Rows that are read together where most of them may be left out.
const ROWS_TO_SEARCH: usize = 500;
/// A search reads so often before it says how far it came.
const READS: usize = 10;

/// How far a list of people came.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    /// Before who is named.
    Named,
    /// Among those who hold something by an act, behind this address.
    Holding(Option<Address>),
    /// Among those who are Administrator from above only, behind this address.
    Above(Option<Address>),
    /// All were seen.
    End,
}

impl Place {
    /// Of what a page names as its `next`; none where it is none of ours.
    fn of(text: Option<String>) -> Option<Self> {
        let Some(text) = text else { return Some(Self::Named) };
        let (phase, address) = text.split_once(' ').map_or((text.as_str(), None), |(phase, rest)| (phase, Some(rest)));
        let address = address.map(str::parse).transpose().ok()?;
        match phase {
            "named" => Some(Self::Named),
            "holding" => Some(Self::Holding(address)),
            "above" => Some(Self::Above(address)),
            _ => None,
        }
    }

    fn text(&self) -> Option<String> {
        let with = |phase: &str, address: Option<&Address>| match address {
            None => phase.to_owned(),
            Some(address) => [phase, address.as_str()].join(" "),
        };
        match self {
            Self::Named => Some("named".to_owned()),
            Self::Holding(address) => Some(with("holding", address.as_ref())),
            Self::Above(address) => Some(with("above", address.as_ref())),
            Self::End => None,
        }
    }
}

/// The people of a Licensing ID, for its Administrators: who is named, who holds something by an act, and who is Administrator from
/// above. Three steps, and one more for each level above; the same with five people as with five thousand.
pub(crate) async fn people(app: &App, request: &Request, licence: &Licence) -> Result<Response, ApiError> {
    let (who_slots, slots) = (WhoSlots::of(app, request), StandingSlots::of(licence));
    let file = match request.query("format").as_deref() {
        None => false,
        Some("csv") => true,
        Some(_) => return Err(Problem::new(Code::BadField).field("format").into()),
    };
    let mut batch = Batch::default();
    who_slots.add_to(&mut batch);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = who_slots.take(app, &got)?;
    let Some(loaded) = slots.from(&got)? else { return Err(nothing_there(app, licence, None).await) };
    let loaded = app.store.with_all_above(loaded).await?;
    let standing = loaded.standing();
    if standing.who_may(&who.proven(), Action::ListUsers, app.now()).is_err() {
        return Err(nothing_there(app, licence, Some(&loaded)).await);
    }
    let wanted = Wanted::of(request)?;
    let first = request.query("after").is_none();
    let place = Place::of(request.query("after")).ok_or_else(|| Problem::new(Code::BadField).field("after"))?;
    let read = async {
        let own = who.profile.held();
        let reading = Reading { app, loaded: &loaded, standing: &standing, own: &own, wanted: &wanted, place };
        if file { csv(reading, request, first).await } else { page(reading, &who.proven()).await }
    };
    let (read, touched) = tokio::join!(read, who.touch(app));
    touched?;
    read
}

async fn page(mut reading: Reading<'_>, proven: &[Address]) -> Result<Response, ApiError> {
    let mut people: Vec<(Place, PersonShown)> = Vec::new();
    let most = if reading.wanted.is_everybody() { ROWS + 1 } else { ROWS_TO_SEARCH };
    for _ in 0..READS {
        people.extend(reading.next_wanted(most).await?);
        if reading.place == Place::End || people.len() > ROWS {
            break;
        }
    }
    let next = if people.len() > ROWS {
        people.truncate(ROWS);
        people.last().and_then(|(place, _)| place.text())
    } else {
        reading.place.text()
    };
    let mut people: Vec<PersonShown> = people.into_iter().map(|(_, person)| person).collect();
    with_invitations(reading.app, people.iter_mut()).await?;
    let above = reading.loaded.levels.iter().skip(1).map(|level| level.agreement.record.licence.clone()).collect();
    let mut of_above = reading.standing.clone();
    let from_above = !of_above.levels.is_empty() && {
        of_above.levels.remove(0);
        of_above.who_may(proven, Action::ManageUsers, reading.app.now()).is_ok()
    };
    Ok(answer::ok(&People { people, above, from_above, next }))
}

/// The columns of the file.
const HEAD: [&str; 10] = [
    "address",
    "roles",
    "role_names",
    "benefits",
    "benefit_names",
    "reservations",
    "ends",
    "end_names",
    "sources",
    "gave_up_at",
];

async fn csv(mut reading: Reading<'_>, request: &Request, first: bool) -> Result<Response, ApiError> {
    let mut file = Sheet::default();
    if first {
        file.push(&csv_head(&HEAD));
    }
    let (mut next, mut last) = (None, request.query("after"));
    'rows: while reading.place != Place::End {
        for (place, person) in reading.next_wanted(ROWS_TO_SEARCH).await? {
            if !file.push(&line(&person)) {
                next = last;
                break 'rows;
            }
            last = place.text();
        }
        last = reading.place.text();
        if file.is_nearly_full() {
            next = last;
            break;
        }
    }
    let name = if first && next.is_none() { "people.csv" } else { "people-part.csv" };
    Ok(with_next(answer::file("text/csv; charset=utf-8", name, file.text), request, next.as_deref()))
}

fn line(person: &PersonShown) -> String {
    let roles: Vec<&str> = person.roles.iter().map(|role| role.as_str()).collect();
    let names: Vec<&str> = person.roles.iter().map(|role| words::role(*role)).collect();
    let benefits: Vec<&str> = person.benefits.iter().map(|benefit| benefit.as_str()).collect();
    let benefit_names: Vec<&str> = person.benefits.iter().map(|benefit| words::benefit(*benefit)).collect();
    let ends = person.ends.iter().map(|it| match it.benefit {
        Some(benefit) => format!("{benefit}={}", it.until),
        None if it.reservations => format!("reservations={}", it.until),
        None => format!("{}={}", it.role, it.until),
    });
    let end_names = person.ends.iter().map(|it| [what_ends(it), &words::until(&it.until)].join(" "));
    csv_line(&[
        Cell::Text(person.address.as_str()),
        Cell::Text(&roles.join("; ")),
        Cell::Text(&names.join("; ")),
        Cell::Text(&benefits.join("; ")),
        Cell::Text(&benefit_names.join("; ")),
        Cell::Text(if person.reservations { "reservations" } else { "" }),
        Cell::Text(&ends.collect::<Vec<_>>().join("; ")),
        Cell::Text(&end_names.collect::<Vec<_>>().join("; ")),
        Cell::Text(&person.sources.join("; ")),
        Cell::Plain(person.gave_up_at.as_ref().map(|at| at.0.clone()).unwrap_or_default()),
    ])
}

/// What has an end, in words.
const fn what_ends(it: &RightEnds) -> &'static str {
    match it.benefit {
        Some(benefit) => words::benefit(benefit),
        None if it.reservations => "Reservations",
        None => words::role(it.role),
    }
}

struct Reading<'a> {
    app: &'a App,
    loaded: &'a Loaded,
    standing: &'a Standing,
    /// The reader's own addresses.
    own: &'a [Address],
    wanted: &'a Wanted,
    place: Place,
}

/// Which people are looked for: all that is asked holds of each.
struct Wanted {
    /// What is looked for in addresses and roles, in lower case.
    text: Option<String>,
    role: Option<Role>,
    state: Option<State>,
}

/// How somebody stands there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    GaveUp,
    Invitation(InvitationName),
}

impl Wanted {
    fn of(request: &Request) -> Result<Self, ApiError> {
        let bad = |field: &'static str| ApiError::from(Problem::new(Code::BadField).field(field));
        let role = request.query("role").map(|role| role.parse().map_err(|_| bad("role"))).transpose()?;
        let state = request.query("state").map(|state| State::named(&state).ok_or_else(|| bad("state"))).transpose()?;
        Ok(Self { text: asked(request), role, state })
    }

    const fn is_everybody(&self) -> bool {
        self.text.is_none() && self.role.is_none() && self.state.is_none()
    }

    /// Whether it is somebody who is looked for, as far as is known without asking whether they registered.
    fn takes(&self, person: &PersonShown) -> bool {
        let gave_up = person.gave_up_at.is_some() || person.removed_here;
        self.role.is_none_or(|role| person.roles.contains(&role))
            && (self.state != Some(State::GaveUp) || gave_up)
            && self.text.as_deref().is_none_or(|text| is_found(person, text))
    }
}

impl State {
    fn named(name: &str) -> Option<Self> {
        if name == GAVE_UP {
            return Some(Self::GaveUp);
        }
        InvitationName::ALL.into_iter().find(|state| state.as_str() == name).map(Self::Invitation)
    }
}

impl Reading<'_> {
    /// The same as [`Self::next`], of who is wanted alone. Where that is a state of invitations, whether they registered is
    /// asked of all that were read: one call more.
    async fn next_wanted(&mut self, most: usize) -> Result<Vec<(Place, PersonShown)>, ApiError> {
        let mut rows = self.next(most).await?;
        if let Some(State::Invitation(state)) = self.wanted.state {
            with_invitations(self.app, rows.iter_mut().map(|(_, person)| person)).await?;
            rows.retain(|(_, person)| person.invitation.as_ref().is_some_and(|invitation| invitation.state == state));
        }
        Ok(rows)
    }

    /// The next people, each with the place behind them.
    async fn next(&mut self, most: usize) -> Result<Vec<(Place, PersonShown)>, ApiError> {
        let contacts: &Contacts = self.loaded.agreement().contacts();
        let named: BTreeSet<&Address> = contacts.values().collect();
        let licence = &self.loaded.agreement().licence;
        let mut rows = Vec::new();
        if self.place == Place::Named {
            let mut batch = Batch::default();
            for address in &named {
                batch.add(&holder(licence, address));
            }
            let (held, more) = self.app.store.holders_from(licence, None, most).await?;
            let missing = named.iter().filter(|address| !held.iter().any(|(holding, _)| holding == **address));
            // Who is named nearly always holds nothing by an act besides.
            let got = if missing.count() > 0 && more { Some(batch.read(&self.app.store).await?) } else { None };
            for address in &named {
                let of_page = held.iter().find(|(holding, _)| holding == *address).map(|(_, holder)| holder.clone());
                let holding = match (of_page, &got) {
                    (None, Some(got)) => got.get(&holder(licence, address))?,
                    (of_page, _) => of_page,
                };
                rows.extend(self.person(address, holding.as_ref()).map(|person| (Place::Holding(None), person)));
            }
            self.holding(&mut rows, held, more, &named);
            return Ok(rows);
        }
        if let Place::Holding(after) = self.place.clone() {
            let (held, more) = self.app.store.holders_from(licence, after.as_ref(), most).await?;
            self.holding(&mut rows, held, more, &named);
            return Ok(rows);
        }
        if let Place::Above(after) = self.place.clone() {
            let all = self.standing.administrators(self.app.now());
            let only_above = all.into_iter().filter(|address| !named.contains(address));
            let behind = only_above.filter(|address| after.as_ref().is_none_or(|after| address > after));
            let some: Vec<Address> = behind.take(most).collect();
            self.place = if some.len() < most { Place::End } else { Place::Above(some.last().cloned()) };
            let mut batch = Batch::default();
            for address in &some {
                batch.add(&holder(licence, address));
            }
            if some.is_empty() {
                return Ok(rows);
            }
            let got = batch.read(&self.app.store).await?;
            for address in some {
                // Who holds something here was shown before.
                if got.get(&holder(licence, &address))?.is_none() {
                    let place = Place::Above(Some(address.clone()));
                    rows.extend(self.person(&address, None).map(|person| (place, person)));
                }
            }
        }
        Ok(rows)
    }

    fn holding(
        &mut self,
        rows: &mut Vec<(Place, PersonShown)>,
        held: Vec<(Address, Versioned<Holder>)>,
        more: bool,
        named: &BTreeSet<&Address>,
    ) {
        self.place = match held.last() {
            Some((last, _)) if more => Place::Holding(Some(last.clone())),
            _ if self.loaded.levels.len() > 1 => Place::Above(None),
            _ => Place::End,
        };
        for (address, holding) in held {
            if !named.contains(&address) {
                let place = Place::Holding(Some(address.clone()));
                rows.extend(self.person(&address, Some(&holding)).map(|person| (place, person)));
            }
        }
    }

    /// Somebody with their roles; none where there is nothing to say, or something else is looked for.
    fn person(&self, address: &Address, holding: Option<&Versioned<Holder>>) -> Option<PersonShown> {
        let now = self.app.now();
        let holder = holding.map(|holding| &holding.record);
        let person = PersonShown::of(&PersonFacts {
            address,
            access: &self.loaded.access(address, holder, now),
            holder: holding.map(|holding| (&holding.record, holding.version)),
            contacts: self.loaded.agreement().contacts(),
            lasting: self.loaded.lasting(address, now),
            own: self.own.contains(address),
            // Whether somebody registered is looked up for the whole page at once.
            invitation: Some(InvitationState::of(holder, false, false, now)),
            now,
        })?;
        self.wanted.takes(&person).then_some(person)
    }
}

/// Whether a text occurs in what is shown of a person.
fn is_found(person: &PersonShown, text: &str) -> bool {
    let mut places = vec![person.address.as_str().to_owned()];
    places.extend(person.roles.iter().flat_map(|role| [role.as_str().to_owned(), words::role(*role).to_lowercase()]));
    places.extend(person.benefits.iter().map(|benefit| words::benefit(*benefit).to_lowercase()));
    places.extend(person.sources.iter().map(|source| source.to_lowercase()));
    places.iter().any(|place| place.contains(text))
}

/// Says of each whether somebody has proven the address, and whether email to it fails (APR-08): one call more.
async fn with_invitations<'p>(app: &App, rows: impl Iterator<Item = &'p mut PersonShown>) -> Result<(), ApiError> {
    let rows: Vec<&mut PersonShown> = rows.collect();
    if rows.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::default();
    for person in &rows {
        batch.add(&people::owner(&person.address));
        batch.add(&licences::suppression(&person.address));
    }
    let (got, now) = (batch.read(&app.store).await?, app.now());
    for person in rows {
        let address = &person.address;
        let registered = got.get(&people::owner(address))?.is_some();
        let fails = got.get(&licences::suppression(address))?.is_some_and(|reach| app.store.fails(&reach, now));
        if let Some(invitation) = &mut person.invitation {
            invitation.found(registered, fails);
        }
    }
    Ok(())
}
