//! Sessions: the cookie, and who is behind it (REG-12).

use api::Code;
use licensing::{
    Address, ProfileId, Timestamp,
    activation::Person,
    audit::Actor,
    seal::{stored_hash, to_text},
    sign_in::Session,
};
use store::{
    Batch, Got, Slot, Write,
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
    found: Option<(Slot<Profile>, Slot<Session>, String)>,
}

impl WhoSlots {
    /// Of this request's cookie. A cookie that is not of our form counts as none.
    pub fn of(app: &App, request: &Request) -> Self {
        let found = request.cookie(session_cookie(&app.site)).and_then(|cookie| {
            let (profile, secret) = cookie.split_once('.')?;
            let profile: ProfileId = profile.parse().ok()?;
            let id = stored_hash(secret.as_bytes());
            Some((people::profile(&profile), people::session(&profile, &id), id))
        });
        Self { found }
    }

    /// The profile that the cookie names, proven or not; empty without one.
    pub fn named(&self) -> String {
        self.found.as_ref().map(|(_, _, id)| id.clone()).unwrap_or_default()
    }

    /// Adds both to a batch.
    pub fn add_to(&self, batch: &mut Batch) {
        if let Some((profile, session, _)) = &self.found {
            batch.add(profile);
            batch.add(session);
        }
    }

    /// The person, if the session is live.
    pub fn optional(&self, app: &App, got: &Got) -> Result<Option<Who>, Oops> {
        let Some((profile, session, id)) = &self.found else { return Ok(None) };
        let (Some(profile), Some(session)) = (got.get(profile)?, got.get(session)?) else { return Ok(None) };
        let live = session.is_live(app.now(), &app.policy.sessions);
        Ok(live.then(|| Who { profile, session, id: id.clone() }))
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

/// Begins a session: part of a change, and the cookie for the browser.
pub fn begin(app: &App, write: &mut Write, profile: &ProfileId, address: &Address, browser: &str, now: Timestamp) -> String {
    let secret = to_text(&app.chance.bytes::<32>());
    let session = Session { since: now, seen: now, address: address.clone(), browser: browser.chars().take(120).collect() };
    write.session(&app.store, profile, &stored_hash(secret.as_bytes()), &session, &app.policy.sessions);
    cookie(&app.site, session_cookie(&app.site), &format!("{profile}.{secret}"), i64::from(app.policy.sessions.hours) * 3600)
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
