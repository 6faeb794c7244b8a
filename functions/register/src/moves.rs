//! Moving an address here from another profile (REG-09): asking for it with a proof of its mailbox, taking it after the notice,
//! and withdrawing. Each is one transaction that writes both profiles and both audit chains. Its holder ends a move by proving the
//! address again ([`crate::proving`], [`crate::sign_in`]).

use api::{Code, Problem, me::TakeAddress};
use gateway::{
    App, Conflict, Request, Response,
    answer::{done, ok, with_cookie},
    request::RequestParts,
    session::{self, WhoSlots},
};
use licensing::{
    Address,
    audit::{Actor, Note},
    event::Event,
    limit::TryAgainAt,
    moving::{self, Arriving, Mover, NotAsked, NotTaken, Side},
};
use store::{
    Batch, Write,
    people::{self, Owner, Profile},
};

use crate::{
    mine::{Mine, me},
    other_side::Other,
    proving::{Presented, asked_for_before, presented, prove_it},
    sign_in::may_be_used,
};

/// Asks for an address that another profile holds, with the link or code that has just proven its mailbox. Nobody holding it any
/// more, the proof alone does. Its holder is told by email at all their addresses.
pub(crate) async fn ask(app: &App, request: &Request) -> Result<Response, Conflict> {
    let (mine, ground, owner) = match presented(app, request, asked_for_before).await? {
        Presented::Now { mine, pending, owner } => (mine, pending, owner),
        Presented::Before(mine) => {
            return Ok(ok(&me(app, &mine.who.profile, &mine.who.id, &mine.who.session, app.now())));
        }
    };
    let owner = match owner {
        Some(owner) if owner.profile != mine.who.profile.profile => owner,
        owner => return prove_it(app, &mine, ground, owner.is_some()).await,
    };
    let address = &ground.address;
    if !may_be_used(app, address).await? {
        return Err(Problem::new(Code::PublicMailProvider).field("address").into());
    }
    let other = Other::read(app, &owner.profile).await?.ok_or(Conflict::Lost)?;
    let now = app.now();
    let (mut after, mut theirs) = (mine.next(), other.next());
    after.pending.retain(|pending| pending.address != *address);
    let held = theirs.holding_mut(address).ok_or(Conflict::Lost)?;
    let (from, to) = (other.profile.masked(), mine.who.profile.masked());
    let from = Side { profile: &owner.profile, masked: &from };
    let to = Side { profile: &mine.who.profile.profile, masked: &to };
    let mut mover = Mover { arriving: &mut after.arriving, asks: &mut after.moves };
    let asked = moving::ask(held, &mut mover, &ground, (from, to), now, &app.policy.addresses).map_err(not_asked)?;

    let mut write = Write::new();
    write.owner_after(&app.store, address, &owner.profile, &Owner { doubted: true, ..owner.clone() });
    let mail = Event::AddressToMove {
        address: address.clone(),
        holder: owner.profile.clone(),
        mover: after.profile.clone(),
        asked: now,
    };
    write.events(&app.store, &[mail], now);
    let note = |actor| Note::new("address.move-asked", actor).fact("moves-at", asked.due).fact("ends-at", asked.ends);
    let to_holder = note(Actor::LinkHolder).personal("address", address.as_str()).personal("to", to.masked);
    other.keep(app, &mut write, &theirs, to_holder, now);
    let note = note(mine.who.actor()).fact("link", ground.generation);
    let note = note.personal("address", address.as_str()).personal("from", from.masked);
    mine.keep(app, &after, write, note, now).await?;
    Ok(ok(&me(app, &after, &mine.who.id, &mine.who.session, now)))
}

fn not_asked(why: NotAsked) -> Conflict {
    match why {
        NotAsked::Waits { until: TryAgainAt(at) } => {
            Problem::new(Code::AddressMoves).field("address").try_again_at(at).into()
        }
        NotAsked::TooOften(at) => at.into(),
    }
}

/// Takes an address after its holder's notice: it is this profile's from now on, and the sessions that were begun by it in the
/// other one end. What hangs on the address is judged at use, so nothing else is written.
pub(crate) async fn take(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    let said = request.json::<TakeAddress>(app);
    let here = WhoSlots::of(app, request);
    let mut batch = Batch::default();
    Mine::add_to(&here, &mut batch);
    if let Ok(said) = &said {
        batch.add(&people::owner(&said.address));
    }
    let got = batch.read(&app.store).await?;
    let mine = Mine::take(app, &here, &got).await?;
    let TakeAddress { address } = said?;
    let (before, now) = (&mine.who.profile, app.now());
    if before.holding(&address).is_some() {
        // An answer that was lost: it is there.
        return Ok(ok(&me(app, before, &mine.who.id, &mine.who.session, now)));
    }
    let arriving = arriving(before, &address).ok_or_else(over)?;
    let owner = got.get(&people::owner(&address))?.map(|owner| owner.profile);
    let other = match &owner {
        Some(owner) if *owner != arriving.from => return Err(over().into()),
        Some(owner) => Some(Other::read(app, owner).await?.ok_or(Conflict::Lost)?),
        None => None,
    };
    let held = match &other {
        Some(other) => Some(other.profile.holding(&address).ok_or(Conflict::Lost)?),
        None => None,
    };
    let taken = moving::take(arriving, held, &before.profile, now).map_err(not_taken)?;

    let mut write = Write::new();
    let begun = session::rotate(app, &mut write, &mine.who, now);
    let mut after = mine.next();
    after.hand_over(&mine.who.id, &begun.id);
    after.arriving.retain(|other| other.address != address);
    after.pending.retain(|pending| pending.address != address);
    let new = Owner::new(after.profile.clone(), taken.proven_at());
    if let Some(other) = &other {
        write.owner_after(&app.store, &address, &arriving.from, &new);
        let mut theirs = other.next();
        theirs.addresses.retain(|held| held.address != address);
        let note = Note::new("address.moved-away", Actor::LinkHolder).fact("left", theirs.addresses.len());
        let note = note.personal("address", address.as_str()).personal("to", before.masked());
        other.keep(app, &mut write, &theirs, note, now);
    } else {
        write.owner(&app.store, &address, &after.profile, taken.proven_at());
    }
    after.addresses.push(taken);
    let note = Note::new("address.moved-here", mine.who.actor()).fact("asked-at", arriving.asked);
    let note = note.personal("address", address.as_str()).personal("from", &arriving.masked);
    mine.keep(app, &after, write, note, now).await?;
    Ok(with_cookie(ok(&me(app, &after, &begun.id, &begun.session, now)), &begun.cookie))
}

fn not_taken(why: NotTaken) -> Problem {
    match why {
        NotTaken::TooEarly { until: TryAgainAt(at) } => {
            Problem::new(Code::TooEarlyToTake).field("address").try_again_at(at)
        }
        NotTaken::Over => over(),
    }
}

fn over() -> Problem {
    Problem::new(Code::NothingToTake).field("address")
}

/// The move of an address that a profile asked for.
pub(crate) fn arriving<'a>(profile: &'a Profile, address: &Address) -> Option<&'a Arriving> {
    profile.arriving.iter().find(|one| one.address == *address)
}

/// Takes back what this profile asked for, or removes what is left of it. Its holder still proves the address again.
pub(crate) async fn withdraw(app: &App, mine: &Mine, arriving: &Arriving) -> Result<Response, Conflict> {
    let (address, now) = (&arriving.address, app.now());
    let (mut after, mut write) = (mine.next(), Write::new());
    after.arriving.retain(|other| other.address != *address);
    after.pending.retain(|pending| pending.address != *address);
    if let Some(other) = Other::read(app, &arriving.from).await? {
        let mut theirs = other.next();
        let held = theirs.holding_mut(address);
        if held.is_some_and(|held| moving::withdraw(held, arriving, &after.profile)) {
            let note = Note::new("address.move-withdrawn", Actor::LinkHolder).personal("address", address.as_str());
            other.keep(app, &mut write, &theirs, note, now);
        }
    }
    let note = Note::new("address.move-withdrawn", mine.who.actor()).personal("address", address.as_str());
    mine.keep(app, &after, write, note, now).await?;
    Ok(done())
}
