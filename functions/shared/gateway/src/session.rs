//! Sessions: the cookie, and who is behind it (REG-12).
//!
//! A session that goes on under a new secret leaves the old one good for a minute, since the answer with the new cookie may be
//! lost on its way. Whoever comes with the old cookie in that time is the same person in the same browser: the new secret
//! follows from the old one and what is stored, so the answer brings the new cookie again ([`Renewal`]).

use std::{
    collections::BTreeSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use api::Code;
use licensing::{
    Address, ProfileId, Timestamp,
    activation::Person,
    audit::Actor,
    policy::SessionPolicy,
    seal::{secret_after, stored_hash, to_text},
    sign_in::{Moved, Session},
    when::add_hours,
};
use store::{
    Batch, BatchResult, Write,
    people::{self, Profile},
};

use crate::{ApiError, App, Request, Site, request::RequestParts};

/// A person who is signed in.
#[derive(Debug, Clone)]
pub struct Who {
    /// The profile.
    pub profile: Profile,
    /// The session.
    pub session: Session,
    /// The session's name: the hash of its secret. Where another took its place a moment ago, the name of that one.
    pub id: String,
    /// The addresses that count for the person now.
    proven: Vec<Address>,
    /// The secret in the cookie that was sent.
    secret: Secret,
}

/// What only the browser's cookie holds.
#[derive(Clone)]
struct Secret(String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

impl Secret {
    fn name(&self) -> String {
        stored_hash(self.0.as_bytes())
    }
}

/// The new cookie for a browser that sent the previous one, if it did: put into a request's extensions before it is
/// answered, and taken by the answer.
#[derive(Debug, Clone, Default)]
pub struct Renewal(Arc<Mutex<Option<String>>>);

impl Renewal {
    fn set(&self, cookie: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(cookie);
    }

    /// The cookie.
    pub fn take(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Where the person behind a request's cookie is read from: both items lie together, so they come in one read with
/// whatever else a request needs.
#[derive(Debug, Clone)]
pub struct WhoSlots {
    found: Option<Found>,
    renewal: Renewal,
}

#[derive(Debug, Clone)]
struct Found {
    profile: ProfileId,
    id: String,
    secret: Secret,
}

impl WhoSlots {
    /// Of this request's cookie. A cookie that is not of our form counts as none.
    pub fn of(app: &App, request: &Request) -> Self {
        let found = request.cookie(session_cookie(&app.site)).and_then(|cookie| {
            let (profile, secret) = cookie.split_once('.')?;
            let secret = Secret(secret.to_owned());
            Some(Found { profile: profile.parse().ok()?, id: secret.name(), secret })
        });
        Self { found, renewal: request.extensions().get::<Renewal>().cloned().unwrap_or_default() }
    }

    /// The profile and the session that the cookie names, live or not. The session's name is the hash of its secret, so
    /// whoever sends the cookie may end it.
    pub fn ids(&self) -> Option<(&ProfileId, &str)> {
        self.found.as_ref().map(|found| (&found.profile, found.id.as_str()))
    }

    /// The profile that the cookie names, proven or not; empty without one.
    pub fn named(&self) -> String {
        self.ids().map(|(profile, _)| profile.to_string()).unwrap_or_default()
    }

    /// Adds both to a batch.
    pub fn add_to(&self, batch: &mut Batch) {
        if let Some((profile, id)) = self.ids() {
            batch.add(&people::profile(profile));
            batch.add(&people::session(profile, id));
        }
    }

    /// The person, if the session is live.
    pub fn optional(&self, app: &App, got: &BatchResult) -> Result<Option<Who>, ApiError> {
        let Some(found) = &self.found else { return Ok(None) };
        let slots = (people::profile(&found.profile), people::session(&found.profile, &found.id));
        let (Some(profile), Some(session)) = (got.get(&slots.0)?, got.get(&slots.1)?) else { return Ok(None) };
        if !profile.holds(&session, app.now(), &app.policy.sessions) {
            return Ok(None);
        }
        let id = session.moved.as_ref().map_or_else(|| found.id.clone(), |moved| moved.to.clone());
        let proven = profile.proven(app.now(), &app.policy.addresses);
        let who = Who { profile, session, id, proven, secret: found.secret.clone() };
        if let Some(begun) = who.gone_on(app, app.now()) {
            self.renewal.set(begun.cookie);
        }
        Ok(Some(who))
    }

    /// The person; a problem if nobody is signed in.
    pub fn take(&self, app: &App, got: &BatchResult) -> Result<Who, ApiError> {
        self.optional(app, got)?.ok_or_else(|| Code::SignInNeeded.into())
    }
}

impl Who {
    /// Reads who is signed in, and nothing else: one call.
    pub async fn of(app: &App, request: &Request) -> Result<Self, ApiError> {
        let slots = WhoSlots::of(app, request);
        let mut batch = Batch::default();
        slots.add_to(&mut batch);
        slots.take(app, &batch.read(&app.store).await?)
    }

    /// Notes that the session is used, at most every ten minutes (REG-12).
    pub async fn touch(&self, app: &App) -> Result<(), ApiError> {
        let now = app.now();
        if self.session.wants_touch(now, &app.policy.sessions) {
            app.store.touch_session(&self.profile.profile, &self.id, now).await?;
        }
        Ok(())
    }

    /// Every key under which the session is stored: its own, and the previous one while that still works.
    pub fn session_names(&self) -> BTreeSet<String> {
        [self.id.clone(), self.secret.name()].into_iter().chain(self.session.before.clone()).collect()
    }

    /// The session that took the place of the one whose cookie was sent, if one did.
    fn gone_on(&self, app: &App, now: Timestamp) -> Option<Begun> {
        let moved = self.session.moved.as_ref()?;
        let session = Session { moved: None, before: Some(self.secret.name()), ..self.session.clone() };
        let secret = secret_after(&self.secret.0, &moved.salt);
        let cookie = cookie_of(app, &self.profile.profile, &secret, &session, now);
        Some(Begun { session, id: moved.to.clone(), cookie })
    }

    /// The addresses that count for the person now: whatever they may do, one of these may do it. One of the person's whose proof
    /// is too old, or that another profile asked to have, is none of them (REG-09).
    pub fn proven(&self) -> Vec<Address> {
        self.proven.clone()
    }

    /// The person acting by the address that fits best: one of `wanted` if it is proven, else that of the session.
    pub fn acting_as<'a>(&self, wanted: impl IntoIterator<Item = &'a Address>) -> Person {
        let address = wanted.into_iter().find(|address| self.proven.contains(address)).unwrap_or(&self.session.address);
        Person { profile: self.profile.profile.clone(), address: address.clone() }
    }

    /// The person as the audit names them.
    pub fn actor(&self) -> Actor {
        Actor::Person { profile: self.profile.profile.clone(), address: self.session.address.clone() }
    }
}

/// A session that a change begins.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The session.
    pub session: Session,
    /// Its name.
    pub id: String,
    /// The cookie for the browser.
    pub cookie: String,
}

/// Begins a session: part of a change.
pub fn begin(
    app: &App,
    write: &mut Write,
    profile: &Profile,
    address: &Address,
    browser: &str,
    now: Timestamp,
) -> Begun {
    let secret = to_text(&app.chance.bytes::<32>());
    let session = fresh(profile, address, browser, now, &app.policy.sessions);
    put(app, write, &profile.profile, &secret, session, now)
}

/// Begins a session that replaces one of the same person in the same browser: they signed in again.
pub fn begin_after(app: &App, write: &mut Write, old: &Who, address: &Address, browser: &str, now: Timestamp) -> Begun {
    let session = fresh(&old.profile, address, browser, now, &app.policy.sessions);
    let old_name = old.secret.name();
    for name in old.session_names().iter().filter(|name| **name != old_name) {
        write.end_session(&app.store, &old.profile.profile, name);
    }
    move_on(app, write, old, session, now)
}

/// Goes on under a new secret after rights changed (REG-12): the time at which the session ends stays. Where that was done a
/// moment ago, and the answer may have been lost, the session that it led to goes on.
pub fn rotate(app: &App, write: &mut Write, who: &Who, now: Timestamp) -> Begun {
    if let Some(begun) = who.gone_on(app, now) {
        return begun;
    }
    // The browser has this session's cookie by now, so the one of before has served.
    if let Some(before) = &who.session.before {
        write.end_session(&app.store, &who.profile.profile, before);
    }
    move_on(app, write, who, Session { seen: now, ..who.session.clone() }, now)
}

fn fresh(profile: &Profile, address: &Address, browser: &str, now: Timestamp, policy: &SessionPolicy) -> Session {
    Session {
        since: now,
        seen: now,
        address: address.clone(),
        browser: browser.chars().take(120).collect(),
        epoch: profile.epoch,
        until: Some(add_hours(now, policy.hours)),
        moved: None,
        before: None,
    }
}

/// The session `next` takes the place of the one whose cookie was sent, which serves a moment longer.
fn move_on(app: &App, write: &mut Write, old: &Who, next: Session, now: Timestamp) -> Begun {
    let (profile, old_name) = (&old.profile.profile, old.secret.name());
    let salt = to_text(&app.chance.bytes::<32>());
    let secret = secret_after(&old.secret.0, &salt);
    let moved = Moved { at: now, to: stored_hash(secret.as_bytes()), salt };
    let served = Session { moved: Some(moved), before: None, ..old.session.clone() };
    write.session(&app.store, profile, &old_name, &served, &app.policy.sessions);
    put(app, write, profile, &secret, Session { moved: None, before: Some(old_name), ..next }, now)
}

fn put(app: &App, write: &mut Write, profile: &ProfileId, secret: &str, session: Session, now: Timestamp) -> Begun {
    let id = stored_hash(secret.as_bytes());
    write.session(&app.store, profile, &id, &session, &app.policy.sessions);
    let cookie = cookie_of(app, profile, secret, &session, now);
    Begun { session, id, cookie }
}

fn cookie_of(app: &App, profile: &ProfileId, secret: &str, session: &Session, now: Timestamp) -> String {
    let left = session.ends_at_latest(&app.policy.sessions).as_second() - now.as_second();
    cookie(&app.site, session_cookie(&app.site), &format!("{profile}.{secret}"), left)
}

/// The cookie that ends a session in the browser.
pub fn forget(site: &Site) -> String {
    cookie(site, session_cookie(site), "", 0)
}

/// A cookie of ours: for this origin only, not for scripts, not sent by other sites.
pub fn cookie(site: &Site, name: &str, value: &str, seconds: i64) -> String {
    let secure = if site.production { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// The session's cookie. Without `Secure` it has another name, and the boot refuses that in production.
pub const fn session_cookie(site: &Site) -> &'static str {
    if site.production { "__Host-session" } else { "countersign-session" }
}

/// The cookie of a browser that asked for a code (REG-03).
pub const fn asked_cookie(site: &Site) -> &'static str {
    if site.production { "__Host-asked" } else { "countersign-asked" }
}

/// The cookie of a browser that signed in before (REG-05).
pub const fn familiar_cookie(site: &Site) -> &'static str {
    if site.production { "__Host-familiar" } else { "countersign-familiar" }
}
