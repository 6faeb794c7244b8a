//! Sessions: the cookie, and who is behind it (REG-12).

use api::Code;
use licensing::{
    Address, ProfileId, Timestamp,
    activation::Person,
    audit::Actor,
    seal::{stored_hash, to_text},
    sign_in::Session,
    when::add_hours,
};
use store::{
    Batch, Got, Write,
    people::{self, Profile},
};

use crate::{App, Oops, Request, Site, request::Ask};

/// A person who is signed in.
#[derive(Debug, Clone)]
pub struct Who {
    /// The profile.
    pub profile: Profile,
    /// The session.
    pub session: Session,
    /// The session's name: the hash of its secret.
    pub id: String,
}

/// Where the person behind a request's cookie is read from: both items lie together, so they come in one read with
/// whatever else a request needs.
#[derive(Debug, Clone)]
pub struct WhoSlots {
    found: Option<Found>,
}

#[derive(Debug, Clone)]
struct Found {
    profile: ProfileId,
    id: String,
}

impl WhoSlots {
    /// Of this request's cookie. A cookie that is not of our form counts as none.
    pub fn of(app: &App, request: &Request) -> Self {
        let found = request.cookie(session_cookie(&app.site)).and_then(|cookie| {
            let (profile, secret) = cookie.split_once('.')?;
            Some(Found { profile: profile.parse().ok()?, id: stored_hash(secret.as_bytes()) })
        });
        Self { found }
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
    pub fn optional(&self, app: &App, got: &Got) -> Result<Option<Who>, Oops> {
        let Some((profile, id)) = self.ids() else { return Ok(None) };
        let slots = (people::profile(profile), people::session(profile, id));
        let (Some(profile), Some(session)) = (got.get(&slots.0)?, got.get(&slots.1)?) else { return Ok(None) };
        let live = profile.holds(&session, app.now(), &app.policy.sessions);
        Ok(live.then(|| Who { profile, session, id: id.to_owned() }))
    }

    /// The person; a problem if nobody is signed in.
    pub fn take(&self, app: &App, got: &Got) -> Result<Who, Oops> {
        self.optional(app, got)?.ok_or_else(|| Code::SignInNeeded.into())
    }
}

impl Who {
    /// Reads who is signed in, and nothing else: one call.
    pub async fn of(app: &App, request: &Request) -> Result<Self, Oops> {
        let slots = WhoSlots::of(app, request);
        let mut batch = Batch::default();
        slots.add_to(&mut batch);
        slots.take(app, &batch.read(&app.store).await?)
    }

    /// Notes that the session is used, at most every ten minutes (REG-12).
    pub async fn touch(&self, app: &App) -> Result<(), Oops> {
        let now = app.now();
        if self.session.wants_touch(now, &app.policy.sessions) {
            app.store.touch_session(&self.profile.profile, &self.id, now).await?;
        }
        Ok(())
    }

    /// All proven addresses.
    pub fn proven(&self) -> Vec<Address> {
        self.profile.proven()
    }

    /// The person acting by the address that fits best: one of `wanted` if it is proven, else that of the session.
    pub fn acting_as<'a>(&self, wanted: impl IntoIterator<Item = &'a Address>) -> Person {
        let proven = self.proven();
        let address = wanted.into_iter().find(|address| proven.contains(address)).unwrap_or(&self.session.address);
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
    let browser = browser.chars().take(120).collect();
    let session = Session { since: now, seen: now, address: address.clone(), browser, epoch: profile.epoch };
    put(app, write, &profile.profile, session, now)
}

/// Goes on under a new secret after rights changed (REG-12): the old one ends, the time at which the session ends stays.
pub fn rotate(app: &App, write: &mut Write, who: &Who, now: Timestamp) -> Begun {
    write.end_session(&app.store, &who.profile.profile, &who.id);
    put(app, write, &who.profile.profile, Session { seen: now, ..who.session.clone() }, now)
}

fn put(app: &App, write: &mut Write, profile: &ProfileId, session: Session, now: Timestamp) -> Begun {
    let secret = to_text(&app.chance.bytes::<32>());
    let id = stored_hash(secret.as_bytes());
    write.session(&app.store, profile, &id, &session, &app.policy.sessions);
    let left = add_hours(session.since, app.policy.sessions.hours).as_second() - now.as_second();
    let cookie = cookie(&app.site, session_cookie(&app.site), &format!("{profile}.{secret}"), left);
    Begun { session, id, cookie }
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
