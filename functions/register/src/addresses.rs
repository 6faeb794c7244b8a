//! Further addresses of a person, each proven by a mailed link of its own, or by the code beside it (REG-07 … REG-09).

use api::{
    Code, Problem,
    me::{AddAddress, ProofMailed, ProofShown, ProofState, Prove, RemoveAddress},
    sign_in::LinkToken,
};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{accepted, done, ok, with_cookie},
    request::RequestParts,
    session::{self, WhoSlots, forget},
};
use licensing::{
    Address, ProfileId, Timestamp,
    audit::{Actor, Note, profile_chain},
    digits::six_digits,
    event::Event,
    limit::{TryAgainAt, hit},
    proof::{NotMailed, NotProven, may_be_mailed, present_code, refuse},
    when::add_hours,
};
use store::{
    Batch, Write, audit,
    people::{self, Pending, Profile, Proven, Refusal},
};

use crate::{
    bystanders::Bystanders,
    mine::{Mine, me},
    sign_in::{may_be_used, no_six_digits, tries_left},
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
    if after.proven().contains(address) {
        let detail = "This address is already yours. You don't need to do anything.";
        return Err(Problem::new(Code::BadField).field("address").detail(detail).into());
    }
    let is_theirs = |refusal: &Refusal| app.keys.links().is_pseudonym(&refusal.whose, address.as_str());
    may_be_mailed(&after.refused, is_theirs, now, policy).map_err(not_mailed)?;
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
        tries: policy.tries,
    });
    Ok(after)
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

/// Removes an address, proven or with its link still on the way. What agreements give to it is the person's no longer, and
/// the sessions that were begun by it end: that is judged at use, so this is one small write.
pub(crate) async fn remove(app: &App, request: &Request) -> Result<Response, Conflict> {
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
        address: link.address,
        profile_address: by.map(shown).unwrap_or_default(),
        state,
    }))
}

/// Proves an address: one small write, however much hangs on it. What hangs on it takes effect at once (REG-08).
pub(crate) async fn prove(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    let here = WhoSlots::of(app, request);
    let said = request.json::<Prove>(app);
    let link = match &said {
        Ok(Prove::Link { token }) => Some(Proof::opened(app, token)),
        _ => None,
    };
    let mut batch = Batch::default();
    Mine::add_to(&here, &mut batch);
    if let Some(Ok(link)) = &link {
        batch.add(&people::owner(&link.address));
    }
    let got = batch.read(&app.store).await?;
    let mine = Mine::take(app, &here, &got).await?;
    let said = said?;
    if is_done(app, &mine, &said, link.as_ref().and_then(|link| link.as_ref().ok())) {
        return Ok(ok(&me(app, &mine.who.profile, &mine.who.id, &mine.who.session, app.now())));
    }
    let (address, owner, proof) = match (said, link) {
        (Prove::Link { .. }, Some(link)) => {
            let pending = by_link(app, &mine, &link?)?;
            let owner = got.get(&people::owner(&pending.address))?;
            (pending.address, owner, pending.generation)
        }
        (Prove::Link { .. }, None) => return Err(bad_link().into()),
        (Prove::Code { code }, _) => {
            let pending = by_code(app, &mine, &code).await?;
            let owner = app.store.get(&people::owner(&pending.address)).await?;
            (pending.address, owner, pending.generation)
        }
    };
    if let Some(owner) = owner {
        return Err(taken(app, &owner.profile).await?.into());
    }
    if !may_be_used(app, &address).await? {
        return Err(Problem::new(Code::PublicMailProvider).field("address").into());
    }
    let now = app.now();
    let mut write = Write::new();
    let begun = session::rotate(app, &mut write, &mine.who, now);
    let mut after = mine.next();
    after.pending.retain(|pending| pending.address != address);
    after.hand_over(&mine.who.id, &begun.id);
    after.addresses.push(Proven { address: address.clone(), at: now, proof: Some(proof) });
    write.owner(&app.store, &address, &after.profile);
    let note = Note::new("address.proven", mine.who.actor()).personal("address", address.as_str());
    mine.keep(app, &after, write, note, now).await?;
    Ok(with_cookie(ok(&me(app, &after, &begun.id, &begun.session, now)), &begun.cookie))
}

/// Whether this very link or code proved its address a moment ago, and this browser missed the answer: it still has the cookie
/// of before.
fn is_done(app: &App, mine: &Mine, said: &Prove, link: Option<&Proof>) -> bool {
    let profile = &mine.who.profile;
    let proves = |proven: &Proven| match (said, link, proven.proof) {
        (Prove::Link { .. }, Some(link), Some(proof)) => {
            link.profile == profile.profile && link.address == proven.address && link.generation == proof
        }
        (Prove::Code { code }, _, Some(proof)) => six_digits(code)
            .is_some_and(|digits| app.keys.links().is_proof_code(&digits, &profile.profile, &proven.address, proof)),
        _ => false,
    };
    // The newest of them is what was done when the session moved on.
    mine.who.session.moved.is_some() && profile.addresses.last().is_some_and(proves)
}

/// What a link proves, in the session that asked for it.
fn by_link(app: &App, mine: &Mine, link: &Proof) -> Result<Pending, Conflict> {
    if link.profile != mine.who.profile.profile {
        let detail = "Sign in as the person who asked for it. If that was not you, say so on the link's page.";
        return Err(Problem::new(Code::WrongPerson).detail(detail).into());
    }
    let pending = link.pending(&mine.who.profile, app.now())?;
    if mine.who.id != pending.session {
        return Err(Code::OtherSession.into());
    }
    Ok(pending.clone())
}

/// What a code proves, in the session that asked for it. Tries are counted in a write on condition of what was
/// read, so that of many guesses at once none goes uncounted.
async fn by_code(app: &App, mine: &Mine, code: &str) -> Result<Pending, Conflict> {
    let digits = six_digits(code).ok_or_else(no_six_digits)?;
    let (before, now) = (&mine.who.profile, app.now());
    let mut after = mine.next();
    let keys = app.keys.links();
    let is_right =
        |pending: &Pending| keys.is_proof_code(&digits, &before.profile, &pending.address, pending.generation);
    let policy = &app.policy.addresses;
    let outcome = present_code(&mut after.pending, &mut after.proofs_failed, &mine.who.id, is_right, now, policy);
    if let Err(NotProven::Wrong { .. }) = outcome {
        let mut write = Write::new();
        write.profile(&app.store, Some(before.version), &after);
        write.commit(&app.store).await?;
    }
    outcome.map_err(|why| not_proven(why).into())
}

fn not_proven(why: NotProven) -> Problem {
    let problem = |code, detail: &str| Problem::new(code).field("code").detail(detail);
    match why {
        NotProven::Wrong { left: 0 } => problem(
            Code::WrongCode,
            "That was the last try with this code. Use the link in the email, or ask for a new email under My profile.",
        ),
        NotProven::Wrong { left } => problem(Code::WrongCode, &tries_left(left)),
        NotProven::NoCode => {
            problem(Code::NoCode, "It expired or was used already. Ask for a new email under My profile.")
        }
        NotProven::TriedTooOften => problem(
            Code::NoCode,
            "It was tried too often. Use the link in the email, or ask for a new email under My profile.",
        ),
        NotProven::OtherSession => Problem::new(Code::OtherSession).field("code"),
        NotProven::LinkOnly { until: TryAgainAt(at) } => {
            problem(Code::LinkOnly, "Use the link in the email. It works without the code.").try_again_at(at)
        }
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
    fn of(app: &App, request: &Request) -> Result<Self, Conflict> {
        let LinkToken { token } = request.json(app)?;
        Self::opened(app, &token)
    }

    fn opened(app: &App, token: &str) -> Result<Self, Conflict> {
        let (profile, address, generation) = app.keys.links().open_proof(token).map_err(|_| bad_link())?;
        Ok(Self { profile, address, generation })
    }

    /// The address on its way that the link proves, if it is still good.
    fn pending<'a>(&self, profile: &'a Profile, now: Timestamp) -> Result<&'a Pending, ApiError> {
        let found = profile.pending.iter().find(|pending| pending.address == self.address);
        match found {
            Some(pending) if pending.generation != self.generation => {
                Err(Problem::new(Code::LinkReplaced).detail("Use the link in the newest email.").into())
            }
            Some(pending) if now < pending.expires_at => Ok(pending),
            _ => Err(Problem::new(Code::LinkExpired).detail("Ask for a new link under My profile.").into()),
        }
    }
}

fn bad_link() -> Problem {
    Problem::new(Code::BadLink)
        .field("token")
        .detail("Copy the whole address from the email, or ask for a new link under My profile.")
}
