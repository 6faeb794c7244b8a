//! Proving an address with its mailed link or the code beside it, in the session that asked for it (REG-07 … REG-09).

use api::{Code, Problem, me::Prove, sign_in::LinkToken};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{ok, with_cookie},
    request::RequestParts,
    session::{self, WhoSlots},
};
use licensing::{
    Address, ProfileId, Timestamp,
    audit::Note,
    digits::six_digits,
    limit::TryAgainAt,
    proof::{NotProven, present_code},
};
use store::{
    Batch, Write,
    people::{self, Owner, Pending, Profile, Proven},
};

use crate::{
    mine::{Mine, me},
    other_side,
    sign_in::{may_be_used, no_six_digits, tries_left},
};

/// What became of a link or a code that was presented.
pub(crate) enum Presented {
    /// It was used a moment ago, and this browser missed the answer.
    Before(Mine),
    /// It is right, in the session that asked for it.
    Now {
        /// Who presents it.
        mine: Mine,
        /// What it proves.
        pending: Pending,
        /// Whose the address is.
        owner: Option<Owner>,
    },
}

/// Whether a link or a code did before what it is presented for.
type UsedBefore = fn(&App, &Mine, &Prove, Option<&Proof>) -> bool;

/// Reads who presents a link or a code, and judges it. A wrong code is counted.
pub(crate) async fn presented(app: &App, request: &Request, before: UsedBefore) -> Result<Presented, Conflict> {
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
    if before(app, &mine, &said, link.as_ref().and_then(|link| link.as_ref().ok())) {
        return Ok(Presented::Before(mine));
    }
    let (pending, owner) = match (said, link) {
        (Prove::Link { .. }, Some(link)) => {
            let pending = by_link(app, &mine, &link?)?;
            let owner = got.get(&people::owner(&pending.address))?;
            (pending, owner)
        }
        (Prove::Link { .. }, None) => return Err(bad_link().into()),
        (Prove::Code { code }, _) => {
            let pending = by_code(app, &mine, &code).await?;
            let owner = app.store.get(&people::owner(&pending.address)).await?;
            (pending, owner)
        }
    };
    Ok(Presented::Now { mine, pending, owner })
}

/// Writes that an address is proven: a new one, or one of the person's again, which ends its move to another profile (REG-09).
pub(crate) async fn prove_it(app: &App, mine: &Mine, pending: Pending, again: bool) -> Result<Response, Conflict> {
    let Pending { address, generation, .. } = pending;
    if !again && !may_be_used(app, &address).await? {
        return Err(Problem::new(Code::PublicMailProvider).field("address").into());
    }
    let now = app.now();
    let mut write = Write::new();
    let begun = session::rotate(app, &mut write, &mine.who, now);
    let mut after = mine.next();
    after.pending.retain(|pending| pending.address != address);
    after.hand_over(&mine.who.id, &begun.id);
    let action = if again {
        let stopped = after.holding_mut(&address).ok_or(Conflict::Lost)?.prove(Some(generation), now);
        if let Some(leaving) = stopped {
            other_side::stop(app, &mut write, &leaving, &address, now).await?;
        }
        write.owner_after(&app.store, &address, &after.profile, &Owner::new(after.profile.clone(), now));
        "address.proven-again"
    } else {
        after.arriving.retain(|arriving| arriving.address != address);
        after.addresses.push(Proven::new(address.clone(), now, Some(generation)));
        write.owner(&app.store, &address, &after.profile, now);
        "address.proven"
    };
    let note = Note::new(action, mine.who.actor()).personal("address", address.as_str());
    mine.keep(app, &after, write, note, now).await?;
    Ok(with_cookie(ok(&me(app, &after, &begun.id, &begun.session, now)), &begun.cookie))
}

/// Whether this very link or code proved its address a moment ago, and this browser missed the answer: it still has the cookie
/// of before.
pub(crate) fn proven_before(app: &App, mine: &Mine, said: &Prove, link: Option<&Proof>) -> bool {
    let profile = &mine.who.profile;
    // The newest of them is what was done when the session moved on.
    let newest = profile.addresses.iter().max_by_key(|proven| proven.proven_at());
    let by = newest.and_then(|proven| Some((&proven.address, proven.proof?)));
    mine.who.session.moved.is_some()
        && by.is_some_and(|(address, proof)| is_by(app, profile, said, link, address, proof))
}

/// Whether an address was asked for with this very link or code (REG-09).
pub(crate) fn asked_for_before(app: &App, mine: &Mine, said: &Prove, link: Option<&Proof>) -> bool {
    let profile = &mine.who.profile;
    profile.arriving.iter().any(|arriving| is_by(app, profile, said, link, &arriving.address, arriving.proof))
}

/// Whether a link or code is that of an address and generation.
fn is_by(app: &App, of: &Profile, said: &Prove, link: Option<&Proof>, address: &Address, generation: u32) -> bool {
    match (said, link) {
        (Prove::Link { .. }, Some(link)) => {
            link.profile == of.profile && link.address == *address && link.generation == generation
        }
        (Prove::Code { code }, _) => six_digits(code)
            .is_some_and(|digits| app.keys.links().is_proof_code(&digits, &of.profile, address, generation)),
        (Prove::Link { .. }, None) => false,
    }
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

/// What a proof link says.
pub(crate) struct Proof {
    pub(crate) profile: ProfileId,
    pub(crate) address: Address,
    pub(crate) generation: u32,
}

impl Proof {
    pub(crate) fn of(app: &App, request: &Request) -> Result<Self, Conflict> {
        let LinkToken { token } = request.json(app)?;
        Self::opened(app, &token)
    }

    fn opened(app: &App, token: &str) -> Result<Self, Conflict> {
        let (profile, address, generation) = app.keys.links().open_proof(token).map_err(|_| bad_link())?;
        Ok(Self { profile, address, generation })
    }

    /// The address on its way that the link proves, if it is still good.
    pub(crate) fn pending<'a>(&self, profile: &'a Profile, now: Timestamp) -> Result<&'a Pending, ApiError> {
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

pub(crate) fn bad_link() -> Problem {
    Problem::new(Code::BadLink)
        .field("token")
        .detail("Copy the whole address from the email, or ask for a new link under My profile.")
}
