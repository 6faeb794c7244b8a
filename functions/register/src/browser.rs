//! What a browser is known by: that it asked for a code (REG-03), and that somebody signed in with it before (REG-05).

use gateway::{
    App, Request,
    request::RequestParts,
    session::{asked_cookie, cookie, familiar_cookie},
};
use licensing::{
    Address, ProfileId,
    limits::KnownBrowser,
    seal::{Link, stored_hash, to_text},
};
use store::people::Profile;

/// A browser is familiar with so many addresses at once: the newest ones.
const FAMILIAR_ADDRESSES: usize = 4;

/// The secret of a browser that asks for a code. One that it has already stays, so that links of two mails work in it.
pub(crate) struct AskingBrowser {
    secret: String,
}

impl AskingBrowser {
    /// Of this browser.
    pub(crate) fn of(app: &App, request: &Request) -> Self {
        let has = request.cookie(asked_cookie(&app.site)).filter(|secret| is_secret(secret));
        Self { secret: has.unwrap_or_else(|| to_text(&app.chance.bytes::<32>())) }
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> String {
        stored_hash(self.secret.as_bytes())
    }

    /// The cookie, for as long as a code lives.
    pub(crate) fn cookie(&self, app: &App) -> String {
        let seconds = i64::from(app.policy.sign_in.code_minutes) * 60;
        cookie(&app.site, asked_cookie(&app.site), &self.secret, seconds)
    }
}

/// Whether this browser asked for the code whose mail was asked for by `browser`.
pub(crate) fn asked_here(app: &App, request: &Request, browser: &str) -> bool {
    request.cookie(asked_cookie(&app.site)).is_some_and(|secret| stored_hash(secret.as_bytes()) == browser)
}

/// A browser whose cookie says that somebody signed in with it before. Whether it is still known, that person's profile says.
#[derive(Debug, Clone)]
pub(crate) struct Familiar {
    address: Address,
    pub(crate) profile: ProfileId,
    pub(crate) device: String,
}

impl Familiar {
    /// What this browser is familiar with of an address. The address itself is looked up nowhere (REG-04).
    pub(crate) fn of(app: &App, request: &Request, address: &Address) -> Option<Self> {
        familiar(app, request).into_iter().map(|(known, _)| known).find(|known| known.address == *address)
    }

    /// Whether the person's profile, read since, still knows it.
    pub(crate) fn is_known(&self, app: &App, profile: Option<&Profile>) -> bool {
        let known = &app.policy.sign_in.known;
        profile.is_some_and(|profile| profile.knows(&self.device, &self.address, app.now(), known))
    }
}

/// Somebody signs in with this browser: the person's profile knows it from now on. The name by which it does, whichever of
/// the person's addresses it was.
pub(crate) fn remember(app: &App, request: &Request, profile: &mut Profile) -> String {
    let named = familiar(app, request).into_iter().map(|(known, _)| known);
    let device = named.filter(|known| known.profile == profile.profile).map(|known| known.device).next();
    let device = device.unwrap_or_else(|| app.chance.name());
    KnownBrowser::remember(&mut profile.browsers, &device, app.now(), &app.policy.sign_in.known);
    device
}

/// The cookie by which this browser is familiar with `address` from now on, besides those that it was familiar with.
pub(crate) fn familiar_from_now_on(
    app: &App,
    request: &Request,
    address: &Address,
    profile: &ProfileId,
    device: String,
) -> String {
    let link = Link::Familiar { address: address.clone(), profile: profile.clone(), device };
    let mut tokens = vec![app.keys.links().seal(&link)];
    tokens.extend(familiar(app, request).into_iter().filter(|(of, _)| of.address != *address).map(|(_, token)| token));
    tokens.truncate(FAMILIAR_ADDRESSES);
    let seconds = i64::from(app.policy.sign_in.known.days) * 24 * 3600;
    cookie(&app.site, familiar_cookie(&app.site), &tokens.join("."), seconds)
}

fn familiar(app: &App, request: &Request) -> Vec<(Familiar, String)> {
    let tokens = request.cookie(familiar_cookie(&app.site)).unwrap_or_default();
    let open = |token: &str| {
        let (address, profile, device) = app.keys.links().open_familiar(token).ok()?;
        Some((Familiar { address, profile, device }, token.to_owned()))
    };
    tokens.split('.').take(FAMILIAR_ADDRESSES).filter_map(open).collect()
}

fn is_secret(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
