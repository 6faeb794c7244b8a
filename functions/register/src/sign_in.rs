//! Signing in and registering with a mailed code or link (REG-01 … REG-05, REG-08).

use api::{
    Code, Problem,
    sign_in::{Ask, Asked, LinkShown, LinkToken, SignIn},
};
use gateway::{
    App, Conflict, Request, Response,
    answer::{ok, with_cookie},
    log,
    request::RequestParts as _,
    session::{self, WhoSlots},
};
use licensing::{
    Address, Timestamp,
    audit::{Actor, Note, profile_chain},
    digits::six_digits,
    event::Event,
    limit::TryAgainAt,
    providers,
    sign_in::{Attempts, CodeOutcome, NotSignedIn, Presented},
};
use serde_json::json;
use store::{
    Batch, BatchResult, Write, audit,
    people::{self, Owner, Profile, Proven},
};

use crate::{
    browser::{AskingBrowser, Familiar, asked_here, familiar_from_now_on, remember},
    mine::me,
    other_side,
    profile::LANGUAGES,
    sessions::end_all,
    throttle::{METRICS, Throttle, reserves},
};

/// Mails a code. One read and one transaction, of the same items and sizes whoever the address belongs to: nothing that is
/// known of a person is even read here, but for whom this browser's own cookie names (REG-04).
pub(crate) async fn ask(app: &App, request: &Request) -> Result<Response, Conflict> {
    let Ask { address } = request.json(app)?;
    if let Some(familiar) = Familiar::of(app, request, &address)
        && let Some(response) = ask_as_known(app, request, &address, &familiar).await?
    {
        return Ok(response);
    }
    let now = app.now();
    let slot = people::attempts(&address, "");
    let throttle = Throttle::of(app, request, &address);
    let mut batch = Batch::default().with(&slot);
    throttle.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let before = throttle.tallies(&got)?;
    let mut after = before.clone();

    let seen = got.get(&slot)?;
    let asking = AskingBrowser::of(app, request);
    let policy = &app.policy.sign_in;
    let asked = seen.clone().unwrap_or_default().ask(now, asking.hash(), &throttle.here, policy)?;
    let mut write = Write::new();
    let attempts = match asked {
        CodeOutcome::Mailed(attempts) => {
            let [chance] = app.chance.bytes::<1>();
            after.mail(chance, now, policy)?;
            mail_code(app, &mut write, &address, "", (seen.as_ref(), &attempts), now);
            attempts
        }
        CodeOutcome::InTheMailbox => {
            after.request(now, policy)?;
            seen.unwrap_or_default()
        }
    };
    throttle.write(app, &mut write, &before, &after, now);
    write.commit(&app.store).await?;
    if app.site.production {
        let used = json!({ "strangers_budget_percent": after.budget_used(now, &policy.strangers) });
        log::numbers(&METRICS, &used, app.store.deployment(), now);
    }
    Ok(asked_for(app, address, &attempts, &asking))
}

/// A browser in which the person signed in before has limits and a reserve of its own: strangers can't use them up. None, if
/// it is not known any more.
async fn ask_as_known(
    app: &App,
    request: &Request,
    address: &Address,
    familiar: &Familiar,
) -> Result<Option<Response>, Conflict> {
    let now = app.now();
    let (slot, profile) = (people::attempts(address, &familiar.device), people::profile(&familiar.profile));
    let [one, other] = reserves(app);
    let got = Batch::default().with(&slot).with(&profile).with(&one).with(&other).read(&app.store).await?;
    if !familiar.is_known(app, got.get(&profile)?.as_ref()) {
        return Ok(None);
    }
    let seen = got.get(&slot)?;
    let asking = AskingBrowser::of(app, request);
    let asked = seen.clone().unwrap_or_default().ask(now, asking.hash(), "", &app.policy.sign_in)?;
    let mut write = Write::new();
    let attempts = match asked {
        CodeOutcome::Mailed(attempts) => attempts,
        CodeOutcome::InTheMailbox => {
            return Ok(Some(asked_for(app, address.clone(), &seen.unwrap_or_default(), &asking)));
        }
    };
    let parts = [(got.get(&one)?.unwrap_or_default(), one), (got.get(&other)?.unwrap_or_default(), other)];
    let emptier = parts.into_iter().min_by_key(|(reserve, _)| reserve.full_at);
    if let Some((reserve, slot)) = emptier {
        let after = reserve.clone().mail(now, &app.policy.sign_in.known)?;
        write.counted("reserve", &app.store, &slot, (reserve.version, &after), now);
    }
    mail_code(app, &mut write, address, &familiar.device, (seen.as_ref(), &attempts), now);
    write.commit(&app.store).await?;
    Ok(Some(asked_for(app, address.clone(), &attempts, &asking)))
}

fn mail_code(
    app: &App,
    write: &mut Write,
    address: &Address,
    device: &str,
    (seen, after): (Option<&Attempts>, &Attempts),
    now: Timestamp,
) {
    write.attempts(&app.store, address, device, seen, after, now);
    let (generation, mail) = (after.generation, after.mails);
    let mail = Event::SignInCode { address: address.clone(), device: device.into(), generation, mail };
    write.events(&app.store, &[mail], now);
}

fn asked_for(app: &App, address: Address, attempts: &Attempts, asking: &AskingBrowser) -> Response {
    let expires_at = attempts.code.as_ref().map_or(app.now(), |code| code.expires_at).into();
    with_cookie(ok(&Asked { own_letters: address.in_own_letters(), address, expires_at }), &asking.cookie(app))
}

/// What a mailed link is for: the address is shown only in the browser that asked.
pub(crate) async fn show_link(app: &App, request: &Request) -> Result<Response, Conflict> {
    let LinkToken { token } = request.json(app)?;
    let (address, device, generation) = app.keys.links().open_sign_in(&token).map_err(|_| bad_link())?;
    let known = app.store.get(&people::attempts(&address, &device)).await?.unwrap_or_default();
    let live = known.code.as_ref().filter(|code| generation == known.generation && app.now() < code.expires_at);
    let code = live.ok_or(Code::NoCode)?;
    Ok(ok(&LinkShown { address: asked_here(app, request, &code.browser).then_some(address) }))
}

/// Signs in, and registers on the way whoever was not known.
pub(crate) async fn sign_in(app: &App, request: &Request) -> Result<Response, Conflict> {
    let mut claim = Claim::of(app, request, request.json(app)?)?;
    let mut got = claim.read(app).await?;
    if claim.takes_itself_for_known(app, &got)? {
        claim.familiar = None;
        claim.device.clear();
        got = claim.read(app).await?;
    }
    let now = app.now();
    let policy = &app.policy.sign_in;
    let attempts = people::attempts(&claim.address, &claim.device);
    let seen: Option<Attempts> = got.get(&attempts)?;
    let known = seen.clone().unwrap_or_default();
    let presented = claim.presented(app, request, &known);

    // A known browser's codes can't be guessed by others: they are counted for themselves alone.
    let is_stranger = claim.device.is_empty();
    let before = claim.throttle.tallies(&got)?;
    let mut tallies = before.clone();
    let digits = if is_stranger { before.digits(now, policy) } else { Ok(()) };
    let (after, outcome) = known.clone().present(presented, digits, now, policy);
    match outcome {
        Ok(()) if is_stranger => {
            let (mails, from_here) = known.unanswered(&claim.throttle.here, now);
            tallies.answered(mails, from_here, now, policy);
        }
        Err(NotSignedIn::WrongCode { .. }) if is_stranger => {
            let [chance] = app.chance.bytes::<1>();
            tallies.failed(chance, now);
        }
        _ => {}
    }

    // Tries are counted in the write that the answer depends on: who makes twenty guesses at once has no more tries.
    let mut write = Write::new();
    if after != known {
        write.attempts(&app.store, &claim.address, &claim.device, seen.as_ref(), &after, now);
    }
    claim.throttle.write(app, &mut write, &before, &tallies, now);
    if let Err(why) = outcome {
        if !write.is_empty() {
            write.commit(&app.store).await?;
        }
        return Err(not_signed_in(why).into());
    }

    // Only from here on may an answer depend on who it is (REG-04).
    if !may_be_used(app, &claim.address).await? {
        write.commit(&app.store).await?;
        return Err(Problem::new(Code::PublicMailProvider).field("address").into());
    }
    let owner = got.get(&people::owner(&claim.address))?;
    enter(app, request, &claim, owner.map(|owner| owner.profile), write, now).await
}

/// Whether an address may be a person's: anybody can have one at a public mail provider, so there an agreement, an account
/// or an order must name that very address (REG-02).
pub(crate) async fn may_be_used(app: &App, address: &Address) -> Result<bool, Conflict> {
    if !providers::is_public(address.domain()) {
        return Ok(true);
    }
    Ok(app.store.is_named(address).await?)
}

/// Begins the session in the transaction that uses up the code: of the profile that holds the address, or of a new one.
async fn enter(
    app: &App,
    request: &Request,
    claim: &Claim,
    owner: Option<licensing::ProfileId>,
    mut write: Write,
    now: Timestamp,
) -> Result<Response, Conflict> {
    let here = WhoSlots::of(app, request);
    let mut batch = Batch::default();
    here.add_to(&mut batch);
    let slots = owner.as_ref().map(|id| (people::profile(id), audit::head(&profile_chain(id))));
    if let Some((profile, head)) = &slots {
        batch.add(profile);
        batch.add(head);
    }
    let nothing = slots.is_none() && here.ids().is_none();
    let got = if nothing { None } else { Some(batch.read(&app.store).await?) };
    let (mut seen, mut head, mut old) = (None, None, None);
    if let Some(got) = &got {
        old = here.optional(app, got)?;
        if let Some((profile, of)) = &slots {
            let profile = got.get(profile)?;
            let profile: Profile =
                profile.ok_or_else(|| store::Error::Corrupt("an address's owner is missing".into()))?;
            // It was removed, or moved to another profile, between the two reads.
            profile.holding(&claim.address).ok_or(Conflict::Lost)?;
            seen = Some(profile);
            head = got.get(of)?;
        }
    }
    let mut profile = seen.clone().unwrap_or_else(|| new_profile(app, request, &claim.address, now));
    let browser = request.text_header("user-agent").unwrap_or_default();

    // The browser's old session ends (REG-12). What was asked for in it goes on in the new one, if it is the same person.
    let same = old.as_ref().filter(|old| old.profile.profile == profile.profile);
    let begun = match same {
        Some(old) => session::begin_after(app, &mut write, old, &claim.address, browser, now),
        None => session::begin(app, &mut write, &profile, &claim.address, browser, now),
    };
    match (&old, here.ids()) {
        (Some(old), _) if same.is_some() => profile.hand_over(&old.id, &begun.id),
        (Some(old), _) => end_all(app, &mut write, old),
        (None, Some((of, id))) => {
            write.end_session(&app.store, of, id);
            if *of == profile.profile {
                profile.hand_over(id, &begun.id);
            }
        }
        (None, None) => {}
    }
    let again = seen.is_some() && prove_again(app, &mut write, &mut profile, &claim.address, now).await?;
    let device = remember(app, request, &mut profile);
    let action = if seen.is_none() { "profile.created" } else { "profile.signed-in" };
    let actor = Actor::Person { profile: profile.profile.clone(), address: claim.address.clone() };
    let how = if claim.token.is_some() { "link" } else { "code" };
    let mut notes = vec![Note::new(action, actor.clone()).fact("with", how)];
    if again {
        notes.push(Note::new("address.proven-again", actor).personal("address", claim.address.as_str()));
    }
    write.audit_all(&app.store, &profile_chain(&profile.profile), head.as_ref(), notes, now);
    match &seen {
        None => {
            write.owner(&app.store, &claim.address, &profile.profile, now);
            write.profile(&app.store, None, &profile);
        }
        Some(before) if *before != profile => {
            profile.version += 1;
            write.profile(&app.store, Some(before.version), &profile);
        }
        Some(_) => {}
    }
    write.commit(&app.store).await?;

    let response = with_cookie(ok(&me(app, &profile, &begun.id, &begun.session, now)), &begun.cookie);
    Ok(with_cookie(response, &familiar_from_now_on(app, request, &claim.address, &profile.profile, device)))
}

/// Signing in proves the address again, which is noted once a day. That ends a move of it to another profile. Whether the
/// address did not count before (REG-09).
async fn prove_again(
    app: &App,
    write: &mut Write,
    profile: &mut Profile,
    address: &Address,
    now: Timestamp,
) -> Result<bool, Conflict> {
    let owner = Owner::new(profile.profile.clone(), now);
    let Some(held) = profile.holding_mut(address).filter(|held| held.wants_renewal(now)) else { return Ok(false) };
    let counted = held.counts(now, &app.policy.addresses);
    if let Some(leaving) = held.prove(None, now) {
        other_side::stop(app, write, &leaving, address, now).await?;
    }
    write.owner_after(&app.store, address, &owner.profile, &owner);
    Ok(!counted)
}

fn new_profile(app: &App, request: &Request, address: &Address, now: Timestamp) -> Profile {
    Profile {
        profile: app.chance.name().parse().expect("a name of 22 characters"),
        first_name: String::new(),
        last_name: String::new(),
        language: language(request.text_header("accept-language").unwrap_or_default()).into(),
        phone: String::new(),
        country: None,
        addresses: vec![Proven::new(address.clone(), now, None)],
        pending: vec![],
        arriving: vec![],
        moves: None,
        refused: vec![],
        proof_generation: 0,
        proofs: None,
        proofs_failed: None,
        saves: None,
        epoch: 0,
        browsers: vec![],
        since: now,
        version: 1,
    }
}

/// The first of our languages that the browser names.
fn language(accepted: &str) -> &'static str {
    let mut named = accepted.split(',').map(|part| part.trim().get(..2).unwrap_or_default());
    named.find_map(|name| LANGUAGES.into_iter().find(|ours| ours.eq_ignore_ascii_case(name))).unwrap_or(LANGUAGES[0])
}

/// What a person presents, as far as it can be judged without the database.
struct Claim {
    address: Address,
    device: String,
    digits: String,
    token: Option<Mailed>,
    /// By which cookie the browser takes itself for a known one, where digits are entered.
    familiar: Option<Familiar>,
    throttle: Throttle,
}

/// A mailed link.
struct Mailed {
    generation: u32,
    typed: Option<Address>,
}

impl Claim {
    fn of(app: &App, request: &Request, said: SignIn) -> Result<Self, Conflict> {
        match said {
            SignIn::Code { address, code } => {
                let digits = six_digits(&code).ok_or_else(no_six_digits)?;
                let familiar = Familiar::of(app, request, &address);
                let device = familiar.as_ref().map(|familiar| familiar.device.clone()).unwrap_or_default();
                let throttle = Throttle::of(app, request, &address);
                Ok(Self { address, device, digits, token: None, familiar, throttle })
            }
            SignIn::Link { token, address: typed } => {
                let (address, device, generation) = app.keys.links().open_sign_in(&token).map_err(|_| bad_link())?;
                let throttle = Throttle::of(app, request, &address);
                let token = Some(Mailed { generation, typed });
                Ok(Self { address, device, digits: String::new(), token, familiar: None, throttle })
            }
        }
    }

    /// Reads what it is judged by: one call.
    async fn read(&self, app: &App) -> Result<BatchResult, Conflict> {
        let attempts = people::attempts(&self.address, &self.device);
        let mut batch = Batch::default().with(&attempts).with(&people::owner(&self.address));
        self.throttle.add_to(&mut batch);
        if let Some(familiar) = &self.familiar {
            batch.add(&people::profile(&familiar.profile));
        }
        Ok(batch.read(&app.store).await?)
    }

    /// Whether the browser's cookie says that it is known, and the person's profile does not.
    fn takes_itself_for_known(&self, app: &App, got: &BatchResult) -> Result<bool, Conflict> {
        let Some(familiar) = &self.familiar else { return Ok(false) };
        Ok(!familiar.is_known(app, got.get(&people::profile(&familiar.profile))?.as_ref()))
    }

    fn presented(&self, app: &App, request: &Request, known: &Attempts) -> Presented {
        match &self.token {
            None => {
                let right = app.keys.links().is_code(&self.digits, &self.address, &self.device, known.generation);
                Presented::Code { right }
            }
            Some(Mailed { generation, typed }) => {
                let asked_here = known.code.as_ref().is_some_and(|code| asked_here(app, request, &code.browser));
                let address_confirmed = typed.as_ref().map_or(asked_here, |typed| *typed == self.address);
                Presented::Link { generation: *generation, address_confirmed }
            }
        }
    }
}

/// What was typed is no code, so no try is counted for it.
pub(crate) fn no_six_digits() -> Problem {
    Problem::new(Code::BadField).field("code").detail("The code has six digits. This did not count as a try.")
}

/// So many tries are left, and what to do with them.
pub(crate) fn tries_left(left: u32) -> String {
    let tries = if left == 1 { "One try is left".to_owned() } else { format!("{left} tries are left") };
    format!("{tries}. Check the six digits in the newest email, or use the link in it.")
}

fn bad_link() -> Problem {
    Problem::new(Code::BadLink).field("token").detail("Copy the whole address from the email, or ask for a new email.")
}

fn not_signed_in(why: NotSignedIn) -> Problem {
    match why {
        NotSignedIn::WrongCode { left: 0 } => Problem::new(Code::WrongCode)
            .field("code")
            .detail("That was the last try with this code. Use the link in the email, or ask for a new code."),
        NotSignedIn::WrongCode { left } => Problem::new(Code::WrongCode).field("code").detail(tries_left(left)),
        NotSignedIn::NoCode => Problem::new(Code::NoCode).field("code"),
        NotSignedIn::TriedTooOften => Problem::new(Code::NoCode)
            .field("code")
            .detail("It was tried too often. Open the link in the newest email, or ask for a new code."),
        NotSignedIn::LinkOnly { until: TryAgainAt(at) } => Problem::new(Code::LinkOnly).field("code").try_again_at(at),
        NotSignedIn::TypeAddress => Problem::new(Code::TypeAddress).field("address"),
    }
}
