//! Further addresses of a person, each proven by a mailed link of its own (REG-07 … REG-09).

use api::{
    Code, Problem,
    me::{AddAddress, ProofMailed, ProofShown, ProofState, RemoveAddress},
    sign_in::LinkToken,
};
use gateway::{
    App, Oops, Request, Response, Who,
    answer::{accepted, done, ok, with_cookie},
    request::Ask,
    session::{self, WhoSlots, forget},
};
use licensing::{
    Address, ProfileId, Timestamp,
    audit::{Actor, Note, profile_chain},
    event::Event,
    limit::hit,
    when::add_hours,
};
use store::{
    Batch, Write, audit,
    people::{self, Pending, Profile, Proven},
};

use crate::{
    mine::{Mine, me},
    missed::Missed,
    sign_in::may_be_used,
};

const DAY: u32 = 24 * 60;

/// Mails a link that proves an address. A link that was mailed for it before is void from now on.
pub(crate) async fn add(app: &App, request: &Request) -> Result<Response, Missed> {
    request.must_be_ours(app)?;
    let mine = Mine::read(app, request).await?;
    let AddAddress { address, repeated } = request.json(app)?;
    if address != repeated {
        return Err(Problem::new(Code::AddressesDiffer).field("repeated").into());
    }
    let now = app.now();
    let after = asked_for(app, &mine, &address, now)?;
    let pending = after.pending.last().expect("it was just added");
    let expires_at = pending.expires_at.into();
    let generation = pending.generation;

    let mail = Event::ProveAddress { profile: after.profile.clone(), address: address.clone(), generation };
    let mut write = Write::new();
    write.events(&app.store, &[mail], now);
    let note =
        Note::new("address.asked", mine.who.actor()).fact("link", generation).personal("address", address.as_str());
    mine.keep(app, &after, write, note, now).await?;
    Ok(accepted(&ProofMailed { address, expires_at }))
}

/// The profile with one more address on the way, if the limits allow it.
fn asked_for(app: &App, mine: &Mine, address: &Address, now: Timestamp) -> Result<Profile, Missed> {
    let policy = &app.policy.addresses;
    let mut after = mine.next();
    if after.proven().contains(address) {
        let detail = "This address is yours already. Nothing needs to be done.";
        return Err(Problem::new(Code::BadField).field("address").detail(detail).into());
    }
    after.pending.retain(|pending| now < pending.expires_at && pending.address != *address);
    let most = usize::try_from(policy.most).unwrap_or(usize::MAX);
    if after.addresses.len() + after.pending.len() >= most {
        return Err(Problem::new(Code::TooManyAddresses).field("address").into());
    }
    after.proofs = Some(hit(after.proofs, now, DAY, policy.mails_a_day)?);
    after.proof_generation += 1;
    after.pending.push(Pending {
        address: address.clone(),
        generation: after.proof_generation,
        expires_at: add_hours(now, policy.proof_hours),
        session: mine.who.id.clone(),
    });
    Ok(after)
}

/// Removes an address, proven or with its link still on the way. What agreements give to it is the person's no longer, and
/// the sessions that were begun by it end: that is judged at use, so this is one small write.
pub(crate) async fn remove(app: &App, request: &Request) -> Result<Response, Missed> {
    request.must_be_ours(app)?;
    let mine = Mine::read(app, request).await?;
    let RemoveAddress { address } = request.json(app)?;
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
    if proven {
        write.disown(&app.store, &address);
    }
    let note = Note::new("address.removed", mine.who.actor()).fact("proven", if proven { "yes" } else { "no" });
    mine.keep(app, &after, write, note.personal("address", address.as_str()), now).await?;
    let ends_here = mine.who.session.address == address;
    Ok(if ends_here { with_cookie(done(), &forget(&app.site)) } else { done() })
}

/// What a proof link is for: whoever reads the mailbox learns which profile asks before anything is done.
pub(crate) async fn show_link(app: &App, request: &Request) -> Result<Response, Missed> {
    let link = Proof::of(app, request)?;
    let here = WhoSlots::of(app, request);
    let slot = people::profile(&link.profile);
    let mut batch = Batch::default().with(&slot);
    here.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let asking = got.get(&slot)?.ok_or_else(bad_link)?;
    let who = here.optional(app, &got)?;
    let state = match (link.pending(&asking, app.now()), &who) {
        (Err(_), _) => ProofState::Ended,
        (Ok(_), None) => ProofState::SignIn,
        (Ok(pending), Some(who)) if is_here(who, &asking, pending) => ProofState::Ready,
        (Ok(_), Some(_)) => ProofState::OtherProfile,
    };
    Ok(ok(&ProofShown {
        address: link.address,
        profile_name: asking.name(),
        profile_address: asking.addresses.first().map(|proven| proven.address.masked()).unwrap_or_default(),
        state,
    }))
}

/// Proves an address: one small write, however much hangs on it. What hangs on it takes effect at once (REG-08).
pub(crate) async fn prove(app: &App, request: &Request) -> Result<Response, Missed> {
    request.must_be_ours(app)?;
    let here = WhoSlots::of(app, request);
    let link = Proof::of(app, request);
    let mut batch = Batch::default();
    Mine::add_to(&here, &mut batch);
    if let Ok(link) = &link {
        batch.add(&people::owner(&link.address));
    }
    let got = batch.read(&app.store).await?;
    let mine = Mine::take(app, &here, &got).await?;
    let link = link?;
    if link.profile != mine.who.profile.profile {
        let detail = "Sign in as the person who asked for it. If that was not you, say so on the link's page.";
        return Err(Problem::new(Code::WrongPerson).detail(detail).into());
    }
    let now = app.now();
    let pending = link.pending(&mine.who.profile, now)?;
    if !is_here(&mine.who, &mine.who.profile, pending) {
        return Err(Code::OtherSession.into());
    }
    if let Some(owner) = got.get(&people::owner(&link.address))? {
        return Err(taken(app, &owner.profile).await?.into());
    }
    if !may_be_used(app, &link.address).await? {
        return Err(Problem::new(Code::PublicMailProvider).field("address").into());
    }

    let mut write = Write::new();
    let begun = session::rotate(app, &mut write, &mine.who, now);
    let mut after = mine.next();
    after.pending.retain(|pending| pending.address != link.address);
    after.hand_over(&mine.who.id, &begun.id);
    after.addresses.push(Proven { address: link.address.clone(), at: now });
    write.owner(&app.store, &link.address, &after.profile);
    let note = Note::new("address.proven", mine.who.actor()).personal("address", link.address.as_str());
    mine.keep(app, &after, write, note, now).await?;
    Ok(with_cookie(ok(&me(app, &after, &begun.session, now)), &begun.cookie))
}

/// "This was not me": whoever reads the mailbox voids the link, signed in or not.
pub(crate) async fn not_me(app: &App, request: &Request) -> Result<Response, Missed> {
    let link = Proof::of(app, request)?;
    let (slot, head) = (people::profile(&link.profile), audit::head(&profile_chain(&link.profile)));
    let got = Batch::default().with(&slot).with(&head).read(&app.store).await?;
    let before = got.get(&slot)?.ok_or_else(bad_link)?;
    let now = app.now();
    link.pending(&before, now)?;
    let mut after = Profile { version: before.version + 1, ..before.clone() };
    after.pending.retain(|pending| pending.address != link.address);
    let mut write = Write::new();
    write.profile(&app.store, Some(before.version), &after);
    let note = Note::new("address.refused", Actor::LinkHolder).fact("link", link.generation);
    let note = note.personal("address", link.address.as_str());
    write.audit(&app.store, &profile_chain(&before.profile), got.get(&head)?.as_ref(), note, now);
    write.commit(&app.store).await?;
    Ok(done())
}

/// An address's other profile, masked: enough for its person to know which account to sign in with (E06).
async fn taken(app: &App, by: &ProfileId) -> Result<Problem, Missed> {
    let holder = app.store.get(&people::profile(by)).await?;
    let named =
        holder.and_then(|holder| holder.addresses.first().map(|proven| proven.address.masked())).unwrap_or_default();
    let detail =
        format!("It belongs to the profile of {named}. Sign in with that address, or remove this one there first.");
    Ok(Problem::new(Code::AddressTaken).field("address").detail(detail))
}

/// What a proof link says.
struct Proof {
    profile: ProfileId,
    address: Address,
    generation: u32,
}

impl Proof {
    fn of(app: &App, request: &Request) -> Result<Self, Missed> {
        let LinkToken { token } = request.json(app)?;
        let (profile, address, generation) = app.keys.links().open_proof(&token).map_err(|_| bad_link())?;
        Ok(Self { profile, address, generation })
    }

    /// The address on its way that the link proves, if it is still good.
    fn pending<'a>(&self, profile: &'a Profile, now: Timestamp) -> Result<&'a Pending, Oops> {
        let found = profile.pending.iter().find(|pending| pending.address == self.address);
        match found {
            Some(pending) if pending.generation != self.generation => {
                Err(Problem::new(Code::LinkReplaced).detail("Use the link in the newest mail.").into())
            }
            Some(pending) if now < pending.expires_at => Ok(pending),
            _ => Err(Problem::new(Code::LinkExpired).detail("Ask for a new link under My profile.").into()),
        }
    }
}

fn is_here(who: &Who, asking: &Profile, pending: &Pending) -> bool {
    who.profile.profile == asking.profile && who.id == pending.session
}

fn bad_link() -> Problem {
    Problem::new(Code::BadLink)
        .field("token")
        .detail("Copy the whole address from the mail, or ask for a new link under My profile.")
}
