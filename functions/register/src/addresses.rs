//! Further addresses of a person, each proven by a mailed link of its own, or by the code beside it (REG-07 … REG-09);
//! and proving one anew that counts no more.

use std::collections::BTreeSet;

use api::{
    Code, Problem,
    me::{AddAddress, ProofMailed, ProofShown, ProofState, RemoveAddress},
};
use gateway::{
    App, Conflict, Request, Response,
    answer::{accepted, done, ok, with_cookie},
    request::RequestParts,
    session::{self, WhoSlots, forget},
};
use licensing::{
    Address, ProfileId, Timestamp,
    audit::{Actor, Note, profile_chain},
    event::Event,
    limit::{TryAgainAt, hit},
    proof::{NotMailed, may_be_mailed, refuse},
    when::add_hours,
};
use store::{
    Batch, Write, audit,
    people::{self, Pending, Profile, Refusal},
};

use crate::{
    bystanders::Bystanders,
    mine::{Mine, me},
    moves,
    proving::{Presented, Proof, bad_link, presented, prove_it, proven_before},
};

const DAY: u32 = 24 * 60;

/// Mails a link and a code that prove an address. What was mailed for it before is void from now on.
pub(crate) async fn add(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    // What the mail is counted in is read with the person; a body that can't be read is refused once it is clear who asks.
    let said = request.json::<AddAddress>(app);
    let (here, now) = (WhoSlots::of(app, request), app.now());
    let limits = said.as_ref().ok().map(|said| Bystanders::of(app, request, &said.address, now));
    let mut batch = Batch::default();
    Mine::add_to(&here, &mut batch);
    if let Some(limits) = &limits {
        limits.add_to(&mut batch);
    }
    let got = batch.read(&app.store).await?;
    let mine = Mine::take(app, &here, &got).await?;
    let AddAddress { address, repeated } = said?;
    if address != repeated {
        return Err(Problem::new(Code::AddressesDiffer).field("repeated").into());
    }
    let after = asked_for(app, &mine, &address, now)?;
    let mut write = Write::new();
    if let Some(limits) = &limits {
        limits.judge(&got)?;
        limits.count(app, &mut write, now);
    }
    let pending = after.pending.last().expect("it was just added");
    let expires_at = pending.expires_at.into();
    let generation = pending.generation;

    let mail = Event::ProveAddress { profile: after.profile.clone(), address: address.clone(), generation };
    write.events(&app.store, &[mail], now);
    let note =
        Note::new("address.asked", mine.who.actor()).fact("link", generation).personal("address", address.as_str());
    mine.keep(app, &after, write, note, now).await?;
    Ok(accepted(&ProofMailed { own_letters: address.in_own_letters(), address, expires_at }))
}

/// The profile with one more address on the way, if the limits allow it.
fn asked_for(app: &App, mine: &Mine, address: &Address, now: Timestamp) -> Result<Profile, Conflict> {
    let policy = &app.policy.addresses;
    let mut after = mine.next();
    // One that counts no more is proven in the same way again (REG-09).
    let held = after.holding(address);
    if held.is_some_and(|held| held.counts(now, policy)) {
        let detail = "This address is already yours. You don't need to do anything.";
        return Err(Problem::new(Code::BadField).field("address").detail(detail).into());
    }
    let is_new = held.is_none();
    let is_theirs = |refusal: &Refusal| app.keys.links().is_pseudonym(&refusal.whose, address.as_str());
    may_be_mailed(&after.refused, is_theirs, now, policy).map_err(not_mailed)?;
    after.pending.retain(|pending| now < pending.expires_at && pending.address != *address);
    let most = usize::try_from(policy.most).unwrap_or(usize::MAX);
    if is_new && room_taken(&after, address, now) >= most {
        return Err(Problem::new(Code::TooManyAddresses).field("address").into());
    }
    after.proofs = Some(hit(after.proofs, now, DAY, policy.mails_a_day)?);
    after.proof_generation += 1;
    after.pending.push(Pending {
        address: address.clone(),
        generation: after.proof_generation,
        expires_at: add_hours(now, policy.proof_hours),
        session: mine.who.id.clone(),
        tries: policy.tries,
    });
    Ok(after)
}

/// How many addresses a profile has, has on the way, or asked to have, besides this one.
fn room_taken(profile: &Profile, but: &Address, now: Timestamp) -> usize {
    let held = profile.addresses.iter().map(|held| &held.address);
    let pending = profile.pending.iter().map(|pending| &pending.address);
    let arriving = profile.arriving.iter().filter(|one| one.is_open(now)).map(|one| &one.address);
    held.chain(pending).chain(arriving).filter(|address| *address != but).collect::<BTreeSet<_>>().len()
}

fn not_mailed(why: NotMailed) -> Problem {
    let (problem, TryAgainAt(at)) = match why {
        NotMailed::Refused { until } => (Problem::new(Code::AddressRefused), until),
        NotMailed::RefusedByMany { until } => {
            let detail = "Several people told us that they had not asked for the emails that you had us send. Sign in with an \
                          address of yours instead of adding it.";
            (Problem::new(Code::TooOften).detail(detail), until)
        }
    };
    problem.field("address").try_again_at(at)
}

/// Removes an address, proven, with its link still on the way, or asked for. What agreements give to it is the person's no longer, and
/// the sessions that were begun by it end: that is judged at use, so this is one small write.
pub(crate) async fn remove(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    let mine = Mine::read(app, request).await?;
    let RemoveAddress { address } = request.json(app)?;
    if let Some(arriving) = moves::arriving(&mine.who.profile, &address) {
        return moves::withdraw(app, &mine, arriving).await;
    }
    let now = app.now();
    let (mut after, mut write) = (mine.next(), Write::new());
    after.pending.retain(|pending| pending.address != address);
    after.addresses.retain(|proven| proven.address != address);
    let before = &mine.who.profile;
    let proven = after.addresses.len() < before.addresses.len();
    if !proven && after.pending.len() == before.pending.len() {
        // It is not there (any more): nothing is written.
        return Ok(done());
    }
    if after.addresses.is_empty() {
        return Err(Problem::new(Code::LastAddress).field("address").into());
    }
    // The session ends with the address by which it was begun; otherwise it goes on under a new secret (REG-12).
    let cookie = if !proven {
        None
    } else if mine.who.session.address == address {
        Some(forget(&app.site))
    } else {
        let begun = session::rotate(app, &mut write, &mine.who, now);
        after.hand_over(&mine.who.id, &begun.id);
        Some(begun.cookie)
    };
    if proven {
        write.disown(&app.store, &address);
    }
    let note = Note::new("address.removed", mine.who.actor()).fact("proven", if proven { "yes" } else { "no" });
    mine.keep(app, &after, write, note.personal("address", address.as_str()), now).await?;
    Ok(cookie.map_or_else(done, |cookie| with_cookie(done(), &cookie)))
}

/// What a proof link is for: whoever reads the mailbox learns which profile asks before anything is done.
pub(crate) async fn show_link(app: &App, request: &Request) -> Result<Response, Conflict> {
    let link = Proof::of(app, request)?;
    let here = WhoSlots::of(app, request);
    let slot = people::profile(&link.profile);
    let mut batch = Batch::default().with(&slot);
    here.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let asking = got.get(&slot)?.ok_or_else(bad_link)?;
    let who = here.optional(app, &got)?;
    let is_theirs = who.as_ref().is_some_and(|who| who.profile.profile == asking.profile);
    let state = match (link.pending(&asking, app.now()), &who) {
        (Err(_), _) => ProofState::Ended,
        (Ok(_), None) => ProofState::SignIn,
        (Ok(_), Some(_)) if !is_theirs => ProofState::OtherProfile,
        (Ok(pending), Some(who)) if who.id == pending.session => ProofState::Ready,
        (Ok(_), Some(_)) => ProofState::AskAgain,
    };
    let by = asking.addresses.first().map(|proven| &proven.address);
    let shown = |by: &Address| if is_theirs { by.as_str().to_owned() } else { by.masked() };
    Ok(ok(&ProofShown {
        own_letters: link.address.in_own_letters(),
        renews: asking.holding(&link.address).is_some(),
        address: link.address,
        profile_address: by.map(shown).unwrap_or_default(),
        state,
    }))
}

/// Proves an address: one small write, however much hangs on it. What hangs on it takes effect at once (REG-08).
pub(crate) async fn prove(app: &App, request: &Request) -> Result<Response, Conflict> {
    match presented(app, request, proven_before).await? {
        Presented::Before(mine) => Ok(ok(&me(app, &mine.who.profile, &mine.who.id, &mine.who.session, app.now()))),
        Presented::Now { mine, owner: Some(owner), .. } if owner.profile != mine.who.profile.profile => {
            Err(taken(app, &owner.profile).await?.into())
        }
        Presented::Now { mine, pending, owner } => prove_it(app, &mine, pending, owner.is_some()).await,
    }
}

/// "This was not me": whoever reads the mailbox voids the link, signed in or not, and is left in peace by that profile.
pub(crate) async fn not_me(app: &App, request: &Request) -> Result<Response, Conflict> {
    let link = Proof::of(app, request)?;
    let (slot, head) = (people::profile(&link.profile), audit::head(&profile_chain(&link.profile)));
    let got = Batch::default().with(&slot).with(&head).read(&app.store).await?;
    let before = got.get(&slot)?.ok_or_else(bad_link)?;
    let now = app.now();
    link.pending(&before, now)?;
    let mut after = Profile { version: before.version + 1, ..before.clone() };
    after.pending.retain(|pending| pending.address != link.address);
    let whose = app.keys.links().pseudonym(link.address.as_str());
    refuse(&mut after.refused, whose, &link.address, now, &app.policy.addresses);
    let mut write = Write::new();
    write.profile(&app.store, Some(before.version), &after);
    let note = Note::new("address.refused", Actor::LinkHolder).fact("link", link.generation);
    let note = note.personal("address", link.address.as_str());
    write.audit(&app.store, &profile_chain(&before.profile), got.get(&head)?.as_ref(), note, now);
    write.commit(&app.store).await?;
    Ok(done())
}

/// An address's other profile, masked: enough for its person to know which account to sign in with (E06).
async fn taken(app: &App, by: &ProfileId) -> Result<Problem, Conflict> {
    let holder = app.store.get(&people::profile(by)).await?;
    let named = holder.map(|holder| holder.masked()).unwrap_or_default();
    let hours = app.policy.addresses.move_hours;
    let detail = format!(
        "It belongs to the profile of {named}. Sign in with that address, or remove this one there first. Or ask to move this \
         address to your profile, which takes {hours} hours."
    );
    Ok(Problem::new(Code::AddressTaken).field("address").detail(detail))
}
